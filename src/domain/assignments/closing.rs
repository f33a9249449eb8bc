//! Closing a lead as won or lost, and turning it into a deal.

use crate::text_enum;

text_enum! {
    /// Where a deal stands when a lead becomes one.
    pub enum DealStage {
        Qualified = "qualified",
        Proposal = "proposal",
        Negotiation = "negotiation",
        Agreed = "agreed",
        Signed = "signed",
    }
}

text_enum! {
    /// How a lead can be closed with a reason.
    pub enum ClosedAs {
        Won = "won",
        Lost = "lost",
    }
}

text_enum! {
    /// Which ways of closing a lead well there are; losing one is always possible.
    pub enum ClosingModes {
        Won = "won",
        Convert = "convert",
        Both = "both",
    }
}
