//! Pages, through HTTP.

mod account;
mod assigning;
mod awaiting;
mod confirm;
mod delete;
mod forgotten_password;
mod imports;
mod lead_entry;
mod notices;
mod one_way;
mod outbox;
mod readiness;
mod second_factor;
mod selection;
mod sessions;
mod settings;
mod portal;
mod sign_in;
mod step_up;
mod statements;
mod throttling;
