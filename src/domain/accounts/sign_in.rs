//! Coming in: what is read before the password is checked, and what is written down afterwards.

use diesel::dsl::exists;
use diesel::prelude::*;

use super::throttle::{self, Attempt};
use super::{User, UserState, email_key, time_zone};
use crate::db::schema::{audit_events, partners, users};
use crate::db::types::{UserId, UtcTime};
use crate::db::{DbConn, Tx, update_kept};
use crate::domain::access::{Actor, Origin};
use crate::domain::audit::{self, Act, Subject};
use crate::domain::outbox::{self, Message};
use crate::domain::partners::PartnerState;
use crate::domain::zone::Zone;

/// An account at which somebody knocks.
#[derive(Debug)]
pub struct Candidate {
    pub user: User,
    /// Whether the account, and the partner that it belongs to, may come in.
    pub may_enter: bool,
}

/// The account that an address speaks of, if any; in one statement whether there is one or not, since the time that it
/// takes is seen from outside (ASVS 5.0 V6.3.8).
pub fn candidate(conn: &mut DbConn, email: &str) -> QueryResult<Option<Candidate>> {
    let found: Option<(User, Option<PartnerState>)> = users::table
        .left_join(partners::table)
        .filter(users::email_key.eq(email_key(email)))
        .select((User::as_select(), partners::state.nullable()))
        .first(conn)
        .optional()?;
    Ok(found.map(|(user, partner)| {
        let partner_is_active = partner.is_none_or(|state| state == PartnerState::Active);
        let may_enter = user.state == UserState::Active && partner_is_active;
        Candidate { user, may_enter }
    }))
}

/// The account with this id, as somebody who knows its password finds it.
pub fn candidate_by_id(conn: &mut DbConn, user: UserId) -> QueryResult<Option<Candidate>> {
    let email: Option<String> = users::table.find(user).select(users::email).first(conn).optional()?;
    match email {
        Some(email) => candidate(conn, &email),
        None => Ok(None),
    }
}

/// The account as it is now, if whoever showed the password of `verified` may still come in with it.
pub fn confirm(conn: &mut DbConn, verified: &User) -> QueryResult<Option<User>> {
    let now = candidate_by_id(conn, verified.id)?;
    Ok(now
        .filter(|candidate| candidate.may_enter && candidate.user.password_hash == verified.password_hash)
        .map(|candidate| candidate.user))
}

/// Writes down that somebody with the right password had no right code.
pub fn record_wrong_code(tx: &mut Tx<'_>, user: &User, origin: &Origin, now: UtcTime) -> QueryResult<()> {
    let actor = Actor::anonymous(origin.clone());
    let subject = Subject::user(user.id, &user.reference);
    audit::record(tx, &actor, Act::FactorRefused, &subject, "", now)
}

/// Writes down that somebody came in, and tells the owner when it was from a device that was never seen here. `zone` is
/// that of the device, as far as it says.
pub fn record_success(
    tx: &mut Tx<'_>,
    user: &User,
    is_new_device: bool,
    zone: Option<Zone>,
    origin: &Origin,
    now: UtcTime,
) -> QueryResult<()> {
    let actor = Actor::user(user.id, origin.clone());
    if is_new_device && has_signed_in_before(tx, user.id)? {
        outbox::queue_about_account(tx, Message::AccountNewDevice, user.id, now)?;
    }
    update_kept(users::table.find(user.id), users::last_signed_in_at.eq(now)).execute(&mut **tx)?;
    if let Some(zone) = zone {
        time_zone::begin_with(tx, &actor, user.id, zone, now)?;
    }
    audit::record(
        tx,
        &actor,
        Act::SignedIn,
        &Subject::user(user.id, &user.reference),
        "",
        now,
    )
}

fn has_signed_in_before(tx: &mut Tx<'_>, user: UserId) -> QueryResult<bool> {
    let earlier = audit_events::table
        .filter(audit_events::actor_id.eq(user))
        .filter(audit_events::action.eq(Act::SignedIn));
    diesel::select(exists(earlier)).get_result(&mut **tx)
}

/// Writes down that somebody was turned away; `user` is absent when there is no such account.
pub fn record_failure(tx: &mut Tx<'_>, user: Option<&User>, origin: &Origin, now: UtcTime) -> QueryResult<()> {
    let actor = Actor::anonymous(origin.clone());
    let subject = user.map_or_else(Subject::nothing, |user| Subject::user(user.id, &user.reference));
    audit::record(tx, &actor, Act::SignInFailed, &subject, "", now)
}

/// Writes down that an attempt was not looked at, unless that was written a moment ago; `user` is absent when there is no
/// such account.
pub fn record_throttled(
    tx: &mut Tx<'_>,
    attempt: &Attempt,
    user: Option<&User>,
    origin: &Origin,
    now: UtcTime,
) -> QueryResult<()> {
    if !throttle::refusal_is_told(tx, attempt, now)? {
        return Ok(());
    }
    let actor = Actor::anonymous(origin.clone());
    let subject = user.map_or_else(Subject::nothing, |user| Subject::user(user.id, &user.reference));
    audit::record(tx, &actor, Act::SignInThrottled, &subject, "", now)
}

/// Writes down that somebody who is signed in could not show it again.
pub fn record_wrong_proof(tx: &mut Tx<'_>, actor: &Actor, user: UserId, now: UtcTime) -> QueryResult<()> {
    audit::record(tx, actor, Act::ProofRefused, &Subject::of_user(user), "", now)
}

/// Writes down that somebody asked for what is not theirs, or in a way that no page of ours does; a few times a minute at
/// the most.
pub fn record_denied(tx: &mut Tx<'_>, actor: &Actor, act: Act, asked: &str, now: UtcTime) -> QueryResult<()> {
    let is_told = match actor.user_id() {
        Some(user) => throttle::denial_is_told(tx, user, now)?,
        None => throttle::denial_of_stranger_is_told(tx, &actor.origin().address, now)?,
    };
    if is_told {
        audit::record(tx, actor, act, &Subject::nothing(), asked, now)?;
    }
    Ok(())
}

/// Writes down that somebody left.
pub fn record_end(tx: &mut Tx<'_>, actor: &Actor, user: UserId, now: UtcTime) -> QueryResult<()> {
    audit::record(tx, actor, Act::SignedOut, &Subject::of_user(user), "", now)
}
