//! Notes on a lead.

use actix_web::web::Path;

use super::refused::refused;
use super::show::{self, Typed};
use super::{path_of, reference};
use crate::domain::assignments::held::HeldError;
use crate::domain::assignments::note::{self, StatusNote};
use crate::domain::submissions;
use crate::web::error::WebError;
use crate::web::extract::PartnerUser;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::respond::{Answer, see_other_with};

/// `POST /portal/leads/{reference}/note`
pub async fn create(user: PartnerUser, path: Path<String>, form: FormData) -> Answer {
    let reference = reference(&path)?;
    let typed = form.text("status_note");
    let (wanted, href) = (reference.clone(), path_of(&reference));
    let submission = form.submission(&format!("{href}/note"), &["status_note"]);
    match StatusNote::parse(&typed) {
        Ok(text) => {
            let stored = user
                .write(move |tx, scope, now| {
                    submissions::once(tx, scope.user(), &submission, now, |tx| {
                        note::put(tx, scope, &wanted, &text, now).map(|()| href)
                    })
                })
                .await?;
            match stored {
                Ok(location) => see_other_with(&location, Notice::NoteSaved),
                Err(HeldError::Refused(refusal)) => Err(refused(refusal, &path_of(&reference))),
                Err(HeldError::Database(error)) => Err(WebError::from(error)),
            }
        }
        Err(errors) => show::with_problems(&user, reference, Typed::note(typed), errors).await,
    }
}
