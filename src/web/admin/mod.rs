//! Pages for administrators.

pub mod audit;
pub mod factor_reset;
pub mod outbox;
pub mod settings;
mod consequence;
pub mod partners;
pub mod users;
