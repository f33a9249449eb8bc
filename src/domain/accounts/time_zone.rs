//! By whose clock a person reads.

use diesel::prelude::*;

use crate::db::schema::{partners, users};
use crate::db::types::{UserId, UtcTime};
use crate::db::{DbConn, Tx};
use crate::domain::access::Actor;
use crate::domain::audit::{self, Act, Subject};
use crate::domain::validation::FieldErrors;
use crate::domain::zone::Zone;

/// The own choice, and what holds without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeZone {
    pub chosen: Option<Zone>,
    /// That of the partner; UTC for whoever works at none.
    pub otherwise: Zone,
}

pub fn load(conn: &mut DbConn, user: UserId) -> QueryResult<TimeZone> {
    let (chosen, partner): (Option<String>, Option<String>) = users::table
        .left_join(partners::table)
        .filter(users::id.eq(user))
        .select((users::time_zone, partners::time_zone.nullable()))
        .first(conn)?;
    Ok(TimeZone {
        chosen: chosen.as_deref().map(Zone::stored),
        otherwise: partner.as_deref().map_or(Zone::UTC, Zone::stored),
    })
}

/// Reads what was chosen; nothing is no choice of one's own.
///
/// # Errors
/// There is no such zone.
pub fn parse(typed: &str) -> Result<Option<Zone>, FieldErrors> {
    let name = typed.trim();
    if name.is_empty() {
        return Ok(None);
    }
    Zone::parse(name).map(Some).ok_or_else(|| {
        let mut errors = FieldErrors::default();
        errors.add("time_zone", Zone::CHOOSE);
        errors
    })
}

/// Stores the zone of the device with which somebody comes in who has not chosen one.
pub(super) fn begin_with(tx: &mut Tx<'_>, actor: &Actor, user: UserId, zone: Zone, now: UtcTime) -> QueryResult<()> {
    let changed = diesel::update(users::table.find(user).filter(users::time_zone.is_null()))
        .set(users::time_zone.eq(zone.name()))
        .execute(&mut **tx)?;
    if changed == 0 {
        return Ok(());
    }
    let detail = format!("{}, as the device says", zone.name());
    audit::record(tx, actor, Act::TimeZoneChosen, &Subject::of_user(user), &detail, now)
}

/// Stores the choice; the same choice again leaves no trace.
pub fn choose(tx: &mut Tx<'_>, actor: &Actor, user: UserId, chosen: Option<Zone>, now: UtcTime) -> QueryResult<()> {
    let name = chosen.map(Zone::name);
    let before: Option<String> = users::table.find(user).select(users::time_zone).first(&mut **tx)?;
    if before.as_deref() == name {
        return Ok(());
    }
    diesel::update(users::table.find(user))
        .set(users::time_zone.eq(name))
        .execute(&mut **tx)?;
    let detail = name.unwrap_or("none");
    audit::record(tx, actor, Act::TimeZoneChosen, &Subject::of_user(user), detail, now)
}
