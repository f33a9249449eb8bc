//! The page that asks to prove again who one is, for what has no form of its own to ask in.

use actix_session::Session;
use askama::Template;

use crate::domain::accounts::own;
use crate::domain::validation::FieldErrors;
use crate::web::extract::SignedIn;
use crate::web::forms::{FormData, QueryData};
use crate::web::frame::AccountFrame;
use crate::web::public::sessions::{local_path, start_page};
use crate::web::respond::{Answer, page, page_with, see_other};
use crate::web::step_up;

#[derive(Template)]
#[template(path = "account/step_up.html")]
struct StepUpPage {
    frame: AccountFrame,
    email: String,
    next: String,
    needs_proof: bool,
    errors: FieldErrors,
}

/// `GET /step-up?next=…`
pub async fn new(person: SignedIn, session: Session, query: QueryData) -> Answer {
    let next = next(&person, &query.text("next"));
    if !step_up::is_needed(&session, person.now()) {
        return see_other(&next);
    }
    page(&form(&person, next, FieldErrors::default()).await?)
}

/// `POST /step-up`
pub async fn create(person: SignedIn, session: Session, data: FormData) -> Answer {
    let next = next(&person, &data.text("next"));
    let mut errors = FieldErrors::default();
    let user = person.principal().user();
    match step_up::prove(person.state(), &session, &person.actor(), user, &data, &mut errors).await? {
        step_up::Proof::Given => see_other(&next),
        step_up::Proof::Missing => page_with(step_up::Proof::Missing.status(), &form(&person, next, errors).await?),
    }
}

fn next(person: &SignedIn, text: &str) -> String {
    local_path(text).unwrap_or_else(|| start_page(person.principal().role()).to_owned())
}

async fn form(person: &SignedIn, next: String, errors: FieldErrors) -> Result<StepUpPage, crate::web::error::WebError> {
    let user = person.principal().user();
    let (frame, account) = person.page(move |conn, _, _| own::load(conn, user)).await?;
    Ok(StepUpPage {
        frame,
        email: account.email,
        next,
        needs_proof: true,
        errors,
    })
}
