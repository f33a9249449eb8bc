//! Looking whether the audit log still says what it said when it was sealed.

use std::collections::BTreeMap;
use std::fmt;

use diesel::prelude::*;
use diesel::result::Error;

use super::{AuditKey, Seal, digest, newest, rows};
use crate::db::DbConn;
use crate::db::schema::{audit_events as events, audit_seals as seals};
use crate::db::types::EventId;

/// So many seals are loaded at once.
const CHUNK: i64 = 200;

/// What is wrong with the first seal that does not match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub seal: i64,
    pub what: Broken,
}

/// How a seal is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// Its events are others than those that were sealed.
    Events {
        after: Option<EventId>,
        until: EventId,
        sealed: i64,
        found: i64,
    },
    /// It was not made with this installation's secret.
    Mac,
    /// It is not there, though later ones or the copy speak of it.
    Missing,
    /// The copy has another digest.
    Copy,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seal {}: ", self.seal)?;
        match &self.what {
            Broken::Events {
                after,
                until,
                sealed,
                found,
            } => {
                let first = after.map_or(1, |after| after.get() + 1);
                write!(
                    f,
                    "the events {first} to {} are not those that were sealed: ",
                    until.get()
                )?;
                match found - sealed {
                    0 => f.write_str("one or more were changed"),
                    more @ 1.. => write!(f, "there is {more} too many"),
                    -1 => f.write_str("1 is missing"),
                    missing => write!(f, "{} are missing", -missing),
                }
            }
            Broken::Mac => f.write_str("it was not made with the secret of this installation"),
            Broken::Missing => f.write_str("it is missing"),
            Broken::Copy => f.write_str("the copy has another digest"),
        }
    }
}

/// What was looked at, and the first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub seals: i64,
    pub events: i64,
    /// Events that are newer than the last seal.
    pub unsealed: i64,
    pub finding: Option<Finding>,
}

/// Digests of seals as a copy of the program's log has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Copied(BTreeMap<i64, String>);

impl Copied {
    /// Finds the lines of [`Seal::line`] among others.
    pub fn parse(text: &str) -> Self {
        let seal = |line: &str| {
            let (_, rest) = line.split_once("audit seal ")?;
            let (number, rest) = rest.split_once(": events ")?;
            let (_, digest) = rest.split_once(", sha256 ")?;
            let digest = digest.get(..64)?;
            let is_digest = digest.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_digest.then_some((number.parse().ok()?, digest.to_owned()))
        };
        Copied(text.lines().filter_map(seal).collect())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn contradicts(&self, seal: &Seal) -> bool {
        self.0.get(&seal.number).is_some_and(|digest| *digest != seal.digest)
    }
}

/// Makes the digest of every seal anew, of the newest `most` ones where that is given, and compares: with what is
/// stored, with the secret, and with the copy.
///
/// # Errors
/// The database does not answer.
pub fn verify(conn: &mut DbConn, key: &AuditKey, copied: &Copied, most: Option<i64>) -> QueryResult<Report> {
    let last = newest(conn)?;
    let start = match (most, &last) {
        (Some(most), Some(last)) => (last.number - most).max(0),
        _ => 0,
    };
    let mut before: Option<Seal> = seals::table
        .find(start)
        .select(Seal::as_select())
        .first(conn)
        .optional()?;
    let mut report = Report {
        seals: 0,
        events: 0,
        unsealed: 0,
        finding: None,
    };
    let mut number = start;
    loop {
        let chunk: Vec<Seal> = seals::table
            .filter(seals::number.gt(number))
            .order(seals::number)
            .limit(CHUNK)
            .select(Seal::as_select())
            .load(conn)?;
        for seal in &chunk {
            number += 1;
            if let Some(finding) = look(conn, key, copied, number, before.as_ref(), seal)? {
                report.finding = Some(finding);
                return Ok(report);
            }
            report.seals += 1;
            report.events += seal.event_count;
            before = Some(seal.clone());
        }
        if chunk.len() < CHUNK as usize {
            break;
        }
    }
    let is_gone = |copy: &&i64| **copy > number;
    report.finding = copied.0.keys().find(is_gone).map(|seal| Finding {
        seal: *seal,
        what: Broken::Missing,
    });
    let after = before.map_or(EventId::new(i64::MIN), |seal| seal.last_event_id);
    report.unsealed = events::table.filter(events::id.gt(after)).count().get_result(conn)?;
    Ok(report)
}

/// What is wrong with one seal; `number` is the one that it should have.
fn look(
    conn: &mut DbConn,
    key: &AuditKey,
    copied: &Copied,
    number: i64,
    before: Option<&Seal>,
    seal: &Seal,
) -> QueryResult<Option<Finding>> {
    let broken = |what| Ok(Some(Finding { seal: number, what }));
    if seal.number != number {
        return broken(Broken::Missing);
    }
    let after = before.map(|seal| seal.last_event_id);
    let found = match rows(conn, after, seal.last_event_id, seal.event_count + 1) {
        Ok(found) => found,
        // What can't be read any more is not what was written.
        Err(Error::DeserializationError(_)) => Vec::new(),
        Err(error) => return Err(error),
    };
    if digest(number, before.map(|seal| seal.digest.as_str()), &found) != seal.digest {
        return broken(Broken::Events {
            after,
            until: seal.last_event_id,
            sealed: seal.event_count,
            found: found.len() as i64,
        });
    }
    if seal.mac_with(key) != seal.mac {
        return broken(Broken::Mac);
    }
    if copied.contradicts(seal) {
        return broken(Broken::Copy);
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seals_are_found_among_the_lines_of_a_log() {
        let digest = "a".repeat(64);
        let log = format!(
            "[INFO leadgate] serving\n[2026 INFO audit] audit seal 3: events 5 to 9, 4 of them, sha256 {digest}\n\
             audit seal x: events 1 to 2, 1 of them, sha256 {digest}\naudit seal 4: events 1 to 2, 1 of them, sha256 short"
        );

        assert_eq!(Copied::parse(&log), Copied(BTreeMap::from([(3, digest)])));
    }
}
