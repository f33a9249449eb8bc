//! Leads as cards and rows of the list.

use super::due::Due;
use crate::db::types::Reference;
use crate::domain::leads::LeadStatus;
use crate::domain::leads::partner::WaitingLead;
use crate::domain::leads::partner::list::PartnerLeadRow;
use crate::web::here::Here;
use crate::web::view::{Deadline, Moment, country_name};

/// A lead that waits, as a card.
pub struct Card {
    pub reference: Reference,
    pub product: String,
    pub country: &'static str,
    pub received: Moment,
    pub colleague: String,
    /// The vendor asks about it.
    pub is_asked: bool,
    pub deadline: Option<Deadline>,
}

impl Card {
    pub fn new(lead: WaitingLead, partner: &str, here: Here) -> Self {
        Card {
            reference: lead.reference,
            product: lead.product,
            country: country_name(&lead.country),
            received: Moment::new(lead.received_at, here),
            is_asked: lead.question.is_open(),
            deadline: Deadline::new(&lead.deadline, here),
            colleague: lead.colleague.unwrap_or_else(|| partner.to_owned()),
        }
    }
}

/// An opened lead, as a row.
pub struct Row {
    pub reference: Reference,
    pub name: String,
    pub company: String,
    pub phone: String,
    pub email: String,
    pub country: &'static str,
    pub product: String,
    pub status: LeadStatus,
    pub status_note: String,
    pub next_step: String,
    pub due: Option<Due>,
    pub received: Moment,
    pub colleague: String,
    /// The vendor asks about it.
    pub is_asked: bool,
    pub deadline: Option<Deadline>,
}

impl Row {
    pub fn new(row: PartnerLeadRow, partner: &str, here: Here) -> Self {
        let (name, company) = if row.has_name() {
            (row.name(), row.company)
        } else if row.company.is_empty() {
            (row.name(), String::new())
        } else {
            (row.company, String::new())
        };
        Row {
            reference: row.reference,
            name,
            company,
            phone: row.phone,
            email: row.email,
            country: country_name(&row.country),
            product: row.product,
            status: row.status,
            status_note: shortened(&row.status_note),
            next_step: row.next_step,
            due: row.next_step_on.map(|day| Due::new(day, row.status, here)),
            received: Moment::new(row.received_at, here),
            is_asked: row.question.is_open(),
            deadline: Deadline::new(&row.deadline, here),
            colleague: row.colleague.unwrap_or_else(|| partner.to_owned()),
        }
    }
}

/// The first words of a note, as far as a row has room.
fn shortened(note: &str) -> String {
    const SHOWN: usize = 60;
    let mut text = String::new();
    for word in note.split_whitespace() {
        if text.chars().count() + word.chars().count() > SHOWN {
            return format!(
                "{}…",
                if text.is_empty() {
                    word.chars().take(SHOWN).collect()
                } else {
                    text
                }
            );
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}
