//! Confirming permission for a selection: one form, and a record of its own for every lead.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;

use super::result::{self, Outcome};
use super::{Found, Selection, all_gone, found, leads, refuse, way_back};
use crate::db::types::{LeadId, Reference, UtcTime};
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
    /// The versions of the leads that are looked at.
    versions: Versions,
    way_back: WayBack,
}

/// The version of each lead that the page showed, by reference: whoever was looked at is confirmed, and nobody else.
#[derive(Debug, Clone, Default)]
struct Versions(HashMap<String, i64>);

impl Versions {
    /// Out of the words of a form.
    fn parse(text: &str) -> Self {
        let pairs = text.split_whitespace().filter_map(|pair| {
            let (reference, version) = pair.split_once(':')?;
            Some((reference.to_owned(), version.parse().ok()?))
        });
        Versions(pairs.collect())
    }

    fn of(&self, reference: &Reference) -> Option<i64> {
        self.0.get(reference.as_str()).copied()
    }
}

impl ConfirmPage {
    fn count(&self) -> String {
        leads(self.leads.len())
    }

    /// The versions as the form carries them; a lead that was not on the page before is seen now.
    fn versions(&self) -> String {
        let pairs = self.leads.iter().map(|lead| {
            let version = self.versions.of(&lead.reference).unwrap_or(lead.lock_version);
            format!("{}:{version}", lead.reference)
        });
        pairs.collect::<Vec<_>>().join(" ")
    }

    fn heading(&self) -> String {
        format!("Confirm permission for {}", self.count())
    }
}

/// The page that asks for the ground, in answer to the selection.
pub async fn new(staff: &Staff, selection: Selection) -> Answer {
    let (form, errors) = (ConfirmationForm::default(), FieldErrors::default());
    page(&ask(staff, selection, form, errors, Versions::default()).await?)
}

async fn ask(
    staff: &Staff,
    selection: Selection,
    form: ConfirmationForm,
    errors: FieldErrors,
    versions: Versions,
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
        versions,
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
    let versions = Versions::parse(&fields.text("versions"));
    let basis = match form.parse(here.today()) {
        Ok(basis) => basis,
        Err(errors) => return unprocessable(&ask(&staff, selection, form, errors, versions).await?),
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
        return unprocessable(&ask(&staff, selection, form, errors, versions).await?);
    }
    let seen = form.seen;
    let shown = |lead: &SelectedLead| Some((lead.id, versions.of(&lead.reference)?));
    let versions: Arc<HashMap<LeadId, i64>> = Arc::new(facts.found.leads.iter().filter_map(shown).collect());
    let outcomes = result::each(&staff, facts.found.leads, move |tx, scope, lead, now| {
        confirm_one(tx, scope, (lead, versions.get(&lead).copied()), &basis, seen, now)
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
    (lead, version): (LeadId, Option<i64>),
    basis: &Basis,
    seen: Option<i64>,
    now: UtcTime,
) -> Result<Outcome, Error> {
    let done = must_have_seen(tx, seen).and_then(|()| {
        let version = version.ok_or(ConfirmError::ChangedMeanwhile)?;
        confirmation::confirm_as_seen(tx, scope, lead, basis, seen, version, now)
    });
    match done {
        Ok(_) => Ok(Ok(())),
        Err(ConfirmError::NotTracked) => Ok(Err(
            "Tracking was turned off meanwhile, so there is nothing to confirm".into()
        )),
        Err(ConfirmError::AlreadyConfirmed) => {
            Ok(Err("Permission was confirmed before; that record stays as it is".into()))
        }
        Err(ConfirmError::ChangedMeanwhile) => Ok(Err(
            "The lead was changed while you looked at the page, so nothing was confirmed. Look at it again".into(),
        )),
        Err(ConfirmError::TextChanged) => Ok(Err(TEXT_CHANGED.into())),
        Err(ConfirmError::NotFound) => Ok(Err("The lead was deleted meanwhile".into())),
        Err(ConfirmError::Database(error)) => Err(error),
    }
}
