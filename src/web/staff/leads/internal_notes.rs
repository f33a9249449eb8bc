//! Notes that staff write for each other.

use actix_web::web::Path;

use super::show::{self, Typed};
use super::{find, reference};
use crate::domain::leads::internal_notes::{self, InternalNote, NoteError};
use crate::domain::submissions;
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::respond::{Answer, see_other_with};

/// `POST /leads/{reference}/internal-notes`
pub async fn create(staff: Staff, path: Path<String>, form: FormData) -> Answer {
    let asked = reference(&path)?;
    let typed = form.text("internal_note");
    let note = match InternalNote::parse(&typed) {
        Ok(note) => note,
        Err(errors) => return show::with_problems(&staff, asked, Typed::internal_note(typed), errors).await,
    };
    let href = format!("/leads/{asked}");
    let submission = form.submission(&format!("{href}/internal-notes"), &["internal_note"]);
    let lead = staff.read(move |conn, scope, _| find(conn, scope, &asked)).await?;
    match staff
        .write(move |tx, scope, now| {
            submissions::once(tx, scope.user(), &submission, now, |tx| {
                internal_notes::add(tx, scope, lead.id, &note, now).map(|()| href)
            })
        })
        .await?
    {
        Ok(location) => see_other_with(&location, Notice::InternalNoteSaved),
        Err(NoteError::NotFound) => Err(WebError::NotFound),
        Err(NoteError::Database(error)) => Err(error.into()),
    }
}
