//! What an administrator is told on the start page while something is left to do before the first lead reaches a partner.

use crate::domain::setup::Setup;

/// The steps of setting up.
pub struct Checklist {
    /// `2 of 5 done`.
    pub note: String,
    pub steps: Vec<Step>,
}

/// One step of setting up.
pub struct Step {
    pub is_done: bool,
    pub title: &'static str,
    pub href: &'static str,
    pub text: &'static str,
}

impl Checklist {
    /// `None` when everything is done.
    pub fn new(setup: Setup) -> Option<Self> {
        (!setup.is_done()).then(|| Checklist {
            note: format!("{} of 5 done", setup.done()),
            steps: steps(setup),
        })
    }
}

fn steps(setup: Setup) -> Vec<Step> {
    vec![
        Step {
            is_done: setup.has_partners,
            title: "Enter your partners",
            href: if setup.has_partners {
                "/partners"
            } else {
                "/partners/new"
            },
            text: "The companies that sell for you. Leads go to them and their people.",
        },
        Step {
            is_done: setup.has_users,
            title: "Invite users",
            href: if setup.has_users { "/users" } else { "/users/new" },
            text: "Colleagues who enter and assign leads, and the people of your partners. Each gets a link to set a password.",
        },
        Step {
            is_done: setup.sends_mail,
            title: "Let mail go out",
            href: "/outbox",
            text: "Invitations and “a new lead is waiting” travel by mail. Until LEADGATE_SMTP_URL is set on the server, they wait in the outbox.",
        },
        Step {
            is_done: setup.has_decided_on_permission,
            title: "Decide on the GDPR options",
            href: "/settings/lead-distribution/module",
            text: "Whether permission to distribute is tracked, and what users confirm. Save the page once, even if you change nothing.",
        },
        Step {
            is_done: setup.has_leads,
            title: "Enter the first lead",
            href: if setup.has_leads { "/leads" } else { "/leads/new" },
            text: "By hand, or from a file. Then assign it to a partner.",
        },
    ]
}
