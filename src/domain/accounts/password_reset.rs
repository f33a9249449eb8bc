//! A forgotten password: a mailed link that works once, for an hour. Whether there is an account shows nowhere.

use diesel::dsl::exists;
use diesel::prelude::*;

use super::one_time_link::{self, LinkKey, Purpose};
use super::own::{self, OwnAccount};
use super::password::NewPassword;
use super::throttle::{self, Attempt};
use super::{UserState, sign_in};
use crate::db::schema::{link_requests, users};
use crate::db::types::{UserId, UtcTime};
use crate::db::{DbConn, Tx};
use crate::domain::access::{Actor, Origin};
use crate::domain::audit::{self, Act, Subject};
use crate::domain::outbox::{self, Message};

/// So many wishes are answered in one transaction.
const AT_ONCE: i64 = 50;

/// Takes down that somebody wants a link for this address. Nothing is looked up here, so that neither the answer nor its
/// time tells whether there is an account (ASVS 5.0 V6.3.8); [`answer`] does that.
pub fn ask(tx: &mut Tx<'_>, email: &str, origin: &Origin, now: UtcTime) -> QueryResult<Result<(), throttle::Refused>> {
    let attempt = Attempt::link(&origin.address);
    if let Err(refused) = throttle::admit_request_for_link(tx, &attempt, now)? {
        sign_in::record_throttled(tx, &attempt, None, origin, now)?;
        return Ok(Err(refused));
    }
    diesel::insert_into(link_requests::table)
        .values((
            link_requests::email.eq(email),
            link_requests::address.eq(&origin.address),
            link_requests::request_id.eq(&origin.request_id),
            link_requests::asked_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(Ok(()))
}

/// Whether somebody waits for an answer.
pub fn is_asked(conn: &mut DbConn) -> QueryResult<bool> {
    diesel::select(exists(link_requests::table.select(link_requests::id))).get_result(conn)
}

type Asked = (String, String, String);

/// Answers some of the wishes, oldest first, and tells how many there were; each is answered once, however many workers
/// there are.
pub fn answer(tx: &mut Tx<'_>, key: &LinkKey, now: UtcTime) -> QueryResult<usize> {
    let waiting: Vec<i64> = link_requests::table
        .order(link_requests::id)
        .select(link_requests::id)
        .limit(AT_ONCE)
        .load(&mut **tx)?;
    for request in &waiting {
        let taken: Option<Asked> = diesel::delete(link_requests::table.find(request))
            .returning((link_requests::email, link_requests::address, link_requests::request_id))
            .get_result(&mut **tx)
            .optional()?;
        if let Some((email, address, request_id)) = taken {
            mail_link(tx, key, &email, Origin { address, request_id }, now)?;
        }
    }
    Ok(waiting.len())
}

/// Mails a link to the stored address of the account that this one speaks of, if there is one that may come in and has
/// not asked too often.
fn mail_link(tx: &mut Tx<'_>, key: &LinkKey, email: &str, origin: Origin, now: UtcTime) -> QueryResult<()> {
    let candidate = sign_in::candidate(tx, email)?.filter(|candidate| candidate.may_enter);
    let subject = match candidate {
        Some(candidate) if throttle::may_mail_link(tx, candidate.user.id, now)? => {
            let user = candidate.user;
            let link = one_time_link::issue(tx, key, Purpose::PasswordReset, user.id, now)?;
            outbox::queue_link(tx, Message::AccountReset, user.id, link, now)?;
            Subject::user(user.id, &user.reference)
        }
        Some(_) | None => Subject::nothing(),
    };
    audit::record(tx, &Actor::anonymous(origin), Act::PasswordLinkAsked, &subject, "", now)
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
pub fn set(tx: &mut Tx<'_>, token: &str, new: &NewPassword, origin: &Origin, now: UtcTime) -> QueryResult<bool> {
    let Some((user, _)) = owner_of(tx, token, now)? else {
        return Ok(false);
    };
    if one_time_link::consume(tx, Purpose::PasswordReset, token, now)?.is_none() {
        return Ok(false);
    }
    let actor = Actor::anonymous(origin.clone());
    own::set_password(tx, &actor, Act::PasswordReset, user, new, None, now)
}
