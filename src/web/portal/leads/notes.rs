//! Notes on a lead.

use actix_web::web::Path;

use super::refused::refused;
use super::show::{self, Typed};
use super::{path_of, reference};
use crate::domain::assignments::held::HeldError;
use crate::domain::assignments::note::{self, StatusNote};
use crate::web::error::WebError;
use crate::web::extract::PartnerUser;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::respond::{Answer, see_other_with};

/// `POST /portal/leads/{reference}/note`
pub async fn create(user: PartnerUser, path: Path<String>, form: FormData) -> Answer {
    let reference = reference(&path)?;
    let typed = form.text("status_note");
    let wanted = reference.clone();
    match StatusNote::parse(&typed) {
        Ok(text) => {
            let stored = user
                .write(move |tx, scope, now| note::put(tx, scope, &wanted, &text, now))
                .await?;
            match stored {
                Ok(()) => see_other_with(&path_of(&reference), Notice::NoteSaved),
                Err(HeldError::Refused(refusal)) => Err(refused(refusal, &path_of(&reference))),
                Err(HeldError::Database(error)) => Err(WebError::from(error)),
            }
        }
        Err(errors) => show::with_problems(&user, reference, Typed::note(typed), errors).await,
    }
}
