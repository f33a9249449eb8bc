//! The recipients to choose from, grouped by partner, each selectable or greyed with the reason.

use crate::domain::partners::receiving::{Recipient, SHOWN};

/// A partner with those of its recipients that were found.
pub struct RecipientGroup {
    pub partner: String,
    pub recipients: Vec<Choice>,
}

/// One radio button.
pub struct Choice {
    pub reference: String,
    pub name: String,
    pub role: &'static str,
    /// Why not; empty where it can be chosen.
    pub why_not: String,
    pub is_chosen: bool,
}

/// Groups recipients that are ordered by partner. What stands against the lead itself is told once for the page, not
/// beside everybody.
pub fn grouped(recipients: Vec<Recipient>, chosen: &str) -> Vec<RecipientGroup> {
    let mut groups: Vec<RecipientGroup> = Vec::new();
    for recipient in recipients {
        if groups.last().is_none_or(|group| group.partner != recipient.partner) {
            groups.push(RecipientGroup {
                partner: recipient.partner.clone(),
                recipients: Vec::new(),
            });
        }
        let (name, role) = match recipient.user {
            Some((name, role)) => (name, role.label()),
            None => ("The partner as a whole".to_owned(), ""),
        };
        let reasons: Vec<&str> = recipient.reasons.iter().map(|reason| reason.sentence()).collect();
        let reference = recipient.reference.to_string();
        let choice = Choice {
            is_chosen: reference == chosen,
            reference,
            name,
            role,
            why_not: reasons.join(" "),
        };
        if let Some(group) = groups.last_mut() {
            group.recipients.push(choice);
        }
    }
    groups
}

/// Whether more recipients exist than are shown, so that the page says to search.
pub fn is_cut(recipients: &[Recipient]) -> bool {
    recipients.len() >= SHOWN as usize
}
