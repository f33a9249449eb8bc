//! Taking an assigned lead back from a partner: by staff, or by the program when a deadline has passed.

use diesel::prelude::*;

use super::Ending;
use super::ending::{How, end_live, give_back};
use super::life::{self, By, Transition};
use crate::db::Tx;
use crate::db::schema::assignments;
use crate::db::types::{AssignmentId, LeadId, UtcTime};
use crate::domain::access::{Actor, StaffScope, SystemScope};
use crate::domain::audit::Act;
use crate::domain::leads::lock;

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
    take_back(tx, scope.actor(), By::Staff, Transition::Recall, lead, None, now)
}

/// Takes a lead back because a deadline of this assignment has passed, if the assignment still lives.
pub fn expire(tx: &mut Tx<'_>, scope: &SystemScope, assignment: AssignmentId, now: UtcTime) -> Result<(), RecallError> {
    let lead: LeadId = assignments::table
        .find(assignment)
        .select(assignments::lead_id)
        .first(&mut **tx)
        .optional()?
        .ok_or(RecallError::NotFound)?;
    take_back(
        tx,
        scope.actor(),
        By::Job,
        Transition::Expire,
        lead,
        Some(assignment),
        now,
    )
}

/// `only` is the assignment that must be the live one.
fn take_back(
    tx: &mut Tx<'_>,
    actor: &Actor,
    by: By,
    transition: Transition,
    lead: LeadId,
    only: Option<AssignmentId>,
    now: UtcTime,
) -> Result<(), RecallError> {
    let locked = lock(tx, lead)?.ok_or(RecallError::NotFound)?;
    let outcome = life::after(by, locked.status, transition).map_err(|_| RecallError::NothingToRecall)?;
    if let Some(only) = only {
        let lives: Option<AssignmentId> = assignments::table
            .find(only)
            .filter(assignments::ended_at.is_null())
            .select(assignments::id)
            .first(&mut **tx)
            .optional()?;
        lives.ok_or(RecallError::NothingToRecall)?;
    }
    let ending = outcome.ending.ok_or(RecallError::NothingToRecall)?;
    let ended = end_live(tx, lead, How::plain(ending), now)?.ok_or(RecallError::NothingToRecall)?;
    let act = if ending == Ending::Expired {
        Act::LeadExpired
    } else {
        Act::LeadRecalled
    };
    ended.tell(tx, None, None, now)?;
    let detail = super::recipient_words(tx, ended.partner, ended.user)?;
    give_back(tx, actor, act, lead, &locked, &detail, now)?;
    Ok(())
}
