//! Pages, through HTTP.

mod access_matrix;
mod account;
mod assigning;
mod audit;
mod awaiting;
mod confirm;
mod delete;
mod forgotten_password;
mod imports;
mod lead_entry;
mod leaks;
mod notices;
mod one_way;
mod outbox;
mod portal;
mod readiness;
mod second_factor;
mod selection;
mod sessions;
mod settings;
mod partners;
mod sign_in;
mod statements;
mod step_up;
mod throttling;
