//! The words for what the state of a lead forbids.

use crate::domain::assignments::life::Refusal;
use crate::web::error::WebError;

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
