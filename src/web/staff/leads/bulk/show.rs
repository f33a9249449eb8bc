//! How far a bulk act is, and what became of it.

use actix_web::web::Path;
use askama::Template;

use super::leads;
use crate::db::Error;
use crate::db::page::thousands;
use crate::db::types::Reference;
use crate::domain::bulk::stored::{self, NamedAct, Place};
use crate::domain::bulk::{BulkKind, BulkState, begin};
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::flash::Notice;
use crate::web::frame::StaffFrame;
use crate::web::here::Here;
use crate::web::respond::{Answer, page, see_other_with};
use crate::web::view::Moment;

/// So many refused leads stand on the page; the file has all of them.
const SHOWN: i64 = 100;

/// A bulk act in words.
struct Row {
    reference: Reference,
    /// `Assign 1,284 leads to Nora Lindqvist, Northwind`.
    what: String,
    user: String,
    state: &'static str,
    tag: &'static str,
    done: String,
    refused: String,
    begun: Moment,
}

impl Row {
    fn new(named: &NamedAct, here: Here) -> Self {
        let act = &named.act;
        let count = leads(act.lead_count);
        Row {
            reference: act.reference.clone(),
            what: match (act.kind, &named.recipient) {
                (BulkKind::Assign, Some(recipient)) => format!("Assign {count} to {recipient}"),
                (BulkKind::Assign, None) => format!("Assign {count}"),
                (BulkKind::Recall, _) => format!("Take back {count}"),
                (BulkKind::Remind, _) => format!("Remind of {count}"),
            },
            user: named.user.clone(),
            state: act.state.label(),
            tag: match act.state {
                BulkState::Running => "waiting",
                BulkState::Done => "good",
                BulkState::Stopped | BulkState::Halted => "attention",
            },
            done: thousands(act.done_count),
            refused: thousands(act.refused_count),
            begun: Moment::new(act.created_at, here),
        }
    }
}

#[derive(Template)]
#[template(path = "staff/leads/bulk/index.html")]
struct IndexPage {
    frame: StaffFrame,
    rows: Vec<Row>,
}

/// `GET /leads/bulk`
pub async fn index(staff: Staff) -> Answer {
    let (frame, found) = staff.page(|conn, scope, _| stored::newest(conn, scope)).await?;
    let here = staff.here();
    page(&IndexPage {
        frame: frame.at("leads"),
        rows: found.iter().map(|named| Row::new(named, here)).collect(),
    })
}

#[derive(Template)]
#[template(path = "staff/leads/bulk/show.html")]
struct ShowPage {
    frame: StaffFrame,
    act: Row,
    is_running: bool,
    is_halted: bool,
    total: i64,
    taken: i64,
    percent: i64,
    left: i64,
    taken_words: String,
    total_words: String,
    left_words: String,
    refused: Vec<Place>,
    has_more_refused: bool,
}

/// `GET /leads/bulk/{reference}`
pub async fn show(staff: Staff, path: Path<String>) -> Answer {
    let reference = Reference::parse(&path).ok_or(WebError::NotFound)?;
    let (frame, (named, mut refused)) = staff
        .page(move |conn, scope, _| {
            let named = stored::find(conn, scope, &reference)?;
            let refused = stored::refused(conn, scope, named.act.id, SHOWN + 1)?;
            Ok::<_, Error>((named, refused))
        })
        .await?;
    let act = &named.act;
    let (taken, total) = (act.taken(), act.lead_count.max(1));
    let has_more_refused = refused.len() as i64 > SHOWN;
    refused.truncate(SHOWN as usize);
    page(&ShowPage {
        frame: frame.at("leads"),
        is_running: act.state == BulkState::Running,
        is_halted: act.state == BulkState::Halted,
        total,
        taken,
        percent: taken * 100 / total,
        left: total - taken,
        taken_words: thousands(taken),
        total_words: leads(total),
        left_words: leads(total - taken),
        act: Row::new(&named, staff.here()),
        refused,
        has_more_refused,
    })
}

/// `POST /leads/bulk/{reference}/stop`
pub async fn stop(staff: Staff, path: Path<String>) -> Answer {
    let reference = Reference::parse(&path).ok_or(WebError::NotFound)?;
    let address = format!("/leads/bulk/{reference}");
    let named = staff
        .read(move |conn, scope, _| stored::find(conn, scope, &reference))
        .await?;
    staff
        .write(move |tx, scope, now| begin::stop(tx, scope, &named.act, now))
        .await??;
    see_other_with(&address, Notice::BulkActStopped)
}
