//! The audit log: who did what to which record, when, from which address.

pub mod download;
pub mod index;
pub mod seals;

use chrono::NaiveDate;

use crate::domain::audit::Act;
use crate::domain::audit::log::AuditFilter;
use crate::web::error::WebError;
use crate::web::forms::{QueryData, query};
use crate::web::here::day;

/// Longer filters match nothing anyway.
const LONGEST: usize = 200;

/// What the address asks for.
fn filter(asked: &QueryData) -> Result<AuditFilter, WebError> {
    let text = |name: &str| asked.text(name).trim().chars().take(LONGEST).collect::<String>();
    Ok(AuditFilter {
        who: text("who"),
        act: asked.choice("act", Act::parse)?,
        record: text("record"),
        from: asked.choice("from", day)?,
        until: asked.choice("to", day)?,
    })
}

/// The query string of a filter, with a page if there is one.
fn query_of(filter: &AuditFilter, page: &str) -> String {
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let (from, until) = (day(filter.from), day(filter.until));
    query([
        ("who", filter.who.as_str()),
        ("act", filter.act.map_or("", Act::as_str)),
        ("record", filter.record.as_str()),
        ("from", from.as_str()),
        ("to", until.as_str()),
        ("page", page),
    ])
}

/// A kind of record in words for people.
fn subject_label(kind: &str) -> &str {
    match kind {
        "lead" => "Lead",
        "user" => "User",
        "partner" => "Partner",
        "import" => "Import",
        "settings" => "Settings",
        "message" => "Message",
        "destroy_task" => "Destroy task",
        "bulk_act" => "Bulk act",
        other => other,
    }
}
