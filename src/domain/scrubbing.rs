//! What erased rows left in the files of the database, free pages and the write-ahead log, is removed soon after. A row
//! written with each erasure asks for it, so that a crash in between forgets nothing.

use diesel::dsl::max;
use diesel::prelude::*;

use crate::db::schema::erasures_to_scrub;
use crate::db::types::UtcTime;
use crate::db::{DbConn, Tx};

/// Asks for scrubbing, in the transaction that removes personal data.
pub fn ask(tx: &mut Tx<'_>, now: UtcTime) -> QueryResult<()> {
    diesel::insert_into(erasures_to_scrub::table)
        .values(erasures_to_scrub::erased_at.eq(now))
        .execute(&mut **tx)
        .map(|_| ())
}

/// The newest erasure that waits for scrubbing.
pub fn newest(conn: &mut DbConn) -> QueryResult<Option<i64>> {
    erasures_to_scrub::table.select(max(erasures_to_scrub::id)).first(conn)
}

/// Notes that everything up to this erasure is scrubbed.
pub fn done(tx: &mut Tx<'_>, newest: i64) -> QueryResult<()> {
    diesel::delete(erasures_to_scrub::table.filter(erasures_to_scrub::id.le(newest)))
        .execute(&mut **tx)
        .map(|_| ())
}
