//! Turning a lead into a deal.

use actix_web::web::Path;
use askama::Template;

use super::closings::turned_off;
use super::refused::{asked, cannot};
use super::{path_of, reference};
use crate::db::types::Reference;
use crate::domain::assignments::closing::{self, CloseError};
use crate::domain::assignments::deal::{self, Currency, DealInput, DealStage};
use crate::domain::assignments::life::Transition;
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::PartnerUser;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::frame::PortalFrame;
use crate::web::respond::{Answer, page, see_other_with, unprocessable};

#[derive(Template)]
#[template(path = "portal/leads/conversion.html")]
struct ConversionPage {
    frame: PortalFrame,
    href: String,
    title: String,
    input: DealInput,
    errors: FieldErrors,
}

impl ConversionPage {
    fn currencies(&self) -> Vec<(&'static str, String)> {
        let words = |currency: Currency| (currency.code(), format!("{} – {}", currency.code(), currency.name()));
        Currency::all().map(words).collect()
    }

    fn stages(&self) -> Vec<(&'static str, &'static str)> {
        DealStage::ALL
            .iter()
            .map(|stage| (stage.as_str(), stage.label()))
            .collect()
    }
}

async fn form(
    user: &PartnerUser,
    reference: Reference,
    input: DealInput,
    errors: FieldErrors,
) -> Result<ConversionPage, WebError> {
    let href = path_of(&reference);
    let (frame, title) = user
        .page(move |conn, scope, _| {
            let title = asked(conn, scope, &reference, Transition::Convert)?;
            if closing::modes(conn, scope)?.allows_converting() {
                Ok(title)
            } else {
                Err(turned_off(&reference))
            }
        })
        .await?;
    Ok(ConversionPage {
        frame,
        href,
        title,
        input,
        errors,
    })
}

/// `GET /portal/leads/{reference}/conversion`
pub async fn new(user: PartnerUser, path: Path<String>) -> Answer {
    let reference = reference(&path)?;
    page(&form(&user, reference, DealInput::default(), FieldErrors::default()).await?)
}

/// `POST /portal/leads/{reference}/conversion`
pub async fn create(user: PartnerUser, path: Path<String>, data: FormData) -> Answer {
    let reference = reference(&path)?;
    let input = DealInput {
        amount: data.text("amount"),
        currency: data.text("currency"),
        stage: data.text("stage"),
        expected_on: data.text("expected_on"),
    };
    let (wanted, typed) = (reference.clone(), input.clone());
    let converted = user
        .write(move |tx, scope, now| deal::convert(tx, scope, &wanted, &typed, now))
        .await?;
    match converted {
        Ok(()) => see_other_with(&path_of(&reference), Notice::LeadConverted),
        Err(CloseError::Fields(errors)) => unprocessable(&form(&user, reference, input, errors).await?),
        Err(CloseError::TurnedOff) => Err(turned_off(&reference)),
        Err(CloseError::Held(error)) => Err(cannot(error, &reference)),
    }
}
