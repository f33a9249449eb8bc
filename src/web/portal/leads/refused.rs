//! The words for what the state of a lead forbids.

use super::path_of;
use crate::db::DbConn;
use crate::db::types::Reference;
use crate::domain::access::PartnerScope;
use crate::domain::assignments::held::{self, HeldError};
use crate::domain::assignments::life::{Refusal, Transition};
use crate::domain::leads::partner;
use crate::web::error::WebError;
use crate::web::view::country_name;

/// What a partner user is told who can't act on a lead; `href` is the lead's page.
pub fn refused(refusal: Refusal, href: &str) -> WebError {
    let (heading, sentence) = match refusal {
        Refusal::Unseen | Refusal::NotTheirs | Refusal::NotAssigned => return WebError::NotFound,
        Refusal::NotOpened => (
            "This lead is not open yet",
            "Open the lead first; then write how it stands or close it.",
        ),
        Refusal::Closed => (
            "This lead is closed already",
            "It was won, lost or converted meanwhile, so nothing was changed. The vendor can open it again.",
        ),
        Refusal::Locked => (
            "This lead is locked",
            "It was converted to a deal, so nothing about it can be changed here. The vendor can open it again.",
        ),
        Refusal::NotClosed => ("This lead is not closed", "There is nothing to take back."),
    };
    WebError::conflict(heading, sentence, href, "Go to the lead")
}

/// The same, for an act that was tried.
pub fn cannot(error: HeldError, reference: &Reference) -> WebError {
    match error {
        HeldError::Refused(refusal) => refused(refusal, &path_of(reference)),
        HeldError::Database(error) => error.into(),
    }
}

/// How a lead is called on the page that asks before an act, if the act is possible now.
pub fn asked(
    conn: &mut DbConn,
    scope: &PartnerScope,
    reference: &Reference,
    transition: Transition,
) -> Result<String, WebError> {
    held::check(conn, scope, reference, transition).map_err(|error| cannot(error, reference))?;
    let lead = partner::named(conn, scope, reference)?.ok_or(WebError::NotFound)?;
    Ok(lead
        .title
        .unwrap_or_else(|| waiting_title(&lead.product, country_name(&lead.country))))
}

/// `ERP Cloud, Sweden`, or what there is of it.
pub fn waiting_title(product: &str, country: &str) -> String {
    match (product, country) {
        ("", "") => "New lead".to_owned(),
        (product, "") => product.to_owned(),
        ("", country) => format!("New lead, {country}"),
        (product, country) => format!("{product}, {country}"),
    }
}
