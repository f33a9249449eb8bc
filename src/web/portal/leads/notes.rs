//! The status note of a lead.

use actix_web::web::Path;

use super::refused::{cannot, refused};
use super::show::LeadPage;
use super::{path_of, reference};
use crate::domain::assignments::life::{Refusal, Transition};
use crate::domain::assignments::note::{self, StatusNote};
use crate::domain::assignments::{closing, held};
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
                Err(error) => Err(cannot(error, &reference)),
            }
        }
        Err(errors) => {
            let (frame, (seen, modes, is_manager)) = user
                .page(move |conn, scope, _| {
                    held::check(conn, scope, &wanted, Transition::Update).map_err(|error| cannot(error, &wanted))?;
                    let seen = partner::find(conn, scope, &wanted)?.ok_or(WebError::NotFound)?;
                    Ok::<_, WebError>((seen, closing::modes(conn, scope)?, scope.is_manager()))
                })
                .await?;
            match seen {
                Seen::Waiting(_) => Err(refused(Refusal::NotOpened, &path_of(&reference))),
                Seen::Opened(lead) => {
                    unprocessable(&LeadPage::new(frame, *lead, modes, is_manager, user.now()).with_note(typed, errors))
                }
            }
        }
    }
}
