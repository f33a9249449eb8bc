//! The people of a partner, for its managers.

pub mod index;
pub mod new;
pub mod show;
pub mod standing;

use crate::db::types::{Reference, UtcTime};
use crate::domain::accounts::throttle;
use crate::web::attempts;
use crate::web::error::WebError;
use crate::web::extract::PartnerManager;

/// The reference in a path; whatever never was one is unknown like any other.
fn reference(text: &str) -> Result<Reference, WebError> {
    Reference::parse(text).ok_or(WebError::NotFound)
}

fn path_of(reference: &Reference) -> String {
    format!("/portal/people/{reference}")
}

/// Counts one more invitation of this manager.
///
/// # Errors
/// There were too many within the hour.
async fn admit_invitation(manager: &PartnerManager) -> Result<(), WebError> {
    let now: UtcTime = manager.now();
    manager
        .write(move |tx, scope, now| throttle::admit_invitation(tx, scope.user(), now))
        .await??
        .map_err(|why| {
            attempts::too_many(
                "Too many invitations",
                why,
                now,
                ("/portal/people", "Back to the people"),
            )
        })
}
