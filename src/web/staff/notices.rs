//! What a member of staff is told: what became of the leads that they assigned.

use askama::Template;

use crate::db::page::{Cursor, Page};
use crate::db::types::Reference;
use crate::domain::notices::{self, StaffNotice};
use crate::web::extract::Staff;
use crate::web::flash::Notice;
use crate::web::forms::{QueryData, query};
use crate::web::frame::StaffFrame;
use crate::web::here::Here;
use crate::web::respond::{Answer, page, see_other_with};
use crate::web::view::Moment;

/// `GET /notices`: looking changes nothing.
pub async fn index(staff: Staff, asked: QueryData) -> Answer {
    let cursor = asked.choice("page", Cursor::parse)?;
    let (frame, found) = staff
        .page(move |conn, scope, _| notices::for_staff(conn, scope, cursor.as_ref()))
        .await?;
    page(&IndexPage::new(frame.at("notices"), found, staff.here()))
}

/// `POST /notices/read`
pub async fn read(staff: Staff) -> Answer {
    staff
        .write(move |tx, scope, now| notices::mark_all_read(tx, scope.user(), now))
        .await??;
    see_other_with("/notices", Notice::NoticesRead)
}

/// A notice as a row of the table.
struct Row {
    lead: Reference,
    /// `Northwind opened a lead`.
    words: String,
    is_read: bool,
    created: Moment,
}

#[derive(Template)]
#[template(path = "staff/notices/index.html")]
struct IndexPage {
    frame: StaffFrame,
    rows: Vec<Row>,
    previous: Option<String>,
    next: Option<String>,
}

impl IndexPage {
    fn new(frame: StaffFrame, found: Page<StaffNotice>, here: Here) -> Self {
        let href = |cursor: &Option<Cursor>| {
            let cursor = cursor.as_ref()?.to_text();
            Some(format!("/notices{}", query([("page", cursor.as_str())])))
        };
        IndexPage {
            frame,
            previous: href(&found.previous),
            next: href(&found.next),
            rows: found
                .rows
                .into_iter()
                .map(|row| Row {
                    lead: row.lead,
                    words: row.kind.about_partner(&row.partner),
                    is_read: row.read_at.is_some(),
                    created: Moment::new(row.created_at, here),
                })
                .collect(),
        }
    }
}
