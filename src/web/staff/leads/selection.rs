//! A selection of leads out of a list, and what is to be done with all of them.
//!
//! A selection is too long for an address, so its pages are answers to the POST of the list and carry it in hidden fields.

use std::collections::BTreeSet;

use actix_session::Session;
use askama::Template;

use super::bulk;
use super::way_back::WayBack;
use crate::db::types::Reference;
use crate::db::{DbConn, Error};
use crate::domain::access::StaffScope;
use crate::domain::bulk::BulkKind;
use crate::domain::leads::selection::{LARGEST, SelectedLead, find};
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::forms::FormData;
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, see_other, unprocessable};

pub mod assign;
pub mod confirm;
pub mod delete;
mod result;

/// The leads that were ticked, and where.
#[derive(Debug, Clone)]
pub struct Selection {
    references: Vec<Reference>,
    way_back: WayBack,
}

/// Why a selection can't be acted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelectionError {
    Empty,
    TooLarge(usize),
}

impl Selection {
    /// # Errors
    /// Nothing is ticked, or more than one selection may have.
    pub fn of(form: &FormData) -> Result<Self, SelectionError> {
        let ticked: BTreeSet<&String> = form.selection().iter().collect();
        if ticked.is_empty() {
            return Err(SelectionError::Empty);
        }
        if ticked.len() > LARGEST {
            return Err(SelectionError::TooLarge(ticked.len()));
        }
        // What is no reference is as gone as a deleted lead.
        Ok(Selection {
            references: ticked.into_iter().filter_map(|text| Reference::parse(text)).collect(),
            way_back: way_back(form),
        })
    }

    pub fn references(&self) -> &[Reference] {
        &self.references
    }

    pub fn way_back(&self) -> WayBack {
        self.way_back.clone()
    }
}

pub(super) fn way_back(form: &FormData) -> WayBack {
    match WayBack::parse(&form.text("from")) {
        Some(WayBack::Leads(_)) | None => WayBack::filtered(&form.text("list")),
        Some(list) => list,
    }
}

/// `GET /leads/selection`, and of its acts: there is no selection in an address; on to the list.
pub async fn index(_staff: Staff) -> Answer {
    see_other(WayBack::leads().href())
}

/// `POST /leads/selection`
pub async fn create(staff: Staff, session: Session, form: FormData) -> Answer {
    let act = form.text("act");
    // What a long list needs goes on in the background; a ticked page is assigned at once.
    if let Some(kind) = BulkKind::parse(&act)
        && (form.is_ticked("all") || kind != BulkKind::Assign)
    {
        return bulk::new(&staff, kind, &form, FieldErrors::default()).await;
    }
    let selection = match Selection::of(&form) {
        Ok(selection) => selection,
        Err(error) => return refuse(&staff, error, way_back(&form)).await,
    };
    match act.as_str() {
        "assign" => assign::new(&staff, selection, &form, FieldErrors::default()).await,
        "confirm" => confirm::new(&staff, selection).await,
        "delete" => delete::new(&staff, &session, selection).await,
        _ => Err(WebError::BadRequest(
            "The form does not say what to do with the selected leads. Use the buttons below the list.",
        )),
    }
}

#[derive(Template)]
#[template(path = "staff/leads/selection/refused.html")]
struct RefusedPage {
    frame: StaffFrame,
    heading: &'static str,
    sentence: String,
    way_back: WayBack,
}

/// The page that says what to select.
pub(super) async fn refuse(staff: &Staff, error: SelectionError, way_back: WayBack) -> Answer {
    let (frame, ()) = staff.page(|_, _, _| Ok::<_, Error>(())).await?;
    let (heading, sentence) = match error {
        SelectionError::Empty => (
            "No lead is selected",
            "Tick the leads in the list first, then choose what to do with them. Nothing was changed.".to_owned(),
        ),
        SelectionError::TooLarge(count) => (
            "Too many leads at once",
            format!(
                "You selected {count} leads; at most {LARGEST} can be worked on at once. Select fewer. Nothing was changed."
            ),
        ),
    };
    unprocessable(&RefusedPage {
        frame: frame.at(way_back.section()),
        heading,
        sentence,
        way_back,
    })
}

/// The selected leads that exist, and how many of those that were ticked do not.
struct Found {
    leads: Vec<SelectedLead>,
    gone: usize,
}

fn found(conn: &mut DbConn, scope: &StaffScope, selection: &Selection) -> Result<Found, Error> {
    let leads = find(conn, scope, &selection.references)?;
    let gone = selection.references.len() - leads.len();
    Ok(Found { leads, gone })
}

/// The answer where every lead of the selection is gone.
fn all_gone(way_back: &WayBack) -> WebError {
    WebError::conflict(
        "The selected leads are gone",
        "Somebody deleted them meanwhile. There is nothing left to do.",
        way_back.href(),
        "Back to the list",
    )
}

/// `1 lead`, `12 leads`.
fn leads(count: usize) -> String {
    if count == 1 {
        "1 lead".to_owned()
    } else {
        format!("{count} leads")
    }
}
