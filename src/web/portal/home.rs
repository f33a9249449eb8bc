//! The start page of the portal: what waits for whoever looks, with the leads that wait at once.

use askama::Template;

use super::leads::rows::Card;
use crate::db::Error;
use crate::db::page::Count;
use crate::db::types::Reference;
use crate::domain::deadlines::Duty;
use crate::domain::destroy_tasks;
use crate::domain::leads::partner::WaitingLead;
use crate::domain::leads::partner::home::{self, Counters, DueLead, WAITING_SHOWN};
use crate::web::counter::Counter;
use crate::web::extract::PartnerUser;
use crate::web::frame::PortalFrame;
use crate::web::here::Here;
use crate::web::respond::{Answer, page};
use crate::web::view::Moment;

/// A lead that is due soon, as a row.
struct Due {
    reference: Reference,
    title: String,
    owed: &'static str,
    by: Moment,
}

impl Due {
    fn new(lead: DueLead, here: Here) -> Self {
        Due {
            reference: lead.reference,
            title: lead.title,
            owed: match lead.duty {
                Duty::Open => "Open it",
                Duty::FirstUpdate => "Say how it stands",
                Duty::Update => "Say how it stands by now",
            },
            by: Moment::new(lead.due_at, here),
        }
    }
}

#[derive(Template)]
#[template(path = "portal/home.html")]
struct HomePage {
    frame: PortalFrame,
    is_manager: bool,
    counters: Vec<Counter>,
    waiting: Vec<Card>,
    /// How many wait beyond those that are shown: `All 12 that wait`.
    all_waiting: String,
    due: Vec<Due>,
}

/// `GET /portal`
pub async fn show(user: PartnerUser) -> Answer {
    let (frame, (is_manager, counters, waiting, due)) = user
        .page(|conn, scope, now| {
            let counters = home::counters(conn, scope, now)?;
            let waiting = home::waiting(conn, scope, now)?;
            let due = home::due(conn, scope, now)?;
            Ok::<_, Error>((scope.is_manager(), counters, waiting, due))
        })
        .await?;
    page(&HomePage::new(frame, is_manager, counters, waiting, due, user.here()))
}

impl HomePage {
    fn new(
        frame: PortalFrame,
        is_manager: bool,
        counted: Counters,
        waiting: Vec<WaitingLead>,
        due: Vec<DueLead>,
        here: Here,
    ) -> Self {
        let partner = frame.partner_name.clone();
        let all_waiting = if counted.waiting.0 > WAITING_SHOWN {
            format!("All {} that wait", counted.waiting.words())
        } else {
            String::new()
        };
        HomePage {
            is_manager,
            counters: counters(&frame, counted),
            waiting: waiting
                .into_iter()
                .map(|lead| Card::new(lead, &partner, here))
                .collect(),
            all_waiting,
            due: due.into_iter().map(|lead| Due::new(lead, here)).collect(),
            frame: frame.at("home"),
        }
    }
}

fn counters(frame: &PortalFrame, counted: Counters) -> Vec<Counter> {
    let mut tasks = Counter::new(Count(frame.tasks), "tasks", "/portal/tasks").marked("counter-waiting");
    if frame.tasks > destroy_tasks::COUNTED {
        tasks.count = frame.counted_tasks();
    }
    vec![
        Counter::new(counted.waiting, "waiting for you", "/portal/leads?state=waiting"),
        Counter::new(counted.open, "open", "/portal/leads?state=open"),
        Counter::new(counted.due_soon, "due within 3 days", "/portal/leads?state=due_soon").marked("counter-attention"),
        tasks,
    ]
}
