//! Users: who they are, what they may do, whether they may come in.

use diesel::prelude::*;

use super::one_time_link;
use crate::db::schema::users;
use crate::db::types::{PartnerId, Reference, UserId, UtcTime};
use crate::db::{DbConn, Rule, Tx, violated};
use crate::domain::access::{Actor, AdminScope};
use crate::domain::audit::{self, Act, Subject};
use crate::domain::text::search_key;
use crate::text_enum;

text_enum! {
    /// What a person may do here.
    pub enum Role {
        Administrator = "administrator",
        Staff = "staff",
        PartnerManager = "partner_manager",
        PartnerMember = "partner_member",
    }
}

impl Role {
    /// The role in words for people.
    pub fn label(self) -> &'static str {
        match self {
            Role::Administrator => "Administrator",
            Role::Staff => "Staff",
            Role::PartnerManager => "Partner manager",
            Role::PartnerMember => "Partner member",
        }
    }

    /// What people of this role do here, for whoever gives it.
    pub fn hint(self) -> &'static str {
        match self {
            Role::Administrator => "Settings, users, partners and the audit log; and everything that staff can do",
            Role::Staff => "Enters and imports leads, confirms permission, assigns leads to partners",
            Role::PartnerManager => "Works at a partner and sees all its leads",
            Role::PartnerMember => "Works at a partner and sees only the leads assigned to this person",
        }
    }

    /// Whether people of this role work at a partner.
    pub fn is_partner(self) -> bool {
        matches!(self, Role::PartnerManager | Role::PartnerMember)
    }
}

text_enum! {
    /// Whether an account can be used.
    pub enum UserState {
        /// Has a one-time link to set a password, and nothing else.
        Invited = "invited",
        Active = "active",
        Suspended = "suspended",
    }
}

impl UserState {
    /// The state in words for people.
    pub fn label(self) -> &'static str {
        match self {
            UserState::Invited => "Invited",
            UserState::Active => "Active",
            UserState::Suspended => "Suspended",
        }
    }
}

/// A person who signs in.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct User {
    pub id: UserId,
    pub reference: Reference,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub partner_id: Option<PartnerId>,
    pub password_hash: Option<String>,
    pub state: UserState,
}

/// What a new account is made of.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub email: String,
    pub name: String,
    pub role: Role,
    pub partner: Option<PartnerId>,
    /// An argon2id hash; without one the account is invited.
    pub password_hash: Option<String>,
}

/// Why an account can't be made.
#[derive(Debug, thiserror::Error)]
pub enum CreateUserError {
    #[error("there is an account with this e-mail address already")]
    EmailTaken,
    #[error(transparent)]
    Database(diesel::result::Error),
}

impl From<diesel::result::Error> for CreateUserError {
    fn from(error: diesel::result::Error) -> Self {
        match violated(&error) {
            Some(Rule::EmailTaken) => CreateUserError::EmailTaken,
            _ => CreateUserError::Database(error),
        }
    }
}

/// Makes an account, active if it has a password.
pub fn create(tx: &mut Tx<'_>, actor: &Actor, new: &NewUser, now: UtcTime) -> Result<UserId, CreateUserError> {
    insert(tx, actor, new, &email_key(&new.email), now)
}

/// Makes an account at a partner for an address that has an account elsewhere: it is shown as invited, so that nobody
/// there learns of the other one, and nobody can sign in to it before an administrator gives it another address.
pub(super) fn create_held(
    tx: &mut Tx<'_>,
    actor: &Actor,
    new: &NewUser,
    partner: PartnerId,
    now: UtcTime,
) -> Result<UserId, CreateUserError> {
    insert(tx, actor, new, &held_key(&new.email, partner), now)
}

fn insert(
    tx: &mut Tx<'_>,
    actor: &Actor,
    new: &NewUser,
    email_key: &str,
    now: UtcTime,
) -> Result<UserId, CreateUserError> {
    let reference = Reference::random();
    let state = if new.password_hash.is_some() {
        UserState::Active
    } else {
        UserState::Invited
    };
    let id: UserId = diesel::insert_into(users::table)
        .values((
            users::reference.eq(&reference),
            users::email.eq(&new.email),
            users::email_key.eq(email_key),
            users::name.eq(&new.name),
            users::search_text.eq(search_key(&format!("{} {}", new.name, new.email))),
            users::role.eq(new.role),
            users::partner_id.eq(new.partner),
            users::password_hash.eq(&new.password_hash),
            users::state.eq(state),
            users::created_at.eq(now),
        ))
        .returning(users::id)
        .get_result(&mut **tx)?;
    tx.index_user(id.get())?;
    one_time_link::withdraw_first_run(tx, now)?;
    let subject = Subject::user(id, &reference);
    audit::record(tx, actor, Act::UserCreated, &subject, new.role.as_str(), now)?;
    Ok(id)
}

/// The account of this address, however it is spelt.
pub fn find_by_email(conn: &mut DbConn, email: &str) -> QueryResult<Option<User>> {
    users::table
        .filter(users::email_key.eq(email_key(email)))
        .select(User::as_select())
        .first(conn)
        .optional()
}

/// The account with this reference.
///
/// # Errors
/// `NotFound` where there is none.
pub fn find_by_reference(conn: &mut DbConn, _scope: &AdminScope, reference: &Reference) -> QueryResult<User> {
    users::table
        .filter(users::reference.eq(reference))
        .select(User::as_select())
        .first(conn)
}

/// One spelling for all that mean the same account: width, case and accents are folded (throttling counts by it).
pub fn email_key(email: &str) -> String {
    search_key(email)
}

/// How the key of an account begins whose address is another one's: with a blank in it no address folds to that.
const HELD: &str = "held ";

/// The key of such an account, of which each partner has one for an address.
pub(super) fn held_key(email: &str, partner: PartnerId) -> String {
    format!("{HELD}{} {}", partner.get(), email_key(email))
}

/// Whether a key is that of such an account.
pub(super) fn is_held_key(key: &str) -> bool {
    key.starts_with(HELD)
}
