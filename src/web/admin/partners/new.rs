//! Entering a partner.

use askama::Template;

use super::{Offers, partner_input};
use crate::db::types::random_text;
use crate::db::{Rule, Tx, violated};
use crate::domain::access::AdminScope;
use crate::domain::partners::directory;
use crate::domain::partners::edit::{self, PartnerDraft, PartnerError, PartnerInput};
use crate::domain::submissions;
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::Admin;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page, see_other, see_other_with, unprocessable};

#[derive(Template)]
#[template(path = "admin/partners/new.html")]
struct NewPage {
    frame: StaffFrame,
    submission: String,
    partner: PartnerInput,
    offers: Offers,
    errors: FieldErrors,
}

/// `GET /partners/new`
pub async fn new(admin: Admin) -> Answer {
    let (frame, managers) = admin
        .page(|conn, scope, _| directory::channel_managers(conn, scope))
        .await?;
    page(&NewPage {
        frame: frame.at("partners"),
        submission: random_text(26),
        partner: PartnerInput {
            time_zone: "UTC".to_owned(),
            ..PartnerInput::default()
        },
        offers: Offers::new(managers),
        errors: FieldErrors::default(),
    })
}

/// `POST /partners/new`
pub async fn create(admin: Admin, form: FormData) -> Answer {
    let partner = partner_input(&form);
    let submission = form.text("submission");
    let errors = match partner.parse() {
        Err(errors) => errors,
        Ok(draft) => match enter(&admin, draft, submission.clone()).await? {
            Ok(location) => return see_other_with(&location, Notice::PartnerCreated),
            Err(PartnerError::SentBefore(location)) => return see_other(&location),
            Err(PartnerError::Fields(errors)) => errors,
            Err(PartnerError::Stale | PartnerError::Unknown) => {
                return Err(WebError::Internal("a new partner can't be stale or gone".to_owned()));
            }
            Err(PartnerError::Database(error)) => return Err(error.into()),
        },
    };
    let (frame, managers) = admin
        .page(|conn, scope, _| directory::channel_managers(conn, scope))
        .await?;
    unprocessable(&NewPage {
        frame: frame.at("partners"),
        submission,
        partner,
        offers: Offers::new(managers),
        errors,
    })
}

async fn enter(
    admin: &Admin,
    draft: PartnerDraft,
    submission: String,
) -> Result<Result<String, PartnerError>, WebError> {
    let key = submission.clone();
    let work = move |tx: &mut Tx<'_>, scope: &AdminScope, now| {
        if let Some(location) = submissions::earlier(tx, scope.user(), &submission)? {
            return Err(PartnerError::SentBefore(location));
        }
        let location = format!("/partners/{}", edit::enter(tx, scope, &draft, now)?);
        if !submission.is_empty() {
            submissions::remember(tx, scope.user(), &submission, &location, now)?;
        }
        Ok(location)
    };
    let entered = admin.write(work).await?;
    // Another sending of the same form overtook our look; what this one broke was its key, or the name it had taken.
    let overtaken = match &entered {
        Err(PartnerError::Database(error)) => violated(error) == Some(Rule::SubmittedBefore),
        Err(PartnerError::Fields(_)) => true,
        _ => false,
    };
    if overtaken
        && let Some(location) = admin
            .write(move |tx, scope, _| submissions::earlier(tx, scope.user(), &key))
            .await??
    {
        return Ok(Err(PartnerError::SentBefore(location)));
    }
    Ok(entered)
}
