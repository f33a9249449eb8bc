//! The page of a lead that waits to be opened: nothing that identifies anybody.

use askama::Template;

use super::question::Asked;
use super::refused::waiting_title;
use super::show::acts;
use crate::domain::leads::LeadStatus;
use crate::domain::leads::partner::WaitingLead;
use crate::domain::validation::FieldErrors;
use crate::web::frame::PortalFrame;
use crate::web::here::Here;
use crate::web::view::{Deadline, Moment, country_name};

#[derive(Template)]
#[template(path = "portal/leads/waiting.html")]
pub(super) struct WaitingPage {
    frame: PortalFrame,
    href: String,
    product: String,
    country: &'static str,
    received: Moment,
    /// Whom it is with, for whoever sees those of others.
    colleague: Option<String>,
    pub(super) question: Option<Asked>,
    is_written_to: bool,
    deadline: Option<Deadline>,
    acts: Vec<(String, &'static str)>,
    pub(super) errors: FieldErrors,
}

impl WaitingPage {
    pub(super) fn new(
        frame: PortalFrame,
        lead: WaitingLead,
        is_manager: bool,
        is_written_to: bool,
        here: Here,
    ) -> Self {
        WaitingPage {
            acts: acts(&lead.reference, LeadStatus::Unopened, None),
            href: super::path_of(&lead.reference),
            product: lead.product,
            country: country_name(&lead.country),
            received: Moment::new(lead.received_at, here),
            colleague: is_manager.then(|| lead.colleague.unwrap_or_else(|| frame.partner_name.clone())),
            deadline: Deadline::new(&lead.deadline, here),
            question: Asked::new(lead.question, here),
            is_written_to,
            errors: FieldErrors::default(),
            frame,
        }
    }

    fn heading(&self) -> String {
        waiting_title(&self.product, self.country)
    }
}
