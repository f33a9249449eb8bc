//! Assigning the leads of a selection: each by itself, with a result for each.

use actix_web::http::StatusCode;
use askama::Template;
use futures_util::future::join_all;

use super::assign::{HandOverError, hand_over};
use super::recipients::{RecipientGroup, grouped, is_cut};
use crate::db::Error;
use crate::db::types::{LeadId, Reference};
use crate::domain::assignments::assign::AssignError;
use crate::domain::leads::staff::{self, SelectedLead};
use crate::domain::partners::receiving::{self, Recipient};
use crate::domain::permission::gate::{self, GateError, ReceivingParty};
use crate::domain::settings;
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::forms::FormData;
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page, page_with};

/// The most leads of one selection.
pub const LARGEST_SELECTION: usize = 500;

/// So many hand-overs are given to the database at once: other people's writes come between.
const AT_ONCE: usize = 50;

#[derive(Template)]
#[template(path = "staff/leads/selection_assign.html")]
struct AssignPage {
    frame: StaffFrame,
    leads: Vec<SelectedLead>,
    heading: String,
    /// Leads on hold, which will be left out.
    held: Vec<SelectedLead>,
    words: String,
    groups: Vec<RecipientGroup>,
    is_cut: bool,
    errors: FieldErrors,
}

#[derive(Template)]
#[template(path = "staff/leads/selection_result.html")]
struct ResultPage {
    frame: StaffFrame,
    heading: String,
    results: Vec<LeadResult>,
}

/// What became of one lead.
struct LeadResult {
    href: String,
    title: String,
    is_done: bool,
    words: String,
}

/// What the page is made of.
struct Found {
    is_tracking: bool,
    leads: Vec<SelectedLead>,
    recipients: Vec<Recipient>,
}

/// The references of a selection.
///
/// # Errors
/// There is none, or there are too many.
fn selection(form: &FormData) -> Result<Vec<Reference>, WebError> {
    let references: Vec<Reference> = form
        .selection()
        .iter()
        .filter_map(|text| Reference::parse(text))
        .collect();
    match references.len() {
        0 => Err(WebError::conflict(
            "No lead is selected",
            "Tick the leads in the list, then choose what to do with them.",
            "/leads",
            "Back to the leads",
        )),
        count if count > LARGEST_SELECTION => Err(WebError::BadRequest(
            "A selection holds up to 500 leads. Select fewer, then go on with the rest.",
        )),
        _ => Ok(references),
    }
}

/// The page on which a recipient is chosen for a selection.
pub async fn new(staff: &Staff, form: &FormData, errors: FieldErrors) -> Answer {
    let references = selection(form)?;
    let words: String = form.text("q").trim().chars().take(200).collect();
    let searched = words.clone();
    let (frame, found) = staff
        .page(move |conn, scope, _| {
            let settings = settings::load(conn)?;
            let leads = staff::selected(conn, scope, &references)?;
            // Whether a lead is on hold is told lead by lead, so the recipients are asked for one that is not.
            let recipients = receiving::search(conn, scope, &settings, &searched, false, None)?;
            Ok::<_, Error>(Found {
                is_tracking: settings.track_permission,
                leads,
                recipients,
            })
        })
        .await?;
    let held = found
        .leads
        .iter()
        .filter(|lead| found.is_tracking && !lead.has_confirmation)
        .cloned()
        .collect();
    let status = if errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    page_with(
        status,
        &AssignPage {
            frame: frame.at("leads"),
            heading: format!("Assign {}", in_words(found.leads.len())),
            leads: found.leads,
            held,
            words,
            is_cut: is_cut(&found.recipients),
            groups: grouped(found.recipients, &form.text("recipient")),
            errors,
        },
    )
}

fn in_words(count: usize) -> String {
    if count == 1 {
        "1 lead".to_owned()
    } else {
        format!("{count} leads")
    }
}

/// `POST /leads/selection/assign`
pub async fn create(staff: Staff, form: FormData) -> Answer {
    if form.has("search") {
        return new(&staff, &form, FieldErrors::default()).await;
    }
    let references = selection(&form)?;
    let recipient = Reference::parse(&form.text("recipient"));
    let (frame, (leads, to)) = staff
        .page(move |conn, scope, _| {
            let to = match recipient {
                Some(reference) => receiving::find(conn, scope, &reference)?,
                None => None,
            };
            Ok::<_, Error>((staff::selected(conn, scope, &references)?, to))
        })
        .await?;
    let Some(to) = to else {
        let mut errors = FieldErrors::default();
        errors.add("recipient", "Choose who receives the leads");
        return new(&staff, &form, errors).await;
    };
    let mut results = Vec::with_capacity(leads.len());
    for part in leads.chunks(AT_ONCE) {
        let outcomes = join_all(part.iter().map(|lead| one(&staff, lead.id, to))).await;
        for (lead, outcome) in part.iter().zip(outcomes) {
            let (is_done, words) = outcome?;
            let href = format!("/leads/{}", lead.reference);
            results.push(LeadResult {
                href,
                title: lead.title.clone(),
                is_done,
                words,
            });
        }
    }
    let done = results.iter().filter(|result| result.is_done).count();
    let heading = format!("{done} of {} assigned", in_words(results.len()));
    page(&ResultPage {
        frame: frame.at("leads"),
        heading,
        results,
    })
}

/// Hands one lead over and tells what became of it.
async fn one(staff: &Staff, lead: LeadId, to: ReceivingParty) -> Result<(bool, String), WebError> {
    let outcome = staff
        .write(move |tx, scope, now| hand_over(tx, scope, lead, to, None, now))
        .await?;
    match outcome {
        Ok(()) => Ok((true, "Assigned".to_owned())),
        Err(HandOverError::Gate(GateError::Refused(refusal))) => {
            let words: Vec<String> = refusal
                .reasons
                .iter()
                .map(|reason| format!("{} {}", reason.sentence(), reason.way_on()))
                .collect();
            staff
                .write(move |tx, scope, now| gate::record_refusal(tx, scope, lead, &refusal, now))
                .await??;
            Ok((false, words.join(" ")))
        }
        Err(HandOverError::Gate(GateError::NotFound)) => Ok((false, "It was deleted meanwhile.".to_owned())),
        Err(HandOverError::Gate(GateError::ChangedMeanwhile) | HandOverError::Assign(AssignError::AlreadyAssigned)) => {
            Ok((false, "Somebody else assigned it at the same moment.".to_owned()))
        }
        Err(HandOverError::Assign(AssignError::Closed)) => Ok((
            false,
            "It is closed: a lead that is won, lost or converted stays where it is.".to_owned(),
        )),
        Err(HandOverError::Gate(GateError::Database(error)) | HandOverError::Assign(AssignError::Database(error))) => {
            Err(error.into())
        }
    }
}
