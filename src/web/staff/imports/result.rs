//! The last step of an import: what became of the rows.

use actix_web::web::Path;
use askama::Template;

use super::{address_of, counted, reference_in};
use crate::db::page::thousands;
use crate::domain::bulk;
use crate::domain::imports::rejected;
use crate::domain::imports::stored::{self, Import, ImportState};
use crate::domain::settings;
use crate::web::extract::Staff;
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page, see_other};

/// `GET /leads/import/{reference}/result`
pub async fn show(staff: Staff, path: Path<String>) -> Answer {
    let reference = reference_in(&path)?;
    let (frame, (import, has_rejected, is_tracking)) = staff
        .page(move |conn, scope, _| {
            let import = stored::find(conn, scope, &reference)?;
            let has_rejected = rejected::exist(conn, import.id)?;
            Ok::<_, crate::db::Error>((import, has_rejected, settings::load(conn)?.track_permission))
        })
        .await?;
    if matches!(import.state, ImportState::Uploaded | ImportState::Running) {
        return see_other(&address_of(&import));
    }
    page(&ResultPage::new(frame.at("import"), &import, has_rejected, is_tracking))
}

#[derive(Template)]
#[template(path = "staff/imports/result.html")]
struct ResultPage {
    frame: StaffFrame,
    reference: String,
    file_name: String,
    heading: String,
    /// What there is to say about an import that did not come to its end.
    stopped: Option<&'static str>,
    created: String,
    rejected: String,
    read: String,
    not_read: Option<String>,
    remarks: Option<String>,
    /// The filter of the list that shows what came in, if anything did.
    leads: Option<String>,
    can_assign_all: bool,
    is_tracking: bool,
    rejected_file: Option<String>,
    were_removed: bool,
}

impl ResultPage {
    fn new(frame: StaffFrame, import: &Import, has_rejected: bool, is_tracking: bool) -> Self {
        let not_read = import.row_count - import.read_count;
        ResultPage {
            frame,
            reference: import.reference.to_string(),
            file_name: import.file_name.clone(),
            heading: format!("{} imported", counted(import.created_count, "lead", "leads")),
            stopped: match import.state {
                ImportState::Cancelled if import.started_at.is_none() => {
                    Some("The file was removed before it was imported. Nothing came in.")
                }
                ImportState::Cancelled => {
                    Some("The import was stopped before its end. The leads below came in and stay.")
                }
                ImportState::Failed => Some(
                    "The import could not be carried to its end: the stored file no longer fits what was chosen. \
                     The leads below came in and stay. Upload the file again without the rows that came in.",
                ),
                ImportState::Done | ImportState::Uploading | ImportState::Uploaded | ImportState::Running => None,
            },
            created: thousands(import.created_count),
            rejected: thousands(import.rejected_count),
            read: thousands(import.read_count),
            not_read: (not_read > 0).then(|| thousands(not_read)),
            remarks: (import.remark_count > 0).then(|| {
                format!(
                    "{} had values that fit no field as they stand, such as a second phone number or an unknown \
                     country. They are kept in the internal note.",
                    counted(import.remark_count, "lead", "leads")
                )
            }),
            leads: (import.created_count > 0).then(|| format!("import={}", import.reference)),
            can_assign_all: import.created_count <= bulk::LARGEST,
            is_tracking: is_tracking && import.created_count > 0,
            rejected_file: has_rejected.then(|| counted(import.rejected_count, "rejected row", "rejected rows")),
            were_removed: !has_rejected && import.rejected_count > 0,
        }
    }
}
