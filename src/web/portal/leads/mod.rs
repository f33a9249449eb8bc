//! The leads of a partner.

mod closed;
pub mod closings;
pub mod conversions;
pub mod declines;
pub mod index;
pub mod notes;
pub mod openings;
pub mod reassignments;
mod refused;
pub mod show;

use crate::db::types::Reference;
use crate::web::error::WebError;

/// The reference in a path; whatever never was one is unknown like any other.
fn reference(text: &str) -> Result<Reference, WebError> {
    Reference::parse(text).ok_or(WebError::NotFound)
}

fn path_of(reference: &Reference) -> String {
    format!("/portal/leads/{reference}")
}
