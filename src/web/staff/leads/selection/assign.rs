//! Assigning the leads of a selection: each by itself.

use actix_web::http::StatusCode;
use askama::Template;

use super::result;
use super::{Found, Selection, all_gone, found, leads, refuse, way_back};
use crate::db::Error;
use crate::db::types::Reference;
use crate::domain::bulk::turn::{self, Task};
use crate::domain::leads::selection::SelectedLead;
use crate::domain::partners::receiving::{self, Recipient};
use crate::domain::settings;
use crate::domain::validation::FieldErrors;
use crate::web::extract::Staff;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page_with, see_other_with};
use crate::web::staff::leads::recipients::{RecipientGroup, grouped, is_cut};
use crate::web::staff::leads::way_back::WayBack;

#[derive(Template)]
#[template(path = "staff/leads/selection/assign.html")]
struct AssignPage {
    frame: StaffFrame,
    leads: Vec<SelectedLead>,
    heading: String,
    /// Leads on hold, which will be left out.
    held: Vec<SelectedLead>,
    gone: usize,
    words: String,
    groups: Vec<RecipientGroup>,
    is_cut: bool,
    errors: FieldErrors,
    way_back: WayBack,
}

/// What the page is made of.
struct Facts {
    found: Found,
    is_tracking: bool,
    recipients: Vec<Recipient>,
}

/// The page on which a recipient is chosen, in answer to the selection.
pub async fn new(staff: &Staff, selection: Selection, form: &FormData, errors: FieldErrors) -> Answer {
    let way_back = selection.way_back();
    let words: String = form.text("q").trim().chars().take(200).collect();
    let searched = words.clone();
    let (frame, facts) = staff
        .page(move |conn, scope, _| {
            let settings = settings::load(conn)?;
            // Whether a lead is on hold is told lead by lead, so the recipients are asked for one that is not.
            let recipients = receiving::search(conn, scope, &settings, &searched, false, None)?;
            Ok::<_, Error>(Facts {
                found: found(conn, scope, &selection)?,
                is_tracking: settings.track_permission,
                recipients,
            })
        })
        .await?;
    if facts.found.leads.is_empty() {
        return Err(all_gone(&way_back));
    }
    let is_held = |lead: &&SelectedLead| facts.is_tracking && !lead.has_confirmation;
    let held = facts.found.leads.iter().filter(is_held).cloned().collect();
    let status = if errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    page_with(
        status,
        &AssignPage {
            frame: frame.at(way_back.section()),
            heading: format!("Assign {}", leads(facts.found.leads.len())),
            gone: facts.found.gone,
            leads: facts.found.leads,
            held,
            words,
            is_cut: is_cut(&facts.recipients),
            groups: grouped(facts.recipients, &form.text("recipient")),
            errors,
            way_back,
        },
    )
}

/// `POST /leads/selection/assign`
pub async fn create(staff: Staff, form: FormData) -> Answer {
    let selection = match Selection::of(&form) {
        Ok(selection) => selection,
        Err(error) => return refuse(&staff, error, way_back(&form)).await,
    };
    if form.has("search") {
        return new(&staff, selection, &form, FieldErrors::default()).await;
    }
    let (way_back, asked) = (selection.way_back(), selection.clone());
    let recipient = Reference::parse(&form.text("recipient"));
    let (frame, (found, to)) = staff
        .page(move |conn, scope, _| {
            let to = match recipient {
                Some(reference) => receiving::find(conn, scope, &reference)?,
                None => None,
            };
            Ok::<_, Error>((found(conn, scope, &asked)?, to))
        })
        .await?;
    let Some(to) = to else {
        let mut errors = FieldErrors::default();
        errors.add("recipient", "Choose who receives the leads");
        return new(&staff, selection, &form, errors).await;
    };
    if found.leads.is_empty() {
        return Err(all_gone(&way_back));
    }
    let outcomes = result::each(&staff, found.leads, move |tx, scope, lead, now| {
        turn::take(tx, scope, Task::Assign(to), lead, now)
    })
    .await?;
    if outcomes.refused.is_empty() && found.gone == 0 {
        return see_other_with(way_back.href(), Notice::LeadsAssigned(outcomes.done as u64));
    }
    result::show(
        frame,
        format!("{} assigned", leads(outcomes.done)),
        "Whoever receives them is told that new leads are waiting.".to_owned(),
        outcomes.refused,
        found.gone,
        way_back,
    )
}
