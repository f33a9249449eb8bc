//! The companies that sell for the vendor, and who there can receive a lead now.

mod partner;
pub mod receiving;

pub use partner::{CreatePartnerError, Partner, PartnerState, all, create};
