//! The versions of the confirmation text: which words users saw, since when, by whom, and how many confirmations rest on them.

use std::collections::HashMap;

use actix_web::web;
use askama::Template;

use crate::db::Error;
use crate::db::page::{Count, thousands};
use crate::domain::permission::text::{self, ConfirmationText};
use crate::web::error::WebError;
use crate::web::extract::Admin;
use crate::web::frame::StaffFrame;
use crate::web::here::Here;
use crate::web::respond::{Answer, page};
use crate::web::view::{Moment, paragraphs};

/// One version.
struct Version {
    number: i64,
    since: Moment,
    author: String,
    uses: String,
}

impl Version {
    fn new(text: &ConfirmationText, author: String, uses: String, here: Here) -> Self {
        Version {
            number: text.version,
            since: Moment::new(text.created_at, here),
            author,
            uses,
        }
    }
}

#[derive(Template)]
#[template(path = "admin/settings/texts.html")]
struct IndexPage {
    frame: StaffFrame,
    versions: Vec<Version>,
}

/// `GET /settings/lead-distribution/module/texts`
pub async fn index(admin: Admin) -> Answer {
    let (frame, versions) = admin.page(|conn, _, _| text::versions(conn)).await?;
    let uses: HashMap<_, _> = admin
        .read_slowly(|conn, _, _| text::all_uses(conn))
        .await?
        .into_iter()
        .collect();
    let versions = versions
        .into_iter()
        .map(|(text, author)| {
            let uses = thousands(uses.get(&text.id).copied().unwrap_or(0));
            Version::new(&text, author, uses, admin.here())
        })
        .collect();
    page(&IndexPage {
        frame: frame.at("settings"),
        versions,
    })
}

#[derive(Template)]
#[template(path = "admin/settings/text.html")]
struct ShowPage {
    frame: StaffFrame,
    version: Version,
    paragraphs: Vec<String>,
}

impl ShowPage {
    fn heading(&self) -> String {
        format!("Confirmation text, version {}", self.version.number)
    }
}

/// `GET /settings/lead-distribution/module/texts/{version}`
pub async fn show(admin: Admin, path: web::Path<String>) -> Answer {
    let number: i64 = path.parse().map_err(|_| WebError::NotFound)?;
    let (frame, (text, author, uses)) = admin
        .page(move |conn, _, _| {
            let (text, author) = text::find(conn, number)?.ok_or(Error::NotFound)?;
            let uses = text::uses(conn, text.id)?;
            Ok::<(ConfirmationText, String, Count), Error>((text, author, uses))
        })
        .await?;
    page(&ShowPage {
        frame: frame.at("settings"),
        version: Version::new(&text, author, uses.words(), admin.here()),
        paragraphs: paragraphs(&text.body),
    })
}
