//! Pages, through HTTP.

mod account;
mod assigning;
mod awaiting;
mod confirm;
mod delete;
mod imports;
mod forgotten_password;
mod lead_entry;
mod one_way;
mod selection;
mod sessions;
mod settings;
mod sign_in;
mod throttling;
