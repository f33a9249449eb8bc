//! What can be set, and how it stands.

use askama::Template;

use crate::domain::settings::{self, OpenedLeads, Settings};
use crate::web::extract::Admin;
use crate::web::frame::StaffFrame;
use crate::web::here::Here;
use crate::web::respond::{Answer, page};
use crate::web::view::Moment;

/// How lead distribution stands.
struct Standing {
    tracking_since: Option<Moment>,
    asks_on_create: bool,
    suspends_opened: bool,
    assigns_to_partner: bool,
}

impl Standing {
    fn new(settings: &Settings, here: Here) -> Self {
        Standing {
            tracking_since: settings.tracking_since.map(|since| Moment::new(since, here)),
            asks_on_create: settings.ask_on_create,
            suspends_opened: settings.opened_leads == OpenedLeads::Suspend,
            assigns_to_partner: settings.assign_to_partner,
        }
    }

    fn asks(&self) -> &'static str {
        if self.asks_on_create { "On" } else { "Off" }
    }

    fn opened(&self) -> &'static str {
        if self.suspends_opened {
            "Suspended at once"
        } else {
            "Stay with the partner for the review"
        }
    }

    fn whole(&self) -> &'static str {
        if self.assigns_to_partner {
            "Allowed"
        } else {
            "Not allowed"
        }
    }
}

#[derive(Template)]
#[template(path = "admin/settings/index.html")]
struct IndexPage {
    frame: StaffFrame,
    standing: Standing,
}

#[derive(Template)]
#[template(path = "admin/settings/lead_distribution.html")]
struct LeadDistributionPage {
    frame: StaffFrame,
    standing: Standing,
}

async fn load(admin: &Admin) -> Result<(StaffFrame, Standing), crate::web::error::WebError> {
    let (frame, settings) = admin.page(|conn, _, _| settings::load(conn)).await?;
    Ok((frame.at("settings"), Standing::new(&settings, admin.here())))
}

/// `GET /settings`
pub async fn index(admin: Admin) -> Answer {
    let (frame, standing) = load(&admin).await?;
    page(&IndexPage { frame, standing })
}

/// `GET /settings/lead-distribution`
pub async fn lead_distribution(admin: Admin) -> Answer {
    let (frame, standing) = load(&admin).await?;
    page(&LeadDistributionPage { frame, standing })
}
