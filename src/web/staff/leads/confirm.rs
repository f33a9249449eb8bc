//! Confirming permission for one lead.

use actix_web::{HttpRequest, web};
use askama::Template;

use super::confirmation_form::{ConfirmationForm, Wording, must_have_seen, not_tracked, wording};
use super::way_back::WayBack;
use crate::db::types::Reference;
use crate::db::{DbConn, Error};
use crate::domain::access::StaffScope;
use crate::domain::leads::staff::{self, StaffLead};
use crate::domain::permission::confirmation::{ConfirmError, confirm_as_seen};
use crate::domain::settings;
use crate::domain::validation::FieldErrors;
use crate::web::error::{Refused, WebError};
use crate::web::extract::Staff;
use crate::web::flash::Notice;
use crate::web::forms::{FormData, QueryData};
use crate::web::frame::StaffFrame;
use crate::web::here::Here;
use crate::web::respond::{Answer, page, see_other_with, unprocessable};

/// What the page is about.
struct Facts {
    lead: StaffLead,
    holder: Option<String>,
    is_tracking: bool,
    wording: Option<Wording>,
}

fn facts(conn: &mut DbConn, scope: &StaffScope, reference: &Reference, here: Here) -> Result<Facts, Error> {
    let lead = staff::find(conn, scope, reference)?.ok_or(Error::NotFound)?;
    let holder = staff::live_assignment(conn, scope, lead.id)?.map(|assignment| assignment.partner);
    let is_tracking = settings::load(conn)?.track_permission;
    let wording = wording(conn, here)?;
    Ok(Facts {
        lead,
        holder,
        is_tracking,
        wording,
    })
}

#[derive(Template)]
#[template(path = "staff/leads/confirm.html")]
struct ConfirmPage {
    frame: StaffFrame,
    reference: Reference,
    lead_title: String,
    /// The version of the lead that is looked at.
    version: i64,
    holder: Option<String>,
    wording: Option<Wording>,
    form: ConfirmationForm,
    errors: FieldErrors,
    way_back: Option<WayBack>,
}

impl ConfirmPage {
    /// The page, or why there is nothing to confirm.
    fn new(
        frame: StaffFrame,
        facts: Facts,
        form: ConfirmationForm,
        errors: FieldErrors,
        way_back: Option<WayBack>,
    ) -> Result<Self, WebError> {
        let reference = facts.lead.reference.clone();
        if !facts.is_tracking {
            return Err(not_tracked(&lead_path(&reference), "Go to the lead"));
        }
        if facts.lead.has_confirmation {
            return Err(already_confirmed(&reference));
        }
        Ok(ConfirmPage {
            frame: frame.at(way_back.as_ref().map_or("leads", WayBack::section)),
            lead_title: facts.lead.title(),
            version: facts.lead.lock_version,
            reference,
            holder: facts.holder,
            wording: facts.wording,
            form,
            errors,
            way_back,
        })
    }

    fn back(&self) -> (String, String) {
        match &self.way_back {
            Some(way) => (way.href().to_owned(), way.label().to_owned()),
            None => (lead_path(&self.reference), format!("Lead: {}", self.lead_title)),
        }
    }

    fn from(&self) -> &'static str {
        self.way_back.as_ref().map_or("", WayBack::as_str)
    }
}

/// `GET /leads/{reference}/confirm`
pub async fn new(staff: Staff, path: web::Path<String>, request: HttpRequest) -> Answer {
    let way_back = WayBack::parse(&QueryData::of(&request)?.text("from"));
    let reference = Reference::parse(&path).ok_or(WebError::NotFound)?;
    let here = staff.here();
    let (frame, facts) = staff
        .page(move |conn, scope, _| facts(conn, scope, &reference, here))
        .await?;
    page(&ConfirmPage::new(
        frame,
        facts,
        ConfirmationForm::default(),
        FieldErrors::default(),
        way_back,
    )?)
}

/// `POST /leads/{reference}/confirm`
pub async fn create(staff: Staff, path: web::Path<String>, fields: FormData) -> Answer {
    let way_back = WayBack::parse(&fields.text("from"));
    let reference = Reference::parse(&path).ok_or(WebError::NotFound)?;
    let form = ConfirmationForm::of(&fields);
    let version = fields.text("version").parse().unwrap_or(NO_VERSION);
    let basis = match form.parse(staff.here().today()) {
        Ok(basis) => basis,
        Err(errors) => return again(&staff, reference, form, errors, (version, way_back)).await,
    };
    let (wanted, seen) = (reference.clone(), form.seen);
    let done = staff
        .write(move |tx, scope, now| {
            let lead = staff::id_of(tx, scope, &wanted)?.ok_or(ConfirmError::NotFound)?;
            must_have_seen(tx, seen)?;
            confirm_as_seen(tx, scope, lead, &basis, seen, version, now)
        })
        .await?;
    match done {
        Ok(_) => {
            let location = way_back.map_or_else(|| lead_path(&reference), |way| way.href().to_owned());
            see_other_with(&location, Notice::LeadConfirmed)
        }
        Err(ConfirmError::NotTracked) => Err(not_tracked(&lead_path(&reference), "Go to the lead")),
        Err(ConfirmError::AlreadyConfirmed) => Err(already_confirmed(&reference)),
        Err(ConfirmError::TextChanged) => {
            let (form, errors) = form.for_new_text();
            again(&staff, reference, form, errors, (version, way_back)).await
        }
        Err(ConfirmError::ChangedMeanwhile) => Err(changed_meanwhile(&reference)),
        Err(ConfirmError::NotFound) => Err(WebError::NotFound),
        Err(ConfirmError::Database(error)) => Err(error.into()),
    }
}

/// A form that does not say which lead was looked at.
const NO_VERSION: i64 = -1;

/// The page once more, with what was typed and what is wrong with it; it is still about the lead as it was first seen.
async fn again(
    staff: &Staff,
    reference: Reference,
    form: ConfirmationForm,
    errors: FieldErrors,
    (version, way_back): (i64, Option<WayBack>),
) -> Answer {
    let here = staff.here();
    let (frame, facts) = staff
        .page(move |conn, scope, _| facts(conn, scope, &reference, here))
        .await?;
    let mut page = ConfirmPage::new(frame, facts, form, errors, way_back)?;
    if version != NO_VERSION {
        page.version = version;
    }
    unprocessable(&page)
}

fn lead_path(reference: &Reference) -> String {
    format!("/leads/{reference}")
}

fn changed_meanwhile(reference: &Reference) -> WebError {
    WebError::Conflict(Box::new(Refused {
        heading: "This lead was changed meanwhile".to_owned(),
        sentences: vec![
            "Somebody changed it while you looked at the page, and a confirmation is about one person. Nothing was \
             confirmed. Look at the lead as it is now, then confirm again."
                .to_owned(),
        ],
        ways: vec![
            (lead_path(reference), "Look at the lead".to_owned()),
            (
                format!("{}/confirm", lead_path(reference)),
                "Confirm permission".to_owned(),
            ),
        ],
    }))
}

fn already_confirmed(reference: &Reference) -> WebError {
    WebError::conflict(
        "Permission is confirmed already",
        "Somebody confirmed permission for this lead before. Its page shows who, when and on which ground.",
        lead_path(reference),
        "Go to the lead",
    )
}
