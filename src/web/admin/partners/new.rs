//! Entering a partner.

use askama::Template;

use super::{Offers, partner_input};
use crate::db::Tx;
use crate::domain::access::AdminScope;
use crate::domain::partners::directory;
use crate::domain::partners::edit::{self, PartnerDraft, PartnerError, PartnerInput};
use crate::domain::submissions::{self, Submission};
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::Admin;
use crate::web::flash::Notice;
use crate::web::forms::{FormData, submission_key};
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page, see_other_with, unprocessable};

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
        submission: submission_key(),
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
    let submission = form.submission("/partners", &["name", "country", "time_zone", "channel_manager"]);
    let errors = match partner.parse() {
        Err(errors) => errors,
        Ok(draft) => match enter(&admin, draft, submission).await? {
            Ok(location) => return see_other_with(&location, Notice::PartnerCreated),
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
        submission: form.submission_key(),
        partner,
        offers: Offers::new(managers),
        errors,
    })
}

async fn enter(
    admin: &Admin,
    draft: PartnerDraft,
    submission: Submission,
) -> Result<Result<String, PartnerError>, WebError> {
    let work = move |tx: &mut Tx<'_>, scope: &AdminScope, now| {
        submissions::once(tx, scope.user(), &submission, now, |tx| {
            let reference = edit::enter(tx, scope, &draft, now)?;
            Ok(format!("/partners/{reference}"))
        })
    };
    admin.write(work).await
}
