//! Security settings: who must have a second factor.

use actix_session::Session;
use askama::Template;

use crate::domain::accounts::security_settings::{self, SaveError};
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::Admin;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page, page_with, see_other_with};
use crate::web::step_up::{self, Proof};

#[derive(Template)]
#[template(path = "admin/settings/security.html")]
struct SecurityPage {
    frame: StaffFrame,
    required: bool,
    seen: i64,
    needs_proof: bool,
    errors: FieldErrors,
}

/// `GET /settings/security`
pub async fn edit(admin: Admin, session: Session) -> Answer {
    let (frame, settings) = admin.page(|conn, _, _| security_settings::load(conn)).await?;
    page(&SecurityPage {
        frame: frame.at("settings"),
        required: settings.second_factor_required,
        seen: settings.lock_version,
        needs_proof: step_up::is_needed(&session, admin.now()),
        errors: FieldErrors::default(),
    })
}

/// `POST /settings/security`
pub async fn update(admin: Admin, session: Session, form: FormData) -> Answer {
    let required = form.is_ticked("second_factor_required");
    let seen = form
        .text("seen")
        .parse()
        .map_err(|_| WebError::BadRequest("The form does not say which settings it changes. Open the page anew."))?;
    let mut errors = FieldErrors::default();
    let user = admin.principal().user();
    if step_up::prove(admin.state(), &session, &admin.actor(), user, &form, &mut errors).await? == Proof::Missing {
        let (frame, ()) = admin.page(|_, _, _| Ok::<_, crate::db::Error>(())).await?;
        let page = SecurityPage {
            frame: frame.at("settings"),
            required,
            seen,
            needs_proof: true,
            errors,
        };
        return page_with(Proof::Missing.status(), &page);
    }
    let saved = admin
        .write(move |tx, scope, now| security_settings::save(tx, scope, required, seen, now))
        .await?;
    match saved {
        Ok(()) => see_other_with("/settings/security", Notice::SecuritySaved),
        Err(SaveError::ChangedMeanwhile) => Err(WebError::conflict(
            "Somebody else saved these settings meanwhile",
            "Nothing of yours was saved. Look at what is set now, and change it anew if need be.",
            "/settings/security",
            "See the settings",
        )),
        Err(SaveError::Database(error)) => Err(error.into()),
    }
}
