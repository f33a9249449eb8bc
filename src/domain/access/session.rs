//! Sessions, and the people behind them: the only place where scopes are made.

use chrono::TimeDelta;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::limits::{SessionLimits, is_open};
use super::scopes::{AdminScope, Origin, PartnerScope, Scope, StaffScope};
use crate::db::schema::{partners, second_factors, security_settings as settings, sessions, users};
use crate::db::types::{PartnerId, Reference, SessionId, UserId, UtcTime};
use crate::db::{DbConn, Tx, remembered, update_kept};
use crate::domain::accounts::{Role, UserState, password, second_factor, security_settings};
use crate::domain::partners::{PartnerState, hold as hold_partner};
use crate::domain::zone::Zone;

/// Use is written down at most this often.
const TOUCH_EVERY: TimeDelta = TimeDelta::minutes(1);

/// An active person, as the database knows them at this moment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Principal {
    user: UserId,
    reference: Reference,
    name: String,
    role: Role,
    partner: Option<PartnerId>,
    partner_name: Option<String>,
    factor_required: bool,
    must_enrol: bool,
    zone: Zone,
}

impl Principal {
    /// The person, unless the account or the partner is not active.
    pub fn load(conn: &mut DbConn, user: UserId) -> QueryResult<Option<Self>> {
        let row = users::table
            .left_join(partners::table)
            .filter(users::id.eq(user))
            .select((USER, PARTNER.nullable()))
            .first::<(UserRow, Option<PartnerRow>)>(conn)
            .optional()?;
        let Some((user, partner)) = row else { return Ok(None) };
        let has_factor = second_factor::enrolled_at(conn, user.0)?.is_some();
        let is_required = security_settings::load(conn)?.second_factor_required;
        Ok(Self::of(user, partner, has_factor, is_required))
    }

    /// `is_required` is what the installation asks of administrators and staff; a partner asks it of its own people.
    fn of(row: UserRow, partner_row: Option<PartnerRow>, has_factor: bool, is_required: bool) -> Option<Self> {
        let (user, reference, name, role, state, partner, own_zone) = row;
        let partner_is_active = partner_row
            .as_ref()
            .is_none_or(|(_, state, ..)| *state == PartnerState::Active);
        let factor_required = partner_row
            .as_ref()
            .map_or(is_required, |(_, _, required, _)| *required);
        let partner_zone = partner_row.as_ref().map(|(.., zone)| zone.as_str());
        let zone = own_zone.as_deref().or(partner_zone).map_or(Zone::UTC, Zone::stored);
        (state == UserState::Active && partner_is_active).then(|| Principal {
            user,
            reference,
            name,
            role,
            partner,
            partner_name: partner_row.map(|(name, ..)| name),
            factor_required,
            must_enrol: factor_required && !has_factor,
            zone,
        })
    }

    /// What this person may reach.
    pub fn scope(&self, origin: Origin) -> Scope {
        match (self.role, self.partner) {
            (Role::Administrator, _) => Scope::Admin(AdminScope::new(self.user, origin)),
            (Role::Staff, _) => Scope::Staff(StaffScope::new(self.user, origin)),
            (role, Some(partner)) => {
                let is_manager = role == Role::PartnerManager;
                Scope::Partner(PartnerScope::new(self.user, partner, is_manager, origin))
            }
            (Role::PartnerManager | Role::PartnerMember, None) => {
                unreachable!("the schema gives every partner role its partner (users_partner_fits_role)")
            }
        }
    }

    pub fn user(&self) -> UserId {
        self.user
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether this person must set up a second factor before anything else is reached (ASVS 5.0 V6.3.3).
    pub fn must_enrol(&self) -> bool {
        self.must_enrol
    }

    /// Whether this person may not be without a second factor.
    pub fn factor_required(&self) -> bool {
        self.factor_required
    }

    pub fn role(&self) -> Role {
        self.role
    }

    /// By whose clock this person reads: the chosen one, else that of the partner, else UTC.
    pub fn zone(&self) -> Zone {
        self.zone
    }

    /// The company that this person works at, for partner roles.
    pub fn partner_name(&self) -> Option<&str> {
        self.partner_name.as_deref()
    }
}

/// A session as it is stored.
#[derive(Debug)]
pub struct StoredSession {
    /// What the web layer keeps in it, as JSON.
    pub state: String,
    pub principal: Option<Principal>,
    /// Whether its use should be written down again.
    pub is_stale: bool,
}

/// What is known of a session, and of the person behind it.
type Known = (
    String,
    UtcTime,
    UtcTime,
    Option<UserRow>,
    Option<PartnerRow>,
    Option<UserId>,
    Option<bool>,
);

/// The hash of a session's key, as a question that is remembered.
#[derive(PartialEq, Eq, Hash)]
struct KeyHash(String);

/// The session with this key, if it has not run out.
pub fn find(
    conn: &mut DbConn,
    key_hash: &str,
    limits: SessionLimits,
    now: UtcTime,
) -> QueryResult<Option<StoredSession>> {
    let known = remembered(conn, KeyHash(key_hash.to_owned()), |conn| know(conn, key_hash))?;
    let Some((state, created_at, last_seen_at, user, partner, factor, required)) = known else {
        return Ok(None);
    };
    let role = user.as_ref().map(|(_, _, _, role, ..)| *role);
    if now - last_seen_at >= limits.idle_as(role) || now - created_at >= limits.absolute {
        return Ok(None);
    }
    Ok(Some(StoredSession {
        state,
        principal: user.and_then(|user| Principal::of(user, partner, factor.is_some(), required == Some(true))),
        is_stale: now - last_seen_at >= TOUCH_EVERY,
    }))
}

fn know(conn: &mut DbConn, key_hash: &str) -> QueryResult<Option<Known>> {
    let required = settings::table
        .find(security_settings::SETTINGS_ID)
        .select(settings::second_factor_required);
    // One join after the other: SQLite would read every user for a join within a join.
    sessions::table
        .left_join(users::table)
        .left_join(partners::table.on(users::partner_id.eq(partners::id.nullable())))
        .left_join(second_factors::table.on(second_factors::user_id.nullable().eq(sessions::user_id)))
        .filter(sessions::key_hash.eq(key_hash))
        .select((
            sessions::state,
            sessions::created_at,
            sessions::last_seen_at,
            USER.nullable(),
            PARTNER.nullable(),
            second_factors::user_id.nullable(),
            required.single_value(),
        ))
        .first::<Known>(conn)
        .optional()
}

/// What a session begins with.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// The key is stored as its hash alone (ASVS 5.0 V7.2.3).
    pub key_hash: &'a str,
    /// Who is signed in, if somebody is.
    pub user: Option<UserId>,
    /// The fingerprint of the password that was shown for it.
    pub password: &'a str,
    /// What the web layer keeps in it, as JSON.
    pub state: &'a str,
    pub user_agent: &'a str,
    pub address: &'a str,
}

/// Stores a new session; `false`, and nothing is stored, when the account or its partner was shut out, or the password was
/// changed, since it was looked at. Of somebody who has too many now, the oldest end.
pub fn begin(tx: &mut Tx<'_>, new: &NewSession<'_>, limits: SessionLimits, now: UtcTime) -> QueryResult<bool> {
    if let Some(user) = new.user
        && !may_begin(tx, user, new.password)?
    {
        return Ok(false);
    }
    diesel::insert_into(sessions::table)
        .values((
            sessions::key_hash.eq(new.key_hash),
            sessions::user_id.eq(new.user),
            sessions::state.eq(new.state),
            sessions::created_at.eq(now),
            sessions::last_seen_at.eq(now),
            sessions::address.eq(new.address),
            sessions::user_agent.eq(new.user_agent),
        ))
        .execute(&mut **tx)?;
    if let Some(user) = new.user {
        end_surplus(tx, user, limits, now)?;
    }
    Ok(true)
}

/// Whether the account is still as it was when its password was looked at. Its partner and the account itself are kept
/// from others by that, in the order of all locks: whoever shuts them out, or sets another password, waits and then ends
/// this session, too; and of two who sign in at the same moment, one counts the other.
fn may_begin(tx: &mut Tx<'_>, user: UserId, shown: &str) -> QueryResult<bool> {
    let partner: Option<Option<PartnerId>> = users::table
        .find(user)
        .select(users::partner_id)
        .first(&mut **tx)
        .optional()?;
    let Some(partner) = partner else { return Ok(false) };
    if let Some(partner) = partner {
        let held = hold_partner(tx, partner)?;
        if held.is_none_or(|(_, state)| state != PartnerState::Active) {
            return Ok(false);
        }
    }
    let (stored, state, works_at): (Option<String>, UserState, Option<PartnerId>) = update_kept(
        users::table.find(user),
        users::last_signed_in_at.eq(users::last_signed_in_at),
    )
    .returning((users::password_hash, users::state, users::partner_id))
    .get_result(&mut **tx)?;
    let is_same = stored.is_some_and(|stored| password::fingerprint(Some(&stored)) == shown);
    Ok(is_same && state == UserState::Active && works_at == partner)
}

fn end_surplus(tx: &mut Tx<'_>, user: UserId, limits: SessionLimits, now: UtcTime) -> QueryResult<()> {
    let open: Vec<SessionId> = sessions::table
        .inner_join(users::table)
        .filter(sessions::user_id.eq(user))
        .filter(is_open(limits, now))
        .order((sessions::created_at.desc(), sessions::id.desc()))
        .select(sessions::id)
        .load(&mut **tx)?;
    let surplus = open.get(limits.per_user..).unwrap_or_default();
    if !surplus.is_empty() {
        diesel::delete(sessions::table.filter(sessions::id.eq_any(surplus))).execute(&mut **tx)?;
    }
    Ok(())
}

/// Stores what a session holds now. One that was ended meanwhile stays ended: a request that was on its way must not
/// bring it back.
pub fn change(tx: &mut Tx<'_>, key_hash: &str, state: &str, now: UtcTime) -> QueryResult<()> {
    update_kept(
        sessions::table.filter(sessions::key_hash.eq(key_hash)),
        (sessions::state.eq(state), sessions::last_seen_at.eq(now)),
    )
    .execute(&mut **tx)
    .map(|_| ())
}

/// Gives a session another key, and stores what it holds now. One that was ended meanwhile stays ended.
pub fn renew(tx: &mut Tx<'_>, old_hash: &str, new_hash: &str, state: &str, now: UtcTime) -> QueryResult<()> {
    update_kept(
        sessions::table.filter(sessions::key_hash.eq(old_hash)),
        (
            sessions::key_hash.eq(new_hash),
            sessions::state.eq(state),
            sessions::last_seen_at.eq(now),
        ),
    )
    .execute(&mut **tx)
    .map(|_| ())
}

/// Notes that a session is in use.
pub fn touch(tx: &mut Tx<'_>, key_hash: &str, now: UtcTime) -> QueryResult<()> {
    update_kept(
        sessions::table.filter(sessions::key_hash.eq(key_hash)),
        sessions::last_seen_at.eq(now),
    )
    .execute(&mut **tx)
    .map(|_| ())
}

/// Ends a session for good.
pub fn end(tx: &mut Tx<'_>, key_hash: &str) -> QueryResult<()> {
    diesel::delete(sessions::table.filter(sessions::key_hash.eq(key_hash)))
        .execute(&mut **tx)
        .map(|_| ())
}

/// Removes the sessions that ran out.
pub fn purge(tx: &mut Tx<'_>, limits: SessionLimits, now: UtcTime) -> QueryResult<usize> {
    let administrators = users::table
        .filter(users::role.eq(Role::Administrator))
        .select(users::id.nullable());
    let of_administrators = sessions::last_seen_at
        .le(now - limits.idle_of_administrators)
        .and(sessions::user_id.eq_any(administrators).assume_not_null());
    let of_anybody = sessions::last_seen_at
        .le(now - limits.idle)
        .or(sessions::created_at.le(now - limits.absolute));
    diesel::delete(sessions::table.filter(of_anybody.or(of_administrators))).execute(&mut **tx)
}

type UserRow = (
    UserId,
    Reference,
    String,
    Role,
    UserState,
    Option<PartnerId>,
    Option<String>,
);
type PartnerRow = (String, PartnerState, bool, String);

const USER: (
    users::id,
    users::reference,
    users::name,
    users::role,
    users::state,
    users::partner_id,
    users::time_zone,
) = (
    users::id,
    users::reference,
    users::name,
    users::role,
    users::state,
    users::partner_id,
    users::time_zone,
);
const PARTNER: (
    partners::name,
    partners::state,
    partners::second_factor_required,
    partners::time_zone,
) = (
    partners::name,
    partners::state,
    partners::second_factor_required,
    partners::time_zone,
);
