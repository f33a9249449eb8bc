//! The confirmation text: the wording beside the checkbox. Versioned; a version never changes.

use diesel::prelude::*;

use crate::db::page::{COUNT_LIMIT, Count, CountOf};
use crate::db::schema::{confirmation_texts, confirmations, users};
use crate::db::types::{TextId, UserId, UtcTime};
use crate::db::{DbConn, Tx};

/// The longest text, in characters.
pub const LONGEST: usize = 4_000;

/// What an administrator finds prefilled before the first text is saved.
pub const SUGGESTED: &str = "\
I confirm that this lead may be passed to one of our partners, because at least one of these is true:

- The lead agreed to be contacted by one of our partners.
- An existing business relationship with the lead requires passing it on.
- We act in the lead's best interest, and I can say why.

A confirmation is kept with my name and the time, and it cannot be taken back.";

/// One version of the wording.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct ConfirmationText {
    pub id: TextId,
    pub version: i64,
    pub body: String,
    pub created_at: UtcTime,
}

const COLUMNS: (
    confirmation_texts::id,
    confirmation_texts::version,
    confirmation_texts::body,
    confirmation_texts::created_at,
) = (
    confirmation_texts::id,
    confirmation_texts::version,
    confirmation_texts::body,
    confirmation_texts::created_at,
);

/// The wording in force; none before an administrator saved one.
pub fn current(conn: &mut DbConn) -> QueryResult<Option<ConfirmationText>> {
    confirmation_texts::table
        .select(COLUMNS)
        .order(confirmation_texts::version.desc())
        .first(conn)
        .optional()
}

/// Every version with its author, newest first, at most 100.
pub fn versions(conn: &mut DbConn) -> QueryResult<Vec<(ConfirmationText, String)>> {
    confirmation_texts::table
        .inner_join(users::table)
        .select((COLUMNS, users::name))
        .order(confirmation_texts::version.desc())
        .limit(100)
        .load(conn)
}

/// One version with its author.
pub fn find(conn: &mut DbConn, version: i64) -> QueryResult<Option<(ConfirmationText, String)>> {
    confirmation_texts::table
        .inner_join(users::table)
        .filter(confirmation_texts::version.eq(version))
        .select((COLUMNS, users::name))
        .first(conn)
        .optional()
}

/// How many confirmations rest on each version that has any, exactly: for the slow lane.
pub fn all_uses(conn: &mut DbConn) -> QueryResult<Vec<(TextId, i64)>> {
    confirmations::table
        .filter(confirmations::text_id.is_not_null())
        .group_by(confirmations::text_id)
        .select((confirmations::text_id.assume_not_null(), diesel::dsl::count_star()))
        .load(conn)
}

/// How many confirmations rest on a version.
pub fn uses(conn: &mut DbConn, text: TextId) -> QueryResult<Count> {
    let used = confirmations::table
        .filter(confirmations::text_id.eq(text))
        .select(confirmations::id);
    CountOf(used.limit(COUNT_LIMIT + 1)).get_result(conn).map(Count)
}

/// Puts a wording in force as a new version, unless it is the one in force already.
pub fn put(tx: &mut Tx<'_>, author: UserId, body: &str, now: UtcTime) -> QueryResult<i64> {
    let current = current(tx)?;
    if let Some(text) = current.as_ref().filter(|text| text.body == body) {
        return Ok(text.version);
    }
    let version = current.map_or(1, |text| text.version + 1);
    diesel::insert_into(confirmation_texts::table)
        .values((
            confirmation_texts::version.eq(version),
            confirmation_texts::body.eq(body),
            confirmation_texts::created_by.eq(author),
            confirmation_texts::created_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(version)
}
