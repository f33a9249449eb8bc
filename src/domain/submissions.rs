//! A form that must take effect once carries a key; a second sending of it is led to where the first one went.

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::db::schema::submissions;
use crate::db::types::{UserId, UtcTime};
use crate::db::{DbConn, Tx};

/// How long a form that was sent is remembered.
const REMEMBERED: TimeDelta = TimeDelta::hours(24);

/// Where the form with this key led to when this user sent it before.
pub fn earlier(conn: &mut DbConn, user: UserId, key: &str) -> QueryResult<Option<String>> {
    submissions::table
        .find(key)
        .filter(submissions::user_id.eq(user))
        .select(submissions::location)
        .first(conn)
        .optional()
}

/// Remembers where the form led to, in the transaction of its effect.
///
/// # Errors
/// A second sending that overtook this check breaks the key's uniqueness (`Rule::SubmittedBefore`).
pub fn remember(tx: &mut Tx<'_>, user: UserId, key: &str, location: &str, now: UtcTime) -> QueryResult<()> {
    diesel::insert_into(submissions::table)
        .values((
            submissions::key.eq(key),
            submissions::user_id.eq(user),
            submissions::location.eq(location),
            submissions::created_at.eq(now),
        ))
        .execute(&mut **tx)
        .map(|_| ())
}

/// Forgets the forms of days past.
pub fn purge(tx: &mut Tx<'_>, now: UtcTime) -> QueryResult<usize> {
    diesel::delete(submissions::table.filter(submissions::created_at.le(now - REMEMBERED))).execute(&mut **tx)
}
