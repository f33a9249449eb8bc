//! Whether everybody at a partner must have a second factor.

use actix_session::Session;
use actix_web::web::Path;
use askama::Template;

use crate::db::types::Reference;
use crate::domain::partners::directory;
use crate::domain::partners::second_factor::{self, DutyError};
use crate::domain::validation::FieldErrors;
use crate::web::admin::consequence::counted;
use crate::web::error::WebError;
use crate::web::extract::Admin;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page, page_with, see_other_with};
use crate::web::step_up::{self, Proof};

#[derive(Template)]
#[template(path = "admin/partners/second_factor.html")]
struct DutyPage {
    frame: StaffFrame,
    href: String,
    name: String,
    heading: String,
    required: bool,
    /// `3 active users have none`.
    without: String,
    seen: i64,
    needs_proof: bool,
    errors: FieldErrors,
}

async fn form(admin: &Admin, reference: Reference, session: &Session) -> Result<DutyPage, WebError> {
    let (frame, (partner, without)) = admin
        .page(move |conn, scope, _| {
            let partner = directory::find(conn, scope.staff(), &reference)?.ok_or(WebError::NotFound)?;
            let without = second_factor::count_without(conn, scope.staff(), partner.id)?;
            Ok::<_, WebError>((partner, without))
        })
        .await?;
    Ok(DutyPage {
        frame: frame.at("partners"),
        href: format!("/partners/{}", partner.reference),
        heading: format!("Second factor at {}", partner.name),
        name: partner.name,
        required: partner.second_factor_required,
        without: counted(without, "active user has none", "active users have none"),
        seen: partner.lock_version,
        needs_proof: step_up::is_needed(session, admin.now()),
        errors: FieldErrors::default(),
    })
}

/// `GET /partners/{reference}/second-factor`
pub async fn edit(admin: Admin, session: Session, path: Path<String>) -> Answer {
    let reference = Reference::parse(&path).ok_or(WebError::NotFound)?;
    page(&form(&admin, reference, &session).await?)
}

/// `POST /partners/{reference}/second-factor`
pub async fn update(admin: Admin, session: Session, path: Path<String>, data: FormData) -> Answer {
    let reference = Reference::parse(&path).ok_or(WebError::NotFound)?;
    let shown = form(&admin, reference.clone(), &session).await?;
    let required = data.is_ticked("second_factor_required");
    let seen = data
        .text("seen")
        .parse()
        .map_err(|_| WebError::BadRequest("The form does not say what it changes. Open the page anew."))?;
    let mut errors = FieldErrors::default();
    let user = admin.principal().user();
    if step_up::prove(admin.state(), &session, &admin.actor(), user, &data, &mut errors).await? == Proof::Missing {
        let asking = DutyPage {
            required,
            seen,
            needs_proof: true,
            errors,
            ..shown
        };
        return page_with(Proof::Missing.status(), &asking);
    }
    let saved = admin
        .write(move |tx, scope, now| second_factor::require(tx, scope, &reference, required, seen, now))
        .await?;
    match saved {
        Ok(()) => see_other_with(&shown.href, Notice::PartnerSaved),
        Err(DutyError::Unknown) => Err(WebError::NotFound),
        Err(DutyError::ChangedMeanwhile) => Err(WebError::conflict(
            "Somebody else changed this partner meanwhile",
            "Nothing of yours was saved. Look at what is set now, and change it anew if need be.",
            format!("{}/second-factor", shown.href),
            "See what is set",
        )),
        Err(DutyError::Database(error)) => Err(error.into()),
    }
}
