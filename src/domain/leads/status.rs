//! The status of a lead, as people see it; how it may change stands in `assignments::life`. "On hold" is not a status:
//! it follows from permission.

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
