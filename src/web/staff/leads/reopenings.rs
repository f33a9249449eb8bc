//! Opening a closed lead again.

use actix_web::web::Path;

use super::{find, reference};
use crate::domain::assignments::reopen::{self, ReopenError};
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::flash::Notice;
use crate::web::respond::{Answer, see_other_with};

/// `POST /leads/{reference}/reopening`
pub async fn create(staff: Staff, path: Path<String>) -> Answer {
    let asked = reference(&path)?;
    let href = format!("/leads/{asked}");
    let lead = staff.read(move |conn, scope, _| find(conn, scope, &asked)).await?;
    match staff
        .write(move |tx, scope, now| reopen::reopen(tx, scope, lead.id, now))
        .await?
    {
        Ok(()) => see_other_with(&href, Notice::LeadReopened),
        Err(ReopenError::NotClosed) => Err(WebError::conflict(
            "This lead is not closed",
            "Only a lead that is won, lost or converted can be opened again. Nothing was changed.",
            href,
            "Back to the lead",
        )),
        Err(ReopenError::NotFound) => Err(WebError::NotFound),
        Err(ReopenError::Database(error)) => Err(error.into()),
    }
}
