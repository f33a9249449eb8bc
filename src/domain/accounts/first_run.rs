//! The first administrator of an empty database. There is never a default account: whoever reads the log of the
//! program has the one link that makes it (ASVS 5.0 V6.3.2).

use diesel::prelude::*;

use super::one_time_link::{self, OpenLink, Purpose, has_users};
use super::person::checked_name_and_email;
use super::{CreateUserError, NewUser, Role, create};
use crate::db::types::UtcTime;
use crate::db::{DbConn, Tx};
use crate::domain::access::{Actor, Origin};
use crate::domain::validation::FieldErrors;

/// What was typed into the form of the first run, but for the password.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FirstRunInput {
    pub name: String,
    pub email: String,
}

/// The first administrator's name and address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstRunDraft {
    pub name: String,
    pub email: String,
}

impl FirstRunInput {
    /// The fields as they are stored, with everything that is wrong with them.
    pub fn parse(&self) -> (FirstRunDraft, FieldErrors) {
        let mut errors = FieldErrors::default();
        let (name, email) = checked_name_and_email(&self.name, &self.email, &mut errors);
        (FirstRunDraft { name, email }, errors)
    }
}

/// Whether nobody has an account yet.
pub fn is_due(conn: &mut DbConn) -> QueryResult<bool> {
    has_users(conn).map(|has_users| !has_users)
}

/// The link of the first run, if it works now.
pub fn find(conn: &mut DbConn, token: &str, now: UtcTime) -> QueryResult<Option<OpenLink>> {
    if has_users(conn)? {
        return Ok(None);
    }
    one_time_link::find(conn, Purpose::FirstRun, token, now)
}

/// Uses the link up and makes the first administrator; `false` when the link works no longer or somebody has an
/// account by now.
pub fn finish(
    tx: &mut Tx<'_>,
    token: &str,
    draft: &FirstRunDraft,
    password_hash: String,
    origin: &Origin,
    now: UtcTime,
) -> Result<bool, CreateUserError> {
    tx.lock_administrators()?;
    if has_users(tx)? || one_time_link::consume(tx, Purpose::FirstRun, token, now)?.is_none() {
        return Ok(false);
    }
    let new = NewUser {
        email: draft.email.clone(),
        name: draft.name.clone(),
        role: Role::Administrator,
        partner: None,
        password_hash: Some(password_hash),
    };
    create(tx, &Actor::anonymous(origin.clone()), &new, now)?;
    Ok(true)
}
