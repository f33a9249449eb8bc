//! Partners, for staff to look at; what changes them is for administrators.

pub mod index;
pub mod show;

use crate::domain::partners::PartnerState;

/// The kind of tag that a state is shown as.
pub fn tag_of(state: PartnerState) -> &'static str {
    match state {
        PartnerState::Active => "good",
        PartnerState::Suspended => "attention",
    }
}
