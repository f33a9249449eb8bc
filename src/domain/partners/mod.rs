//! The companies that sell for the vendor, and who there can receive a lead now.

pub mod directory;
pub mod edit;
mod partner;
pub mod receiving;
pub mod second_factor;
pub mod suspension;

pub use partner::{CreatePartnerError, Partner, PartnerState, all, create, hold, others};
