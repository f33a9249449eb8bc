//! Pages, through HTTP.

mod assigning;
mod awaiting;
mod confirm;
mod delete;
mod imports;
mod lead_entry;
mod one_way;
mod selection;
mod settings;
mod account;
mod forgotten_password;
mod sessions;
mod sign_in;
mod throttling;
