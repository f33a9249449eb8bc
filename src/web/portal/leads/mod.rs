//! The leads of a partner.

mod closed;
pub mod closings;
pub mod conversions;
pub mod declines;
pub mod download;
mod due;
pub mod index;
mod list_query;
pub mod next_step;
pub mod notes;
pub mod openings;
pub mod question;
pub mod reassignments;
pub(super) mod refused;
pub(in crate::web::portal) mod rows;
mod sheet;
pub mod show;
mod waiting;

use crate::db::types::Reference;
use crate::web::error::WebError;

/// The reference in a path; whatever never was one is unknown like any other.
pub(super) fn reference(text: &str) -> Result<Reference, WebError> {
    Reference::parse(text).ok_or(WebError::NotFound)
}

pub(super) fn path_of(reference: &Reference) -> String {
    format!("/portal/leads/{reference}")
}
