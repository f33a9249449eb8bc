//! Deleting a selection of leads for good.

use actix_session::Session;
use askama::Template;

use super::result::{self, Outcome};
use super::{Found, Selection, all_gone, found, leads, refuse, way_back};
use crate::db::types::{LeadId, UtcTime};
use crate::db::{DbConn, Error, Tx};
use crate::domain::access::StaffScope;
use crate::domain::leads::erase::{EraseError, erase};
use crate::domain::leads::selection::{SelectedLead, holders};
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page, page_with, see_other_with, unprocessable};
use crate::web::staff::leads::way_back::WayBack;
use crate::web::step_up::{self, Proof};

/// The word to type before a selection is deleted.
const DELETE: &str = "delete";

struct Facts {
    found: Found,
    holders: Vec<String>,
}

fn facts(conn: &mut DbConn, scope: &StaffScope, selection: &Selection) -> Result<Facts, Error> {
    let found = found(conn, scope, selection)?;
    let ids: Vec<LeadId> = found.leads.iter().map(|lead| lead.id).collect();
    let holders = holders(conn, scope, &ids)?;
    Ok(Facts { found, holders })
}

#[derive(Template)]
#[template(path = "staff/leads/selection/delete.html")]
struct DeletePage {
    frame: StaffFrame,
    leads: Vec<SelectedLead>,
    gone: usize,
    holders: Vec<String>,
    typed: String,
    errors: FieldErrors,
    needs_proof: bool,
    way_back: WayBack,
}

impl DeletePage {
    fn count(&self) -> String {
        leads(self.leads.len())
    }

    fn heading(&self) -> String {
        format!("Delete {}", self.count())
    }

    /// How many of them partners have now.
    fn held(&self) -> String {
        leads(self.leads.iter().filter(|lead| lead.partner.is_some()).count())
    }
}

/// The page that says what would be deleted, in answer to the selection.
pub async fn new(staff: &Staff, session: &Session, selection: Selection) -> Answer {
    page(&ask(staff, session, selection, String::new(), FieldErrors::default()).await?)
}

async fn ask(
    staff: &Staff,
    session: &Session,
    selection: Selection,
    typed: String,
    errors: FieldErrors,
) -> Result<DeletePage, WebError> {
    let way_back = selection.way_back();
    let (frame, facts) = staff.page(move |conn, scope, _| facts(conn, scope, &selection)).await?;
    if facts.found.leads.is_empty() {
        return Err(all_gone(&way_back));
    }
    Ok(DeletePage {
        frame: frame.at(way_back.section()),
        leads: facts.found.leads,
        gone: facts.found.gone,
        holders: facts.holders,
        typed,
        errors,
        needs_proof: step_up::is_needed(session, staff.now()),
        way_back,
    })
}

/// `POST /leads/selection/delete`
pub async fn create(staff: Staff, session: Session, fields: FormData) -> Answer {
    let selection = match Selection::of(&fields) {
        Ok(selection) => selection,
        Err(error) => return refuse(&staff, error, way_back(&fields)).await,
    };
    let typed = fields.text("typed");
    if typed.trim().to_lowercase() != DELETE {
        let mut errors = FieldErrors::default();
        errors.add("typed", format!("Type “{DELETE}” to delete the selected leads"));
        return unprocessable(&ask(&staff, &session, selection, typed, errors).await?);
    }
    let mut errors = FieldErrors::default();
    let user = staff.principal().user();
    if step_up::prove(staff.state(), &session, &staff.actor(), user, &fields, &mut errors).await? == Proof::Missing {
        let form = ask(&staff, &session, selection, typed, errors).await?;
        return page_with(Proof::Missing.status(), &form);
    }
    let way_back = selection.way_back();
    let found = staff.read(move |conn, scope, _| found(conn, scope, &selection)).await?;
    if found.leads.is_empty() {
        return Err(all_gone(&way_back));
    }
    let outcomes = result::each(&staff, found.leads, erase_one).await?;
    if outcomes.refused.is_empty() && found.gone == 0 {
        return see_other_with(way_back.href(), Notice::LeadsDeleted(outcomes.done as u64));
    }
    let (frame, ()) = staff.page(|_, _, _| Ok::<_, Error>(())).await?;
    result::show(
        frame,
        format!("{} deleted", leads(outcomes.done)),
        "Their personal data is erased here.".to_owned(),
        outcomes.refused,
        found.gone,
        way_back,
    )
}

fn erase_one(tx: &mut Tx<'_>, scope: &StaffScope, lead: LeadId, now: UtcTime) -> Result<Outcome, Error> {
    match erase(tx, scope, lead, now) {
        Ok(()) => Ok(Ok(())),
        Err(EraseError::NotFound) => Ok(Err("The lead was deleted meanwhile".into())),
        Err(EraseError::Database(error)) => Err(error),
    }
}
