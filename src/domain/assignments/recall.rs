//! Taking an assigned lead back from a partner.

use diesel::prelude::*;

use super::Ending;
use crate::db::Tx;
use crate::db::schema::{assignments, leads};
use crate::db::types::{AssignmentId, LeadId, PartnerId, UserId, UtcTime};
use crate::domain::access::StaffScope;
use crate::domain::audit::{self, Act, Subject};
use crate::domain::leads::{StatusChange, lock};
use crate::domain::outbox;

/// Why a lead was not recalled.
#[derive(Debug, thiserror::Error)]
pub enum RecallError {
    #[error("there is no such lead")]
    NotFound,
    /// It is not assigned, or closed.
    #[error("there is nothing to take back")]
    NothingToRecall,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

/// Takes a lead back; the partner loses sight of it with this commit.
pub fn recall(tx: &mut Tx<'_>, scope: &StaffScope, lead: LeadId, now: UtcTime) -> Result<(), RecallError> {
    let locked = lock(tx, lead)?.ok_or(RecallError::NotFound)?;
    let new_status = locked
        .status
        .after(StatusChange::Recall)
        .ok_or(RecallError::NothingToRecall)?;
    let ended = end_live(tx, lead, Ending::Recalled, now)?.ok_or(RecallError::NothingToRecall)?;
    diesel::update(leads::table.find(lead))
        .set((leads::status.eq(new_status), leads::partner_id.eq(None::<PartnerId>)))
        .execute(&mut **tx)?;
    let detail = super::recipient_words(tx, ended.partner, ended.user)?;
    audit::record(
        tx,
        scope.actor(),
        Act::LeadRecalled,
        &Subject::lead(lead, &locked.reference),
        &detail,
        now,
    )?;
    Ok(())
}

/// Who held an assignment that has ended.
#[derive(Debug, Clone, Copy, Queryable)]
pub(super) struct Ended {
    pub partner: PartnerId,
    pub user: Option<UserId>,
    id: AssignmentId,
}

/// Ends the live assignment of a locked lead, with the messages about it that still wait.
pub(super) fn end_live(tx: &mut Tx<'_>, lead: LeadId, ending: Ending, now: UtcTime) -> QueryResult<Option<Ended>> {
    let ended: Option<Ended> = diesel::update(
        assignments::table
            .filter(assignments::lead_id.eq(lead))
            .filter(assignments::ended_at.is_null()),
    )
    .set((assignments::ended_at.eq(now), assignments::ending.eq(ending)))
    .returning((assignments::partner_id, assignments::user_id, assignments::id))
    .get_result(&mut **tx)
    .optional()?;
    if let Some(ended) = &ended {
        outbox::cancel_for_assignment(tx, ended.id)?;
    }
    Ok(ended)
}
