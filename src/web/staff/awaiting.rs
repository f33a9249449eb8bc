//! The work list: leads on hold, in two lists: not distributed, and already with a partner.

use actix_web::HttpRequest;
use askama::Template;

use crate::db::Error;
use crate::db::page::{Count, Cursor, Page};
use crate::db::types::Reference;
use crate::domain::assignments::question::QUESTION;
use crate::domain::leads::LeadStatus;
use crate::domain::leads::staff::title;
use crate::domain::permission::review::{self, AwaitingLead, List};
use crate::domain::settings::{self, OpenedLeads, Settings};
use crate::web::extract::Staff;
use crate::web::forms::{QueryData, query, submission_key};
use crate::web::frame::StaffFrame;
use crate::web::here::Here;
use crate::web::respond::{Answer, page};
use crate::web::view::{Moment, country_name};

const PATH: &str = "/leads/awaiting-permission";

/// The parameter that names the second list; the first goes without.
const WITH_PARTNER: &str = "with-partner";

fn parse_list(text: &str) -> Option<List> {
    match text {
        "not-distributed" => Some(List::NotDistributed),
        WITH_PARTNER => Some(List::WithPartner),
        _ => None,
    }
}

/// What the page shows while permission is tracked.
struct Found {
    settings: Settings,
    lists: Option<Lists>,
}

struct Lists {
    page: Page<AwaitingLead>,
    not_distributed: Count,
    with_partner: Count,
}

/// `GET /leads/awaiting-permission`
pub async fn index(staff: Staff, request: HttpRequest) -> Answer {
    let asked = QueryData::of(&request)?;
    let list = asked.choice("list", parse_list)?.unwrap_or(List::NotDistributed);
    let cursor = asked.choice("page", Cursor::parse)?;
    let (frame, found) = staff
        .page(move |conn, scope, _| {
            let settings = settings::load(conn)?;
            let lists = if settings.track_permission {
                Some(Lists {
                    page: review::page(conn, scope, list, cursor.as_ref())?,
                    not_distributed: review::count(conn, scope, List::NotDistributed)?,
                    with_partner: review::count(conn, scope, List::WithPartner)?,
                })
            } else {
                None
            };
            Ok::<_, Error>(Found { settings, lists })
        })
        .await?;
    let frame = frame.at("awaiting");
    match found.lists {
        Some(lists) => page(&AwaitingPage::new(frame, list, &found.settings, lists, staff.here())),
        None => page(&NotTrackedPage { frame }),
    }
}

#[derive(Template)]
#[template(path = "staff/awaiting/not_tracked.html")]
struct NotTrackedPage {
    frame: StaffFrame,
}

/// A lead as a row of the table.
struct Row {
    reference: Reference,
    name: String,
    company: String,
    country: &'static str,
    source: String,
    created: Moment,
    partner: String,
    user: Option<String>,
    status: LeadStatus,
    assigned: Option<Moment>,
    opened: Option<Moment>,
    /// Moved to a colleague after somebody else there had opened it.
    was_opened: bool,
    asked: Option<Moment>,
    answer: Option<(&'static str, String, Moment)>,
}

impl Row {
    fn new(row: AwaitingLead, here: Here) -> Self {
        let has_name = !(row.first_name.is_empty() && row.last_name.is_empty());
        let (name, company) = if has_name {
            (title(&row.first_name, &row.last_name, ""), row.company)
        } else {
            (title("", "", &row.company), String::new())
        };
        Row {
            reference: row.reference,
            name,
            company,
            country: country_name(&row.country),
            source: row.source,
            created: Moment::new(row.created_at, here),
            partner: row.partner.unwrap_or_default(),
            user: row.user,
            status: row.status,
            assigned: row.assigned_at.map(|when| Moment::new(when, here)),
            opened: row.opened_at.map(|when| Moment::new(when, here)),
            was_opened: row.was_opened == Some(true),
            asked: row.asked_at.map(|when| Moment::new(when, here)),
            answer: row.answer.zip(row.answered_at).map(|(answer, when)| {
                let remark = beginning(&row.remark.unwrap_or_default());
                (answer.label(), remark, Moment::new(when, here))
            }),
        }
    }
}

/// As much of a remark as a row has room for; the lead's page has it whole.
fn beginning(remark: &str) -> String {
    const SHOWN: usize = 120;
    if remark.chars().count() <= SHOWN {
        return remark.to_owned();
    }
    format!("{}…", remark.chars().take(SHOWN).collect::<String>())
}

#[derive(Template)]
#[template(path = "staff/awaiting/index.html")]
struct AwaitingPage {
    frame: StaffFrame,
    is_with_partner: bool,
    suspends: bool,
    rows: Vec<Row>,
    not_distributed: Count,
    with_partner: Count,
    /// The key of the form that asks partners.
    submission: String,
    previous: Option<String>,
    next: Option<String>,
}

impl AwaitingPage {
    fn new(frame: StaffFrame, list: List, settings: &Settings, lists: Lists, here: Here) -> Self {
        let is_with_partner = list == List::WithPartner;
        let href = |cursor: &Option<Cursor>| {
            cursor.as_ref().map(|cursor| {
                let list = if is_with_partner { WITH_PARTNER } else { "" };
                format!("{PATH}{}", query([("list", list), ("page", &cursor.to_text())]))
            })
        };
        AwaitingPage {
            frame,
            is_with_partner,
            suspends: settings.opened_leads == OpenedLeads::Suspend,
            previous: href(&lists.page.previous),
            next: href(&lists.page.next),
            rows: lists.page.rows.into_iter().map(|row| Row::new(row, here)).collect(),
            not_distributed: lists.not_distributed,
            with_partner: lists.with_partner,
            submission: submission_key(),
        }
    }

    /// Whether somebody at the partner could answer, and nothing waits for an answer already.
    fn can_ask(&self, row: &Row) -> bool {
        let sees = !self.suspends && (row.opened.is_some() || row.was_opened);
        sees && (row.asked.is_none() || row.answer.is_some())
    }

    fn question(&self) -> &'static str {
        QUESTION
    }

    /// `37 leads`, of the list that is shown.
    fn count(&self) -> String {
        let count = if self.is_with_partner {
            self.with_partner
        } else {
            self.not_distributed
        };
        format!("{} {}", count.words(), if count.is_one() { "lead" } else { "leads" })
    }

    fn from(&self) -> &'static str {
        if self.is_with_partner { WITH_PARTNER } else { "awaiting" }
    }
}
