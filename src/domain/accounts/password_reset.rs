//! A forgotten password: a mailed link that works once, for an hour. Whether there is an account shows nowhere.

use diesel::prelude::*;

use super::one_time_link::{self, LinkKey, Purpose};
use super::own::{self, OwnAccount};
use super::throttle::{self, Attempt};
use super::{UserState, sign_in};
use crate::db::schema::users;
use crate::db::types::{UserId, UtcTime};
use crate::db::{DbConn, Tx};
use crate::domain::access::{Actor, Origin};
use crate::domain::audit::{self, Act, Subject};
use crate::domain::outbox::{self, Message};

/// Mails a link to the stored address of the account that this one speaks of, if there is one that may come in and has
/// not asked too often. The caller can't tell which of these it was.
pub fn ask(
    tx: &mut Tx<'_>,
    key: &LinkKey,
    email: &str,
    origin: &Origin,
    now: UtcTime,
) -> QueryResult<Result<(), throttle::Refused>> {
    let attempt = Attempt::link(&origin.address);
    if let Err(refused) = throttle::admit_request_for_link(tx, &attempt, now)? {
        sign_in::record_throttled(tx, &attempt, None, origin, now)?;
        return Ok(Err(refused));
    }
    let may_mail = throttle::may_mail_link(tx, email, now)?;
    let user = sign_in::candidate(tx, email)?
        .filter(|candidate| candidate.may_enter)
        .map(|candidate| candidate.user);
    let subject = match user {
        Some(user) if may_mail => {
            let link = one_time_link::issue(tx, key, Purpose::PasswordReset, user.id, now)?;
            outbox::queue_link(tx, Message::AccountReset, user.id, link, now)?;
            Subject::user(user.id, &user.reference)
        }
        _ => {
            throttle::decoy(tx, now)?;
            Subject::nothing()
        }
    };
    let actor = Actor::anonymous(origin.clone());
    audit::record(tx, &actor, Act::PasswordLinkAsked, &subject, "", now)?;
    Ok(Ok(()))
}

/// Whose password this link sets; `None` when it works no longer.
pub fn owner_of(conn: &mut DbConn, token: &str, now: UtcTime) -> QueryResult<Option<(UserId, OwnAccount)>> {
    let Some(user) = one_time_link::find(conn, Purpose::PasswordReset, token, now)?.and_then(|link| link.user) else {
        return Ok(None);
    };
    let state: UserState = users::table.find(user).select(users::state).first(conn)?;
    if state != UserState::Active {
        return Ok(None);
    }
    own::load(conn, user).map(|account| Some((user, account)))
}

/// Sets the password and uses the link up; `false` when it works no longer. It signs nobody in: the second factor is
/// asked for as ever (ASVS 5.0 V6.4.3).
pub fn set(tx: &mut Tx<'_>, token: &str, hash: &str, origin: &Origin, now: UtcTime) -> QueryResult<bool> {
    let Some((user, _)) = owner_of(tx, token, now)? else {
        return Ok(false);
    };
    if one_time_link::consume(tx, Purpose::PasswordReset, token, now)?.is_none() {
        return Ok(false);
    }
    let actor = Actor::anonymous(origin.clone());
    own::set_password(tx, &actor, Act::PasswordReset, user, hash, None, now)?;
    Ok(true)
}
