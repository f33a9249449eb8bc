//! One lead, with everything that staff may know of it.

use actix_web::web::Path;
use askama::Template;

use super::closed::{Ended, GivenBack};
use super::question::Asked;
use super::{find, reference};
use crate::db::types::UtcTime;
use crate::domain::assignments::closing::{self, Closing};
use crate::domain::assignments::decline::{self, DeclineReason, Declined};
use crate::domain::assignments::life::{self, By, Transition};
use crate::domain::assignments::note::{self, NoteOfPartner};
use crate::domain::assignments::question::{CycleAnswer, QUESTION};
use crate::domain::attachments::{self, Attachment};
use crate::domain::audit::Act;
use crate::domain::leads::history::{self, HistoryEntry};
use crate::domain::leads::related::{self, RelatedLead};
use crate::domain::leads::staff::{self, StaffAssignment, StaffLead};
use crate::domain::leads::{LeadInput, LeadStatus};
use crate::domain::permission::Ground;
use crate::domain::permission::confirmation::{self, Confirmation};
use crate::web::attachment::Listed;
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page};
use crate::web::view::{Moment, country_name};

/// What the page is made of.
struct Found {
    lead: StaffLead,
    confirmation: Option<Confirmation>,
    assignment: Option<StaffAssignment>,
    closing: Option<Closing>,
    declined: Option<Declined>,
    notes: Vec<NoteOfPartner>,
    attachments: Vec<Attachment>,
    related: Vec<RelatedLead>,
    history: Vec<HistoryEntry>,
}

/// `GET /leads/{reference}`
pub async fn show(staff: Staff, path: Path<String>) -> Answer {
    let asked = reference(&path)?;
    let (frame, found) = staff
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
                notes: note::of_lead(conn, scope, lead.id)?,
                attachments: attachments::of_lead_for_staff(conn, scope, lead.id)?,
                related: related::find(conn, scope, &lead.content, Some(lead.id))?,
                history: history::of_lead(conn, scope, lead.id)?,
                lead,
            })
        })
        .await?;
    page(&ShowPage::new(frame.at("leads"), found, staff.now()))
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
    partner: String,
    user: String,
    by: String,
    since: Moment,
    opened: Option<(String, Moment)>,
    next_step: String,
    next_step_on: String,
    question: Option<Asked>,
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

/// What a partner wrote.
struct Noted {
    body: String,
    by: String,
    when: Moment,
}

/// The acts of one day.
struct Day {
    name: String,
    entries: Vec<Entry>,
}

struct Entry {
    when: Moment,
    actor: String,
    words: String,
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
    notes: Vec<Noted>,
    attachments: Vec<Listed>,
    related: Vec<(String, String, String)>,
    created_by: String,
    created: Moment,
    updated: Moment,
    printed: Moment,
    history: Vec<Day>,
}

impl ShowPage {
    fn new(frame: StaffFrame, found: Found, now: UtcTime) -> Self {
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
            ended: found.closing.map(|closing| Ended::new(lead.status, closing, now)),
            declined: found.declined.map(|declined| GivenBack::new(declined, now)),
            // The frame counts what awaits permission while it is tracked.
            is_tracking: frame.awaiting.is_some(),
            frame,
            confirmed: found.confirmation.map(|confirmation| Confirmed {
                ground: confirmation.ground,
                by: confirmation.confirmed_by,
                when: Moment::new(confirmation.confirmed_at, now),
                evidence: confirmation.evidence,
                given_on: confirmation.given_on.map(|day| day.format("%-d %B %Y").to_string()),
                reason: confirmation.reason,
                text: confirmation.text,
            }),
            assigned: found.assignment.map(|assignment| Assigned {
                partner: assignment.partner,
                user: assignment.user.unwrap_or_else(|| "The partner as a whole".to_owned()),
                by: assignment.assigned_by,
                since: Moment::new(assignment.assigned_at, now),
                opened: assignment.opened.map(|(by, at)| (by, Moment::new(at, now))),
                next_step: assignment.next_step,
                next_step_on: assignment
                    .next_step_on
                    .map(|day| day.format("%-d %B %Y").to_string())
                    .unwrap_or_default(),
                question: assignment.question.map(|question| Asked::new(question, now)),
            }),
            attachments: found
                .attachments
                .into_iter()
                .map(|attachment| {
                    let by = format!("{}, {}", attachment.author, attachment.partner);
                    Listed::new(attachment, by, now)
                })
                .collect(),
            notes: found
                .notes
                .into_iter()
                .map(|note| Noted {
                    by: match note.author {
                        Some(author) => format!("{author}, {}", note.partner),
                        None => note.partner,
                    },
                    when: Moment::new(note.written_at, now),
                    body: note.body,
                })
                .collect(),
            related: found
                .related
                .into_iter()
                .map(|lead| {
                    let by = lead.created_by.map(|name| format!(" by {name}")).unwrap_or_default();
                    let entered = format!("entered {}{by}", Moment::new(lead.created_at, now).age);
                    (format!("/leads/{}", lead.reference), lead.title, entered)
                })
                .collect(),
            created_by: lead.created_by.unwrap_or_default(),
            created: Moment::new(lead.created_at, now),
            updated: Moment::new(lead.updated_at, now),
            printed: Moment::new(now, now),
            history: days(found.history, now),
            content: lead.content,
        }
    }
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

fn days(entries: Vec<HistoryEntry>, now: UtcTime) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    for entry in entries {
        let when = Moment::new(entry.happened_at, now);
        let words = words(entry.act, &entry.detail);
        let actor = entry.actor.unwrap_or_else(|| "Leadgate".to_owned());
        if days.last().is_none_or(|day| day.name != when.day) {
            days.push(Day {
                name: when.day.clone(),
                entries: Vec::new(),
            });
        }
        if let Some(day) = days.last_mut() {
            day.entries.push(Entry { when, actor, words });
        }
    }
    days
}

/// What somebody did, as the rest of a sentence that begins with the name.
fn words(act: Act, detail: &str) -> String {
    match act {
        Act::LeadCreated => "created the lead.".to_owned(),
        Act::LeadImported => "imported the lead.".to_owned(),
        Act::LeadEdited => format!("changed {}.", fields_in_words(detail)),
        Act::LeadConfirmed => {
            let ground = Ground::parse(detail).map_or("", Ground::label);
            format!("confirmed permission to distribute: {}.", ground.to_lowercase())
        }
        Act::LeadAssigned => format!("assigned the lead to {detail}."),
        Act::LeadReassigned => format!("reassigned the lead to {detail}."),
        Act::LeadRecalled => format!("took the lead back from {detail}."),
        Act::LeadExpired => format!("took the lead back from {detail}: a deadline had passed."),
        Act::LeadReminded => format!("reminded {detail} of the lead."),
        Act::LeadAsked => format!("asked {detail} whether they are in an active sales cycle with the lead."),
        Act::LeadAnswered => {
            let answer = CycleAnswer::parse(detail).map_or("", CycleAnswer::label);
            format!("answered: {}.", answer.to_lowercase())
        }
        Act::LeadOpened => "opened the lead.".to_owned(),
        Act::LeadMoved => format!("moved the lead to a colleague: {detail}."),
        Act::LeadDeclined => {
            let (_, reason) = detail.rsplit_once("; ").unwrap_or_default();
            let reason = DeclineReason::parse(reason).map_or("", DeclineReason::label);
            format!("gave the lead back: {}.", reason.to_lowercase())
        }
        Act::LeadClosed => format!("closed the lead. {detail}."),
        Act::LeadConverted => format!("converted the lead to a deal: {}.", detail.to_lowercase()),
        Act::LeadReopened => format!("opened the lead again, which was {detail}."),
        Act::LeadNoted => "wrote a note.".to_owned(),
        Act::NextStepSet => "set the next step.".to_owned(),
        Act::AttachmentAdded => format!("added a file ({detail})."),
        Act::AttachmentRemoved => format!("removed a file ({detail})."),
        Act::DistributionRefused => "tried to assign the lead, and it was refused.".to_owned(),
        other => other.as_str().to_owned(),
    }
}

/// `last_name email; spelling_corrected` as `last name, e-mail (the spelling was wrong)`.
fn fields_in_words(detail: &str) -> String {
    use crate::domain::leads::intake::IdentityChange;
    let (fields, reason) = detail.split_once("; ").unwrap_or((detail, ""));
    let fields: Vec<String> = fields
        .split(' ')
        .map(|field| field.replace('_', " ").replace("email", "e-mail"))
        .collect();
    match IdentityChange::parse(reason) {
        Some(reason) => format!("{} ({})", fields.join(", "), reason.label().to_lowercase()),
        None => fields.join(", "),
    }
}
