//! Import of leads: upload, preview, run and result, each with an address of its own.

use actix_web::web::Path;

use crate::db::types::Reference;
use crate::domain::imports::stored::{Import, ImportState};
use crate::web::error::WebError;

pub mod index;
pub mod preview;
pub mod rejected;
pub mod result;
pub mod run;
pub mod upload;

/// The import that an address names.
fn reference_in(path: &Path<String>) -> Result<Reference, WebError> {
    Reference::parse(path).ok_or(WebError::NotFound)
}

/// The page on which an import is now.
fn address_of(import: &Import) -> String {
    let step = match import.state {
        ImportState::Uploading | ImportState::Uploaded => "",
        ImportState::Running => "/run",
        ImportState::Done | ImportState::Cancelled | ImportState::Failed => "/result",
    };
    format!("/leads/import/{}{step}", import.reference)
}

/// `1 row`, `1,284 rows`.
fn counted(count: i64, one: &str, many: &str) -> String {
    let words = if count == 1 { one } else { many };
    format!("{} {words}", crate::db::page::thousands(count))
}
