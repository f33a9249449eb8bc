//! Seals: what the audit log said when they were made can't be changed afterwards without showing (ASVS 5.0 V16.4.2).
//!
//! A seal is made in the background, for events that are all there already, so that nobody who writes an event waits
//! for a lock on the head of a chain. Its digest is SHA-256 over the digest of the seal before it and over its own
//! events; it is written to the program's log, too, which is the copy that whoever changes the database does not reach.

pub mod verify;

use std::fmt;

use chrono::TimeDelta;
use diesel::dsl::{max, min};
use diesel::prelude::*;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::db::schema::{audit_events as events, audit_seals as seals};
use crate::db::types::{EventId, UserId, UtcTime};
use crate::db::{DbConn, Rule, Tx, violated};

/// At most so many events under one seal.
const BATCH: i64 = 5_000;

/// An event of a transaction that commits late may have a smaller id than one that is there already; after this time
/// all are there, unless a transaction that writes is still open (`is_writing_since`).
const SETTLED_AFTER: TimeDelta = TimeDelta::minutes(2);

/// No write transaction of this program lasts so long.
const OVERDUE: TimeDelta = TimeDelta::minutes(1);

/// The part of the installation's secret that authenticates seals.
#[derive(Clone)]
pub struct AuditKey([u8; 32]);

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditKey(…)")
    }
}

impl AuditKey {
    /// The key for seals out of the secret that everything rests on, of no use for anything else.
    pub fn derive_from(secret: &[u8]) -> Self {
        AuditKey(authenticate(secret, "leadgate audit seals"))
    }
}

/// A seal as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = seals)]
pub struct Seal {
    /// 1, 2, 3 … without a gap.
    pub number: i64,
    pub first_event_id: EventId,
    pub last_event_id: EventId,
    pub event_count: i64,
    pub digest: String,
    mac: String,
    pub sealed_at: UtcTime,
}

impl Seal {
    /// The line of the log, which [`verify::Copied::parse`] reads.
    pub fn line(&self) -> String {
        format!(
            "audit seal {}: events {} to {}, {} of them, sha256 {}",
            self.number,
            self.first_event_id.get(),
            self.last_event_id.get(),
            self.event_count,
            self.digest
        )
    }

    /// What the installation's secret makes of everything that the seal says.
    fn mac_with(&self, key: &AuditKey) -> String {
        let said = format!("{} at {}", self.line(), self.sealed_at.as_micros());
        hex(&authenticate(&key.0, &said))
    }
}

/// The newest seal.
pub fn newest(conn: &mut DbConn) -> QueryResult<Option<Seal>> {
    seals::table
        .order(seals::number.desc())
        .select(Seal::as_select())
        .first(conn)
        .optional()
}

/// The next seal that can be made now, not stored yet.
pub fn next(conn: &mut DbConn, key: &AuditKey, now: UtcTime) -> QueryResult<Option<Seal>> {
    let before = newest(conn)?;
    let after = before.as_ref().map(|seal| seal.last_event_id);
    let Some(until) = last_settled(conn, now)?.filter(|until| after.is_none_or(|after| after < *until)) else {
        return Ok(None);
    };
    if conn.is_writing_since(OVERDUE)? {
        log::warn!("the audit log is not sealed now: somebody has been writing to the database for more than a minute");
        return Ok(None);
    }
    let rows = rows(conn, after, until, BATCH)?;
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return Ok(None);
    };
    let number = before.as_ref().map_or(1, |seal| seal.number + 1);
    let mut seal = Seal {
        number,
        first_event_id: first.0,
        last_event_id: last.0,
        event_count: rows.len() as i64,
        digest: digest(number, before.as_ref().map(|seal| seal.digest.as_str()), &rows),
        mac: String::new(),
        sealed_at: now,
    };
    seal.mac = seal.mac_with(key);
    Ok(Some(seal))
}

/// Why a seal was not stored.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    #[error("another instance has stored the seal of this number")]
    SealedAlready,
    #[error(transparent)]
    Database(diesel::result::Error),
}

impl From<diesel::result::Error> for KeepError {
    fn from(error: diesel::result::Error) -> Self {
        match violated(&error) {
            Some(Rule::SealedAlready) => KeepError::SealedAlready,
            _ => KeepError::Database(error),
        }
    }
}

/// Stores a seal.
///
/// # Errors
/// Another instance was faster.
pub fn keep(tx: &mut Tx<'_>, seal: &Seal) -> Result<(), KeepError> {
    diesel::insert_into(seals::table).values(seal).execute(&mut **tx)?;
    Ok(())
}

/// The last event of which, and of all before it, is sure that they are there.
fn last_settled(conn: &mut DbConn, now: UtcTime) -> QueryResult<Option<EventId>> {
    let unsettled: Option<EventId> = events::table
        .filter(events::happened_at.gt(now - SETTLED_AFTER))
        .select(min(events::id))
        .first(conn)?;
    match unsettled {
        Some(id) => Ok(Some(EventId::new(id.get() - 1))),
        None => events::table.select(max(events::id)).first(conn),
    }
}

/// An event with everything that is stored of it.
type Row = (
    EventId,
    UtcTime,
    Option<UserId>,
    String,
    String,
    Option<i64>,
    String,
    String,
    String,
    String,
);

/// The events after one and up to another, whatever their acts are called.
fn rows(conn: &mut DbConn, after: Option<EventId>, until: EventId, limit: i64) -> QueryResult<Vec<Row>> {
    events::table
        .filter(events::id.gt(after.unwrap_or(EventId::new(i64::MIN))))
        .filter(events::id.le(until))
        .order(events::id)
        .limit(limit)
        .select((
            events::id,
            events::happened_at,
            events::actor_id,
            events::action,
            events::subject,
            events::subject_id,
            events::subject_reference,
            events::detail,
            events::address,
            events::request_id,
        ))
        .load(conn)
}

/// SHA-256 over the number, the digest before and every field of every event, each with its length or a mark for
/// nothing, so that no two logs read the same.
fn digest(number: i64, before: Option<&str>, rows: &[Row]) -> String {
    let mut hash = Sha256::new();
    let text = |hash: &mut Sha256, text: &str| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    };
    let optional = |hash: &mut Sha256, number: Option<i64>| match number {
        Some(number) => {
            hash.update([1]);
            hash.update(number.to_be_bytes());
        }
        None => hash.update([0]),
    };
    text(&mut hash, "leadgate audit seal 1");
    optional(&mut hash, Some(number));
    text(&mut hash, before.unwrap_or_default());
    for (id, happened_at, actor, act, subject, subject_id, reference, detail, address, request) in rows {
        optional(&mut hash, Some(id.get()));
        optional(&mut hash, Some(happened_at.as_micros()));
        optional(&mut hash, actor.map(UserId::get));
        text(&mut hash, act);
        text(&mut hash, subject);
        optional(&mut hash, *subject_id);
        for field in [reference, detail, address, request] {
            text(&mut hash, field);
        }
    }
    hex(&hash.finalize())
}

fn authenticate(key: &[u8], said: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(said.as_bytes());
    mac.finalize().into_bytes().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(detail: &str, address: &str) -> Row {
        let at = UtcTime::from_micros(0).expect("a moment");
        let text = String::from;
        let (act, subject) = (text("lead.created"), text("lead"));
        (
            EventId::new(1),
            at,
            None,
            act,
            subject,
            Some(7),
            text("r"),
            text(detail),
            text(address),
            text("q"),
        )
    }

    #[test]
    fn every_part_of_the_log_counts_and_so_does_where_one_field_ends() {
        let whole = digest(1, None, &[row("ab", "c")]);

        assert_eq!(whole, digest(1, None, &[row("ab", "c")]));
        assert_ne!(whole, digest(1, None, &[row("a", "bc")]));
        assert_ne!(whole, digest(2, None, &[row("ab", "c")]));
        assert_ne!(whole, digest(1, Some(&whole), &[row("ab", "c")]));
        assert_ne!(whole, digest(1, None, &[row("ab", "c"), row("ab", "c")]));
    }
}
