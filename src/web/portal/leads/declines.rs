//! Giving a lead back to the vendor.

use actix_web::web::Path;
use askama::Template;

use super::refused::{asked, cannot};
use super::{path_of, reference};
use crate::db::types::Reference;
use crate::domain::assignments::decline::{self, DeclineInput, DeclineReason};
use crate::domain::assignments::life::Transition;
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::PartnerUser;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::frame::PortalFrame;
use crate::web::respond::{Answer, page, see_other_with, unprocessable};

#[derive(Template)]
#[template(path = "portal/leads/decline.html")]
struct DeclinePage {
    frame: PortalFrame,
    href: String,
    title: String,
    input: DeclineInput,
    errors: FieldErrors,
}

impl DeclinePage {
    fn reasons(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        DeclineReason::ALL
            .iter()
            .map(|reason| (reason.as_str(), reason.label(), ""))
            .collect()
    }
}

async fn form(
    user: &PartnerUser,
    reference: Reference,
    input: DeclineInput,
    errors: FieldErrors,
) -> Result<DeclinePage, WebError> {
    let href = path_of(&reference);
    let (frame, title) = user
        .page(move |conn, scope, _| asked(conn, scope, &reference, Transition::Decline))
        .await?;
    Ok(DeclinePage {
        frame,
        href,
        title,
        input,
        errors,
    })
}

/// `GET /portal/leads/{reference}/decline`
pub async fn new(user: PartnerUser, path: Path<String>) -> Answer {
    let reference = reference(&path)?;
    page(&form(&user, reference, DeclineInput::default(), FieldErrors::default()).await?)
}

/// `POST /portal/leads/{reference}/decline`
pub async fn create(user: PartnerUser, path: Path<String>, data: FormData) -> Answer {
    let reference = reference(&path)?;
    let input = DeclineInput {
        reason: data.text("reason"),
        remark: data.text("remark"),
    };
    let words = match input.parse() {
        Ok(words) => words,
        Err(errors) => return unprocessable(&form(&user, reference, input, errors).await?),
    };
    let wanted = reference.clone();
    let declined = user
        .write(move |tx, scope, now| decline::decline(tx, scope, &wanted, &words, now))
        .await?;
    match declined {
        Ok(()) => see_other_with("/portal/leads", Notice::LeadDeclined),
        Err(error) => Err(cannot(error, &reference)),
    }
}
