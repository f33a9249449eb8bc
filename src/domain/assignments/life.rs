//! The life of a hand-over as one table: who may do what to a lead in which state, and what becomes of it. Pure; every
//! act on an assignment asks it, under the lead's lock. The README draws it.

use super::Ending;
use crate::domain::leads::LeadStatus;

/// Who acts, as the table sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Staff and administrators.
    Staff,
    /// Whom the lead was given to.
    Holder,
    /// A manager at the partner that holds the lead.
    Manager,
    /// Anybody else at a partner: for them the lead does not exist.
    Colleague,
    /// The program itself.
    Job,
}

/// What is done to a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// Give it to a recipient, whoever holds it now.
    Assign,
    Open,
    Win,
    Lose,
    /// Turn it into a deal.
    Convert,
    /// Give it back to the vendor.
    Decline,
    /// End it because a deadline has passed.
    Expire,
    /// Take it back from the partner.
    Recall,
    /// Give it to a colleague at the same partner.
    Move,
    /// Take back that it was closed.
    Reopen,
    /// Work on it: notes, next step, attachments.
    Update,
    /// Say what staff ask about it.
    Answer,
}

/// What becomes of a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    pub status: LeadStatus,
    /// How the live assignment ends with it, if it does.
    pub ending: Option<Ending>,
}

/// Why a transition can't happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Whoever asks never does this, to no lead.
    NotTheirs,
    /// Whoever asks does not see the lead.
    Unseen,
    /// No partner has it.
    NotAssigned,
    /// Nobody at the partner has opened it.
    NotOpened,
    /// It is won, lost or converted.
    Closed,
    /// It is a deal: locked for the partner.
    Locked,
    /// It is not closed, so there is nothing to take back.
    NotClosed,
}

/// The result of a transition.
///
/// # Errors
/// The first thing in its way.
pub fn after(by: By, status: LeadStatus, transition: Transition) -> Result<Outcome, Refusal> {
    if !is_theirs(by, transition) {
        return Err(Refusal::NotTheirs);
    }
    if !sees(by, status) {
        return Err(Refusal::Unseen);
    }
    result(status, transition)
}

/// Whether a button for it belongs on a page of this person.
pub fn can(by: By, status: LeadStatus, transition: Transition) -> bool {
    after(by, status, transition).is_ok()
}

fn is_theirs(by: By, transition: Transition) -> bool {
    match transition {
        Transition::Assign | Transition::Recall | Transition::Reopen => by == By::Staff,
        Transition::Expire => by == By::Job,
        Transition::Open
        | Transition::Win
        | Transition::Lose
        | Transition::Convert
        | Transition::Decline
        | Transition::Move
        | Transition::Update
        | Transition::Answer => matches!(by, By::Holder | By::Manager | By::Colleague),
    }
}

fn sees(by: By, status: LeadStatus) -> bool {
    match by {
        By::Staff | By::Job => true,
        By::Holder | By::Manager => status != LeadStatus::Unassigned,
        By::Colleague => false,
    }
}

fn result(status: LeadStatus, transition: Transition) -> Result<Outcome, Refusal> {
    use LeadStatus::{Converted, Lost, Open, Unassigned, Unopened, Won};
    let stays = |status| Ok(Outcome { status, ending: None });
    let ends = |status, ending| {
        Ok(Outcome {
            status,
            ending: Some(ending),
        })
    };
    match (transition, status) {
        (Transition::Assign, Unassigned) => stays(Unopened),
        (Transition::Assign | Transition::Move, Unopened | Open) => ends(Unopened, Ending::Reassigned),
        (Transition::Assign | Transition::Recall | Transition::Expire, Won | Lost | Converted) => Err(Refusal::Closed),

        // Opening an opened lead changes nothing: a link in a mail may be followed twice.
        (Transition::Open, Unopened) => stays(Open),
        (Transition::Open, Open | Won | Lost | Converted) => stays(status),

        (Transition::Win, Open) => stays(Won),
        (Transition::Lose, Open) => stays(Lost),
        (Transition::Convert, Open) => stays(Converted),
        (Transition::Win | Transition::Lose | Transition::Convert | Transition::Update, Unopened) => {
            Err(Refusal::NotOpened)
        }
        (
            Transition::Win | Transition::Lose | Transition::Convert | Transition::Decline | Transition::Move,
            Won | Lost | Converted,
        ) => Err(Refusal::Closed),

        (Transition::Decline, Unopened | Open) => ends(Unassigned, Ending::Declined),
        (Transition::Expire, Unopened | Open) => ends(Unassigned, Ending::Expired),
        (Transition::Recall, Unopened | Open) => ends(Unassigned, Ending::Recalled),

        (Transition::Reopen, Won | Lost | Converted) => stays(Open),
        (Transition::Reopen, Unopened | Open) => Err(Refusal::NotClosed),

        (Transition::Update, Open | Won | Lost) => stays(status),
        (Transition::Update, Converted) => Err(Refusal::Locked),

        (Transition::Answer, Unopened | Open | Won | Lost | Converted) => stays(status),

        (
            Transition::Open
            | Transition::Win
            | Transition::Lose
            | Transition::Convert
            | Transition::Decline
            | Transition::Expire
            | Transition::Recall
            | Transition::Move
            | Transition::Reopen
            | Transition::Update
            | Transition::Answer,
            Unassigned,
        ) => Err(Refusal::NotAssigned),
    }
}

#[cfg(test)]
mod tests;
