//! Shutting a person out and letting them in again; ending sessions. All of it holds from the next request on.

use diesel::prelude::*;

use super::one_time_link::{self, LinkKey};
use super::{Role, UserState, person};
use crate::db::schema::{audit_events, users};
use crate::db::types::{PartnerId, Reference, UserId, UtcTime};
use crate::db::{DbConn, Tx};
use crate::domain::access::{Actor, AdminScope, ending};
use crate::domain::audit::{self, Act, Subject};

/// Why the only administrator can't be suspended or given another role.
pub const LAST_ADMINISTRATOR: &str = "This is the only active administrator: nobody could let people in any more. Make somebody else an administrator first";

/// Why a person can't be suspended, let in or invited.
#[derive(Debug, thiserror::Error)]
pub enum StandingError {
    #[error("there is no such user")]
    Unknown,
    #[error("this is the only active administrator")]
    LastAdministrator,
    /// Only whoever has not arrived yet can be invited again.
    #[error("this user is not invited")]
    NotInvited(UserState),
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

type Known = (UserId, Role, UserState, bool);

fn known(tx: &mut Tx<'_>, reference: &Reference) -> Result<Known, StandingError> {
    users::table
        .filter(users::reference.eq(reference))
        .select((users::id, users::role, users::state, users::password_hash.is_not_null()))
        .first(&mut **tx)
        .optional()?
        .ok_or(StandingError::Unknown)
}

/// Whether nobody but this user administers.
pub fn is_last_administrator(conn: &mut DbConn, user: UserId) -> QueryResult<bool> {
    let others = users::table
        .filter(users::role.eq(Role::Administrator))
        .filter(users::state.eq(UserState::Active))
        .filter(users::id.ne(user));
    let has_others: bool = diesel::select(diesel::dsl::exists(others.select(users::id))).get_result(conn)?;
    let is_active: bool = diesel::select(diesel::dsl::exists(
        users::table
            .find(user)
            .filter(users::state.eq(UserState::Active))
            .select(users::id),
    ))
    .get_result(conn)?;
    Ok(is_active && !has_others)
}

/// Whether only the vendor lets a suspended person in again: whoever suspended them last works at no partner of theirs.
pub fn is_by_vendor(conn: &mut DbConn, user: UserId) -> QueryResult<bool> {
    let by: Option<Option<UserId>> = audit_events::table
        .filter(audit_events::subject.eq(Subject::USER))
        .filter(audit_events::subject_id.eq(user.get()))
        .filter(audit_events::action.eq(Act::UserSuspended))
        .order(audit_events::id.desc())
        .select(audit_events::actor_id)
        .first(conn)
        .optional()?;
    let Some(Some(by)) = by else { return Ok(true) };
    let mut partner_of = |person: UserId| -> QueryResult<Option<PartnerId>> {
        users::table.find(person).select(users::partner_id).first(conn)
    };
    let partner = partner_of(user)?;
    Ok(partner.is_none() || partner_of(by)? != partner)
}

/// Shuts a person out: sessions and one-time links end with it. Whom the partner shut out, its managers let in no more
/// afterwards. Doing it twice changes nothing.
pub fn suspend(tx: &mut Tx<'_>, scope: &AdminScope, reference: &Reference, now: UtcTime) -> Result<(), StandingError> {
    tx.lock_administrators()?;
    let (user, role, state, _) = known(tx, reference)?;
    if state == UserState::Suspended && is_by_vendor(tx, user)? {
        return Ok(());
    }
    if role == Role::Administrator && is_last_administrator(tx, user)? {
        return Err(StandingError::LastAdministrator);
    }
    shut_out(tx, scope.actor(), user, reference, now)?;
    Ok(())
}

/// Suspends an account: no session and no mailed link outlives it.
pub(super) fn shut_out(
    tx: &mut Tx<'_>,
    actor: &Actor,
    user: UserId,
    reference: &Reference,
    now: UtcTime,
) -> QueryResult<()> {
    change_state(tx, user, UserState::Suspended)?;
    let ended = ending::of_user(tx, user)?;
    one_time_link::withdraw_all(tx, user, now)?;
    let subject = Subject::user(user, reference);
    let detail = format!("sessions ended: {ended}");
    audit::record(tx, actor, Act::UserSuspended, &subject, &detail, now)
}

/// Lets a person in again. Whoever never set a password is sent a new invitation.
pub fn resume(
    tx: &mut Tx<'_>,
    scope: &AdminScope,
    key: &LinkKey,
    reference: &Reference,
    now: UtcTime,
) -> Result<(), StandingError> {
    let (user, _, state, has_password) = known(tx, reference)?;
    if state != UserState::Suspended {
        return Ok(());
    }
    let_in(tx, scope.actor(), key, (user, reference), has_password, now)?;
    Ok(())
}

/// Ends the suspension of an account.
pub(super) fn let_in(
    tx: &mut Tx<'_>,
    actor: &Actor,
    key: &LinkKey,
    (user, reference): (UserId, &Reference),
    has_password: bool,
    now: UtcTime,
) -> QueryResult<()> {
    let resumed = if has_password {
        UserState::Active
    } else {
        UserState::Invited
    };
    change_state(tx, user, resumed)?;
    let subject = Subject::user(user, reference);
    audit::record(tx, actor, Act::UserResumed, &subject, resumed.as_str(), now)?;
    if !has_password {
        person::send_link(tx, actor, key, user, reference, now)?;
    }
    Ok(())
}

fn change_state(tx: &mut Tx<'_>, user: UserId, state: UserState) -> QueryResult<()> {
    diesel::update(users::table.find(user))
        .set((users::state.eq(state), users::lock_version.eq(users::lock_version + 1)))
        .execute(&mut **tx)
        .map(|_| ())
}

/// Sends an invitation anew; the link before works no longer.
pub fn invite_again(
    tx: &mut Tx<'_>,
    scope: &AdminScope,
    key: &LinkKey,
    reference: &Reference,
    now: UtcTime,
) -> Result<(), StandingError> {
    let (user, _, state, _) = known(tx, reference)?;
    if state != UserState::Invited {
        return Err(StandingError::NotInvited(state));
    }
    person::send_link(tx, scope.actor(), key, user, reference, now)?;
    Ok(())
}

/// Signs a person out everywhere and tells of how many sessions.
pub fn sign_out(
    tx: &mut Tx<'_>,
    scope: &AdminScope,
    reference: &Reference,
    now: UtcTime,
) -> Result<usize, StandingError> {
    let (user, ..) = known(tx, reference)?;
    let ended = ending::of_user(tx, user)?;
    let subject = Subject::user(user, reference);
    let detail = format!("sessions ended: {ended}");
    audit::record(tx, scope.actor(), Act::UserSignedOut, &subject, &detail, now)?;
    Ok(ended)
}

/// Signs everybody out, whoever asked for it too.
pub fn sign_out_everybody(tx: &mut Tx<'_>, scope: &AdminScope, now: UtcTime) -> QueryResult<usize> {
    let ended = ending::of_everybody(tx)?;
    let detail = format!("sessions ended: {ended}");
    let act = Act::EverybodySignedOut;
    audit::record(tx, scope.actor(), act, &Subject::nothing(), &detail, now)?;
    Ok(ended)
}
