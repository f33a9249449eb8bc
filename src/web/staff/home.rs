//! The start page of staff: what waits for somebody, as links to the lists; then what came in, and what waits longest.

use askama::Template;

use super::checklist::Checklist;
use crate::db::Error;
use crate::db::page::{COUNT_LIMIT, Count};
use crate::db::types::UtcTime;
use crate::domain::accounts::Role;
use crate::domain::leads::overview::{self, Counters, Unopened, Week};
use crate::domain::permission::review;
use crate::domain::settings;
use crate::domain::setup;
use crate::web::extract::Staff;
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page};
use crate::web::view::Moment;

#[derive(Template)]
#[template(path = "staff/home.html")]
struct HomePage {
    frame: StaffFrame,
    /// For administrators, while something is left to set up.
    checklist: Option<Checklist>,
    counters: Vec<Counter>,
    chart: Chart,
    waiting: Vec<Waiting>,
}

/// A number that is a link to the list it counts.
struct Counter {
    href: &'static str,
    count: String,
    words: &'static str,
    class: &'static str,
}

struct Waiting {
    href: String,
    title: String,
    partner: String,
    since: Moment,
}

/// `GET /` for staff
pub async fn show(staff: Staff) -> Answer {
    let is_administrator = staff.principal().role() == Role::Administrator;
    // The demonstration sends no mail, and there is nothing to do about it.
    let sends_mail = staff.state().mailer().is_some() || staff.state().is_demo();
    let large = staff.state().large_counts().clone();
    let (frame, (checklist, on_hold, counters, weeks, waiting)) = staff
        .page(move |conn, scope, now| {
            let checklist = if is_administrator {
                Checklist::new(setup::load(conn, scope, sends_mail)?)
            } else {
                None
            };
            let on_hold = if settings::load(conn)?.track_permission {
                Some(Count(review::count_up_to(conn, COUNT_LIMIT)?))
            } else {
                None
            };
            let counters = overview::counters(conn, scope, &large, now)?;
            let weeks = overview::weeks(conn, scope, now)?;
            let waiting = overview::longest_unopened(conn, scope)?;
            Ok::<_, Error>((checklist, on_hold, counters, weeks, waiting))
        })
        .await?;
    let now = staff.now();
    page(&HomePage {
        frame: frame.at("home"),
        checklist,
        counters: self::counters(on_hold, &counters),
        chart: Chart::new(&weeks),
        waiting: waiting.into_iter().map(|lead| Waiting::new(lead, now)).collect(),
    })
}

fn counters(on_hold: Option<Count>, counted: &Counters) -> Vec<Counter> {
    let mut counters = vec![Counter {
        href: "/leads?status=unassigned",
        count: counted.unassigned.words(),
        words: "unassigned",
        class: "",
    }];
    if let Some(on_hold) = on_hold {
        let (href, class) = ("/leads/awaiting-permission", "counter-waiting");
        counters.push(Counter {
            href,
            count: on_hold.words(),
            words: "awaiting permission",
            class,
        });
    }
    counters.push(Counter {
        href: "/leads?status=unopened",
        count: counted.unopened.words(),
        words: "unopened by partners",
        class: "",
    });
    counters.push(Counter {
        href: "/leads?status=open",
        count: counted.open.words(),
        words: "open",
        class: "",
    });
    counters
}

impl Waiting {
    fn new(lead: Unopened, now: UtcTime) -> Self {
        Waiting {
            href: format!("/leads/{}", lead.reference),
            title: lead.title,
            partner: lead.partner,
            since: Moment::new(lead.assigned_at, now),
        }
    }
}

/// The leads of eight weeks as bars; heights and places in units of the drawing.
struct Chart {
    bars: Vec<Bar>,
    description: String,
    /// The numbers beside the lines, from the top.
    scale: Vec<(i64, i64)>,
}

struct Bar {
    x: i64,
    y: i64,
    height: i64,
    middle: i64,
    week: String,
    received: i64,
}

impl Chart {
    const BOTTOM: i64 = 170;
    const HEIGHT: i64 = 150;

    fn new(weeks: &[Week]) -> Self {
        let most = weeks.iter().map(|week| week.received).max().unwrap_or(0);
        let top = (most.max(1) + 3) / 4 * 4;
        let bars = weeks.iter().zip(0..).map(|(week, index)| {
            let (x, height) = (40 + 55 * index, week.received * Self::HEIGHT / top);
            Bar {
                x,
                y: Self::BOTTOM - height,
                height,
                middle: x + 17,
                week: week.begins.format("%-d %b").to_string(),
                received: week.received,
            }
        });
        let first = weeks.first().map_or(0, |week| week.received);
        let last = weeks.last().map_or(0, |week| week.received);
        Chart {
            bars: bars.collect(),
            description: format!("Leads received in the last eight weeks: {first} in the first, {last} in this one."),
            scale: (0..=4)
                .map(|step| (top * step / 4, Self::BOTTOM - Self::HEIGHT * step / 4))
                .collect(),
        }
    }
}
