//! Assigning: the start of a disclosure. It takes a lead that the gate has cleared.

use diesel::prelude::*;

use super::ending::{How, end_live};
use super::life::{self, By, Transition};
use crate::db::schema::{assignments, leads};
use crate::db::types::{AssignmentId, UserId, UtcTime};
use crate::db::{Rule, Tx, update_kept, violated};
use crate::domain::access::{Actor, StaffScope};
use crate::domain::audit::{self, Act, Subject};
use crate::domain::deadlines::{self, Duty};
use crate::domain::disclosures::{self, Disclosure};
use crate::domain::leads::LeadStatus;
use crate::domain::outbox;
use crate::domain::permission::gate::DistributableLead;

/// Why a cleared lead was not assigned.
#[derive(Debug, thiserror::Error)]
pub enum AssignError {
    /// A lead that is won, lost or converted stays where it is.
    #[error("the lead is closed")]
    Closed,
    #[error("somebody else assigned the lead at the same moment")]
    AlreadyAssigned,
    #[error(transparent)]
    Database(diesel::result::Error),
}

impl From<diesel::result::Error> for AssignError {
    fn from(error: diesel::result::Error) -> Self {
        match violated(&error) {
            Some(Rule::AlreadyAssigned) => AssignError::AlreadyAssigned,
            _ => AssignError::Database(error),
        }
    }
}

/// Gives a cleared lead to the recipient that it was cleared for. Whoever held it before loses sight of it with this
/// commit; for the new recipient it is unopened.
pub fn assign<'t>(
    tx: &mut Tx<'t>,
    scope: &StaffScope,
    lead: DistributableLead<'t>,
    now: UtcTime,
) -> Result<AssignmentId, AssignError> {
    let outcome = life::after(By::Staff, lead.locked().status, Transition::Assign).map_err(|_| AssignError::Closed)?;
    let ended = match outcome.ending {
        Some(ending) => end_live(tx, lead.id(), How::plain(ending), now)?,
        None => None,
    };
    if let Some(ended) = &ended {
        ended.tell(tx, Some(lead.recipient()), Some(scope.user()), now)?;
    }
    let act = if ended.is_some() {
        Act::LeadReassigned
    } else {
        Act::LeadAssigned
    };
    let giving = Giving {
        assigned_by: scope.user(),
        moved_by: None,
        was_opened: false,
    };
    Ok(give(tx, scope.actor(), act, lead, &giving, outcome.status, now)?)
}

/// What a new assignment takes over from the one before it.
pub(super) struct Giving {
    /// The member of staff who answers for the hand-over.
    pub assigned_by: UserId,
    /// The partner user who moved it to a colleague.
    pub moved_by: Option<UserId>,
    /// Somebody at the partner had opened it before it was moved.
    pub was_opened: bool,
}

/// Begins the assignment of a cleared lead that nobody holds any more.
pub(super) fn give<'t>(
    tx: &mut Tx<'t>,
    actor: &Actor,
    act: Act,
    lead: DistributableLead<'t>,
    giving: &Giving,
    status: LeadStatus,
    now: UtcTime,
) -> QueryResult<AssignmentId> {
    let (id, to) = (lead.id(), lead.recipient());
    let assignment: AssignmentId = diesel::insert_into(assignments::table)
        .values((
            assignments::lead_id.eq(id),
            assignments::partner_id.eq(to.partner),
            assignments::user_id.eq(to.user),
            assignments::assigned_by.eq(giving.assigned_by),
            assignments::assigned_at.eq(now),
            assignments::moved_by.eq(giving.moved_by),
            assignments::was_opened.eq(giving.was_opened),
        ))
        .returning(assignments::id)
        .get_result(&mut **tx)?;
    update_kept(
        leads::table.find(id),
        (leads::status.eq(status), leads::partner_id.eq(to.partner)),
    )
    .execute(&mut **tx)?;
    disclosures::record(tx, Disclosure::Assigned, id, assignment, to.partner, to.user, now)?;
    let subject = Subject::lead(id, &lead.locked().reference);
    audit::record(tx, actor, act, &subject, lead.recipient_words(), now)?;
    deadlines::begin(tx, assignment, Duty::Open, now)?;
    // Nobody is told of the own act.
    if to.user.is_none() || to.user != giving.moved_by {
        outbox::queue_lead_waiting(tx, to.partner, to.user, assignment, now)?;
    }
    Ok(assignment)
}
