//! Reminding whoever holds a lead that it waits: by mail and by notice, once a day at the most.

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::db::Tx;
use crate::db::schema::{assignments, notices, partner_leads, users};
use crate::db::types::{AssignmentId, LeadId, PartnerId, UserId, UtcTime};
use crate::domain::access::StaffScope;
use crate::domain::accounts::UserState;
use crate::domain::audit::{self, Act, Subject};
use crate::domain::leads::{LeadStatus, lock};
use crate::domain::outbox::{self, Message};

/// Nobody is reminded of the same lead twice within this time.
pub const NOT_AGAIN_WITHIN: TimeDelta = TimeDelta::hours(24);

/// Why nobody was reminded.
#[derive(Debug, thiserror::Error)]
pub enum RemindError {
    #[error("there is no such lead")]
    NotFound,
    /// No partner has it, or it is closed.
    #[error("the lead waits for nobody")]
    NobodyHasIt,
    #[error("the partner does not see the lead now")]
    NotVisible,
    #[error("nobody at the partner can be told")]
    NobodyToTell,
    #[error("the holder was reminded of it within a day")]
    RemindedBefore,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

/// Reminds the holder of a lead that is unopened or open.
pub fn remind(tx: &mut Tx<'_>, scope: &StaffScope, lead: LeadId, now: UtcTime) -> Result<(), RemindError> {
    let locked = lock(tx, lead)?.ok_or(RemindError::NotFound)?;
    if !matches!(locked.status, LeadStatus::Unopened | LeadStatus::Open) {
        return Err(RemindError::NobodyHasIt);
    }
    let (id, partner, user): (AssignmentId, PartnerId, Option<UserId>) = assignments::table
        .filter(assignments::lead_id.eq(lead))
        .filter(assignments::ended_at.is_null())
        .select((assignments::id, assignments::partner_id, assignments::user_id))
        .first(&mut **tx)
        .optional()?
        .ok_or(RemindError::NobodyHasIt)?;
    if !is_visible(tx, id)? {
        return Err(RemindError::NotVisible);
    }
    if was_reminded(tx, id, now - NOT_AGAIN_WITHIN)? {
        return Err(RemindError::RemindedBefore);
    }
    if !can_be_told(tx, user)? || !outbox::queue_to_holders(tx, Message::LeadReminder, partner, user, id, now)? {
        return Err(RemindError::NobodyToTell);
    }
    let detail = super::recipient_words(tx, partner, user)?;
    let subject = Subject::lead(lead, &locked.reference);
    audit::record(tx, scope.actor(), Act::LeadReminded, &subject, &detail, now)?;
    Ok(())
}

/// Whether its partner sees a live assignment at this moment.
pub(super) fn is_visible(tx: &mut Tx<'_>, assignment: AssignmentId) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(
        partner_leads::table.filter(partner_leads::assignment_id.eq(assignment)),
    ))
    .get_result(&mut **tx)
}

fn was_reminded(tx: &mut Tx<'_>, assignment: AssignmentId, since: UtcTime) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(
        notices::table
            .filter(notices::assignment_id.eq(assignment))
            .filter(notices::kind.eq(Message::LeadReminder))
            .filter(notices::created_at.gt(since)),
    ))
    .get_result(&mut **tx)
}

/// A user who is not active reads neither mail nor notices of ours; the managers of a partner are asked for elsewhere.
pub(super) fn can_be_told(tx: &mut Tx<'_>, user: Option<UserId>) -> QueryResult<bool> {
    let Some(user) = user else { return Ok(true) };
    let state: UserState = users::table.find(user).select(users::state).first(&mut **tx)?;
    Ok(state == UserState::Active)
}
