//! The status note of a lead.

use actix_web::web::Path;

use super::refused::refused;
use super::show::LeadPage;
use super::{path_of, reference};
use crate::domain::assignments::held::HeldError;
use crate::domain::assignments::life::Refusal;
use crate::domain::assignments::note::{self, StatusNote};
use crate::domain::leads::partner::{self, Seen};
use crate::web::error::WebError;
use crate::web::extract::PartnerUser;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::respond::{Answer, see_other_with, unprocessable};

const FIELD: &str = "status_note";

/// `POST /portal/leads/{reference}/note`
pub async fn create(user: PartnerUser, path: Path<String>, form: FormData) -> Answer {
    let reference = reference(&path)?;
    let typed = form.text(FIELD);
    let wanted = reference.clone();
    match StatusNote::parse(&typed) {
        Ok(text) => {
            let stored = user
                .write(move |tx, scope, now| note::put(tx, scope, &wanted, &text, now))
                .await?;
            match stored {
                Ok(()) => see_other_with(&path_of(&reference), Notice::NoteSaved),
                Err(HeldError::Refused(refusal)) => Err(refused(refusal, &path_of(&reference))),
                Err(HeldError::Database(error)) => Err(error.into()),
            }
        }
        Err(errors) => {
            let (frame, (seen, is_manager)) = user
                .page(move |conn, scope, _| {
                    let seen = partner::find(conn, scope, &wanted)?.ok_or(WebError::NotFound)?;
                    Ok::<_, WebError>((seen, scope.is_manager()))
                })
                .await?;
            match seen {
                Seen::Waiting(_) => Err(refused(Refusal::NotOpened, &path_of(&reference))),
                Seen::Opened(lead) => {
                    unprocessable(&LeadPage::new(frame, *lead, is_manager, user.now()).with_note(typed, errors))
                }
            }
        }
    }
}
