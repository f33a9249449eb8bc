//! The page of one lead: closed until it is opened, then everything that is released.

use actix_web::web::Path;
use askama::Template;

use super::closed::Ended;
use super::refused::waiting_title;
use super::{path_of, reference};
use crate::db::types::{Reference, UtcTime};
use crate::domain::assignments::closing::{self, ClosingModes};
use crate::domain::assignments::life::{self, By, Transition};
use crate::domain::leads::LeadStatus;
use crate::domain::leads::partner::{self, PartnerLead, Seen, WaitingLead};
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::PartnerUser;
use crate::web::forms::encode;
use crate::web::frame::PortalFrame;
use crate::web::respond::{Answer, page};
use crate::web::view::{Moment, country_name};

/// `GET /portal/leads/{reference}`
pub async fn show(user: PartnerUser, path: Path<String>) -> Answer {
    let reference = reference(&path)?;
    let (frame, (seen, modes, is_manager)) = user
        .page(move |conn, scope, _| {
            let seen = partner::find(conn, scope, &reference)?.ok_or(WebError::NotFound)?;
            Ok::<_, WebError>((seen, closing::modes(conn, scope)?, scope.is_manager()))
        })
        .await?;
    match seen {
        Seen::Waiting(lead) => page(&WaitingPage::new(frame, lead, is_manager, user.now())),
        Seen::Opened(lead) => page(&LeadPage::new(frame, *lead, modes, is_manager, user.now())),
    }
}

/// The pages for what can be done with a lead now: address and words. An unopened one has no closing.
fn acts(reference: &Reference, status: LeadStatus, modes: Option<ClosingModes>) -> Vec<(String, &'static str)> {
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

#[derive(Template)]
#[template(path = "portal/leads/waiting.html")]
struct WaitingPage {
    frame: PortalFrame,
    reference: String,
    product: String,
    country: &'static str,
    received: Moment,
    /// Whom it is with, for whoever sees those of others.
    colleague: Option<String>,
    acts: Vec<(String, &'static str)>,
}

impl WaitingPage {
    fn new(frame: PortalFrame, lead: WaitingLead, is_manager: bool, now: UtcTime) -> Self {
        WaitingPage {
            acts: acts(&lead.reference, LeadStatus::Unopened, None),
            reference: lead.reference.to_string(),
            product: lead.product,
            country: country_name(&lead.country),
            received: Moment::new(lead.received_at, now),
            colleague: is_manager.then(|| lead.colleague.unwrap_or_else(|| frame.partner_name.clone())),
            frame,
        }
    }

    fn heading(&self) -> String {
        waiting_title(&self.product, self.country)
    }
}

/// An opened lead, with the form of its status note as it was typed.
#[derive(Template)]
#[template(path = "portal/leads/show.html")]
pub(super) struct LeadPage {
    frame: PortalFrame,
    lead: PartnerLead,
    country: &'static str,
    received: Moment,
    opened: Moment,
    noted: Option<Moment>,
    colleague: Option<String>,
    note: String,
    acts: Vec<(String, &'static str)>,
    ended: Option<Ended>,
    can_update: bool,
    errors: FieldErrors,
}

impl LeadPage {
    pub(super) fn new(
        frame: PortalFrame,
        lead: PartnerLead,
        modes: ClosingModes,
        is_manager: bool,
        now: UtcTime,
    ) -> Self {
        let colleague = lead.colleague.clone();
        LeadPage {
            country: country_name(&lead.country),
            received: Moment::new(lead.received_at, now),
            opened: Moment::new(lead.opened_at, now),
            noted: lead.status_noted_at.map(|moment| Moment::new(moment, now)),
            colleague: is_manager.then(|| colleague.unwrap_or_else(|| frame.partner_name.clone())),
            note: lead.status_note.clone(),
            acts: acts(&lead.reference, lead.status, Some(modes)),
            ended: Ended::of(&lead, now),
            can_update: life::can(By::Holder, lead.status, Transition::Update),
            errors: FieldErrors::default(),
            frame,
            lead,
        }
    }

    /// The same page with a note that can't be stored.
    pub(super) fn with_note(mut self, note: String, errors: FieldErrors) -> Self {
        self.note = note;
        self.errors = errors;
        self
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
