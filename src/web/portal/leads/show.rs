//! The page of one lead: closed until it is opened, then everything that is released.

use actix_web::web::Path;
use askama::Template;

use super::closed::Ended;
use super::due::Due;
use super::question::Asked;
use super::refused::{cannot, refused};
use super::waiting::WaitingPage;
use super::{path_of, reference};
use crate::db::types::Reference;
use crate::domain::assignments::closing::{self, ClosingModes};
use crate::domain::assignments::held;
use crate::domain::assignments::life::{self, By, Refusal, Transition};
use crate::domain::assignments::question::AnswerInput;
use crate::domain::attachments::{self, Attachment};
use crate::domain::leads::LeadStatus;
use crate::domain::leads::partner::notes::{self, PartnerNote};
use crate::domain::leads::partner::{self, PartnerLead, Seen};
use crate::domain::validation::FieldErrors;
use crate::web::attachment::Listed;
use crate::web::error::WebError;
use crate::web::extract::PartnerUser;
use crate::web::forms::encode;
use crate::web::frame::PortalFrame;
use crate::web::here::Here;
use crate::web::respond::{Answer, page, unprocessable};
use crate::web::view::{Deadline, Moment, country_name};

/// `GET /portal/leads/{reference}`
pub async fn show(user: PartnerUser, path: Path<String>) -> Answer {
    let (frame, found) = load(&user, reference(&path)?).await?;
    match found.seen {
        Seen::Waiting(lead) => page(&WaitingPage::new(
            frame,
            *lead,
            found.is_manager,
            found.is_written_to,
            user.here(),
        )),
        Seen::Opened(lead) => {
            let worked = Worked::new(found.notes, found.attachments, &frame.partner_name, user.here());
            page(&LeadPage::new(
                frame,
                *lead,
                worked,
                found.modes,
                found.is_manager,
                user.here(),
            ))
        }
    }
}

/// The page of an opened lead with a form that can't be stored, as it was typed.
pub(in crate::web::portal) async fn with_problems(
    user: &PartnerUser,
    reference: Reference,
    typed: Typed,
    errors: FieldErrors,
) -> Answer {
    let href = path_of(&reference);
    let asked = reference.clone();
    user.read(move |conn, scope, _| {
        held::check(conn, scope, &asked, Transition::Update).map_err(|error| cannot(error, &asked))
    })
    .await?;
    let (frame, found) = load(user, reference).await?;
    match found.seen {
        Seen::Waiting(_) => Err(refused(Refusal::NotOpened, &href)),
        Seen::Opened(lead) => {
            let worked = Worked::new(found.notes, found.attachments, &frame.partner_name, user.here());
            let mut page = LeadPage::new(frame, *lead, worked, found.modes, found.is_manager, user.here());
            page.typed = typed.or_of(&page.lead);
            page.errors = errors;
            unprocessable(&page)
        }
    }
}

/// The page of a lead with an answer that can't be stored, as it was typed.
pub(super) async fn with_answer(user: &PartnerUser, reference: Reference, typed: (AnswerInput, FieldErrors)) -> Answer {
    let (frame, found) = load(user, reference).await?;
    match found.seen {
        Seen::Waiting(lead) => {
            let mut page = WaitingPage::new(frame, *lead, found.is_manager, found.is_written_to, user.here());
            page.question = page.question.map(|question| question.with(&typed));
            page.errors = typed.1;
            unprocessable(&page)
        }
        Seen::Opened(lead) => {
            let worked = Worked::new(found.notes, found.attachments, &frame.partner_name, user.here());
            let mut page = LeadPage::new(frame, *lead, worked, found.modes, found.is_manager, user.here());
            page.question = page.question.map(|question| question.with(&typed));
            page.errors = typed.1;
            unprocessable(&page)
        }
    }
}

struct Found {
    seen: Seen,
    notes: Vec<PartnerNote>,
    attachments: Vec<Attachment>,
    modes: ClosingModes,
    is_manager: bool,
    /// The vendor wrote to the holder of a lead that waits.
    is_written_to: bool,
}

async fn load(user: &PartnerUser, reference: Reference) -> Result<(PortalFrame, Found), WebError> {
    user.page(move |conn, scope, _| {
        let seen = partner::find(conn, scope, &reference)?.ok_or(WebError::NotFound)?;
        let is_waiting = matches!(seen, Seen::Waiting(_));
        Ok::<_, WebError>(Found {
            is_written_to: is_waiting && notes::is_written_to(conn, scope, &reference)?,
            notes: notes::of_lead(conn, scope, &reference)?,
            attachments: attachments::of_lead(conn, scope, &reference)?,
            modes: closing::modes(conn, scope)?,
            is_manager: scope.is_manager(),
            seen,
        })
    })
    .await
}

/// What stands in the forms of the page.
#[derive(Default)]
pub(in crate::web::portal) struct Typed {
    note: String,
    /// Words and day of the next step; as they are stored where nothing was typed.
    next_step: Option<(String, String)>,
}

impl Typed {
    pub(super) fn note(note: String) -> Self {
        Typed { note, next_step: None }
    }

    pub(super) fn next_step(text: String, day: String) -> Self {
        Typed {
            note: String::new(),
            next_step: Some((text, day)),
        }
    }

    fn or_of(mut self, lead: &PartnerLead) -> Self {
        self.next_step.get_or_insert_with(|| {
            let day = lead.next_step_on.map(|day| day.to_string()).unwrap_or_default();
            (lead.next_step.clone(), day)
        });
        self
    }

    fn step_text(&self) -> &str {
        self.next_step.as_ref().map_or("", |(text, _)| text)
    }

    fn step_day(&self) -> &str {
        self.next_step.as_ref().map_or("", |(_, day)| day)
    }
}

/// The pages for what can be done with a lead now: address and words. An unopened one has no closing.
pub(super) fn acts(
    reference: &Reference,
    status: LeadStatus,
    modes: Option<ClosingModes>,
) -> Vec<(String, &'static str)> {
    let converts = modes.is_some_and(ClosingModes::allows_converting);
    let close = if modes.is_some_and(ClosingModes::allows_winning) {
        "Close as won or lost"
    } else {
        "Close as lost"
    };
    [
        ("closing", close, Transition::Lose, true),
        ("conversion", "Convert to deal", Transition::Convert, converts),
        ("reassignment", "Move to a colleague", Transition::Move, true),
        ("decline", "Decline", Transition::Decline, true),
    ]
    .into_iter()
    .filter(|(.., transition, is_offered)| *is_offered && life::can(By::Holder, status, *transition))
    .map(|(noun, words, ..)| (format!("{}/{noun}", path_of(reference)), words))
    .collect()
}

/// A note of the timeline.
struct Line {
    body: String,
    author: String,
    when: Moment,
}

/// What the partner made of a lead.
struct Worked {
    notes: Vec<Line>,
    attachments: Vec<Listed>,
}

impl Worked {
    fn new(notes: Vec<PartnerNote>, attachments: Vec<Attachment>, partner: &str, here: Here) -> Self {
        let line = |note: PartnerNote| Line {
            body: note.body,
            author: match note.author {
                _ if note.is_from_vendor => "The vendor".to_owned(),
                Some(author) => author,
                None => partner.to_owned(),
            },
            when: Moment::new(note.written_at, here),
        };
        let listed = |attachment: Attachment| {
            let author = attachment.author.clone();
            Listed::new(attachment, author, here)
        };
        Worked {
            notes: notes.into_iter().map(line).collect(),
            attachments: attachments.into_iter().map(listed).collect(),
        }
    }
}

/// An opened lead, with its forms as they were typed.
#[derive(Template)]
#[template(path = "portal/leads/show.html")]
struct LeadPage {
    frame: PortalFrame,
    lead: PartnerLead,
    href: String,
    country: &'static str,
    received: Moment,
    opened: Moment,
    due: Option<Due>,
    worked: Worked,
    colleague: Option<String>,
    acts: Vec<(String, &'static str)>,
    ended: Option<Ended>,
    question: Option<Asked>,
    deadline: Option<Deadline>,
    /// Whether the partner may still write about the lead.
    can_update: bool,
    /// The key of its forms.
    submission: String,
    typed: Typed,
    errors: FieldErrors,
}

impl LeadPage {
    fn new(
        frame: PortalFrame,
        lead: PartnerLead,
        worked: Worked,
        modes: ClosingModes,
        is_manager: bool,
        here: Here,
    ) -> Self {
        let colleague = lead.colleague.clone();
        LeadPage {
            href: path_of(&lead.reference),
            country: country_name(&lead.country),
            received: Moment::new(lead.received_at, here),
            opened: Moment::new(lead.opened_at, here),
            due: lead.next_step_on.map(|day| Due::new(day, lead.status, here)),
            worked,
            colleague: is_manager.then(|| colleague.unwrap_or_else(|| frame.partner_name.clone())),
            acts: acts(&lead.reference, lead.status, Some(modes)),
            ended: Ended::of(&lead, here),
            question: Asked::new(lead.question.clone(), here),
            deadline: Deadline::new(&lead.deadline, here),
            can_update: life::can(By::Holder, lead.status, Transition::Update),
            // The moment of the page, not chance: pages of partners are the same byte by byte whatever they may not see.
            submission: here.now().as_micros().to_string(),
            typed: Typed::default().or_of(&lead),
            errors: FieldErrors::default(),
            frame,
            lead,
        }
    }

    /// The number as a phone dials it.
    fn telephone(&self) -> String {
        self.lead
            .phone
            .chars()
            .filter(|c| c.is_ascii_digit() || matches!(c, '+' | '*' | '#'))
            .collect()
    }

    /// The address as a link holds it.
    fn mail_address(&self) -> String {
        match self.lead.email.rsplit_once('@') {
            Some((person, host)) => format!("{}@{}", encode(person), encode(host)),
            None => encode(&self.lead.email),
        }
    }

    /// The postal address, line by line.
    fn address(&self) -> Vec<String> {
        let town = format!("{} {}", self.lead.postal_code, self.lead.city);
        [
            self.lead.street.clone(),
            town.trim().to_owned(),
            self.lead.region.clone(),
            self.country.to_owned(),
        ]
        .into_iter()
        .filter(|line| !line.is_empty())
        .collect()
    }

    fn opener(&self) -> &str {
        self.lead.opener.as_deref().unwrap_or("a former colleague")
    }
}
