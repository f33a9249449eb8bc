//! The log as a list, newest first.

use askama::Template;

use super::{filter, query_of, subject_label};
use crate::db::Error;
use crate::domain::audit::Act;
use crate::domain::audit::log::{self, AuditCursor, AuditFilter, AuditPage, AuditRow};
use crate::domain::audit::seals;
use crate::web::extract::Admin;
use crate::web::forms::QueryData;
use crate::web::frame::StaffFrame;
use crate::web::here::Here;
use crate::web::respond::{Answer, page};
use crate::web::view::Moment;

/// `GET /audit`
pub async fn index(admin: Admin, asked: QueryData) -> Answer {
    let filter = filter(&asked)?;
    let cursor = asked.choice("page", AuditCursor::parse)?;
    let (wanted, here) = (filter.clone(), admin.here());
    let (frame, (found, seal)) = admin
        .page(move |conn, scope, _| {
            Ok::<_, Error>((
                log::page(conn, scope, &wanted, here.zone(), cursor)?,
                seals::newest(conn)?,
            ))
        })
        .await?;
    page(&IndexPage {
        sealed: seal.map(|seal| Moment::new(seal.sealed_at, here)),
        ..IndexPage::new(frame.at("audit"), filter, found, here)
    })
}

/// An act as a row of the table.
struct Row {
    when: Moment,
    who: String,
    email: String,
    act: &'static str,
    subject: String,
    reference: String,
    /// The log of this record alone.
    history: String,
    detail: String,
    address: String,
}

impl Row {
    fn new(row: AuditRow, here: Here) -> Self {
        let only = AuditFilter {
            record: row.subject_reference.clone(),
            ..AuditFilter::default()
        };
        Row {
            when: Moment::new(row.happened_at, here),
            who: row
                .program()
                .or(row.actor_name)
                .unwrap_or_else(|| "Nobody signed in".to_owned()),
            email: row.actor_email.unwrap_or_default(),
            act: row.act.label(),
            subject: subject_label(&row.subject).to_owned(),
            history: format!("/audit{}", query_of(&only, "")),
            reference: row.subject_reference,
            detail: row.detail,
            address: row.address,
        }
    }
}

#[derive(Template)]
#[template(path = "admin/audit/index.html")]
struct IndexPage {
    frame: StaffFrame,
    filter: AuditFilter,
    is_filtered: bool,
    acts: Vec<(&'static str, &'static str)>,
    download: String,
    rows: Vec<Row>,
    previous: Option<String>,
    next: Option<String>,
    /// When the newest seal was made.
    sealed: Option<Moment>,
}

impl IndexPage {
    fn new(frame: StaffFrame, filter: AuditFilter, found: AuditPage, here: Here) -> Self {
        let href = |cursor: Option<AuditCursor>| {
            cursor.map(|cursor| format!("/audit{}", query_of(&filter, &cursor.to_text())))
        };
        let mut acts: Vec<(&'static str, &'static str)> =
            Act::ALL.iter().map(|act| (act.as_str(), act.label())).collect();
        acts.sort_by_key(|(_, label)| *label);
        IndexPage {
            frame,
            is_filtered: filter != AuditFilter::default(),
            acts,
            download: format!("/audit/download{}", query_of(&filter, "")),
            previous: href(found.previous),
            next: href(found.next),
            sealed: None,
            rows: found.rows.into_iter().map(|row| Row::new(row, here)).collect(),
            filter,
        }
    }

    fn act(&self) -> &'static str {
        self.filter.act.map_or("", Act::as_str)
    }

    fn from(&self) -> String {
        self.filter.from.map(|day| day.to_string()).unwrap_or_default()
    }

    fn until(&self) -> String {
        self.filter.until.map(|day| day.to_string()).unwrap_or_default()
    }
}
