//! The log as a file for spreadsheets, written while it is read, a thousand acts at a time.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::Bytes;
use futures_util::stream;

use super::{filter, query_of};
use crate::db::page::Direction;
use crate::domain::audit::log::{self, AuditCursor, AuditFilter, AuditRow};
use crate::domain::audit::{self, Act, Subject};
use crate::web::error::WebError;
use crate::web::extract::Admin;
use crate::web::forms::QueryData;
use crate::web::respond::Answer;
use crate::web::step_up;

/// How many acts are read at once.
const AT_ONCE: i64 = 1_000;

const HEADINGS: [&str; 10] = [
    "time (UTC)",
    "name",
    "e-mail",
    "act",
    "words",
    "record",
    "reference",
    "detail",
    "address",
    "request",
];

/// Where the file stands.
struct Progress {
    admin: Admin,
    filter: AuditFilter,
    last: Option<AuditCursor>,
    is_over: bool,
}

/// `GET /audit/download`: what the filters of the list select. It takes a fresh proof; the way leads back to the list.
pub async fn show(admin: Admin, session: Session, asked: QueryData) -> Answer {
    let filter = filter(&asked)?;
    step_up::require(&session, admin.now(), &format!("/audit{}", query_of(&filter, "")))?;
    let detail = selected(&filter);
    admin
        .write(move |tx, scope, now| {
            audit::record(tx, scope.actor(), Act::LogDownloaded, &Subject::nothing(), &detail, now)
        })
        .await??;
    let begun = Progress {
        filter,
        admin,
        last: None,
        is_over: false,
    };
    // The first part is read before the answer begins, so that a database that is down is told as such.
    let (first, rest) = part(begun).await?;
    let parts = stream::try_unfold((Some(first), rest), |(ready, progress)| async move {
        if let Some(bytes) = ready {
            return Ok(Some((bytes, (None, progress))));
        }
        if progress.is_over {
            return Ok(None);
        }
        let (bytes, progress) = part(progress)
            .await
            .map_err(|error| std::io::Error::other(error.to_string()))?;
        Ok::<_, std::io::Error>(Some((bytes, (None, progress))))
    });
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"leadgate-audit.csv\""))
        .streaming(Box::pin(parts)))
}

/// What a file holds, in words that name nobody.
fn selected(filter: &AuditFilter) -> String {
    let day = |name: &str, day: Option<chrono::NaiveDate>| day.map(|day| format!("{name} {day}"));
    let parts = [
        filter.act.map(|act| act.as_str().to_owned()),
        day("from", filter.from),
        day("until", filter.until),
        (!filter.who.is_empty()).then(|| "of some people".to_owned()),
        (!filter.record.is_empty()).then(|| "of one record".to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

async fn part(mut progress: Progress) -> Result<(Bytes, Progress), WebError> {
    let (wanted, cursor) = (progress.filter.clone(), progress.last);
    // The days that the filter names are those of whoever asks; the times in the file are UTC.
    let zone = progress.admin.principal().zone();
    let rows = progress
        .admin
        .read_slowly(move |conn, scope, _| log::rows(conn, scope, &wanted, zone, cursor, AT_ONCE))
        .await?;
    let mut file = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| WebError::Internal(error.to_string());
    if progress.last.is_none() {
        file.write_record(HEADINGS).map_err(failed)?;
    }
    for row in &rows {
        file.write_record(cells(row)).map_err(failed)?;
    }
    progress.is_over = rows.len() < AT_ONCE as usize;
    progress.last = rows.last().map(|row| AuditCursor {
        direction: Direction::After,
        event: row.id,
    });
    let bytes = file
        .into_inner()
        .map_err(|error| WebError::Internal(error.to_string()))?;
    Ok((Bytes::from(bytes), progress))
}

fn cells(row: &AuditRow) -> [String; 10] {
    [
        row.happened_at.iso(),
        row.program()
            .unwrap_or_else(|| harmless(row.actor_name.as_deref().unwrap_or_default())),
        harmless(row.actor_email.as_deref().unwrap_or_default()),
        row.act.as_str().to_owned(),
        row.act.label().to_owned(),
        row.subject.clone(),
        row.subject_reference.clone(),
        harmless(&row.detail),
        harmless(&row.address),
        harmless(&row.request_id),
    ]
}

/// A text that no spreadsheet takes for a formula (OWASP, CSV injection).
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}
