//! The list of messages, newest first.

use askama::Template;

use crate::db::Error;
use crate::db::page::{Count, Cursor, Page};
use crate::db::types::Reference;
use crate::domain::outbox::MessageState;
use crate::domain::outbox::list::{self, Listed, OutboxRow};
use crate::domain::upkeep::{self, Upkeep};
use crate::web::extract::Admin;
use crate::web::forms::{QueryData, query};
use crate::web::frame::StaffFrame;
use crate::web::here::Here;
use crate::web::respond::{Answer, page};
use crate::web::view::Moment;

struct Found {
    page: Page<OutboxRow>,
    upkeep: Upkeep,
    waiting: Count,
    test: Option<OutboxRow>,
}

/// `GET /outbox`
pub async fn index(admin: Admin, asked: QueryData) -> Answer {
    let listed = asked.choice("state", Listed::parse)?;
    let cursor = asked.choice("page", Cursor::parse)?;
    let (frame, found) = admin
        .page(move |conn, scope, now| {
            Ok::<_, Error>(Found {
                page: list::page(conn, scope, listed, cursor.as_ref(), now)?,
                upkeep: upkeep::load(conn, scope, now)?,
                waiting: list::count(conn, MessageState::Waiting)?,
                test: list::last_test(conn, scope)?,
            })
        })
        .await?;
    let is_set_up = admin.state().mailer().is_some();
    page(&IndexPage::new(
        frame.at("settings"),
        listed,
        found,
        is_set_up,
        admin.here(),
    ))
}

/// A message as a row of the table.
struct Row {
    reference: Reference,
    subject: &'static str,
    name: String,
    email: String,
    tag: &'static str,
    state: &'static str,
    /// When it is tried again, or when it was sent.
    when: Option<(&'static str, Moment)>,
    tries: i64,
    error: String,
    created: Moment,
    /// Whether something can be done about it.
    is_open: bool,
    can_bounce: bool,
}

impl Row {
    fn new(row: OutboxRow, here: Here) -> Self {
        let (tag, state) = match row.state {
            MessageState::Waiting if row.is_being_sent() => ("waiting", "Being sent"),
            MessageState::Waiting | MessageState::Collected => ("waiting", row.state.label()),
            MessageState::Sent => ("good", row.state.label()),
            MessageState::Failed => ("attention", row.state.label()),
            MessageState::Cancelled => ("neutral", row.state.label()),
        };
        let when = match row.state {
            MessageState::Sent => row.sent_at.map(|sent_at| ("at", Moment::new(sent_at, here))),
            MessageState::Waiting if row.tries() > 0 && !row.is_being_sent() => {
                Some(("again", Moment::new(row.next_attempt_at, here)))
            }
            MessageState::Waiting | MessageState::Collected | MessageState::Failed | MessageState::Cancelled => None,
        };
        Row {
            is_open: match row.state {
                MessageState::Waiting => !row.is_being_sent(),
                MessageState::Failed => true,
                MessageState::Collected | MessageState::Sent | MessageState::Cancelled => false,
            },
            can_bounce: row.can_bounce(),
            email: row.address().to_owned(),
            name: row.name().to_owned(),
            subject: row.message.label(),
            tag,
            state,
            when,
            tries: row.tries(),
            reference: row.reference,
            error: row.last_error,
            created: Moment::new(row.created_at, here),
        }
    }
}

#[derive(Template)]
#[template(path = "admin/outbox/index.html")]
struct IndexPage {
    frame: StaffFrame,
    is_set_up: bool,
    state: &'static str,
    states: Vec<(&'static str, &'static str)>,
    note: String,
    has_failed: bool,
    test: Option<Row>,
    rows: Vec<Row>,
    previous: Option<String>,
    next: Option<String>,
}

impl IndexPage {
    fn new(frame: StaffFrame, listed: Option<Listed>, found: Found, is_set_up: bool, here: Here) -> Self {
        let chosen = listed.map_or("", Listed::as_str);
        let href = |cursor: &Option<Cursor>| {
            let cursor = cursor.as_ref()?.to_text();
            Some(format!(
                "/outbox{}",
                query([("state", chosen), ("page", cursor.as_str())])
            ))
        };
        IndexPage {
            frame,
            is_set_up,
            state: chosen,
            states: MessageState::ALL
                .iter()
                .map(|state| Listed::Of(*state))
                .chain([Listed::Stuck])
                .map(|listed| (listed.as_str(), listed.label()))
                .collect(),
            note: note(found.waiting, &found.upkeep),
            has_failed: found.upkeep.failed.0 > 0,
            test: found.test.map(|row| Row::new(row, here)),
            previous: href(&found.page.previous),
            next: href(&found.page.next),
            rows: found.page.rows.into_iter().map(|row| Row::new(row, here)).collect(),
        }
    }
}

fn note(waiting: Count, upkeep: &Upkeep) -> String {
    let stuck = if upkeep.stuck.0 > 0 {
        format!(", {} stuck", upkeep.stuck.words())
    } else {
        String::new()
    };
    format!("{} waiting, {} failed{stuck}", waiting.words(), upkeep.failed.words())
}
