//! Pages for administrators.

pub mod audit;
mod consequence;
pub mod factor_reset;
pub mod home;
pub mod outbox;
pub mod partners;
pub mod settings;
pub mod users;
