//! Correcting a lead.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;

use super::form::lead_input;
use super::{find, reference};
use crate::domain::leads::LeadInput;
use crate::domain::leads::edit::{self as correction, EditError, IdentityChange};
use crate::domain::leads::staff::StaffLead;
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page_with, see_other_with};
use crate::web::view::country_options;

#[derive(Template)]
#[template(path = "staff/leads/edit.html")]
struct EditPage {
    frame: StaffFrame,
    href: String,
    name: String,
    heading: String,
    lead: LeadInput,
    countries: Vec<(&'static str, &'static str)>,
    version: i64,
    is_confirmed: bool,
    identity_change: String,
    identity_changes: Vec<(&'static str, &'static str, &'static str)>,
    /// The partner that would read the change of a lead on hold.
    reader: Option<String>,
    /// Fields that were saved differently meanwhile, with what they hold now.
    differences: Vec<(&'static str, String)>,
    errors: FieldErrors,
}

impl EditPage {
    fn new(frame: StaffFrame, saved: &StaffLead, lead: LeadInput) -> Self {
        EditPage {
            frame: frame.at("leads"),
            href: format!("/leads/{}", saved.reference),
            name: saved.title(),
            heading: format!("Edit {}", saved.title()),
            lead,
            countries: country_options(),
            version: saved.lock_version,
            is_confirmed: saved.has_confirmation,
            identity_change: String::new(),
            identity_changes: IdentityChange::ALL
                .iter()
                .map(|why| (why.as_str(), why.label(), ""))
                .collect(),
            reader: None,
            differences: Vec::new(),
            errors: FieldErrors::default(),
        }
    }
}

/// `GET /leads/{reference}/edit`
pub async fn edit(staff: Staff, path: Path<String>) -> Answer {
    let asked = reference(&path)?;
    let (frame, saved) = staff.page(move |conn, scope, _| find(conn, scope, &asked)).await?;
    let lead = saved.content.clone();
    page_with(StatusCode::OK, &EditPage::new(frame, &saved, lead))
}

/// `POST /leads/{reference}/edit`
pub async fn update(staff: Staff, path: Path<String>, form: FormData) -> Answer {
    let asked = reference(&path)?;
    let (frame, saved) = staff.page(move |conn, scope, _| find(conn, scope, &asked)).await?;
    let lead = lead_input(&form);
    let identity_change = IdentityChange::parse(&form.text("identity_change"));
    let seen = form.text("version").parse().unwrap_or(-1);
    let mut form_page = EditPage::new(frame, &saved, lead.clone());
    form_page.identity_change = form.text("identity_change");

    let draft = match lead.parse() {
        Ok(draft) => draft,
        Err(errors) => {
            form_page.errors = errors;
            form_page.version = seen;
            return page_with(StatusCode::UNPROCESSABLE_ENTITY, &form_page);
        }
    };
    let id = saved.id;
    match staff
        .write(move |tx, scope, now| correction::edit(tx, scope, id, &draft, identity_change, seen, now))
        .await?
    {
        Ok(()) => see_other_with(&form_page.href, Notice::LeadSaved),
        Err(EditError::ChangedMeanwhile) => {
            form_page.differences = differences(&saved.content, &lead);
            if form_page.differences.is_empty() {
                // Only something beside the fields changed (it was assigned, say): the form is as good as before.
                form_page.differences.push(("Status", saved.status.label().to_owned()));
            }
            page_with(StatusCode::CONFLICT, &form_page)
        }
        Err(EditError::IdentityNeedsReason) => {
            form_page.version = seen;
            form_page.errors.add(
                "identity_change",
                "Say why the name, e-mail address, phone number or company of a confirmed lead changes",
            );
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &form_page)
        }
        Err(EditError::ReachesPartner { partner, fields }) => {
            staff
                .write(move |tx, scope, now| correction::record_refusal(tx, scope, id, &fields, now))
                .await??;
            form_page.version = seen;
            form_page.reader = Some(partner);
            page_with(StatusCode::CONFLICT, &form_page)
        }
        Err(EditError::NotFound) => Err(WebError::NotFound),
        Err(EditError::Database(error)) => Err(error.into()),
    }
}

/// What is saved now in the fields that were typed differently.
fn differences(saved: &LeadInput, typed: &LeadInput) -> Vec<(&'static str, String)> {
    super::show::labelled(saved)
        .into_iter()
        .zip(super::show::labelled(typed))
        .filter(|((_, saved), (_, typed))| saved.trim() != typed.trim())
        .map(|((label, saved), _)| (label, saved))
        .collect()
}
