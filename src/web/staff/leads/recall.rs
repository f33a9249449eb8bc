//! Taking a lead back from a partner.

use actix_web::web::Path;

use super::{find, reference};
use crate::domain::assignments::recall::{self, RecallError};
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::flash::Notice;
use crate::web::respond::{Answer, see_other_with};

/// `POST /leads/{reference}/recall`
pub async fn create(staff: Staff, path: Path<String>) -> Answer {
    let asked = reference(&path)?;
    let href = format!("/leads/{asked}");
    let lead = staff.read(move |conn, scope, _| find(conn, scope, &asked)).await?;
    match staff
        .write(move |tx, scope, now| recall::recall(tx, scope, lead.id, now))
        .await?
    {
        Ok(()) => see_other_with(&href, Notice::LeadRecalled),
        Err(RecallError::NothingToRecall) => Err(WebError::conflict(
            "There is nothing to take back",
            "No partner has this lead now, or it is closed.",
            href,
            "Back to the lead",
        )),
        Err(RecallError::NotFound) => Err(WebError::NotFound),
        Err(RecallError::Database(error)) => Err(error.into()),
    }
}
