//! What somebody does to many leads: each lead has a turn of its own, in which it is decided by itself, and an outcome.

pub mod begin;
pub mod run;
pub mod stored;
pub mod turn;

use crate::text_enum;

/// How many leads one bulk act may have.
pub const LARGEST: i64 = 10_000;

text_enum! {
    /// What is done to each lead.
    pub enum BulkKind {
        Assign = "assign",
        Recall = "recall",
        Remind = "remind",
    }
}

text_enum! {
    /// How far a bulk act is.
    pub enum BulkState {
        Running = "running",
        Done = "done",
        /// Ended by a person before every lead had its turn.
        Stopped = "stopped",
        /// Ended because whoever started it may not act any more.
        Halted = "halted",
    }
}

impl BulkState {
    pub fn label(self) -> &'static str {
        match self {
            BulkState::Running => "Running",
            BulkState::Done => "Done",
            BulkState::Stopped => "Stopped",
            BulkState::Halted => "Halted",
        }
    }
}

text_enum! {
    /// What became of one lead.
    pub enum Outcome {
        Waiting = "waiting",
        Done = "done",
        Refused = "refused",
    }
}
