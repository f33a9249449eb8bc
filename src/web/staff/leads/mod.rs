//! Leads, for staff: one file for each thing that can be done with them.

pub mod assign;
pub mod bulk;
mod closed;
pub mod confirm;
mod confirmation_form;
pub mod delete;
pub mod disclosures;
pub mod edit;
mod form;
mod history;
pub mod index;
pub mod internal_notes;
pub(in crate::web::staff) mod list_query;
pub mod new;
pub mod question;
pub mod recall;
mod recipients;
pub mod reopenings;
pub mod selection;
pub mod show;
pub mod vendor_notes;
pub mod views;
mod way_back;

use crate::db::DbConn;
use crate::db::types::Reference;
use crate::domain::access::StaffScope;
use crate::domain::leads::staff::{self, StaffLead};
use crate::web::error::WebError;

/// The reference in a path; what was never given out is as unknown as what is gone.
fn reference(text: &str) -> Result<Reference, WebError> {
    Reference::parse(text).ok_or(WebError::NotFound)
}

fn find(conn: &mut DbConn, scope: &StaffScope, reference: &Reference) -> Result<StaffLead, WebError> {
    staff::find(conn, scope, reference)?.ok_or(WebError::NotFound)
}
