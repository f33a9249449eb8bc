//! Pages, through HTTP.

mod assigning;
mod lead_entry;
mod sign_in;
mod throttling;
