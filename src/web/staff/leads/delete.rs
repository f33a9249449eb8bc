//! Deleting one lead for good.

use actix_web::{HttpRequest, web};
use askama::Template;

use super::way_back::WayBack;
use crate::db::types::Reference;
use crate::db::{DbConn, Error};
use crate::domain::access::StaffScope;
use crate::domain::leads::LeadStatus;
use crate::domain::leads::erase::{EraseError, erase};
use crate::domain::leads::staff::{self, StaffAssignment, StaffLead};
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::flash::Notice;
use crate::web::forms::{FormData, QueryData};
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page, see_other_with};
use crate::web::view::Moment;

/// What deleting would take away, and from whom.
struct Facts {
    lead: StaffLead,
    assignment: Option<StaffAssignment>,
    holders: Vec<String>,
}

fn facts(conn: &mut DbConn, scope: &StaffScope, reference: &Reference) -> Result<Facts, Error> {
    let lead = staff::find(conn, scope, reference)?.ok_or(Error::NotFound)?;
    let assignment = staff::live_assignment(conn, scope, lead.id)?;
    let holders = staff::holders(conn, scope, lead.id)?;
    Ok(Facts {
        lead,
        assignment,
        holders,
    })
}

#[derive(Template)]
#[template(path = "staff/leads/delete.html")]
struct DeletePage {
    frame: StaffFrame,
    reference: Reference,
    lead_title: String,
    status: LeadStatus,
    is_confirmed: bool,
    created: Moment,
    /// The partner that has it now, to whom there it went, since when, and when it was opened.
    holder: Option<Holder>,
    /// Partners that had it before.
    former: Vec<String>,
    way_back: Option<WayBack>,
}

struct Holder {
    partner: String,
    user: Option<String>,
    since: Moment,
    opened: Option<(String, Moment)>,
}

impl DeletePage {
    fn back(&self) -> (String, String) {
        match &self.way_back {
            Some(way) => (way.href().to_owned(), way.label().to_owned()),
            None => (
                format!("/leads/{}", self.reference),
                format!("Lead: {}", self.lead_title),
            ),
        }
    }

    fn from(&self) -> &'static str {
        self.way_back.as_ref().map_or("", WayBack::as_str)
    }
}

/// `GET /leads/{reference}/delete`
pub async fn show(staff: Staff, path: web::Path<String>, request: HttpRequest) -> Answer {
    let way_back = WayBack::parse(&QueryData::of(&request)?.text("from"));
    let reference = Reference::parse(&path).ok_or(WebError::NotFound)?;
    let (frame, facts) = staff.page(move |conn, scope, _| facts(conn, scope, &reference)).await?;
    let here = staff.here();
    let holder = facts.assignment.map(|assignment| Holder {
        partner: assignment.partner,
        user: assignment.user,
        since: Moment::new(assignment.assigned_at, here),
        opened: assignment.opened.map(|(who, when)| (who, Moment::new(when, here))),
    });
    let former = facts
        .holders
        .into_iter()
        .filter(|name| holder.as_ref().is_none_or(|holder| holder.partner != *name))
        .collect();
    page(&DeletePage {
        frame: frame.at(way_back.as_ref().map_or("leads", WayBack::section)),
        lead_title: facts.lead.title(),
        status: facts.lead.status,
        is_confirmed: facts.lead.has_confirmation,
        created: Moment::new(facts.lead.created_at, here),
        reference: facts.lead.reference,
        holder,
        former,
        way_back,
    })
}

/// `POST /leads/{reference}/delete`
pub async fn destroy(staff: Staff, path: web::Path<String>, fields: FormData) -> Answer {
    let way_back = WayBack::parse(&fields.text("from")).unwrap_or_else(WayBack::leads);
    let reference = Reference::parse(&path).ok_or(WebError::NotFound)?;
    let done = staff
        .write(move |tx, scope, now| {
            let lead = staff::id_of(tx, scope, &reference)?.ok_or(EraseError::NotFound)?;
            erase(tx, scope, lead, now)
        })
        .await?;
    match done {
        Ok(()) => see_other_with(way_back.href(), Notice::LeadDeleted),
        Err(EraseError::NotFound) => Err(WebError::NotFound),
        Err(EraseError::Database(error)) => Err(error.into()),
    }
}
