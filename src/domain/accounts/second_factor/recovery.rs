//! Recovery codes: ten, each good once, for whoever has no phone at hand. 120 random bits each, so that a plain hash
//! keeps them (ASVS 5.0 V6.5.2).

use diesel::prelude::*;
use sha2::{Digest, Sha256};

use crate::db::schema::recovery_codes;
use crate::db::types::{UserId, UtcTime, random_text};
use crate::db::{DbConn, Tx};

const HOW_MANY: usize = 10;

/// Characters of a code, 5 random bits each.
const LENGTH: usize = 24;

/// Characters between two hyphens.
const GROUP: usize = 6;

/// How many are left.
pub fn left(conn: &mut DbConn, user: UserId) -> QueryResult<i64> {
    recovery_codes::table
        .filter(recovery_codes::user_id.eq(user))
        .filter(recovery_codes::used_at.is_null())
        .count()
        .get_result(conn)
}

/// Makes new codes in place of the old ones, and gives them as they are to be written down.
pub(super) fn replace(tx: &mut Tx<'_>, user: UserId) -> QueryResult<Vec<String>> {
    remove_all(tx, user)?;
    let codes: Vec<String> = (0..HOW_MANY).map(|_| random_text(LENGTH)).collect();
    for code in &codes {
        diesel::insert_into(recovery_codes::table)
            .values((
                recovery_codes::user_id.eq(user),
                recovery_codes::code_hash.eq(hash(code)),
            ))
            .execute(&mut **tx)?;
    }
    Ok(codes.iter().map(|code| written(code)).collect())
}

/// Uses a code up, if it is one that was not used.
pub(super) fn accept(tx: &mut Tx<'_>, user: UserId, typed: &str, now: UtcTime) -> QueryResult<bool> {
    let code: String = typed
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        // What the alphabet leaves out is read as what it looks like.
        .map(|c| match c {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        })
        .collect();
    if code.len() != LENGTH {
        return Ok(false);
    }
    let unused = recovery_codes::table
        .filter(recovery_codes::user_id.eq(user))
        .filter(recovery_codes::code_hash.eq(hash(&code)))
        .filter(recovery_codes::used_at.is_null());
    let used = diesel::update(unused)
        .set(recovery_codes::used_at.eq(now))
        .execute(&mut **tx)?;
    Ok(used == 1)
}

pub(super) fn remove_all(tx: &mut Tx<'_>, user: UserId) -> QueryResult<()> {
    diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(user)))
        .execute(&mut **tx)
        .map(|_| ())
}

fn written(code: &str) -> String {
    let groups: Vec<&str> = (0..LENGTH / GROUP)
        .map(|group| &code[group * GROUP..(group + 1) * GROUP])
        .collect();
    groups.join("-")
}

fn hash(code: &str) -> String {
    Sha256::digest(code.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
