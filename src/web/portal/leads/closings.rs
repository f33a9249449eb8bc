//! Closing a lead as won or lost.

use actix_web::web::Path;
use askama::Template;

use super::refused::{asked, cannot};
use super::{path_of, reference};
use crate::db::types::Reference;
use crate::domain::assignments::closing::{self, Choice, CloseError, ClosingInput};
use crate::domain::assignments::life::Transition;
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::PartnerUser;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::frame::PortalFrame;
use crate::web::respond::{Answer, page, see_other_with, unprocessable};

#[derive(Template)]
#[template(path = "portal/leads/closing.html")]
struct ClosingPage {
    frame: PortalFrame,
    href: String,
    title: String,
    choices: Vec<(String, String, &'static str)>,
    input: ClosingInput,
    errors: FieldErrors,
}

async fn form(
    user: &PartnerUser,
    reference: Reference,
    input: ClosingInput,
    errors: FieldErrors,
) -> Result<ClosingPage, WebError> {
    let href = path_of(&reference);
    let (frame, (title, choices)) = user
        .page(move |conn, scope, _| {
            // Losing is always among the ways, and asks of the lead what winning asks.
            let title = asked(conn, scope, &reference, Transition::Lose)?;
            Ok::<_, WebError>((title, closing::choices(conn, scope)?))
        })
        .await?;
    let triple = |choice: &Choice| (choice.key().to_owned(), choice.label(), "");
    Ok(ClosingPage {
        frame,
        href,
        title,
        choices: choices.iter().map(triple).collect(),
        input,
        errors,
    })
}

/// `GET /portal/leads/{reference}/closing`
pub async fn new(user: PartnerUser, path: Path<String>) -> Answer {
    let reference = reference(&path)?;
    page(&form(&user, reference, ClosingInput::default(), FieldErrors::default()).await?)
}

/// `POST /portal/leads/{reference}/closing`
pub async fn create(user: PartnerUser, path: Path<String>, data: FormData) -> Answer {
    let reference = reference(&path)?;
    let input = ClosingInput {
        choice: data.text("choice"),
        remark: data.text("remark"),
    };
    let (wanted, typed) = (reference.clone(), input.clone());
    let closed = user
        .write(move |tx, scope, now| closing::close(tx, scope, &wanted, &typed, now))
        .await?;
    match closed {
        Ok(()) => see_other_with(&path_of(&reference), Notice::LeadClosed),
        Err(CloseError::Fields(errors)) => unprocessable(&form(&user, reference, input, errors).await?),
        Err(CloseError::TurnedOff) => Err(turned_off(&reference)),
        Err(CloseError::Held(error)) => Err(cannot(error, &reference)),
    }
}

/// The words for a way of closing that the setting does not offer.
pub(super) fn turned_off(reference: &Reference) -> WebError {
    WebError::conflict(
        "Leads are not closed like this here",
        "The vendor has chosen another way. Nothing was changed.",
        path_of(reference),
        "Go to the lead",
    )
}
