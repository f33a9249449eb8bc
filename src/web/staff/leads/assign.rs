//! Assigning one lead to a recipient, for the first time or anew.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;

use super::recipients::{RecipientGroup, grouped, is_cut};
use super::{find, reference};
use crate::db::types::{LeadId, Reference};
use crate::db::{Error, Tx};
use crate::domain::access::StaffScope;
use crate::domain::assignments::assign::{self, AssignError};
use crate::domain::assignments::life::{self, By, Transition};
use crate::domain::leads::staff::{self, StaffAssignment, StaffLead};
use crate::domain::partners::receiving::{self, Recipient};
use crate::domain::permission::gate::{self, GateError, Reason, ReceivingParty, Refusal};
use crate::domain::settings;
use crate::domain::validation::FieldErrors;
use crate::web::error::{Refused, WebError};
use crate::web::extract::Staff;
use crate::web::flash::Notice;
use crate::web::forms::{FormData, QueryData};
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page_with, see_other_with};

#[derive(Template)]
#[template(path = "staff/leads/assign.html")]
struct AssignPage {
    frame: StaffFrame,
    href: String,
    name: String,
    heading: String,
    is_on_hold: bool,
    is_closed: bool,
    /// Who has the lead now.
    holder: Option<String>,
    words: String,
    version: i64,
    groups: Vec<RecipientGroup>,
    is_cut: bool,
    errors: FieldErrors,
}

/// What the page is made of.
struct Found {
    lead: StaffLead,
    is_on_hold: bool,
    holder: Option<StaffAssignment>,
    recipients: Vec<Recipient>,
}

/// `GET /leads/{reference}/assign`
pub async fn new(staff: Staff, path: Path<String>, query: QueryData) -> Answer {
    show(&staff, reference(&path)?, query.text("q"), FieldErrors::default()).await
}

async fn show(staff: &Staff, asked: Reference, words: String, errors: FieldErrors) -> Answer {
    let searched: String = words.trim().chars().take(200).collect();
    let typed = searched.clone();
    let (frame, found) = staff
        .page(move |conn, scope, _| {
            let lead = find(conn, scope, &asked)?;
            let settings = settings::load(conn)?;
            let is_on_hold = settings.track_permission && !lead.has_confirmation;
            let holder = staff::live_assignment(conn, scope, lead.id)?;
            let party = holder.as_ref().map(|it| ReceivingParty {
                partner: it.partner_id,
                user: it.user_id,
            });
            let recipients = receiving::search(conn, scope, &settings, &searched, is_on_hold, party)?;
            Ok::<_, WebError>(Found {
                lead,
                is_on_hold,
                holder,
                recipients,
            })
        })
        .await?;
    let status = if errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    page_with(
        status,
        &AssignPage {
            frame: frame.at("leads"),
            href: format!("/leads/{}", found.lead.reference),
            name: found.lead.title(),
            heading: if found.is_on_hold {
                "This lead is on hold".to_owned()
            } else {
                format!("Assign {}", found.lead.title())
            },
            is_on_hold: found.is_on_hold,
            is_closed: !life::can(By::Staff, found.lead.status, Transition::Assign),
            holder: found.holder.map(|holder| match holder.user {
                Some(user) => format!("{user}, {}", holder.partner),
                None => holder.partner,
            }),
            words: typed,
            version: found.lead.lock_version,
            is_cut: is_cut(&found.recipients),
            groups: grouped(found.recipients, ""),
            errors,
        },
    )
}

/// Why a lead was not handed over.
enum HandOverError {
    Gate(GateError),
    Assign(AssignError),
}

impl From<Error> for HandOverError {
    fn from(error: Error) -> Self {
        HandOverError::Assign(error.into())
    }
}

/// The hand-over itself: the gate's proof, then the assignment, in one transaction.
fn hand_over(
    tx: &mut Tx<'_>,
    scope: &StaffScope,
    lead: LeadId,
    to: ReceivingParty,
    seen: Option<i64>,
    now: crate::db::types::UtcTime,
) -> Result<(), HandOverError> {
    let cleared = gate::clear(tx, scope, lead, to, seen).map_err(HandOverError::Gate)?;
    assign::assign(tx, scope, cleared, now).map_err(HandOverError::Assign)?;
    Ok(())
}

/// `POST /leads/{reference}/assign`
pub async fn create(staff: Staff, path: Path<String>, form: FormData) -> Answer {
    let asked = reference(&path)?;
    let href = format!("/leads/{asked}");
    let recipient = form.text("recipient");
    let seen = form.text("version").parse::<i64>().ok();
    let sought = asked.clone();
    let (lead, to) = staff
        .read(move |conn, scope, _| {
            let lead = find(conn, scope, &sought)?;
            let to = match Reference::parse(&recipient) {
                Some(reference) => receiving::find(conn, scope, &reference)?,
                None => None,
            };
            Ok::<_, WebError>((lead, to))
        })
        .await?;
    let Some(to) = to else {
        let mut errors = FieldErrors::default();
        errors.add("recipient", "Choose who receives the lead");
        return show(&staff, asked, String::new(), errors).await;
    };
    let id = lead.id;
    match staff
        .write(move |tx, scope, now| hand_over(tx, scope, id, to, seen, now))
        .await?
    {
        Ok(()) => see_other_with(&href, Notice::LeadAssigned),
        Err(HandOverError::Gate(GateError::Refused(refusal))) => {
            let error = refused(&refusal, &href);
            staff
                .write(move |tx, scope, now| gate::record_refusal(tx, scope, id, &refusal, now))
                .await??;
            Err(error)
        }
        Err(HandOverError::Gate(GateError::NotFound)) => Err(WebError::NotFound),
        Err(HandOverError::Gate(GateError::ChangedMeanwhile) | HandOverError::Assign(AssignError::AlreadyAssigned)) => {
            Err(WebError::conflict(
                "This lead changed meanwhile",
                "Somebody changed or assigned it while you looked at the page. Look at it as it is now, then decide anew.",
                href,
                "Back to the lead",
            ))
        }
        Err(HandOverError::Assign(AssignError::Closed)) => Err(WebError::conflict(
            "This lead is closed",
            "A lead that is won, lost or converted stays where it is.",
            href,
            "Back to the lead",
        )),
        Err(HandOverError::Gate(GateError::Database(error)) | HandOverError::Assign(AssignError::Database(error))) => {
            Err(error.into())
        }
    }
}

/// The gate's no as a page: every reason with its way on.
fn refused(refusal: &Refusal, href: &str) -> WebError {
    let is_on_hold = refusal.reasons.contains(&Reason::OnHold);
    let heading = if is_on_hold {
        "This lead is on hold"
    } else {
        "This recipient can't receive the lead"
    };
    let sentences = refusal
        .reasons
        .iter()
        .map(|reason| format!("{} {}", reason.sentence(), reason.way_on()));
    let mut ways = Vec::new();
    if is_on_hold {
        ways.push((format!("{href}/confirm"), "Confirm permission".to_owned()));
        ways.push((format!("{href}/delete"), "Delete lead".to_owned()));
    } else {
        ways.push((format!("{href}/assign"), "Choose another recipient".to_owned()));
    }
    ways.push((href.to_owned(), "Back to the lead".to_owned()));
    WebError::Conflict(Box::new(Refused {
        heading: heading.to_owned(),
        sentences: sentences.collect(),
        ways,
    }))
}
