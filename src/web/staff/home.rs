//! The start page of staff: what waits for somebody, as links to the lists; then what became of the leads that were
//! handed over lately, what came in, and what waits longest.

pub mod charts;
mod figures;

use askama::Template;

use self::charts::{Funnel, PartnerChart, Weeks};
use super::checklist::Checklist;
use crate::db::{DbConn, Error};
use crate::domain::access::StaffScope;
use crate::domain::assignments::recent::{self, DAYS, LOOKED_AT, Recent};
use crate::domain::leads::overview::{self, Unopened, Week};
use crate::web::counter::Counter;
use crate::web::extract::Staff;
use crate::web::frame::StaffFrame;
use crate::web::here::Here;
use crate::web::respond::{Answer, page};
use crate::web::view::Moment;

/// What the page shows of leads, before it is put into words.
pub struct Found {
    counters: Vec<Counter>,
    recent: Recent,
    weeks: Vec<Week>,
    waiting: Vec<Unopened>,
}

impl Found {
    pub fn load(conn: &mut DbConn, scope: &StaffScope, here: Here) -> Result<Self, Error> {
        Ok(Found {
            counters: figures::load(conn, scope, here)?,
            recent: recent::look_back(conn, scope, here.now())?,
            weeks: overview::weeks(conn, scope, here.zone(), here.now())?,
            waiting: overview::longest_unopened(conn, scope)?,
        })
    }
}

/// What administrators see besides.
#[derive(Default)]
pub struct Administration {
    /// While something is left to set up.
    pub checklist: Option<Checklist>,
    /// What they look after.
    pub upkeep: Vec<Counter>,
}

#[derive(Template)]
#[template(path = "staff/home.html")]
pub struct HomePage {
    frame: StaffFrame,
    checklist: Option<Checklist>,
    counters: Vec<Counter>,
    upkeep: Vec<Counter>,
    funnel: Funnel,
    partners: PartnerChart,
    /// What the figures of hand-overs cover.
    covers: String,
    weeks: Weeks,
    waiting: Vec<Waiting>,
}

struct Waiting {
    href: String,
    title: String,
    partner: String,
    since: Moment,
}

/// `GET /` for staff
pub async fn show(staff: Staff) -> Answer {
    let here = staff.here();
    let (frame, found) = staff.page(move |conn, scope, _| Found::load(conn, scope, here)).await?;
    page(&HomePage::new(frame, Administration::default(), found, here))
}

impl HomePage {
    pub fn new(frame: StaffFrame, administration: Administration, found: Found, here: Here) -> Self {
        let is_tracking = frame.awaiting.is_some();
        HomePage {
            frame: frame.at("home"),
            checklist: administration.checklist,
            upkeep: administration.upkeep,
            counters: figures::shown(found.counters, is_tracking),
            funnel: Funnel::new(&found.recent.all),
            covers: covers(&found.recent),
            partners: PartnerChart::new(found.recent),
            weeks: Weeks::new(&found.weeks),
            waiting: found.waiting.into_iter().map(|lead| Waiting::new(lead, here)).collect(),
        }
    }
}

impl Waiting {
    fn new(lead: Unopened, here: Here) -> Self {
        Waiting {
            href: format!("/leads/{}", lead.reference),
            title: lead.title,
            partner: lead.partner,
            since: Moment::new(lead.assigned_at, here),
        }
    }
}

fn covers(recent: &Recent) -> String {
    let newest = if recent.is_cut {
        format!(
            ", of which the newest {} hand-overs are looked at",
            crate::db::page::thousands(LOOKED_AT)
        )
    } else {
        String::new()
    };
    format!("Leads handed over in the last {DAYS} days{newest}. A lead counts once for each partner that received it.")
}
