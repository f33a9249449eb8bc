//! The sessions of one person: where they are signed in, and how to end that.

use diesel::prelude::*;

use super::limits::{SessionLimits, is_open};
use crate::db::schema::{sessions, users};
use crate::db::types::{Reference, UserId, UtcTime};
use crate::db::{DbConn, Tx};

/// More than anybody has; a list needs an end.
const MOST: i64 = 50;

/// A session as its owner sees it.
#[derive(Debug, Clone)]
pub struct OpenSession {
    /// Names it in a form; made from the hash of its key, so that it says nothing about the key.
    pub reference: Reference,
    pub user_agent: String,
    pub address: String,
    pub began_at: UtcTime,
    pub last_seen_at: UtcTime,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// The sessions of this person that have not run out, this one first, then the last used.
pub fn open(
    conn: &mut DbConn,
    user: UserId,
    this: &str,
    limits: SessionLimits,
    now: UtcTime,
) -> QueryResult<Vec<OpenSession>> {
    let rows: Vec<(String, String, String, UtcTime, UtcTime)> = sessions::table
        .inner_join(users::table)
        .filter(sessions::user_id.eq(user))
        .filter(is_open(limits, now))
        .order((sessions::last_seen_at.desc(), sessions::id.desc()))
        .limit(MOST)
        .select((
            sessions::key_hash,
            sessions::user_agent,
            sessions::address,
            sessions::created_at,
            sessions::last_seen_at,
        ))
        .load(conn)?;
    let mut open: Vec<OpenSession> = rows
        .into_iter()
        .filter_map(|(key_hash, user_agent, address, began_at, last_seen_at)| {
            Some(OpenSession {
                is_this: key_hash == this,
                reference: name(&key_hash)?,
                user_agent,
                address,
                began_at,
                last_seen_at,
            })
        })
        .collect();
    open.sort_by_key(|session| !session.is_this);
    Ok(open)
}

/// Ends one session of this person; `false` where there is none of that name.
pub fn end(tx: &mut Tx<'_>, user: UserId, wanted: &Reference) -> QueryResult<bool> {
    let hashes: Vec<String> = sessions::table
        .filter(sessions::user_id.eq(user))
        .select(sessions::key_hash)
        .load(&mut **tx)?;
    match hashes.iter().find(|hash| name(hash).as_ref() == Some(wanted)) {
        Some(hash) => super::session::end(tx, hash).map(|()| true),
        None => Ok(false),
    }
}

/// Ends every session of a person but the one that asks, if one does.
pub fn end_all(tx: &mut Tx<'_>, user: UserId, but: Option<&str>) -> QueryResult<usize> {
    diesel::delete(
        sessions::table
            .filter(sessions::user_id.eq(user))
            .filter(sessions::key_hash.ne(but.unwrap_or_default())),
    )
    .execute(&mut **tx)
}

fn name(key_hash: &str) -> Option<Reference> {
    Reference::parse(key_hash.get(..26)?)
}
