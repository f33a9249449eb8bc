//! What Leadgate decides and remembers. Knows the database, but neither the web, nor mail, nor the wall clock.

pub mod access;
pub mod accounts;
pub mod assignments;
pub mod attachments;
pub mod audit;
pub mod bulk;
pub mod countries;
pub mod deadlines;
pub mod destroy_tasks;
pub mod disclosures;
pub mod imports;

pub mod leads;
mod naming;
pub mod notices;
pub mod outbox;
pub mod partners;
pub mod permission;
pub mod scrubbing;
pub mod settings;
pub mod setup;
pub mod submissions;
pub mod text;
pub mod to_do;
pub mod upkeep;
pub mod validation;
pub mod zone;
