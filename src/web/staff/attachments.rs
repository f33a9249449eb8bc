//! The files that partners keep with leads, for staff.

use actix_web::web::Path;

use crate::db::types::Reference;
use crate::domain::attachments;
use crate::web::attachment;
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::respond::Answer;

/// `GET /attachments/{reference}`
pub async fn show(staff: Staff, path: Path<String>) -> Answer {
    let wanted = Reference::parse(&path).ok_or(WebError::NotFound)?;
    let asked = wanted.clone();
    let content = staff
        .read_slowly(move |conn, scope, _| attachments::staff_content(conn, scope, &asked))
        .await?
        .ok_or(WebError::NotFound)?;
    Ok(attachment::saved(&wanted, content))
}
