//! Changing a partner.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;

use super::{Offers, partner_input};
use crate::db::DbConn;
use crate::db::types::Reference;
use crate::domain::access::AdminScope;
use crate::domain::partners::directory::{self, ChannelManager, PartnerPage};
use crate::domain::partners::edit::{self, PartnerError, PartnerInput};
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::Admin;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page_with, see_other_with};
use crate::web::view::country_name;

#[derive(Template)]
#[template(path = "admin/partners/edit.html")]
struct EditPage {
    frame: StaffFrame,
    href: String,
    name: String,
    heading: String,
    partner: PartnerInput,
    offers: Offers,
    version: i64,
    /// What somebody else saved meanwhile, where it differs from what was typed.
    differences: Vec<(&'static str, String)>,
    errors: FieldErrors,
}

impl EditPage {
    fn new(frame: StaffFrame, (saved, managers): &Found, partner: PartnerInput) -> Self {
        EditPage {
            frame: frame.at("partners"),
            href: format!("/partners/{}", saved.reference),
            name: saved.name.clone(),
            heading: format!("Edit {}", saved.name),
            partner,
            offers: Offers::new(managers.clone()),
            version: saved.lock_version,
            differences: Vec::new(),
            errors: FieldErrors::default(),
        }
    }
}

type Found = (PartnerPage, Vec<ChannelManager>);

fn find(conn: &mut DbConn, scope: &AdminScope, reference: &Reference) -> Result<Found, WebError> {
    let saved = directory::find(conn, scope.staff(), reference)?.ok_or(WebError::NotFound)?;
    Ok((saved, directory::channel_managers(conn, scope)?))
}

/// `GET /partners/{reference}/edit`
pub async fn edit(admin: Admin, path: Path<String>) -> Answer {
    let reference = Reference::parse(&path).ok_or(WebError::NotFound)?;
    let (frame, found) = admin.page(move |conn, scope, _| find(conn, scope, &reference)).await?;
    let saved = &found.0;
    let partner = PartnerInput {
        name: saved.name.clone(),
        country: saved.country.clone(),
        time_zone: saved.time_zone.clone(),
        channel_manager: manager_reference(saved),
    };
    page_with(StatusCode::OK, &EditPage::new(frame, &found, partner))
}

/// `POST /partners/{reference}/edit`
pub async fn update(admin: Admin, path: Path<String>, form: FormData) -> Answer {
    let reference = Reference::parse(&path).ok_or(WebError::NotFound)?;
    let asked = reference.clone();
    let partner = partner_input(&form);
    let seen = form.text("version").parse().unwrap_or(-1);
    let outcome = match partner.parse() {
        Err(errors) => Err(PartnerError::Fields(errors)),
        Ok(draft) => {
            let reference = reference.clone();
            admin
                .write(move |tx, scope, now| edit::edit(tx, scope, &reference, &draft, seen, now))
                .await?
        }
    };
    // Read after the attempt, so that a stale form shows what it must now be compared with.
    let (frame, found) = admin.page(move |conn, scope, _| find(conn, scope, &asked)).await?;
    let mut form_page = EditPage::new(frame, &found, partner);
    match outcome {
        Ok(()) => see_other_with(&form_page.href, Notice::PartnerSaved),
        Err(PartnerError::Fields(errors)) => {
            form_page.errors = errors;
            form_page.version = seen;
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &form_page)
        }
        Err(PartnerError::Stale) => {
            form_page.differences = differences(&found.0, &form_page.partner);
            page_with(StatusCode::CONFLICT, &form_page)
        }
        Err(PartnerError::Unknown) => Err(WebError::NotFound),
        Err(PartnerError::Database(error)) => Err(error.into()),
    }
}

fn differences(saved: &PartnerPage, typed: &PartnerInput) -> Vec<(&'static str, String)> {
    let mut differences = Vec::new();
    if saved.name != typed.name.trim() {
        differences.push(("Company name", saved.name.clone()));
    }
    if saved.country != typed.country {
        differences.push(("Country", country_name(&saved.country).to_owned()));
    }
    if saved.time_zone != typed.time_zone {
        differences.push(("Time zone", saved.time_zone.clone()));
    }
    if manager_reference(saved) != typed.channel_manager {
        let name = saved.channel_manager.as_ref().map(|manager| manager.name.clone());
        differences.push(("Channel manager", name.unwrap_or_else(|| "Nobody".to_owned())));
    }
    if differences.is_empty() {
        // Only its standing changed.
        differences.push(("Status", saved.state.label().to_owned()));
    }
    differences
}

fn manager_reference(saved: &PartnerPage) -> String {
    let manager = saved.channel_manager.as_ref();
    manager.map(|manager| manager.reference.to_string()).unwrap_or_default()
}
