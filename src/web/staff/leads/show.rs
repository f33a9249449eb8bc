//! One lead, with everything that staff may know of it.

use actix_web::web::Path;
use askama::Template;

use super::closed::{Ended, GivenBack};
use super::history::{Day, days};
use super::question::Asked;
use super::{find, reference};
use crate::db::types::{Reference, UtcTime};
use crate::domain::assignments::closing::{self, Closing};
use crate::domain::assignments::decline::{self, Declined};
use crate::domain::assignments::life::{self, By, Transition};
use crate::domain::assignments::note::{self, NoteOfPartner};
use crate::domain::assignments::question::QUESTION;
use crate::domain::attachments::{self, Attachment};
use crate::domain::leads::history::{self, HistoryEntry};
use crate::domain::leads::internal_notes::{self, NoteOfStaff};
use crate::domain::leads::related::{self, RelatedLead};
use crate::domain::leads::staff::{self, StaffAssignment, StaffLead};
use crate::domain::leads::{LeadInput, LeadStatus};
use crate::domain::permission::Ground;
use crate::domain::permission::confirmation::{self, Confirmation};
use crate::domain::validation::FieldErrors;
use crate::web::attachment::Listed;
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::forms::submission_key;
use crate::web::frame::StaffFrame;
use crate::web::here::Here;
use crate::web::respond::{Answer, page, unprocessable};
use crate::web::view::{Deadline, Moment, country_name};

/// What the page is made of.
struct Found {
    lead: StaffLead,
    confirmation: Option<Confirmation>,
    assignment: Option<StaffAssignment>,
    closing: Option<Closing>,
    declined: Option<Declined>,
    internal_notes: Vec<NoteOfStaff>,
    notes: Vec<NoteOfPartner>,
    attachments: Vec<Attachment>,
    related: Vec<RelatedLead>,
    history: Vec<HistoryEntry>,
}

/// `GET /leads/{reference}`
pub async fn show(staff: Staff, path: Path<String>) -> Answer {
    let (frame, found) = load(&staff, reference(&path)?).await?;
    page(&ShowPage::new(frame.at("leads"), found, staff.here()))
}

/// The page with a note that can't be stored, as it was typed.
pub(super) async fn with_problems(staff: &Staff, asked: Reference, typed: Typed, errors: FieldErrors) -> Answer {
    let (frame, found) = load(staff, asked).await?;
    let mut page = ShowPage::new(frame.at("leads"), found, staff.here());
    page.typed = typed;
    page.errors = errors;
    unprocessable(&page)
}

/// What stands in the forms of the page.
#[derive(Default)]
pub(super) struct Typed {
    internal_note: String,
    vendor_note: String,
}

impl Typed {
    pub(super) fn internal_note(text: String) -> Self {
        Typed {
            internal_note: text,
            ..Typed::default()
        }
    }

    pub(super) fn vendor_note(text: String) -> Self {
        Typed {
            vendor_note: text,
            ..Typed::default()
        }
    }
}

async fn load(staff: &Staff, asked: Reference) -> Result<(StaffFrame, Found), WebError> {
    staff
        .page(move |conn, scope, _| {
            let lead = find(conn, scope, &asked)?;
            let assignment = staff::live_assignment(conn, scope, lead.id)?;
            let (mut closing, mut declined) = (None, None);
            if lead.status == LeadStatus::Unassigned {
                declined = decline::newest_of_lead(conn, scope, lead.id)?;
            } else if let Some(assignment) = &assignment
                && life::can(By::Staff, lead.status, Transition::Reopen)
            {
                closing = closing::of_assignment(conn, scope, assignment.id)?;
            }
            Ok::<_, WebError>(Found {
                closing,
                declined,
                assignment,
                confirmation: confirmation::of_lead(conn, scope, lead.id)?,
                internal_notes: internal_notes::of_lead(conn, scope, lead.id)?,
                notes: note::of_lead(conn, scope, lead.id)?,
                attachments: attachments::of_lead_for_staff(conn, scope, lead.id)?,
                related: related::find(conn, scope, &lead.content, Some(lead.id))?,
                history: history::of_lead(conn, scope, lead.id)?,
                lead,
            })
        })
        .await
}

/// The confirmation as the panel shows it.
struct Confirmed {
    ground: Ground,
    by: String,
    when: Moment,
    evidence: Option<String>,
    given_on: Option<String>,
    reason: Option<String>,
    text: Option<(i64, String)>,
}

/// The assignment as the panel shows it.
struct Assigned {
    /// What a note to the partner is addressed to.
    holder: i64,
    partner: String,
    user: String,
    by: String,
    since: Moment,
    opened: Option<(String, Moment)>,
    next_step: String,
    next_step_on: String,
    question: Option<Asked>,
    deadline: Option<Deadline>,
}

impl Assigned {
    /// A question that waits for its answer is not asked again.
    fn can_ask(&self) -> bool {
        self.question.as_ref().is_none_or(|asked| asked.answered.is_some())
    }

    fn words(&self) -> &'static str {
        QUESTION
    }
}

/// What somebody wrote.
struct Noted {
    body: String,
    by: String,
    when: Moment,
}

#[derive(Template)]
#[template(path = "staff/leads/show.html")]
struct ShowPage {
    frame: StaffFrame,
    href: String,
    title: String,
    content: LeadInput,
    name: String,
    address: String,
    status: LeadStatus,
    can_assign: bool,
    can_recall: bool,
    can_reopen: bool,
    ended: Option<Ended>,
    declined: Option<GivenBack>,
    is_tracking: bool,
    confirmed: Option<Confirmed>,
    assigned: Option<Assigned>,
    internal_notes: Vec<Noted>,
    notes: Vec<Noted>,
    attachments: Vec<Listed>,
    related: Vec<(String, String, String)>,
    created_by: String,
    created: Moment,
    updated: Moment,
    printed: Moment,
    history: Vec<Day>,
    /// The key of its forms.
    submission: String,
    typed: Typed,
    errors: FieldErrors,
}

impl ShowPage {
    /// Who reads a note to the partner.
    fn reader(&self) -> String {
        let reader = self.assigned.as_ref().map_or("", |assigned| &assigned.user);
        format!(
            "Up to 1,000 characters, for whoever has the lead now ({reader}) and managers there. Who has it next does not read it."
        )
    }

    fn new(frame: StaffFrame, found: Found, here: Here) -> Self {
        let lead = found.lead;
        ShowPage {
            href: format!("/leads/{}", lead.reference),
            title: lead.title(),
            name: staff::title(&lead.content.first_name, &lead.content.last_name, ""),
            address: address(&lead.content),
            status: lead.status,
            can_assign: life::can(By::Staff, lead.status, Transition::Assign),
            can_recall: life::can(By::Staff, lead.status, Transition::Recall),
            can_reopen: life::can(By::Staff, lead.status, Transition::Reopen),
            ended: found.closing.map(|closing| Ended::new(lead.status, closing, here)),
            declined: found.declined.map(|declined| GivenBack::new(declined, here)),
            // The frame counts what awaits permission while it is tracked.
            is_tracking: frame.awaiting.is_some(),
            frame,
            confirmed: found.confirmation.map(|confirmation| Confirmed {
                ground: confirmation.ground,
                by: confirmation.confirmed_by,
                when: Moment::new(confirmation.confirmed_at, here),
                evidence: confirmation.evidence,
                given_on: confirmation.given_on.map(|day| day.format("%-d %B %Y").to_string()),
                reason: confirmation.reason,
                text: confirmation.text,
            }),
            assigned: found.assignment.map(|assignment| Assigned {
                holder: assignment.id.get(),
                partner: assignment.partner,
                user: assignment.user.unwrap_or_else(|| "The partner as a whole".to_owned()),
                by: assignment.assigned_by,
                since: Moment::new(assignment.assigned_at, here),
                opened: assignment.opened.map(|(by, at)| (by, Moment::new(at, here))),
                next_step: assignment.next_step,
                next_step_on: assignment
                    .next_step_on
                    .map(|day| day.format("%-d %B %Y").to_string())
                    .unwrap_or_default(),
                deadline: Deadline::new(&assignment.deadline, here),
                question: assignment.question.map(|question| Asked::new(question, here)),
            }),
            attachments: found
                .attachments
                .into_iter()
                .map(|attachment| {
                    let by = format!("{}, {}", attachment.author, attachment.partner);
                    Listed::new(attachment, by, here)
                })
                .collect(),
            internal_notes: internal_notes(
                found.internal_notes,
                &lead.content,
                lead.created_by.as_deref(),
                lead.created_at,
                here,
            ),
            notes: found
                .notes
                .into_iter()
                .map(|note| Noted {
                    by: match note.author {
                        Some(author) if note.is_to_partner => format!("{author} to {}", note.partner),
                        Some(author) => format!("{author}, {}", note.partner),
                        None => note.partner,
                    },
                    when: Moment::new(note.written_at, here),
                    body: note.body,
                })
                .collect(),
            related: found
                .related
                .into_iter()
                .map(|lead| {
                    let by = lead.created_by.map(|name| format!(" by {name}")).unwrap_or_default();
                    let entered = format!("entered {}{by}", Moment::new(lead.created_at, here).age);
                    (format!("/leads/{}", lead.reference), lead.title, entered)
                })
                .collect(),
            created_by: lead.created_by.unwrap_or_default(),
            created: Moment::new(lead.created_at, here),
            updated: Moment::new(lead.updated_at, here),
            printed: Moment::new(here.now(), here),
            history: days(found.history, here),
            submission: submission_key(),
            typed: Typed::default(),
            errors: FieldErrors::default(),
            content: lead.content,
        }
    }
}

/// The notes of staff; the one that was entered with the lead is the oldest.
fn internal_notes(
    notes: Vec<NoteOfStaff>,
    lead: &LeadInput,
    created_by: Option<&str>,
    created_at: UtcTime,
    here: Here,
) -> Vec<Noted> {
    let entered = (!lead.internal_note.is_empty()).then(|| Noted {
        body: lead.internal_note.clone(),
        by: match created_by {
            Some(author) => format!("{author}, entered with the lead"),
            None => "Entered with the lead".to_owned(),
        },
        when: Moment::new(created_at, here),
    });
    let written = notes.into_iter().map(|note| Noted {
        body: note.body,
        by: note.author,
        when: Moment::new(note.written_at, here),
    });
    written.chain(entered).collect()
}

/// The address on one line, in the order in which most of the world writes it.
fn address(lead: &LeadInput) -> String {
    let town = [lead.postal_code.as_str(), lead.city.as_str()];
    let town = town
        .iter()
        .filter(|part| !part.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join(" ");
    let parts = [
        lead.street.as_str(),
        town.as_str(),
        lead.region.as_str(),
        country_name(&lead.country),
    ];
    parts
        .iter()
        .filter(|part| !part.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join(", ")
}

/// Every field with the label that the form gives it.
pub(super) fn labelled(lead: &LeadInput) -> [(&'static str, String); 15] {
    [
        ("First name", lead.first_name.clone()),
        ("Last name", lead.last_name.clone()),
        ("E-mail", lead.email.clone()),
        ("Phone", lead.phone.clone()),
        ("Job title", lead.job_title.clone()),
        ("Company", lead.company.clone()),
        ("Street", lead.street.clone()),
        ("Postal code", lead.postal_code.clone()),
        ("City", lead.city.clone()),
        ("Region", lead.region.clone()),
        ("Country", country_name(&lead.country).to_owned()),
        ("Product interest", lead.product.clone()),
        ("Source", lead.source.clone()),
        ("Need", lead.need.clone()),
        ("Internal note", lead.internal_note.clone()),
    ]
}
