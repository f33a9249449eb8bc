//! Accepting an invitation: whoever holds the link sets the password of the account, once.

use diesel::prelude::*;

use super::one_time_link::{self, Purpose};
use super::password_rules::Owner;
use super::{Role, UserState, throttle};
use crate::db::schema::{partners, users};
use crate::db::types::{Reference, UserId, UtcTime};
use crate::db::{DbConn, Tx};
use crate::domain::access::{Actor, Origin};
use crate::domain::audit::{self, Act, Subject};
use crate::domain::partners::PartnerState;

/// Whom an open invitation is for.
#[derive(Debug, Clone)]
pub struct Invited {
    pub name: String,
    pub email: String,
    pub role: Role,
    pub partner: Option<String>,
    pub expires_at: UtcTime,
}

impl Invited {
    /// What the password must not be made of.
    pub fn owner(&self) -> Owner<'_> {
        Owner {
            name: &self.name,
            email: &self.email,
            partner: self.partner.as_deref(),
        }
    }
}

/// The invitation behind a token, if it can be accepted now; looking does not use it.
pub fn find(conn: &mut DbConn, token: &str, now: UtcTime) -> QueryResult<Option<Invited>> {
    let Some(link) = one_time_link::find(conn, Purpose::Invitation, token, now)? else {
        return Ok(None);
    };
    let Some(user) = link.user else { return Ok(None) };
    let row: Option<(String, String, Role, Option<String>, Option<PartnerState>)> = users::table
        .left_join(partners::table)
        .filter(users::id.eq(user))
        .filter(users::state.eq(UserState::Invited))
        .select((
            users::name,
            users::email,
            users::role,
            partners::name.nullable(),
            partners::state.nullable(),
        ))
        .first(conn)
        .optional()?;
    let is_open = |state: &Option<PartnerState>| state.is_none_or(|state| state == PartnerState::Active);
    Ok(row
        .filter(|(.., partner_state)| is_open(partner_state))
        .map(|(name, email, role, partner, _)| Invited {
            name,
            email,
            role,
            partner,
            expires_at: link.expires_at,
        }))
}

/// Uses the link up and opens the account with this password; `false` when the link works no longer.
pub fn accept(tx: &mut Tx<'_>, token: &str, password_hash: &str, origin: &Origin, now: UtcTime) -> QueryResult<bool> {
    if find(tx, token, now)?.is_none() {
        return Ok(false);
    }
    let Some(user) = one_time_link::consume(tx, Purpose::Invitation, token, now)?.and_then(|link| link.user) else {
        return Ok(false);
    };
    let opened: Option<(UserId, Reference, String)> =
        diesel::update(users::table.find(user).filter(users::state.eq(UserState::Invited)))
            .set((
                users::password_hash.eq(password_hash),
                users::state.eq(UserState::Active),
                users::lock_version.eq(users::lock_version + 1),
            ))
            .returning((users::id, users::reference, users::email))
            .get_result(&mut **tx)
            .optional()?;
    let Some((user, reference, email)) = opened else {
        return Ok(false);
    };
    throttle::forgive(tx, &email, user)?;
    let actor = Actor::user(user, origin.clone());
    let subject = Subject::user(user, &reference);
    audit::record(tx, &actor, Act::InvitationAccepted, &subject, "", now)?;
    Ok(true)
}
