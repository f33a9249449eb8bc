//! What a person sees and changes of the own account.

use diesel::prelude::*;

use super::password::NewPassword;
use super::password_rules::{Guard, Owner};
use super::{Role, second_factor, throttle};
use crate::db::schema::{audit_events, partners, users};
use crate::db::types::{Reference, UserId, UtcTime};
use crate::db::{DbConn, Tx};
use crate::domain::access::{Actor, own_sessions};
use crate::domain::audit::{self, Act, Subject};
use crate::domain::outbox::{self, Message};

/// So many sign-ins are shown.
const RECENT: i64 = 10;

/// An account as its owner sees it.
#[derive(Debug, Clone)]
pub struct OwnAccount {
    pub reference: Reference,
    pub name: String,
    pub email: String,
    pub role: Role,
    /// The company of a partner user.
    pub partner: Option<String>,
    pub guard: Guard,
    /// Since when there is a second factor.
    pub factor_since: Option<UtcTime>,
    /// Whether the password is long enough only beside a second factor.
    pub password_is_short: bool,
}

impl OwnAccount {
    /// What a password must not be made of.
    pub fn owner(&self) -> Owner<'_> {
        Owner {
            name: &self.name,
            email: &self.email,
            partner: self.partner.as_deref(),
        }
    }
}

pub fn load(conn: &mut DbConn, user: UserId) -> QueryResult<OwnAccount> {
    let factor_since = second_factor::enrolled_at(conn, user)?;
    let (reference, name, email, role, partner, password_is_short) = users::table
        .left_join(partners::table)
        .filter(users::id.eq(user))
        .select((
            users::reference,
            users::name,
            users::email,
            users::role,
            partners::name.nullable(),
            users::password_is_short,
        ))
        .first(conn)?;
    Ok(OwnAccount {
        reference,
        name,
        email,
        role,
        partner,
        guard: if factor_since.is_some() {
            Guard::SecondFactor
        } else {
            Guard::PasswordAlone
        },
        factor_since,
        password_is_short,
    })
}

/// Somebody came in with this account, or was turned away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInEvent {
    pub at: UtcTime,
    pub succeeded: bool,
    pub address: String,
}

/// The last sign-ins, the newest first.
pub fn recent_sign_ins(conn: &mut DbConn, user: UserId) -> QueryResult<Vec<SignInEvent>> {
    let rows: Vec<(UtcTime, Act, String)> = audit_events::table
        .filter(audit_events::subject.eq("user"))
        .filter(audit_events::subject_id.eq(user.get()))
        .filter(audit_events::action.eq_any([Act::SignedIn, Act::SignInFailed]))
        .order(audit_events::id.desc())
        .limit(RECENT)
        .select((audit_events::happened_at, audit_events::action, audit_events::address))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(at, act, address)| SignInEvent {
            at,
            succeeded: act == Act::SignedIn,
            address,
        })
        .collect())
}

/// The hash that a password of this person is checked against.
pub fn password_hash(conn: &mut DbConn, user: UserId) -> QueryResult<Option<String>> {
    users::table.find(user).select(users::password_hash).first(conn)
}

/// Stores the same password under a hash that costs more; nothing else changes. A password that was set meanwhile stays.
pub fn renew_hash(tx: &mut Tx<'_>, user: UserId, old: &str, new: &str) -> QueryResult<()> {
    diesel::update(users::table.find(user).filter(users::password_hash.eq(old)))
        .set(users::password_hash.eq(new))
        .execute(&mut **tx)
        .map(|_| ())
}

/// Notes how long the password is that opened the account: of those from before that was counted, nobody knew.
pub fn note_length(tx: &mut Tx<'_>, user: UserId, is_short: bool) -> QueryResult<()> {
    diesel::update(users::table.find(user).filter(users::password_is_short.ne(is_short)))
        .set(users::password_is_short.eq(is_short))
        .execute(&mut **tx)
        .map(|_| ())
}

/// Replaces the own password, and ends every session but this one; `false` when the account is not any more as it was
/// when the current password (whose stored hash is `seen`) was looked at.
pub fn change_password(
    tx: &mut Tx<'_>,
    actor: &Actor,
    user: UserId,
    seen: Option<&str>,
    new: &NewPassword,
    this: Option<&str>,
    now: UtcTime,
) -> QueryResult<bool> {
    let (.., stored) = lock(tx, user)?;
    if stored.as_deref() != seen {
        return Ok(false);
    }
    set_password(tx, actor, Act::PasswordChanged, user, new, this, now)
}

/// Replaces the password, which `act` names in the log, ends every session but `but`, and tells the owner. In one
/// transaction: whoever knew only the old password is out on the next request. `false`, and nothing happened, when it is
/// too short for what guards the account by now.
pub fn set_password(
    tx: &mut Tx<'_>,
    actor: &Actor,
    act: Act,
    user: UserId,
    new: &NewPassword,
    but: Option<&str>,
    now: UtcTime,
) -> QueryResult<bool> {
    let (reference, email, _) = lock(tx, user)?;
    if new.is_short && second_factor::enrolled_at(tx, user)?.is_none() {
        return Ok(false);
    }
    diesel::update(users::table.find(user))
        .set((
            users::password_hash.eq(&new.hash),
            users::password_is_short.eq(new.is_short),
        ))
        .execute(&mut **tx)?;
    own_sessions::end_all(tx, user, but)?;
    throttle::forgive(tx, &email, user)?;
    outbox::queue_about_account(tx, Message::AccountPasswordChanged, user, now)?;
    audit::record(tx, actor, act, &Subject::user(user, &reference), "", now)?;
    Ok(true)
}

/// Keeps the account from others until the transaction ends; gives its reference, its address and the stored hash.
fn lock(tx: &mut Tx<'_>, user: UserId) -> QueryResult<(Reference, String, Option<String>)> {
    diesel::update(users::table.find(user))
        .set(users::lock_version.eq(users::lock_version + 1))
        .returning((users::reference, users::email, users::password_hash))
        .get_result(&mut **tx)
}

/// Ends one session of the own ones; `false` where there is none of that name.
pub fn end_session(
    tx: &mut Tx<'_>,
    actor: &Actor,
    user: UserId,
    session: &Reference,
    now: UtcTime,
) -> QueryResult<bool> {
    let ended = own_sessions::end(tx, user, session)?;
    if ended {
        audit::record(tx, actor, Act::SignedOut, &Subject::of_user(user), "one session", now)?;
    }
    Ok(ended)
}

/// Ends all sessions of the own ones, this one too.
pub fn sign_out_everywhere(tx: &mut Tx<'_>, actor: &Actor, user: UserId, now: UtcTime) -> QueryResult<()> {
    own_sessions::end_all(tx, user, None)?;
    audit::record(tx, actor, Act::SignedOut, &Subject::of_user(user), "everywhere", now)
}
