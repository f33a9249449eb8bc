//! How partners close leads: which ways there are, and the list of reasons.

use actix_web::web::Path;
use askama::Template;

use crate::db::types::Reference;
use crate::domain::assignments::closing::{ClosedAs, ClosingModes};
use crate::domain::assignments::reasons::{self, ClosingReason, ReasonError};
use crate::domain::settings;
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::Admin;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page, see_other_with, unprocessable};

const HOME: &str = "/settings/lead-distribution/closing";

#[derive(Template)]
#[template(path = "admin/settings/closing.html")]
struct ClosingPage {
    frame: StaffFrame,
    modes: String,
    reasons: Vec<ClosingReason>,
    outcome: String,
    label: String,
    errors: FieldErrors,
}

impl ClosingPage {
    fn choices(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        let note = |modes: &ClosingModes| match modes {
            ClosingModes::Won => "A won lead stays in sight of the partner, with a reason.",
            ClosingModes::Convert => "A deal has an amount, a stage and an expected date, and locks the lead.",
            ClosingModes::Both => "",
        };
        let all = ClosingModes::ALL.iter();
        all.map(|modes| (modes.as_str(), modes.label(), note(modes))).collect()
    }

    fn outcomes(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        let all = ClosedAs::ALL.iter();
        all.map(|outcome| (outcome.as_str(), outcome.label(), "")).collect()
    }
}

async fn load(admin: &Admin) -> Result<ClosingPage, WebError> {
    let (frame, (modes, reasons)) = admin
        .page(|conn, scope, _| {
            let modes = settings::load(conn)?.closing_modes;
            Ok::<_, crate::db::Error>((modes, reasons::all(conn, scope)?))
        })
        .await?;
    Ok(ClosingPage {
        frame: frame.at("settings"),
        modes: modes.as_str().to_owned(),
        reasons,
        outcome: String::new(),
        label: String::new(),
        errors: FieldErrors::default(),
    })
}

/// `GET /settings/lead-distribution/closing`
pub async fn edit(admin: Admin) -> Answer {
    page(&load(&admin).await?)
}

/// `POST /settings/lead-distribution/closing`
pub async fn update(admin: Admin, form: FormData) -> Answer {
    let Some(modes) = ClosingModes::parse(&form.text("modes")) else {
        let mut page = load(&admin).await?;
        page.errors
            .add("modes", "Choose how partners close a lead that went well");
        return unprocessable(&page);
    };
    admin
        .write(move |tx, scope, now| reasons::set_modes(tx, scope, modes, now))
        .await??;
    see_other_with(HOME, Notice::ClosingSaved)
}

/// `POST /settings/lead-distribution/closing/reasons`
pub async fn create(admin: Admin, form: FormData) -> Answer {
    let (outcome, label) = (form.text("outcome"), form.text("label"));
    let (wanted, words) = (outcome.clone(), label.clone());
    let added = admin
        .write(move |tx, scope, now| reasons::add(tx, scope, &wanted, &words, now))
        .await?;
    match added {
        Ok(()) => see_other_with(HOME, Notice::ReasonAdded),
        Err(ReasonError::Fields(errors)) => {
            let mut page = load(&admin).await?;
            (page.outcome, page.label, page.errors) = (outcome, label, errors);
            unprocessable(&page)
        }
        Err(ReasonError::NotFound) => Err(WebError::NotFound),
        Err(ReasonError::Database(error)) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "admin/settings/closing_reason.html")]
struct ReasonPage {
    frame: StaffFrame,
    reason: ClosingReason,
    label: String,
    errors: FieldErrors,
}

fn reference(path: &str) -> Result<Reference, WebError> {
    Reference::parse(path).ok_or(WebError::NotFound)
}

async fn load_one(admin: &Admin, reference: Reference) -> Result<ReasonPage, WebError> {
    let (frame, reason) = admin
        .page(move |conn, scope, _| reasons::find(conn, scope, &reference)?.ok_or(WebError::NotFound))
        .await?;
    Ok(ReasonPage {
        frame: frame.at("settings"),
        label: reason.label.clone(),
        reason,
        errors: FieldErrors::default(),
    })
}

/// `GET /settings/lead-distribution/closing/reasons/{reference}`
pub async fn show(admin: Admin, path: Path<String>) -> Answer {
    page(&load_one(&admin, reference(&path)?).await?)
}

/// `POST /settings/lead-distribution/closing/reasons/{reference}`
pub async fn rename(admin: Admin, path: Path<String>, form: FormData) -> Answer {
    let reference = reference(&path)?;
    let label = form.text("label");
    let (wanted, words) = (reference.clone(), label.clone());
    let renamed = admin
        .write(move |tx, scope, now| reasons::rename(tx, scope, &wanted, &words, now))
        .await?;
    match renamed {
        Ok(()) => see_other_with(HOME, Notice::ReasonSaved),
        Err(ReasonError::Fields(errors)) => {
            let mut page = load_one(&admin, reference).await?;
            (page.label, page.errors) = (label, errors);
            unprocessable(&page)
        }
        Err(ReasonError::NotFound) => Err(WebError::NotFound),
        Err(ReasonError::Database(error)) => Err(error.into()),
    }
}

/// `POST /settings/lead-distribution/closing/reasons/{reference}/retirement`
pub async fn retire(admin: Admin, path: Path<String>) -> Answer {
    set_retired(&admin, reference(&path)?, true).await
}

/// `POST /settings/lead-distribution/closing/reasons/{reference}/restoration`
pub async fn restore(admin: Admin, path: Path<String>) -> Answer {
    set_retired(&admin, reference(&path)?, false).await
}

async fn set_retired(admin: &Admin, reference: Reference, is_retired: bool) -> Answer {
    let done = admin
        .write(move |tx, scope, now| reasons::set_retired(tx, scope, &reference, is_retired, now))
        .await?;
    match done {
        Ok(()) if is_retired => see_other_with(HOME, Notice::ReasonRetired),
        Ok(()) => see_other_with(HOME, Notice::ReasonRestored),
        Err(ReasonError::NotFound) => Err(WebError::NotFound),
        Err(ReasonError::Fields(_)) => Err(WebError::Internal("nothing was typed".to_owned())),
        Err(ReasonError::Database(error)) => Err(error.into()),
    }
}
