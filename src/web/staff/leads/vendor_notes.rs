//! Notes to the partner that holds a lead.

use actix_web::web::Path;

use super::show::{self, Typed};
use super::{find, reference};
use crate::db::types::AssignmentId;
use crate::domain::assignments::vendor_note::{self, VendorNote, WriteError};
use crate::domain::submissions;
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::respond::{Answer, see_other_with};

/// `POST /leads/{reference}/notes`
pub async fn create(staff: Staff, path: Path<String>, form: FormData) -> Answer {
    let asked = reference(&path)?;
    let text = form.text("vendor_note");
    let to = form.text("holder").parse().ok().map(AssignmentId::new);
    let typed = Typed::vendor_note(text.clone());
    let note = match VendorNote::parse(&text) {
        Ok(note) => note,
        Err(errors) => return show::with_problems(&staff, asked, typed, errors).await,
    };
    let wanted = asked.clone();
    let href = format!("/leads/{asked}");
    let submission = form.submission(&format!("{href}/notes"), &["vendor_note", "holder"]);
    let lead = staff.read(move |conn, scope, _| find(conn, scope, &wanted)).await?;
    let sentence = match staff
        .write(move |tx, scope, now| {
            submissions::once(tx, scope.user(), &submission, now, |tx| {
                vendor_note::write(tx, scope, lead.id, to, &note, now).map(|()| href)
            })
        })
        .await?
    {
        Ok(location) => return see_other_with(&location, Notice::PartnerWritten),
        Err(WriteError::NotFound) => return Err(WebError::NotFound),
        Err(WriteError::Database(error)) => return Err(error.into()),
        Err(WriteError::HolderChanged) => {
            "The lead went to somebody else meanwhile, and nothing was sent: read the note again before you send it"
        }
        Err(WriteError::NotVisible) => "The partner does not see this lead now, so nothing was sent",
        Err(WriteError::NobodyToTell) => "Whoever has the lead can’t sign in at the moment, so nothing was sent",
    };
    let mut errors = FieldErrors::default();
    errors.add("vendor_note", sentence);
    show::with_problems(&staff, asked, typed, errors).await
}
