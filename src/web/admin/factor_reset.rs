//! Taking away the second factor that a user lost, so that a new one can be set up.

use actix_session::Session;
use actix_web::web::Path;
use askama::Template;

use crate::db::Error;
use crate::db::types::Reference;
use crate::domain::accounts::{self, second_factor};
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::Admin;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page, page_with, see_other_with};
use crate::web::step_up::{self, Proof};

#[derive(Template)]
#[template(path = "admin/factor_reset.html")]
struct ResetPage {
    frame: StaffFrame,
    /// Where the user is shown.
    back: String,
    name: String,
    has_factor: bool,
    needs_proof: bool,
    errors: FieldErrors,
}

/// `GET /users/{reference}/second-factor`
pub async fn new(admin: Admin, session: Session, path: Path<String>) -> Answer {
    let needs_proof = step_up::is_needed(&session, admin.now());
    page(&form(&admin, &path, needs_proof, FieldErrors::default()).await?)
}

/// `POST /users/{reference}/second-factor`
pub async fn create(admin: Admin, session: Session, path: Path<String>, data: FormData) -> Answer {
    let mut errors = FieldErrors::default();
    let administrator = admin.principal().user();
    if step_up::prove(
        admin.state(),
        &session,
        &admin.actor(),
        administrator,
        &data,
        &mut errors,
    )
    .await?
        == Proof::Missing
    {
        return page_with(Proof::Missing.status(), &form(&admin, &path, true, errors).await?);
    }
    let reference = Reference::parse(&path).ok_or(WebError::NotFound)?;
    let back = format!("/users/{reference}");
    let key = admin.state().link_key().clone();
    let was_reset = admin
        .write(move |tx, scope, now| {
            let user = accounts::find_by_reference(tx, scope, &reference)?;
            second_factor::reset(tx, scope, &key, user.id, now)
        })
        .await??;
    if was_reset {
        see_other_with(&back, Notice::FactorReset)
    } else {
        Err(WebError::conflict(
            "There is no second factor to reset",
            "This user signs in with the password alone.",
            back,
            "Back to the user",
        ))
    }
}

async fn form(admin: &Admin, path: &str, needs_proof: bool, errors: FieldErrors) -> Result<ResetPage, WebError> {
    let reference = Reference::parse(path).ok_or(WebError::NotFound)?;
    let (frame, (user, has_factor)) = admin
        .page(move |conn, scope, _| {
            let user = accounts::find_by_reference(conn, scope, &reference)?;
            let has_factor = second_factor::enrolled_at(conn, user.id)?.is_some();
            Ok::<_, Error>((user, has_factor))
        })
        .await?;
    Ok(ResetPage {
        frame: frame.at("users"),
        back: format!("/users/{}", user.reference),
        name: user.name,
        has_factor,
        needs_proof,
        errors,
    })
}
