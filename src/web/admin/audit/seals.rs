//! Whether the log still says what was sealed.

use askama::Template;

use crate::db::page::thousands;
use crate::domain::audit::seals::verify::{self, Copied, Report};
use crate::domain::audit::seals::{self, Seal};
use crate::web::extract::Admin;
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page};
use crate::web::view::Moment;

/// A page looks at so many seals; the command line looks at all.
const MOST: i64 = 50;

#[derive(Template)]
#[template(path = "admin/audit/seals.html")]
struct SealsPage {
    frame: StaffFrame,
    newest: Option<(Seal, Moment)>,
    /// `3 seals over 1,204 events`.
    looked_at: String,
    unsealed: String,
    finding: Option<String>,
    has_more: bool,
}

/// `GET /audit/seals`
pub async fn show(admin: Admin) -> Answer {
    let key = admin.state().audit_key().clone();
    let (frame, newest) = admin.page(|conn, _, _| seals::newest(conn)).await?;
    let report: Report = admin
        .read_slowly(move |conn, _, _| verify::verify(conn, &key, &Copied::default(), Some(MOST)))
        .await?;
    let here = admin.here();
    page(&SealsPage {
        frame: frame.at("audit"),
        has_more: newest.as_ref().is_some_and(|seal| seal.number > MOST),
        newest: newest.map(|seal| {
            let sealed = Moment::new(seal.sealed_at, here);
            (seal, sealed)
        }),
        looked_at: format!(
            "{} over {}",
            counted(report.seals, "seal", "seals"),
            counted(report.events, "event", "events")
        ),
        unsealed: counted(report.unsealed, "event", "events"),
        finding: report.finding.map(|finding| finding.to_string()),
    })
}

fn counted(count: i64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(count), if count == 1 { one } else { many })
}
