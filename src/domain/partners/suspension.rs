//! Closing the portal for everybody at a partner, and opening it again. Both hold from the next request on.

use diesel::prelude::*;

use super::PartnerState;
use crate::db::Tx;
use crate::db::schema::{partners, users};
use crate::db::types::{PartnerId, Reference, UserId, UtcTime};
use crate::domain::access::{AdminScope, ending};
use crate::domain::accounts::one_time_link;
use crate::domain::audit::{self, Act, Subject};

/// Why a partner can't be suspended or let in.
#[derive(Debug, thiserror::Error)]
pub enum PartnerStandingError {
    #[error("there is no such partner")]
    Unknown,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

fn known(tx: &mut Tx<'_>, reference: &Reference) -> Result<PartnerId, PartnerStandingError> {
    partners::table
        .filter(partners::reference.eq(reference))
        .select(partners::id)
        .first(&mut **tx)
        .optional()?
        .ok_or(PartnerStandingError::Unknown)
}

/// Sets the state and tells whether it was another one before.
fn change_state(tx: &mut Tx<'_>, partner: PartnerId, state: PartnerState) -> QueryResult<bool> {
    let other = partners::table.find(partner).filter(partners::state.ne(state));
    let changed = diesel::update(other)
        .set((
            partners::state.eq(state),
            partners::lock_version.eq(partners::lock_version + 1),
        ))
        .execute(&mut **tx)?;
    Ok(changed > 0)
}

/// Suspends a partner: it receives no more leads, its people are signed out and their one-time links end. Doing it
/// twice changes nothing.
pub fn suspend(
    tx: &mut Tx<'_>,
    scope: &AdminScope,
    reference: &Reference,
    now: UtcTime,
) -> Result<(), PartnerStandingError> {
    let partner = known(tx, reference)?;
    if !change_state(tx, partner, PartnerState::Suspended)? {
        return Ok(());
    }
    let ended = ending::of_partner(tx, partner)?;
    let people: Vec<UserId> = users::table
        .filter(users::partner_id.eq(partner))
        .select(users::id)
        .order(users::id)
        .load(&mut **tx)?;
    for user in people {
        one_time_link::withdraw_all(tx, user, now)?;
    }
    let subject = Subject::partner(partner, reference);
    let detail = format!("sessions ended: {ended}");
    audit::record(tx, scope.actor(), Act::PartnerSuspended, &subject, &detail, now)?;
    Ok(())
}

/// Lets a partner in again. Doing it twice changes nothing.
pub fn resume(
    tx: &mut Tx<'_>,
    scope: &AdminScope,
    reference: &Reference,
    now: UtcTime,
) -> Result<(), PartnerStandingError> {
    let partner = known(tx, reference)?;
    if change_state(tx, partner, PartnerState::Active)? {
        let subject = Subject::partner(partner, reference);
        audit::record(tx, scope.actor(), Act::PartnerResumed, &subject, "", now)?;
    }
    Ok(())
}

/// Signs everybody at a partner out and tells of how many sessions.
pub fn sign_out(
    tx: &mut Tx<'_>,
    scope: &AdminScope,
    reference: &Reference,
    now: UtcTime,
) -> Result<usize, PartnerStandingError> {
    let partner = known(tx, reference)?;
    let ended = ending::of_partner(tx, partner)?;
    let subject = Subject::partner(partner, reference);
    let detail = format!("sessions ended: {ended}");
    audit::record(tx, scope.actor(), Act::PartnerSignedOut, &subject, &detail, now)?;
    Ok(ended)
}
