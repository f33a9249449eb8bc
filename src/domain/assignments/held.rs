//! A lead in the hands of a partner user who acts on it: found by what that person may see, locked, looked at again.

use diesel::prelude::*;

use super::life::{self, By, Outcome, Refusal, Transition};
use crate::db::schema::assignments;
use crate::db::types::{AssignmentId, LeadId, Reference, UserId, UtcTime};
use crate::db::{DbConn, Tx};
use crate::domain::access::PartnerScope;
use crate::domain::audit::Subject;
use crate::domain::leads::partner::{self, VisibleKeys};
use crate::domain::leads::{LockedLead, lock};
use crate::domain::{partners, settings};

/// Why a partner user can't act on a lead.
#[derive(Debug, thiserror::Error)]
pub enum HeldError {
    #[error("the state of the lead forbids it")]
    Refused(Refusal),
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

/// A lead that stays as it is until this transaction ends, with what the transition makes of it.
pub(in crate::domain) struct Held {
    pub lead: LeadId,
    pub assignment: AssignmentId,
    /// Whom it was given to; nobody when the partner as a whole holds it.
    pub holder: Option<UserId>,
    /// The member of staff who answers for the hand-over.
    pub assigned_by: UserId,
    pub locked: LockedLead,
    pub outcome: Outcome,
    pub opened_at: Option<UtcTime>,
    /// Somebody at the partner has opened it, now or before it was moved.
    pub was_opened: bool,
}

impl Held {
    pub(in crate::domain) fn subject(&self) -> Subject {
        Subject::lead(self.lead, &self.locked.reference)
    }
}

/// Locks the lead with this reference for an act of this person, in the order of the gate, and asks the table.
///
/// # Errors
/// [`Refusal::Unseen`] for whatever this person can't see at this moment: foreign, ended, on hold, never there.
pub(in crate::domain) fn hold(
    tx: &mut Tx<'_>,
    scope: &PartnerScope,
    reference: &Reference,
    transition: Transition,
) -> Result<Held, HeldError> {
    let unseen = || HeldError::Refused(Refusal::Unseen);
    let before = partner::keys(tx, scope, reference)?.ok_or_else(unseen)?;
    // What was visible before the locks is asked again under them.
    settings::hold(tx)?;
    let locked = lock(tx, before.lead)?.ok_or_else(unseen)?;
    partners::hold(tx, scope.partner())?;
    let visible = partner::keys(tx, scope, reference)?.ok_or_else(unseen)?;
    let outcome = life::after(by(scope, &visible), locked.status, transition).map_err(HeldError::Refused)?;
    let (assigned_by, was_opened): (UserId, bool) = assignments::table
        .find(visible.assignment)
        .select((assignments::assigned_by, assignments::was_opened))
        .first(&mut **tx)?;
    Ok(Held {
        lead: visible.lead,
        assignment: visible.assignment,
        holder: visible.user,
        assigned_by,
        locked,
        outcome,
        opened_at: visible.opened_at,
        was_opened: was_opened || visible.opened_at.is_some(),
    })
}

/// The same question for the page that asks before the act; nothing is locked.
pub(in crate::domain) fn look(
    conn: &mut DbConn,
    scope: &PartnerScope,
    reference: &Reference,
    transition: Transition,
) -> Result<VisibleKeys, HeldError> {
    let visible = partner::keys(conn, scope, reference)?.ok_or(HeldError::Refused(Refusal::Unseen))?;
    life::after(by(scope, &visible), visible.status, transition).map_err(HeldError::Refused)?;
    Ok(visible)
}

/// Whether this person can do this to the lead now.
///
/// # Errors
/// What is in the way.
pub fn check(
    conn: &mut DbConn,
    scope: &PartnerScope,
    reference: &Reference,
    transition: Transition,
) -> Result<(), HeldError> {
    look(conn, scope, reference, transition).map(|_| ())
}

/// What a partner user is to a lead that is visible to that user.
fn by(scope: &PartnerScope, visible: &VisibleKeys) -> By {
    match visible.user {
        Some(holder) if holder != scope.user() => By::Manager,
        _ => By::Holder,
    }
}
