//! The first step of an import, the upload, and the imports there were.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use askama::Template;

use super::counted;
use crate::db::page::{Cursor, Page, thousands};
use crate::domain::imports::stored::{self, ImportRow, ImportState};
use crate::web::extract::Staff;
use crate::web::forms::{QueryData, query};
use crate::web::frame::StaffFrame;
use crate::web::here::Here;
use crate::web::respond::{Answer, page_with};
use crate::web::view::Moment;

/// `GET /leads/import`
pub async fn index(staff: Staff, request: HttpRequest) -> Answer {
    let cursor = QueryData::of(&request)?.choice("page", Cursor::parse)?;
    show(&staff, cursor, StatusCode::OK, Vec::new()).await
}

/// The page again, with what is wrong with the file that was sent.
pub async fn refused(staff: &Staff, status: StatusCode, sentence: String) -> Answer {
    show(staff, None, status, vec![("file", sentence)]).await
}

async fn show(
    staff: &Staff,
    cursor: Option<Cursor>,
    status: StatusCode,
    errors: Vec<(&'static str, String)>,
) -> Answer {
    let (frame, found) = staff
        .page(move |conn, scope, _| stored::page(conn, scope, cursor.as_ref()))
        .await?;
    page_with(status, &IndexPage::new(frame.at("import"), found, errors, staff.here()))
}

#[derive(Template)]
#[template(path = "staff/imports/index.html")]
struct IndexPage {
    frame: StaffFrame,
    errors: Vec<(&'static str, String)>,
    rows: Vec<Row>,
    previous: Option<String>,
    next: Option<String>,
}

struct Row {
    href: String,
    file_name: String,
    user: String,
    kind: &'static str,
    state: &'static str,
    rows: String,
    created: String,
    rejected: String,
    uploaded: Moment,
}

impl IndexPage {
    fn new(frame: StaffFrame, found: Page<ImportRow>, errors: Vec<(&'static str, String)>, here: Here) -> Self {
        let address = |cursor: &Option<Cursor>| {
            let cursor = cursor.as_ref()?.to_text();
            Some(format!("/leads/import{}", query([("page", cursor.as_str())])))
        };
        IndexPage {
            frame,
            errors,
            previous: address(&found.previous),
            next: address(&found.next),
            rows: found.rows.into_iter().map(|row| Row::new(row, here)).collect(),
        }
    }

    fn error(&self) -> Option<&str> {
        self.errors.first().map(|(_, sentence)| sentence.as_str())
    }
}

impl Row {
    fn new(row: ImportRow, here: Here) -> Self {
        let (step, kind) = match row.state {
            ImportState::Uploading | ImportState::Uploaded => ("", "waiting"),
            ImportState::Running => ("/run", "neutral"),
            ImportState::Done => ("/result", "good"),
            ImportState::Cancelled => ("/result", "neutral"),
            ImportState::Failed => ("/result", "attention"),
        };
        Row {
            href: format!("/leads/import/{}{step}", row.reference),
            file_name: row.file_name,
            user: row.user,
            kind,
            state: row.state.label(),
            rows: counted(row.row_count, "row", "rows"),
            created: thousands(row.created_count),
            rejected: thousands(row.rejected_count),
            uploaded: Moment::new(row.created_at, here),
        }
    }
}
