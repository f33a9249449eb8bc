//! What a partner manager does to the people of the same partner: inviting, suspending, letting in again. Nobody of
//! another partner and no other role can be reached from here.

use diesel::prelude::*;

use super::is_suspended_by_vendor;
use crate::db::Tx;
use crate::db::schema::users;
use crate::db::types::{PartnerId, Reference, UserId, UtcTime};
use crate::domain::access::ManagerScope;
use crate::domain::accounts::one_time_link::LinkKey;
use crate::domain::accounts::person::{self, checked_name_and_email};
use crate::domain::accounts::suspension::{let_in, shut_out};
use crate::domain::accounts::user::{create, create_held, email_key, held_key};
use crate::domain::accounts::{CreateUserError, NewUser, Role, UserState};
use crate::domain::validation::FieldErrors;

/// The roles that a partner manager may give.
pub const ROLES: [Role; 2] = [Role::PartnerMember, Role::PartnerManager];

/// What was typed into the form of an invitation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColleagueInput {
    pub name: String,
    pub email: String,
    pub role: String,
}

/// Somebody to be invited whose fields are fine, each for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColleagueDraft {
    name: String,
    email: String,
    role: Role,
}

impl ColleagueInput {
    /// # Errors
    /// Everything that is missing, and any role that is not the partner's to give.
    pub fn parse(&self) -> Result<ColleagueDraft, FieldErrors> {
        let mut errors = FieldErrors::default();
        let (name, email) = checked_name_and_email(&self.name, &self.email, &mut errors);
        let role = Role::parse(&self.role).filter(|role| ROLES.contains(role));
        if role.is_none() {
            errors.add("role", "Choose what this person does here");
        }
        match role {
            Some(role) if errors.is_empty() => Ok(ColleagueDraft { name, email, role }),
            _ => Err(errors),
        }
    }
}

/// Why somebody can't be invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// Somebody of this partner has the address.
    #[error("a colleague has this e-mail address")]
    IsColleague,
    /// Somebody else entered the address at the same moment.
    #[error("the address was entered at the same moment")]
    Overtaken,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

/// Makes an account at this partner without a password and mails its owner a link to set one. An address that has an account
/// elsewhere looks the same from here; the vendor sees in the audit log, and on the page of the user, that no link was mailed.
pub fn invite(
    tx: &mut Tx<'_>,
    scope: &ManagerScope,
    key: &LinkKey,
    draft: &ColleagueDraft,
    now: UtcTime,
) -> Result<Reference, InviteError> {
    let own = scope.partner();
    let keys = [email_key(&draft.email), held_key(&draft.email, own)];
    let holders: Vec<Option<PartnerId>> = users::table
        .filter(users::email_key.eq_any(keys))
        .order(users::id)
        .select(users::partner_id)
        .load(&mut **tx)?;
    if holders.contains(&Some(own)) {
        return Err(InviteError::IsColleague);
    }
    let new = NewUser {
        email: draft.email.clone(),
        name: draft.name.clone(),
        role: draft.role,
        partner: Some(own),
        password_hash: None,
    };
    let made = if holders.is_empty() {
        create(tx, scope.actor(), &new, now)
    } else {
        create_held(tx, scope.actor(), &new, own, now)
    };
    match made.and_then(|user| person::invited(tx, scope.actor(), key, user, now)) {
        Ok(invitation) => Ok(invitation.reference),
        Err(CreateUserError::EmailTaken) => Err(InviteError::Overtaken),
        Err(CreateUserError::Database(error)) => Err(error.into()),
    }
}

/// Why the standing of a colleague can't be changed.
#[derive(Debug, thiserror::Error)]
pub enum ColleagueError {
    /// Nobody of this partner has the reference.
    #[error("there is no such colleague")]
    Unknown,
    #[error("nobody suspends themselves")]
    Oneself,
    /// Whom the vendor shut out, only the vendor lets in again.
    #[error("this account was suspended by the vendor")]
    SuspendedByVendor,
    #[error("this user is not invited")]
    NotInvited(UserState),
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

type Known = (UserId, UserState, bool);

/// The account, kept from others until the transaction ends.
fn locked(tx: &mut Tx<'_>, scope: &ManagerScope, reference: &Reference) -> Result<Known, ColleagueError> {
    let own = users::table
        .filter(users::reference.eq(reference))
        .filter(users::partner_id.eq(scope.partner()));
    diesel::update(own)
        .set(users::lock_version.eq(users::lock_version))
        .returning((users::id, users::state, users::password_hash.is_not_null()))
        .get_result(&mut **tx)
        .optional()?
        .ok_or(ColleagueError::Unknown)
}

/// Shuts a colleague out: sessions and mailed links end with it, leads stay. Doing it twice changes nothing.
pub fn suspend(
    tx: &mut Tx<'_>,
    scope: &ManagerScope,
    reference: &Reference,
    now: UtcTime,
) -> Result<(), ColleagueError> {
    let (user, state, _) = locked(tx, scope, reference)?;
    if user == scope.user() {
        return Err(ColleagueError::Oneself);
    }
    if state != UserState::Suspended {
        shut_out(tx, scope.actor(), user, reference, now)?;
    }
    Ok(())
}

/// Lets a colleague in again whom this partner shut out. Whoever never set a password is sent a new invitation.
pub fn resume(
    tx: &mut Tx<'_>,
    scope: &ManagerScope,
    key: &LinkKey,
    reference: &Reference,
    now: UtcTime,
) -> Result<(), ColleagueError> {
    let (user, state, has_password) = locked(tx, scope, reference)?;
    if state != UserState::Suspended {
        return Ok(());
    }
    if is_suspended_by_vendor(tx, scope, user)? {
        return Err(ColleagueError::SuspendedByVendor);
    }
    let_in(tx, scope.actor(), key, (user, reference), has_password, now)?;
    Ok(())
}

/// Sends an invitation anew; the link before works no longer.
pub fn invite_again(
    tx: &mut Tx<'_>,
    scope: &ManagerScope,
    key: &LinkKey,
    reference: &Reference,
    now: UtcTime,
) -> Result<(), ColleagueError> {
    let (user, state, _) = locked(tx, scope, reference)?;
    if state != UserState::Invited {
        return Err(ColleagueError::NotInvited(state));
    }
    person::send_link(tx, scope.actor(), key, user, reference, now)?;
    Ok(())
}
