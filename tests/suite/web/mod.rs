//! Pages, through HTTP.

mod assigning;
mod awaiting;
mod confirm;
mod delete;
mod lead_entry;
mod one_way;
mod selection;
mod settings;
mod sign_in;
mod throttling;
