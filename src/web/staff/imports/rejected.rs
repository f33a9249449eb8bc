//! The rejected rows as a file: the original columns, and why each row was not imported.

use std::io;

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Bytes, Path};
use futures_util::stream;

use super::reference_in;
use crate::db::types::ImportId;
use crate::domain::imports::rejected::{self, RejectedRow};
use crate::domain::imports::stored;
use crate::web::csv;
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::respond::Answer;

/// So many rows are read at a time.
const AT_ONCE: i64 = 200;

/// `GET /leads/import/{reference}/rejected.csv`
pub async fn show(staff: Staff, path: Path<String>) -> Answer {
    let reference = reference_in(&path)?;
    let (import, exist) = staff
        .read(move |conn, scope, _| {
            let import = stored::find(conn, scope, &reference)?;
            let exist = rejected::exist(conn, import.id)?;
            Ok::<_, crate::db::Error>((import, exist))
        })
        .await?;
    if !exist {
        return Err(WebError::NotFound);
    }
    let headings = import.headings();
    let titles = headings.iter().map(String::as_str).chain(["Row", "Reason"]);
    let first = format!("{}{}", csv::MARK, csv::row(titles));
    let (id, width) = (import.id, headings.len());
    let pages = stream::unfold(Some((staff, 0, Some(first))), move |state| async move {
        let (staff, after, first) = state?;
        if let Some(first) = first {
            return Some((Ok(Bytes::from(first)), Some((staff, after, None))));
        }
        match read(&staff, id, after).await {
            Ok(rows) => {
                let last = rows.last()?.id;
                let text: String = rows.iter().map(|row| line(row, width)).collect();
                Some((Ok(Bytes::from(text)), Some((staff, last, None))))
            }
            // The download breaks off, so that nobody takes a part for the whole.
            Err(error) => Some((Err(io::Error::other(error.to_string())), None)),
        }
    });
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"rejected-rows.csv\""))
        .streaming(pages))
}

async fn read(staff: &Staff, import: ImportId, after: i64) -> Result<Vec<RejectedRow>, WebError> {
    staff
        .read_slowly(move |conn, scope, _| rejected::after(conn, scope, import, after, AT_ONCE))
        .await
}

/// The cells below their headings; those of a row that has too many stand behind the reason.
fn line(row: &RejectedRow, width: usize) -> String {
    let number = row.number.to_string();
    let (below, beyond) = row.cells.split_at(width.min(row.cells.len()));
    let missing = std::iter::repeat_n("", width - below.len());
    csv::row(
        below
            .iter()
            .map(String::as_str)
            .chain(missing)
            .chain([number.as_str(), row.reason.as_str()])
            .chain(beyond.iter().map(String::as_str)),
    )
}
