//! Confirming permission for a selection: one form, and a record of its own for every lead.

use askama::Template;

use super::result::{self, Outcome};
use super::{Found, Selection, all_gone, found, leads, refuse, way_back};
use crate::db::types::{LeadId, UtcTime};
use crate::db::{DbConn, Error, Tx};
use crate::domain::access::StaffScope;
use crate::domain::leads::selection::SelectedLead;
use crate::domain::permission::confirmation::{self, Basis, ConfirmError};
use crate::domain::settings;
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::frame::StaffFrame;
use crate::web::here::Here;
use crate::web::respond::{Answer, page, see_other_with, unprocessable};
use crate::web::staff::leads::confirmation_form::{
    ConfirmationForm, TEXT_CHANGED, Wording, must_have_seen, not_tracked, wording,
};
use crate::web::staff::leads::way_back::WayBack;

struct Facts {
    found: Found,
    is_tracking: bool,
    wording: Option<Wording>,
}

fn facts(conn: &mut DbConn, scope: &StaffScope, selection: &Selection, here: Here) -> Result<Facts, Error> {
    Ok(Facts {
        found: found(conn, scope, selection)?,
        is_tracking: settings::load(conn)?.track_permission,
        wording: wording(conn, here)?,
    })
}

#[derive(Template)]
#[template(path = "staff/leads/selection/confirm.html")]
struct ConfirmPage {
    frame: StaffFrame,
    leads: Vec<SelectedLead>,
    confirmed_before: usize,
    gone: usize,
    wording: Option<Wording>,
    form: ConfirmationForm,
    errors: FieldErrors,
    way_back: WayBack,
}

impl ConfirmPage {
    fn count(&self) -> String {
        leads(self.leads.len())
    }

    fn heading(&self) -> String {
        format!("Confirm permission for {}", self.count())
    }
}

/// The page that asks for the ground, in answer to the selection.
pub async fn new(staff: &Staff, selection: Selection) -> Answer {
    page(&ask(staff, selection, ConfirmationForm::default(), FieldErrors::default()).await?)
}

async fn ask(
    staff: &Staff,
    selection: Selection,
    form: ConfirmationForm,
    errors: FieldErrors,
) -> Result<ConfirmPage, WebError> {
    let (way_back, here) = (selection.way_back(), staff.here());
    let (frame, facts) = staff
        .page(move |conn, scope, _| facts(conn, scope, &selection, here))
        .await?;
    if !facts.is_tracking {
        return Err(not_tracked(way_back.href(), "Back to the list"));
    }
    let gone = facts.found.gone;
    if facts.found.leads.is_empty() {
        return Err(all_gone(&way_back));
    }
    let (before, leads): (Vec<_>, Vec<_>) = facts.found.leads.into_iter().partition(|lead| lead.has_confirmation);
    if leads.is_empty() {
        return Err(WebError::conflict(
            "Permission is confirmed already",
            "Somebody confirmed permission for all of the selected leads before. There is nothing left to confirm.",
            way_back.href(),
            "Back to the list",
        ));
    }
    Ok(ConfirmPage {
        frame: frame.at(way_back.section()),
        leads,
        confirmed_before: before.len(),
        gone,
        wording: facts.wording,
        form,
        errors,
        way_back,
    })
}

/// `POST /leads/selection/confirm`
pub async fn create(staff: Staff, fields: FormData) -> Answer {
    let selection = match Selection::of(&fields) {
        Ok(selection) => selection,
        Err(error) => return refuse(&staff, error, way_back(&fields)).await,
    };
    let (form, here) = (ConfirmationForm::of(&fields), staff.here());
    let basis = match form.parse(here.today()) {
        Ok(basis) => basis,
        Err(errors) => return unprocessable(&ask(&staff, selection, form, errors).await?),
    };
    let (way_back, asked) = (selection.way_back(), selection.clone());
    let facts = staff
        .read(move |conn, scope, _| facts(conn, scope, &asked, here))
        .await?;
    if !facts.is_tracking {
        return Err(not_tracked(way_back.href(), "Back to the list"));
    }
    if facts.found.leads.is_empty() {
        return Err(all_gone(&way_back));
    }
    if facts.wording.as_ref().map(|text| text.version) != form.seen {
        let (form, errors) = form.for_new_text();
        return unprocessable(&ask(&staff, selection, form, errors).await?);
    }
    let seen = form.seen;
    let outcomes = result::each(&staff, facts.found.leads, move |tx, scope, lead, now| {
        confirm_one(tx, scope, lead, &basis, seen, now)
    })
    .await?;
    if outcomes.refused.is_empty() && facts.found.gone == 0 {
        return see_other_with(way_back.href(), Notice::LeadsConfirmed(outcomes.done as u64));
    }
    let (frame, ()) = staff.page(|_, _, _| Ok::<_, Error>(())).await?;
    result::show(
        frame,
        format!("Permission confirmed for {}", leads(outcomes.done)),
        "Each confirmation has its own record.".to_owned(),
        outcomes.refused,
        facts.found.gone,
        way_back,
    )
}

fn confirm_one(
    tx: &mut Tx<'_>,
    scope: &StaffScope,
    lead: LeadId,
    basis: &Basis,
    seen: Option<i64>,
    now: UtcTime,
) -> Result<Outcome, Error> {
    let done = must_have_seen(tx, seen).and_then(|()| confirmation::confirm(tx, scope, lead, basis, seen, now));
    match done {
        Ok(_) => Ok(Ok(())),
        Err(ConfirmError::NotTracked) => Ok(Err(
            "Tracking was turned off meanwhile, so there is nothing to confirm".into()
        )),
        Err(ConfirmError::AlreadyConfirmed) => {
            Ok(Err("Permission was confirmed before; that record stays as it is".into()))
        }
        Err(ConfirmError::TextChanged) => Ok(Err(TEXT_CHANGED.into())),
        Err(ConfirmError::NotFound) => Ok(Err("The lead was deleted meanwhile".into())),
        Err(ConfirmError::Database(error)) => Err(error),
    }
}
