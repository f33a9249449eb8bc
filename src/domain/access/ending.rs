//! Ending the sessions of other people, in the transaction of whatever made it necessary.

use diesel::dsl::{count, count_star};
use diesel::prelude::*;

use super::limits::{SessionLimits, is_open};
use crate::db::schema::{sessions, users};
use crate::db::types::{PartnerId, UserId, UtcTime};
use crate::db::{DbConn, Tx};

/// Ends every session of one person and tells how many there were.
pub fn of_user(tx: &mut Tx<'_>, user: UserId) -> QueryResult<usize> {
    diesel::delete(sessions::table.filter(sessions::user_id.eq(user))).execute(&mut **tx)
}

/// Ends every session of everybody at a partner.
pub fn of_partner(tx: &mut Tx<'_>, partner: PartnerId) -> QueryResult<usize> {
    let people = users::table
        .filter(users::partner_id.eq(partner))
        .select(users::id.nullable());
    diesel::delete(sessions::table.filter(sessions::user_id.eq_any(people))).execute(&mut **tx)
}

/// Ends every session there is.
pub fn of_everybody(tx: &mut Tx<'_>) -> QueryResult<usize> {
    diesel::delete(sessions::table).execute(&mut **tx)
}

/// How many sessions of a person have not run out.
pub fn count_of_user(conn: &mut DbConn, user: UserId, limits: SessionLimits, now: UtcTime) -> QueryResult<i64> {
    sessions::table
        .inner_join(users::table)
        .filter(sessions::user_id.eq(user))
        .filter(is_open(limits, now))
        .count()
        .get_result(conn)
}

/// How many sessions of people at a partner have not run out.
pub fn count_of_partner(
    conn: &mut DbConn,
    partner: PartnerId,
    limits: SessionLimits,
    now: UtcTime,
) -> QueryResult<i64> {
    sessions::table
        .inner_join(users::table)
        .filter(users::partner_id.eq(partner))
        .filter(is_open(limits, now))
        .count()
        .get_result(conn)
}

/// How many sessions have not run out, and of how many people.
pub fn count_of_everybody(conn: &mut DbConn, limits: SessionLimits, now: UtcTime) -> QueryResult<(i64, i64)> {
    sessions::table
        .inner_join(users::table)
        .filter(is_open(limits, now))
        .select((count_star(), count(sessions::user_id).aggregate_distinct()))
        .first(conn)
}
