//! The turn of one lead: what is to be done is decided for it alone, and a refusal says why.

use std::borrow::Cow;

use crate::db::types::{LeadId, UtcTime};
use crate::db::{Error, Tx};
use crate::domain::access::StaffScope;
use crate::domain::assignments::assign::{self, AssignError};
use crate::domain::assignments::recall::{self, RecallError};
use crate::domain::assignments::remind::{self, RemindError};
use crate::domain::permission::gate::{self, GateError, ReceivingParty, Refusal};

/// What is to be done to each lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    Assign(ReceivingParty),
    Recall,
    Remind,
}

/// What became of one lead; a refusal says why, without the full stop, and has changed nothing.
pub type Turn = Result<(), Cow<'static, str>>;

const GONE: Cow<'static, str> = Cow::Borrowed("The lead was deleted meanwhile");

/// Does the task to one lead.
///
/// # Errors
/// The database's own; nothing of the transaction may be kept then.
pub fn take(tx: &mut Tx<'_>, scope: &StaffScope, task: Task, lead: LeadId, now: UtcTime) -> Result<Turn, Error> {
    match task {
        Task::Assign(to) => assign(tx, scope, lead, to, now),
        Task::Recall => match recall::recall(tx, scope, lead, now) {
            Ok(()) => Ok(Ok(())),
            Err(RecallError::NotFound) => Ok(Err(GONE)),
            Err(RecallError::NothingToRecall) => Ok(Err(
                "There is nothing to take back: no partner has it, or it is closed".into(),
            )),
            Err(RecallError::Database(error)) => Err(error),
        },
        Task::Remind => match remind::remind(tx, scope, lead, now) {
            Ok(()) => Ok(Ok(())),
            Err(RemindError::NotFound) => Ok(Err(GONE)),
            Err(RemindError::NobodyHasIt) => Ok(Err("It waits for nobody: no partner has it, or it is closed".into())),
            Err(RemindError::NotVisible) => Ok(Err(
                "The partner does not see it now: it is on hold, or the partner is suspended".into(),
            )),
            Err(RemindError::NobodyToTell) => Ok(Err(
                "Nobody can be told: whoever has it is suspended. Reassign the lead, or take it back".into(),
            )),
            Err(RemindError::RemindedBefore) => Ok(Err("Whoever has it was reminded within a day".into())),
            Err(RemindError::Database(error)) => Err(error),
        },
    }
}

/// Hands one lead over. The gate's no changes nothing, so it is written down in the same transaction.
fn assign(tx: &mut Tx<'_>, scope: &StaffScope, lead: LeadId, to: ReceivingParty, now: UtcTime) -> Result<Turn, Error> {
    let cleared = match gate::clear(tx, scope, lead, to, None) {
        Ok(cleared) => cleared,
        Err(GateError::Refused(refusal)) => {
            gate::record_refusal(tx, scope, lead, &refusal, now)?;
            return Ok(Err(in_words(&refusal).into()));
        }
        Err(GateError::NotFound) => return Ok(Err(GONE)),
        Err(GateError::ChangedMeanwhile) => return Ok(Err("It was changed at the same moment".into())),
        Err(GateError::Database(error)) => return Err(error),
    };
    match assign::assign(tx, scope, cleared, now) {
        Ok(_) => Ok(Ok(())),
        Err(AssignError::Closed) => Ok(Err(
            "It is closed: a lead that is won, lost or converted stays where it is".into(),
        )),
        Err(AssignError::AlreadyAssigned) => Ok(Err("Somebody else assigned it at the same moment".into())),
        Err(AssignError::Database(error)) => Err(error),
    }
}

/// Every reason with its way on.
fn in_words(refusal: &Refusal) -> String {
    let reasons: Vec<String> = refusal
        .reasons
        .iter()
        .map(|reason| format!("{} {}", reason.sentence(), reason.way_on()))
        .collect();
    reasons.join(" ").trim_end_matches('.').to_owned()
}
