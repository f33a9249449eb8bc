//! A form that must take effect once carries a key; a second sending of it is led to where the first one went.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::result::Error;
use sha2::{Digest, Sha256};

use crate::db::schema::submissions;
use crate::db::types::{UserId, UtcTime};
use crate::db::{Tx, on_backend};

/// How long a form that was sent is remembered.
const REMEMBERED: TimeDelta = TimeDelta::hours(24);

/// Where a form leads to that has not led anywhere yet: nobody sees it, as it is stored in the transaction of its effect.
const NOWHERE: &str = "";

/// A form as it was sent. The same key with something else typed is another one: whoever goes back and changes a note
/// wants both.
#[derive(Debug, Clone)]
pub struct Submission(Option<String>);

impl Submission {
    /// The form with this address, its key and what was typed; one without a key takes effect each time.
    pub fn new<'a>(address: &'a str, key: &'a str, typed: impl IntoIterator<Item = &'a [u8]>) -> Self {
        if key.is_empty() {
            return Submission(None);
        }
        let mut digest = Sha256::new();
        for part in [address.as_bytes(), key.as_bytes()].into_iter().chain(typed) {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let hex = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Submission(Some(hex))
    }
}

/// Does what a form asks for, unless it was sent before; tells where it leads to, which is the same for every sending.
/// Of two at the same moment the second waits for the first.
pub fn once<'t, E: From<Error>>(
    tx: &mut Tx<'t>,
    user: UserId,
    submission: &Submission,
    now: UtcTime,
    work: impl FnOnce(&mut Tx<'t>) -> Result<String, E>,
) -> Result<String, E> {
    let Submission(Some(key)) = submission else {
        return work(tx);
    };
    // Whose it is belongs to it, so that nobody takes another's.
    let key = format!("{}-{key}", user.get());
    let row = (
        submissions::key.eq(&key),
        submissions::user_id.eq(user),
        submissions::location.eq(NOWHERE),
        submissions::created_at.eq(now),
    );
    let is_first = on_backend!(&mut **tx, |conn| diesel::insert_into(submissions::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn))?;
    if is_first == 0 {
        let earlier = submissions::table.find(&key).select(submissions::location);
        return Ok(earlier.first(&mut **tx)?);
    }
    let location = work(tx)?;
    diesel::update(submissions::table.find(&key))
        .set(submissions::location.eq(&location))
        .execute(&mut **tx)?;
    Ok(location)
}

/// Forgets the forms of days past.
pub fn purge(tx: &mut Tx<'_>, now: UtcTime) -> QueryResult<usize> {
    diesel::delete(submissions::table.filter(submissions::created_at.le(now - REMEMBERED))).execute(&mut **tx)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_submission_is_its_address_its_key_and_what_was_typed() {
        fn of(address: &str, key: &str, typed: [&str; 2]) -> Option<String> {
            Submission::new(address, key, typed.map(str::as_bytes)).0
        }

        assert_eq!(of("note", "k", ["a", "b"]), of("note", "k", ["a", "b"]));
        for other in [
            of("note", "k", ["ab", ""]),
            of("note", "l", ["a", "b"]),
            of("file", "k", ["a", "b"]),
        ] {
            assert_ne!(other, of("note", "k", ["a", "b"]));
        }
        assert_eq!(of("note", "", ["a", "b"]), None);
    }
}
