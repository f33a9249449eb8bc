//! The end of an assignment: what a recall, a decline, an expired deadline and a new recipient have in common.

use diesel::prelude::*;

use super::Ending;
use super::decline::DeclineReason;
use super::remind::is_visible;
use crate::db::schema::{assignments, leads};
use crate::db::types::{AssignmentId, LeadId, PartnerId, UserId, UtcTime};
use crate::db::{Tx, update_kept};
use crate::domain::access::Actor;
use crate::domain::audit::{self, Act, Subject};
use crate::domain::deadlines;
use crate::domain::leads::{LeadStatus, LockedLead};
use crate::domain::outbox::{self, Holding};
use crate::domain::permission::gate::ReceivingParty;

/// How an assignment ends, with the partner's own words where it was declined.
pub(super) struct How<'a> {
    pub ending: Ending,
    pub because: Option<DeclineReason>,
    pub remark: &'a str,
}

impl How<'_> {
    /// Without words.
    pub(super) fn plain(ending: Ending) -> Self {
        How {
            ending,
            because: None,
            remark: "",
        }
    }
}

/// An assignment that has ended, and who held it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended {
    id: AssignmentId,
    pub partner: PartnerId,
    pub user: Option<UserId>,
    /// Its partner saw the lead until now.
    was_visible: bool,
}

impl Ended {
    /// Tells whoever held it. Nobody is told of the end of what was out of sight already: that would tell why.
    pub(super) fn tell(
        &self,
        tx: &mut Tx<'_>,
        now_with: Option<ReceivingParty>,
        actor: Option<UserId>,
        now: UtcTime,
    ) -> QueryResult<()> {
        if !self.was_visible {
            return Ok(());
        }
        let ended = Holding {
            assignment: self.id,
            partner: self.partner,
            user: self.user,
        };
        outbox::queue_to_former_holders(tx, ended, now_with, actor, now)
    }
}

/// Ends the live assignment of a locked lead, with the messages about it that still wait.
pub(super) fn end_live(tx: &mut Tx<'_>, lead: LeadId, how: How<'_>, now: UtcTime) -> QueryResult<Option<Ended>> {
    let live: Option<AssignmentId> = assignments::table
        .filter(assignments::lead_id.eq(lead))
        .filter(assignments::ended_at.is_null())
        .select(assignments::id)
        .first(&mut **tx)
        .optional()?;
    let Some(id) = live else { return Ok(None) };
    let was_visible = is_visible(tx, id)?;
    let (partner, user) = update_kept(
        assignments::table.find(id),
        (
            assignments::ended_at.eq(now),
            assignments::ending.eq(how.ending),
            assignments::declined_because.eq(how.because),
            assignments::decline_remark.eq(how.remark),
        ),
    )
    .returning((assignments::partner_id, assignments::user_id))
    .get_result(&mut **tx)?;
    outbox::cancel_for_assignment(tx, id)?;
    deadlines::end(tx, id, now)?;
    Ok(Some(Ended {
        id,
        partner,
        user,
        was_visible,
    }))
}

/// Gives a locked lead, whose assignment has just ended, back to the vendor.
pub(super) fn give_back(
    tx: &mut Tx<'_>,
    actor: &Actor,
    act: Act,
    lead: LeadId,
    locked: &LockedLead,
    detail: &str,
    now: UtcTime,
) -> QueryResult<()> {
    update_kept(
        leads::table.find(lead),
        (
            leads::status.eq(LeadStatus::Unassigned),
            leads::partner_id.eq(None::<PartnerId>),
        ),
    )
    .execute(&mut **tx)?;
    audit::record(tx, actor, act, &Subject::lead(lead, &locked.reference), detail, now)
}
