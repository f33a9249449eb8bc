//! The second factor: codes of an app that change every half minute (RFC 6238), and recovery codes for a lost phone.
//! Every code is accepted once, on whichever instance it arrives: the row remembers the last step that was used.

pub mod recovery;
pub mod sealing;
pub mod secret;

use diesel::prelude::*;

use self::sealing::SealKey;
use self::secret::Secret;
use crate::db::schema::{second_factors, users};
use crate::db::types::{Reference, UserId, UtcTime};
use crate::db::{DbConn, Tx};
use crate::domain::access::{Actor, AdminScope, ending, own_sessions};
use crate::domain::accounts::one_time_link::{self, LinkKey, Purpose};
use crate::domain::audit::{self, Act, Subject};
use crate::domain::outbox::{self, Message};

/// Why an enrolment did not happen.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    #[error("the code is not the one of this moment")]
    WrongCode,
    #[error("there is a second factor already")]
    EnrolledAlready,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

/// Why a second factor stays on.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    #[error("there is no second factor")]
    NotEnrolled,
    /// The password was taken only because there is a second factor.
    #[error("the password is too short to guard the account alone")]
    PasswordTooShort,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

/// Since when the account has a second factor, if it has one.
pub fn enrolled_at(conn: &mut DbConn, user: UserId) -> QueryResult<Option<UtcTime>> {
    second_factors::table
        .find(user)
        .select(second_factors::enrolled_at)
        .first(conn)
        .optional()
}

/// Takes the secret as the second factor, once a code shows that the app knows it; gives the recovery codes, which are
/// shown once.
pub fn enrol(
    tx: &mut Tx<'_>,
    actor: &Actor,
    key: &SealKey,
    user: UserId,
    secret: &Secret,
    code: &str,
    now: UtcTime,
) -> Result<Vec<String>, EnrolError> {
    let step = secret.step_of(code, now).ok_or(EnrolError::WrongCode)?;
    // The row of the user is locked first: of two enrolments at once, one finds the other's.
    let (reference, _) = lock_user(tx, user)?;
    if enrolled_at(tx, user)?.is_some() {
        return Err(EnrolError::EnrolledAlready);
    }
    diesel::insert_into(second_factors::table)
        .values((
            second_factors::user_id.eq(user),
            second_factors::sealed_secret.eq(key.seal(secret.bytes(), user)),
            second_factors::last_step.eq(step),
            second_factors::enrolled_at.eq(now),
        ))
        .execute(&mut **tx)?;
    let codes = recovery::replace(tx, user)?;
    outbox::queue_about_account(tx, Message::AccountFactorChanged, user, now)?;
    let subject = Subject::user(user, &reference);
    audit::record(tx, actor, Act::FactorEnrolled, &subject, "", now)?;
    Ok(codes)
}

/// Makes ten new recovery codes; the old ones work no longer.
pub fn renew_recovery_codes(tx: &mut Tx<'_>, actor: &Actor, user: UserId, now: UtcTime) -> QueryResult<Vec<String>> {
    let (reference, _) = lock_user(tx, user)?;
    let codes = recovery::replace(tx, user)?;
    outbox::queue_about_account(tx, Message::AccountFactorChanged, user, now)?;
    let subject = Subject::user(user, &reference);
    audit::record(tx, actor, Act::FactorChanged, &subject, "recovery codes", now)?;
    Ok(codes)
}

/// Whether the code is good now; it is used up by asking.
pub fn accept(tx: &mut Tx<'_>, key: &SealKey, user: UserId, code: &str, now: UtcTime) -> QueryResult<bool> {
    let Some(sealed) = second_factors::table
        .find(user)
        .select(second_factors::sealed_secret)
        .first::<Vec<u8>>(&mut **tx)
        .optional()?
    else {
        return Ok(false);
    };
    let secret = key.open(&sealed, user).and_then(|bytes| Secret::from_bytes(&bytes));
    if secret.is_none() {
        log::error!("a second factor can't be read: was LEADGATE_SECRET_FILE replaced?");
    }
    if let Some(step) = secret.and_then(|secret| secret.step_of(code, now)) {
        let unused = second_factors::table
            .find(user)
            .filter(second_factors::last_step.lt(step));
        let accepted = diesel::update(unused)
            .set(second_factors::last_step.eq(step))
            .execute(&mut **tx)?;
        return Ok(accepted == 1);
    }
    recovery::accept(tx, user, code, now)
}

/// Turns the own second factor off, and ends every session but this one: they rested on it.
///
/// # Errors
/// There is none, or the password could not guard the account alone.
pub fn remove(
    tx: &mut Tx<'_>,
    actor: &Actor,
    user: UserId,
    this: Option<&str>,
    now: UtcTime,
) -> Result<(), RemoveError> {
    let (reference, password_is_short) = lock_user(tx, user)?;
    if enrolled_at(tx, user)?.is_none() {
        return Err(RemoveError::NotEnrolled);
    }
    if password_is_short {
        return Err(RemoveError::PasswordTooShort);
    }
    delete(tx, user)?;
    own_sessions::end_all(tx, user, this)?;
    outbox::queue_about_account(tx, Message::AccountFactorChanged, user, now)?;
    let subject = Subject::user(user, &reference);
    audit::record(tx, actor, Act::FactorRemoved, &subject, "", now)?;
    Ok(())
}

/// Takes away the second factor that somebody lost, and ends every session; the owner is told, and signs in with the
/// password alone until the next enrolment. A password that is too short for that is taken away, too: a link to set
/// another one is mailed. `false` where there is no second factor.
pub fn reset(tx: &mut Tx<'_>, scope: &AdminScope, key: &LinkKey, user: UserId, now: UtcTime) -> QueryResult<bool> {
    let (reference, password_is_short) = lock_user(tx, user)?;
    if !delete(tx, user)? {
        return Ok(false);
    }
    ending::of_user(tx, user)?;
    outbox::queue_about_account(tx, Message::AccountFactorReset, user, now)?;
    let mut detail = "";
    if password_is_short {
        diesel::update(users::table.find(user))
            .set((
                users::password_hash.eq(None::<String>),
                users::password_is_short.eq(false),
            ))
            .execute(&mut **tx)?;
        let link = one_time_link::issue(tx, key, Purpose::PasswordReset, user, now)?;
        outbox::queue_link(tx, Message::AccountReset, user, link, now)?;
        detail = "the password was short: another one must be set";
    }
    let subject = Subject::user(user, &reference);
    audit::record(tx, scope.actor(), Act::FactorReset, &subject, detail, now)?;
    Ok(true)
}

fn delete(tx: &mut Tx<'_>, user: UserId) -> QueryResult<bool> {
    recovery::remove_all(tx, user)?;
    let removed = diesel::delete(second_factors::table.find(user)).execute(&mut **tx)?;
    Ok(removed == 1)
}

/// Keeps the account from others until the transaction ends; gives its reference, and whether its password is short.
fn lock_user(tx: &mut Tx<'_>, user: UserId) -> QueryResult<(Reference, bool)> {
    diesel::update(users::table.find(user))
        .set(users::lock_version.eq(users::lock_version + 1))
        .returning((users::reference, users::password_is_short))
        .get_result(&mut **tx)
}
