//! What staff and partners say to each other about a lead: a note, a question, and sometimes its answer.

use chrono::TimeDelta;

use crate::db::Tx;
use crate::db::types::{LeadId, Reference, UtcTime};
use crate::domain::access::{PartnerScope, StaffScope};
use crate::domain::assignments::question::{self, AnswerInput, AskError};
use crate::domain::assignments::vendor_note::{self, VendorNote};
use crate::domain::leads::LeadStatus;
use crate::domain::leads::internal_notes::{self, InternalNote};
use crate::domain::leads::staff;

/// Lets both sides talk about an open lead; of one that is closed, or that its partner does not see, nothing is said.
/// Tells whether anything was.
pub fn happen(
    tx: &mut Tx<'_>,
    sofia: &StaffScope,
    holder: &PartnerScope,
    lead: LeadId,
    reference: &Reference,
    is_answered: bool,
    now: UtcTime,
) -> anyhow::Result<bool> {
    let is_open = staff::find(tx, sofia, reference)?.is_some_and(|lead| lead.status == LeadStatus::Open);
    if !is_open {
        return Ok(false);
    }
    match question::ask(tx, sofia, lead, now) {
        Ok(()) => {}
        Err(AskError::Database(error)) => return Err(error.into()),
        Err(_) => return Ok(false),
    }
    let problem = |errors| anyhow::anyhow!("{errors:?}");
    let note = InternalNote::parse("Asked for a call back before the holidays.").map_err(problem)?;
    internal_notes::add(tx, sofia, lead, &note, now)?;
    if !is_answered {
        return Ok(true);
    }
    let to = staff::live_assignment(tx, sofia, lead)?.map(|assignment| assignment.id);
    let note = VendorNote::parse("The list price of last quarter is still valid for them.").map_err(problem)?;
    vendor_note::write(tx, sofia, lead, to, &note, now)?;
    let input = AnswerInput {
        answer: "yes".to_owned(),
        remark: "The offer is out, they decide this month.".to_owned(),
    };
    let given = input.parse().map_err(problem)?;
    question::answer(tx, holder, reference, &given, now + TimeDelta::minutes(20))?;
    Ok(true)
}
