//! The third step of an import: it runs, and its page says how far it is.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;

use super::{address_of, counted, preview, reference_in};
use crate::db::page::thousands;
use crate::db::types::UtcTime;
use crate::domain::imports::stored::{self, Import, ImportState};
use crate::domain::imports::upload;
use crate::web::extract::Staff;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page, see_other, see_other_with};

/// `POST /leads/import/{reference}/run`
pub async fn create(staff: Staff, path: Path<String>, form: FormData) -> Answer {
    let reference = reference_in(&path)?;
    let import = staff
        .read(move |conn, scope, _| stored::find(conn, scope, &reference))
        .await?;
    if import.state != ImportState::Uploaded {
        return see_other(&address_of(&import));
    }
    let (choices, chosen) = preview::choose(&import, &form);
    let mapping = match chosen {
        Ok(mapping) => mapping,
        Err(problem) => {
            return preview::again(&staff, import, choices, StatusCode::UNPROCESSABLE_ENTITY, Some(problem)).await;
        }
    };
    let address = format!("/leads/import/{}/run", import.reference);
    staff
        .write(move |tx, scope, now| upload::start(tx, scope, &import, &mapping, now))
        .await??;
    see_other(&address)
}

/// `GET /leads/import/{reference}/run`
pub async fn show(staff: Staff, path: Path<String>) -> Answer {
    let reference = reference_in(&path)?;
    let (frame, import) = staff
        .page(move |conn, scope, _| stored::find(conn, scope, &reference))
        .await?;
    if import.state != ImportState::Running {
        return see_other(&address_of(&import));
    }
    page(&RunPage::new(frame.at("import"), &import, staff.now()))
}

/// `POST /leads/import/{reference}/remove`: the file of an import that waits or runs, or the rejected rows of one that
/// has ended.
pub async fn remove(staff: Staff, path: Path<String>) -> Answer {
    let reference = reference_in(&path)?;
    let import = staff
        .read(move |conn, scope, _| stored::find(conn, scope, &reference))
        .await?;
    let (address, notice) = match import.state {
        ImportState::Uploading | ImportState::Uploaded => ("/leads/import".to_owned(), Notice::ImportRemoved),
        ImportState::Running => (
            format!("/leads/import/{}/result", import.reference),
            Notice::ImportStopped,
        ),
        ImportState::Done | ImportState::Cancelled | ImportState::Failed => {
            ("/leads/import".to_owned(), Notice::RejectedRowsRemoved)
        }
    };
    staff
        .write(move |tx, scope, now| upload::remove(tx, scope, &import, now))
        .await??;
    see_other_with(&address, notice)
}

#[derive(Template)]
#[template(path = "staff/imports/run.html")]
struct RunPage {
    frame: StaffFrame,
    reference: String,
    note: String,
    total: i64,
    read: i64,
    percent: i64,
    read_words: String,
    total_words: String,
    pace: Option<String>,
    so_far: String,
}

impl RunPage {
    fn new(frame: StaffFrame, import: &Import, now: UtcTime) -> Self {
        let (read, total) = (import.read_count, import.row_count.max(import.read_count).max(1));
        RunPage {
            frame,
            reference: import.reference.to_string(),
            note: format!("{}, {}", import.file_name, counted(import.row_count, "row", "rows")),
            total,
            read,
            percent: read * 100 / total,
            read_words: thousands(read),
            total_words: counted(total, "row", "rows"),
            pace: pace(import, total, now),
            so_far: format!(
                "{} imported, {} rejected so far.",
                thousands(import.created_count),
                thousands(import.rejected_count)
            ),
        }
    }
}

/// Rows a second and the time that is left, once there is something to tell them from.
fn pace(import: &Import, total: i64, now: UtcTime) -> Option<String> {
    let elapsed = (now - import.started_at?).num_milliseconds();
    if elapsed < 1_000 || import.read_count == 0 {
        return None;
    }
    let rate = (import.read_count * 1_000 / elapsed).max(1);
    let left = (total - import.read_count) / rate;
    let left = if left < 60 {
        counted(left.max(1), "second", "seconds")
    } else {
        counted(left / 60 + 1, "minute", "minutes")
    };
    Some(format!("{} a second, about {left} left", counted(rate, "row", "rows")))
}
