//! The leads that a bulk act left as they were, as a file: the address of each on this server, and why.

use std::io;

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Bytes, Path};
use futures_util::stream;

use crate::db::types::{BulkActId, Reference};
use crate::domain::bulk::stored::{self, RefusedLead};
use crate::web::csv;
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::respond::Answer;

/// So many rows are read at a time.
const AT_ONCE: i64 = 200;

/// `GET /leads/bulk/{reference}/refused.csv`
pub async fn refused(staff: Staff, path: Path<String>) -> Answer {
    let reference = Reference::parse(&path).ok_or(WebError::NotFound)?;
    let named = staff
        .read(move |conn, scope, _| stored::find(conn, scope, &reference))
        .await?;
    let origin = staff.state().base_url().origin().to_owned();
    let first = format!("{}{}", csv::MARK, csv::row(["Lead", "Name", "Reason"]));
    let act = named.act.id;
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
                    let text: String = rows.iter().map(|row| line(row, &origin)).collect();
                    Some((Ok(Bytes::from(text)), Some((staff, last, None))))
                }
                // The download breaks off, so that nobody takes a part for the whole.
                Err(error) => Some((Err(io::Error::other(error.to_string())), None)),
            }
        }
    });
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"left-as-they-were.csv\""))
        .streaming(pages))
}

async fn read(staff: &Staff, act: BulkActId, after: i64) -> Result<Vec<RefusedLead>, WebError> {
    staff
        .read_slowly(move |conn, scope, _| stored::refused(conn, scope, act, after, AT_ONCE))
        .await
}

fn line(row: &RefusedLead, origin: &str) -> String {
    match &row.lead {
        Some((reference, title)) => {
            let address = format!("{origin}/leads/{reference}");
            csv::row([address.as_str(), title.as_str(), row.reason.as_str()])
        }
        None => csv::row(["", "", row.reason.as_str()]),
    }
}
