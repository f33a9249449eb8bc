//! The list as a file: the columns and rows that the page shows, for CSV readers or for Excel.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web;

use super::list_query::ListQuery;
use super::sheet;
use crate::domain::accounts::throttle;
use crate::domain::leads::partner::list::choices::choices;
use crate::domain::leads::partner::list::download::{self, DownloadError, MOST};
use crate::text_enum;
use crate::web::attempts;
use crate::web::error::WebError;
use crate::web::extract::PartnerUser;
use crate::web::forms::{FormData, QueryData};
use crate::web::respond::Answer;

const LIST: &str = "/portal/leads";

text_enum! {
    pub enum Format {
        Csv = "csv",
        Excel = "xlsx",
    }
}

impl Format {
    fn content_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8",
            Format::Excel => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// `POST /portal/leads/download`: a POST, since a file is written down in the ledger.
pub async fn create(user: PartnerUser, form: FormData) -> Answer {
    let data = QueryData::from(form);
    let asked = ListQuery::parse(&data)?;
    let format = data.choice("format", Format::parse)?.unwrap_or(Format::Csv);
    let (now, here) = (user.now(), user.here());
    user.write(move |tx, scope, now| throttle::admit_download(tx, scope.user(), now))
        .await??
        .map_err(|why| attempts::too_many("Too many downloads", why, now, (LIST, "Back to the leads")))?;
    let taken = user
        .write(move |tx, scope, now| {
            let filter = asked.filter(&choices(tx, scope)?, here);
            download::take(tx, scope, &filter, asked.sort(), format.as_str(), now)
        })
        .await?;
    let rows = match taken {
        Ok(rows) => rows,
        Err(DownloadError::TooMany) => return Err(too_many()),
        Err(DownloadError::Database(error)) => return Err(error.into()),
    };
    let principal = user.principal();
    let is_manager = principal.role() == crate::domain::accounts::Role::PartnerManager;
    let partner = principal.partner_name().unwrap_or_default().to_owned();
    let table = sheet::Table::new(rows, is_manager, &partner);
    let body = match format {
        Format::Csv => table.csv().into_bytes(),
        Format::Excel => web::block(move || table.xlsx(now))
            .await
            .map_err(|error| WebError::Internal(error.to_string()))?
            .map_err(|error| WebError::Internal(error.to_string()))?,
    };
    let name = format!("attachment; filename=\"leads-{}.{}\"", now.date(), format.as_str());
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, format.content_type()))
        .insert_header((CONTENT_DISPOSITION, name))
        .body(body))
}

fn too_many() -> WebError {
    WebError::conflict(
        "Too many leads for one file",
        format!(
            "A file holds up to {} leads, and more match. Narrow the list, by status or by when the leads were \
             received, and download it again.",
            crate::db::page::thousands(MOST as i64)
        ),
        LIST,
        "Back to the leads",
    )
}
