//! Users, for administrators.

pub mod edit;
pub mod everybody;
mod form;
pub mod index;
pub mod new;
pub mod show;
pub mod standing;

use crate::db::DbConn;
use crate::db::types::{Reference, UtcTime};
use crate::domain::access::{AdminScope, SessionLimits};
use crate::domain::accounts::directory::{self, Person};
use crate::web::error::WebError;

/// The reference in a path; what was never given out is as unknown as what is gone.
fn reference(text: &str) -> Result<Reference, WebError> {
    Reference::parse(text).ok_or(WebError::NotFound)
}

fn find(
    conn: &mut DbConn,
    scope: &AdminScope,
    reference: &Reference,
    limits: SessionLimits,
    now: UtcTime,
) -> Result<Person, WebError> {
    directory::find(conn, scope, reference, limits, now)?.ok_or(WebError::NotFound)
}
