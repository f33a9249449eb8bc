//! Leads: entering, finding, changing, erasing them; and what of them a partner may see.

pub mod edit;
pub mod erase;
pub mod history;
pub mod intake;
pub mod internal_notes;
mod lock;
pub mod overview;
pub mod partner;
pub mod related;
pub mod search;
pub mod selection;
pub mod staff;
mod status;
pub mod views;

pub use intake::{LeadDraft, LeadInput};
pub use lock::{LockedLead, lock, reference_of};
pub use status::LeadStatus;
