//! The fields that the forms of a user share.

use crate::domain::accounts::{PersonInput, Role};
use crate::domain::partners::{Partner, PartnerState};
use crate::web::forms::FormData;

/// What the fields offer.
pub struct Choices {
    /// Value, label and hint of each role.
    pub roles: Vec<(&'static str, &'static str, &'static str)>,
    /// Reference and name of each partner.
    pub partners: Vec<(String, String)>,
}

impl Choices {
    pub fn new(partners: Vec<Partner>) -> Self {
        let name = |partner: &Partner| match partner.state {
            PartnerState::Active => partner.name.clone(),
            PartnerState::Suspended => format!("{} (suspended)", partner.name),
        };
        Choices {
            roles: Role::ALL
                .iter()
                .map(|role| (role.as_str(), role.label(), role.hint()))
                .collect(),
            partners: partners
                .iter()
                .map(|partner| (partner.reference.to_string(), name(partner)))
                .collect(),
        }
    }
}

pub fn person_input(form: &FormData) -> PersonInput {
    PersonInput {
        name: form.text("name"),
        email: form.text("email").trim().to_owned(),
        role: form.text("role"),
        partner: form.text("partner"),
    }
}
