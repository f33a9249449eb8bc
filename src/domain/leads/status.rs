//! The status of a lead, as people see it, and how it may change. "On hold" is not a status: it follows from permission.

use crate::text_enum;

text_enum! {
    /// Where a lead stands.
    pub enum LeadStatus {
        Unassigned = "unassigned",
        /// Assigned, and nobody there opened it.
        Unopened = "unopened",
        Open = "open",
        Won = "won",
        Lost = "lost",
        /// Became a deal.
        Converted = "converted",
    }
}

impl LeadStatus {
    pub fn label(self) -> &'static str {
        match self {
            LeadStatus::Unassigned => "Unassigned",
            LeadStatus::Unopened => "Unopened",
            LeadStatus::Open => "Open",
            LeadStatus::Won => "Won",
            LeadStatus::Lost => "Lost",
            LeadStatus::Converted => "Converted",
        }
    }
}

/// What happens to a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusChange {
    Assign,
    Open,
    Recall,
}

impl LeadStatus {
    /// The status after a change; `None` where the change can't happen.
    pub fn after(self, change: StatusChange) -> Option<LeadStatus> {
        use LeadStatus::{Converted, Lost, Open, Unassigned, Unopened, Won};
        match (change, self) {
            (StatusChange::Assign, Unassigned | Unopened | Open) => Some(Unopened),
            (StatusChange::Assign, Won | Lost | Converted) => None,
            (StatusChange::Open, Unopened) => Some(Open),
            (StatusChange::Open, Unassigned | Open | Won | Lost | Converted) => None,
            (StatusChange::Recall, Unopened | Open) => Some(Unassigned),
            (StatusChange::Recall, Unassigned | Won | Lost | Converted) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_of_every_status_has_its_result() {
        use LeadStatus::{Converted, Lost, Open, Unassigned, Unopened, Won};
        let table = [
            (Unassigned, Some(Unopened), None, None),
            (Unopened, Some(Unopened), Some(Open), Some(Unassigned)),
            (Open, Some(Unopened), None, Some(Unassigned)),
            (Won, None, None, None),
            (Lost, None, None, None),
            (Converted, None, None, None),
        ];

        for (status, assigned, opened, recalled) in table {
            assert_eq!(status.after(StatusChange::Assign), assigned, "assign {status:?}");
            assert_eq!(status.after(StatusChange::Open), opened, "open {status:?}");
            assert_eq!(status.after(StatusChange::Recall), recalled, "recall {status:?}");
        }
    }
}
