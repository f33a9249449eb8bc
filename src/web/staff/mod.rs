//! Pages for staff.

pub mod attachments;
pub mod awaiting;
pub mod checklist;
pub mod home;
pub mod imports;
pub mod leads;
pub mod notices;
pub mod partners;
pub mod tasks;
