//! What somebody at a partner is told: which leads wait, which copies to destroy. A notice goes with
//! the access to what it is about.

use askama::Template;

use crate::db::page::{Cursor, Page};
use crate::domain::notices::{self, PartnerNotice};
use crate::domain::outbox::Message;
use crate::web::extract::PartnerUser;
use crate::web::flash::Notice;
use crate::web::forms::{QueryData, query};
use crate::web::frame::PortalFrame;
use crate::web::here::Here;
use crate::web::respond::{Answer, page, see_other_with};
use crate::web::view::{Moment, country_name};

/// `GET /portal/notices`: looking changes nothing.
pub async fn index(partner: PartnerUser, asked: QueryData) -> Answer {
    let cursor = asked.choice("page", Cursor::parse)?;
    let (frame, found) = partner
        .page(move |conn, scope, _| notices::for_partner(conn, scope, cursor.as_ref()))
        .await?;
    page(&IndexPage::new(frame.at("notices"), found, partner.here()))
}

/// `POST /portal/notices/read`
pub async fn read(partner: PartnerUser) -> Answer {
    partner
        .write(move |tx, scope, now| notices::mark_all_read(tx, scope.user(), now))
        .await??;
    see_other_with("/portal/notices", Notice::NoticesRead)
}

/// A notice as a row of the table.
struct Row {
    title: &'static str,
    href: String,
    /// What identifies nobody: product and country.
    about: String,
    is_read: bool,
    created: Moment,
}

impl Row {
    fn new(notice: PartnerNotice, here: Here) -> Self {
        let (href, words) = match &notice.lead {
            Some(lead) => (
                format!("/portal/leads/{}", lead.reference),
                vec![lead.product.as_str(), country_name(&lead.country)],
            ),
            None => ("/portal/tasks".to_owned(), Vec::new()),
        };
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        Row {
            title: match notice.kind {
                Message::LeadWaiting => "A new lead for you",
                kind => kind.label(),
            },
            href,
            about: words.join(", "),
            is_read: notice.read_at.is_some(),
            created: Moment::new(notice.created_at, here),
        }
    }
}

#[derive(Template)]
#[template(path = "portal/notices/index.html")]
struct IndexPage {
    frame: PortalFrame,
    rows: Vec<Row>,
    previous: Option<String>,
    next: Option<String>,
}

impl IndexPage {
    fn new(frame: PortalFrame, found: Page<PartnerNotice>, here: Here) -> Self {
        let href = |cursor: &Option<Cursor>| {
            let cursor = cursor.as_ref()?.to_text();
            Some(format!("/portal/notices{}", query([("page", cursor.as_str())])))
        };
        IndexPage {
            frame,
            previous: href(&found.previous),
            next: href(&found.next),
            rows: found.rows.into_iter().map(|row| Row::new(row, here)).collect(),
        }
    }
}
