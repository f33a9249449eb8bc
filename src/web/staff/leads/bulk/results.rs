//! What became of every lead of a bulk act, as a file: none is left out, also where it was stopped.

use std::io;

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Bytes, Path};
use futures_util::stream;

use crate::db::types::{BulkActId, Reference};
use crate::domain::bulk::stored::{self, Place};
use crate::domain::bulk::{BulkState, Outcome};
use crate::web::csv;
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::respond::Answer;

/// So many rows are read at a time.
const AT_ONCE: i64 = 200;

/// `GET /leads/bulk/{reference}/results.csv`
pub async fn results(staff: Staff, path: Path<String>) -> Answer {
    let reference = Reference::parse(&path).ok_or(WebError::NotFound)?;
    let named = staff
        .read(move |conn, scope, _| stored::find(conn, scope, &reference))
        .await?;
    let origin = staff.state().base_url().origin().to_owned();
    let first = format!(
        "{}{}",
        csv::MARK,
        csv::row(["Lead", "Name", "Outcome", "Reason", "Address"])
    );
    let (act, act_state) = (named.act.id, named.act.state);
    let pages = stream::unfold(Some((staff, 0, Some(first))), move |state| {
        let origin = origin.clone();
        async move {
            let (staff, after, first) = state?;
            if let Some(first) = first {
                return Some((Ok(Bytes::from(first)), Some((staff, after, None))));
            }
            match read(&staff, act, after).await {
                Ok(rows) => {
                    let last = rows.last()?.position;
                    let text: String = rows.iter().map(|row| line(row, act_state, &origin)).collect();
                    Some((Ok(Bytes::from(text)), Some((staff, last, None))))
                }
                // The download breaks off, so that nobody takes a part for the whole.
                Err(error) => Some((Err(io::Error::other(error.to_string())), None)),
            }
        }
    });
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"bulk-act.csv\""))
        .streaming(pages))
}

async fn read(staff: &Staff, act: BulkActId, after: i64) -> Result<Vec<Place>, WebError> {
    staff
        .read_slowly(move |conn, scope, _| stored::places(conn, scope, act, after, AT_ONCE))
        .await
}

fn line(place: &Place, state: BulkState, origin: &str) -> String {
    let outcome = in_words(place.outcome, state);
    match &place.lead {
        Some((reference, title)) => {
            let address = format!("{origin}/leads/{reference}");
            csv::row([reference.as_str(), title, outcome, &place.reason, &address])
        }
        None => csv::row(["", "Deleted", outcome, &place.reason, ""]),
    }
}

fn in_words(outcome: Outcome, state: BulkState) -> &'static str {
    match (outcome, state) {
        (Outcome::Done, _) => "Done",
        (Outcome::Refused, _) => "Left as it is",
        (Outcome::Waiting, BulkState::Running) => "Waiting for its turn",
        (Outcome::Waiting, BulkState::Done | BulkState::Stopped | BulkState::Halted) => "Not reached",
    }
}
