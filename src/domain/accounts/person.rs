//! Inviting people and changing what is known of them: their form, its rules, and what it does.

use diesel::prelude::*;

use super::one_time_link::{self, LinkKey, Purpose};
use super::suspension::{self, is_last_administrator};
use super::user::{email_key, is_held_key};
use super::{CreateUserError, NewUser, Role, UserState};
use crate::db::schema::{partners, users};
use crate::db::types::{PartnerId, Reference, UserId, UtcTime};
use crate::db::{Rule, Tx, violated};
use crate::domain::access::{Actor, AdminScope, ending};
use crate::domain::audit::{self, Act, Subject};
use crate::domain::outbox::{self, Message};
use crate::domain::text::{clean_line, email_is_valid, search_key};
use crate::domain::validation::FieldErrors;

/// Characters of a name.
const LONGEST_NAME: usize = 120;

/// What was typed into the form of a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonInput {
    pub name: String,
    pub email: String,
    pub role: String,
    /// The reference of the partner, for partner roles.
    pub partner: String,
}

/// A person whose fields are fine, each for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonDraft {
    pub name: String,
    pub email: String,
    pub role: Role,
    pub partner: Option<Reference>,
}

impl PersonInput {
    /// # Errors
    /// Everything that is missing or does not fit together.
    pub fn parse(&self) -> Result<PersonDraft, FieldErrors> {
        let mut errors = FieldErrors::default();
        let (name, email) = checked_name_and_email(&self.name, &self.email, &mut errors);
        let role = Role::parse(&self.role);
        if role.is_none() {
            errors.add("role", "Choose what this person does here");
        }
        let partner = Reference::parse(&self.partner);
        if !self.partner.is_empty() && partner.is_none() {
            errors.add("partner", PARTNER_GONE);
        } else if role.is_some_and(Role::is_partner) && partner.is_none() {
            errors.add("partner", "Choose the partner that this person works at");
        } else if role.is_some_and(|role| !role.is_partner()) && partner.is_some() {
            errors.add(
                "partner",
                "Administrators and staff work at no partner: choose no partner, or another role",
            );
        }
        match role {
            Some(role) if errors.is_empty() => Ok(PersonDraft {
                name,
                email,
                role,
                partner,
            }),
            _ => Err(errors),
        }
    }
}

/// Name and address as they are stored, with what is wrong with them.
pub(super) fn checked_name_and_email(name: &str, email: &str, errors: &mut FieldErrors) -> (String, String) {
    let (name, email) = (clean_line(name), clean_line(email));
    if name.is_empty() {
        errors.add("name", "Enter a name");
    }
    errors.limit("name", "Name", &name, LONGEST_NAME);
    if email.is_empty() {
        errors.add("email", "Enter an e-mail address");
    } else if !email_is_valid(&email) {
        errors.add("email", "Enter an e-mail address in the format name@example.com");
    }
    (name, email)
}

/// Beside the partner field when the partner chosen is none.
const PARTNER_GONE: &str = "This partner is not there any more: choose another one";

/// Why a person can't be invited or changed.
#[derive(Debug, thiserror::Error)]
pub enum PersonError {
    /// Something beside a field that only the database knows.
    #[error("a field is wrong")]
    Fields(FieldErrors),
    #[error("somebody else changed this user meanwhile")]
    Stale,
    #[error("there is no such user")]
    Unknown,
    #[error(transparent)]
    Database(diesel::result::Error),
}

impl From<diesel::result::Error> for PersonError {
    fn from(error: diesel::result::Error) -> Self {
        match violated(&error) {
            Some(Rule::EmailTaken) => fields("email", EMAIL_TAKEN),
            _ => PersonError::Database(error),
        }
    }
}

impl From<CreateUserError> for PersonError {
    fn from(error: CreateUserError) -> Self {
        match error {
            CreateUserError::EmailTaken => fields("email", EMAIL_TAKEN),
            CreateUserError::Database(error) => PersonError::Database(error),
        }
    }
}

const EMAIL_TAKEN: &str = "There is a user with this e-mail address already: enter another one, or edit that user";

fn fields(field: &'static str, message: &str) -> PersonError {
    let mut errors = FieldErrors::default();
    errors.add(field, message);
    PersonError::Fields(errors)
}

/// Somebody who was invited.
#[derive(Debug, Clone)]
pub struct Invitation {
    pub user: UserId,
    pub reference: Reference,
}

/// Makes an account without a password and mails its owner a link to set one.
///
/// # Errors
/// The address is taken, or the partner is not there.
pub fn invite(
    tx: &mut Tx<'_>,
    scope: &AdminScope,
    key: &LinkKey,
    draft: &PersonDraft,
    now: UtcTime,
) -> Result<Invitation, PersonError> {
    let new = NewUser {
        email: draft.email.clone(),
        name: draft.name.clone(),
        role: draft.role,
        partner: partner_id(tx, draft)?,
        password_hash: None,
    };
    Ok(make_invited(tx, scope.actor(), key, &new, now)?)
}

/// Makes the account of an invitation and mails the link.
pub(super) fn make_invited(
    tx: &mut Tx<'_>,
    actor: &Actor,
    key: &LinkKey,
    new: &NewUser,
    now: UtcTime,
) -> Result<Invitation, CreateUserError> {
    let user = super::create(tx, actor, new, now)?;
    invited(tx, actor, key, user, now)
}

/// Mails the link to somebody whose account was made just now.
pub(super) fn invited(
    tx: &mut Tx<'_>,
    actor: &Actor,
    key: &LinkKey,
    user: UserId,
    now: UtcTime,
) -> Result<Invitation, CreateUserError> {
    let reference: Reference = users::table.find(user).select(users::reference).first(&mut **tx)?;
    send_link(tx, actor, key, user, &reference, now)?;
    Ok(Invitation { user, reference })
}

/// Makes a new link for somebody who is invited and mails it; the link before works no longer. Nothing is mailed to an
/// address that has another account, unless that one got another address meanwhile.
pub(super) fn send_link(
    tx: &mut Tx<'_>,
    actor: &Actor,
    key: &LinkKey,
    user: UserId,
    reference: &Reference,
    now: UtcTime,
) -> QueryResult<()> {
    let subject = Subject::user(user, reference);
    if is_held(tx, user)? {
        return audit::record(tx, actor, Act::InvitationHeld, &subject, "", now);
    }
    let link = one_time_link::issue(tx, key, Purpose::Invitation, user, now)?;
    outbox::queue_link(tx, Message::AccountInvited, user, link, now)?;
    audit::record(tx, actor, Act::UserInvited, &subject, "", now)
}

/// Whether the address of this account is another one's; the account takes it over where it is not any more.
fn is_held(tx: &mut Tx<'_>, user: UserId) -> QueryResult<bool> {
    let (email, key): (String, String) = users::table
        .find(user)
        .select((users::email, users::email_key))
        .first(&mut **tx)?;
    if !is_held_key(&key) {
        return Ok(false);
    }
    let wanted = email_key(&email);
    let holder = users::table.filter(users::email_key.eq(&wanted)).select(users::id);
    if diesel::select(diesel::dsl::exists(holder)).get_result(&mut **tx)? {
        return Ok(true);
    }
    diesel::update(users::table.find(user))
        .set(users::email_key.eq(wanted))
        .execute(&mut **tx)?;
    Ok(false)
}

fn partner_id(tx: &mut Tx<'_>, draft: &PersonDraft) -> Result<Option<PartnerId>, PersonError> {
    let Some(reference) = &draft.partner else {
        return Ok(None);
    };
    let found = partners::table
        .filter(partners::reference.eq(reference))
        .select(partners::id)
        .first(&mut **tx)
        .optional()?;
    match found {
        Some(id) => Ok(Some(id)),
        None => Err(fields("partner", PARTNER_GONE)),
    }
}

type Known = (UserId, String, String, String, Role, Option<PartnerId>, UserState, i64);

/// Changes a person. Another role, partner or address ends the sessions in the same transaction; whoever is invited and
/// gets another address is sent a new link there.
///
/// # Errors
/// The address is taken, the partner is not there, the last administrator would lose the role, or somebody else was
/// faster (`seen` is the version that the form showed).
pub fn edit(
    tx: &mut Tx<'_>,
    scope: &AdminScope,
    key: &LinkKey,
    reference: &Reference,
    draft: &PersonDraft,
    seen: i64,
    now: UtcTime,
) -> Result<(), PersonError> {
    tx.lock_administrators()?;
    let known: Option<Known> = users::table
        .filter(users::reference.eq(reference))
        .select((
            users::id,
            users::name,
            users::email,
            users::email_key,
            users::role,
            users::partner_id,
            users::state,
            users::lock_version,
        ))
        .first(&mut **tx)
        .optional()?;
    let (user, name, email, held, role, partner, state, version) = known.ok_or(PersonError::Unknown)?;
    if version != seen {
        return Err(PersonError::Stale);
    }
    let new_partner = partner_id(tx, draft)?;
    if role == Role::Administrator && draft.role != role && is_last_administrator(tx, user)? {
        return Err(fields("role", suspension::LAST_ADMINISTRATOR));
    }
    let changed: Vec<&str> = [
        ("name", name != draft.name),
        ("email", email != draft.email || is_held_key(&held)),
        ("role", role != draft.role),
        ("partner", partner != new_partner),
    ]
    .into_iter()
    .filter_map(|(field, is_changed)| is_changed.then_some(field))
    .collect();
    if changed.is_empty() {
        return Ok(());
    }
    tx.unindex_user(user.get())?;
    let updated = diesel::update(users::table.find(user).filter(users::lock_version.eq(seen)))
        .set((
            users::name.eq(&draft.name),
            users::email.eq(&draft.email),
            users::email_key.eq(email_key(&draft.email)),
            users::search_text.eq(search_key(&format!("{} {}", draft.name, draft.email))),
            users::role.eq(draft.role),
            users::partner_id.eq(new_partner),
            users::lock_version.eq(users::lock_version + 1),
        ))
        .execute(&mut **tx)?;
    if updated == 0 {
        return Err(PersonError::Stale);
    }
    tx.index_user(user.get())?;
    if changed != ["name"] {
        ending::of_user(tx, user)?;
    }
    let mut detail = changed.join(", ");
    if role != draft.role {
        detail.push_str(&format!("; role {} -> {}", role.as_str(), draft.role.as_str()));
    }
    audit::record(
        tx,
        scope.actor(),
        Act::UserEdited,
        &Subject::user(user, reference),
        &detail,
        now,
    )?;
    if changed.contains(&"email") {
        // A link that went to the old address must not open the account of the new one.
        one_time_link::withdraw_all(tx, user, now)?;
        if state == UserState::Invited {
            send_link(tx, scope.actor(), key, user, reference, now)?;
        } else if email != draft.email {
            outbox::queue_address_changed(tx, user, &email, now)?;
        }
    }
    Ok(())
}
