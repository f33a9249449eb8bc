//! Who works at the partner, and who has what.

use askama::Template;

use crate::db::Error;
use crate::db::page::{Cursor, Page};
use crate::db::types::Reference;
use crate::domain::accounts::UserState;
use crate::domain::accounts::colleagues::{self, Colleague, Holdings};
use crate::web::extract::PartnerManager;
use crate::web::forms::{QueryData, query};
use crate::web::frame::PortalFrame;
use crate::web::here::Here;
use crate::web::respond::{Answer, page};
use crate::web::view::{Moment, user_tag};

/// `GET /portal/people`
pub async fn index(manager: PartnerManager, asked: QueryData) -> Answer {
    let words: String = asked.text("q").trim().chars().take(200).collect();
    let cursor = asked.choice("page", Cursor::parse)?;
    let wanted = words.clone();
    let (frame, (found, holdings)) = manager
        .page(move |conn, scope, _| {
            let found = colleagues::page(conn, scope, &wanted, cursor.as_ref())?;
            Ok::<_, Error>((found, colleagues::holdings(conn, scope)?))
        })
        .await?;
    page(&IndexPage::new(
        frame.at("people"),
        words,
        found,
        &holdings,
        manager.here(),
    ))
}

struct Row {
    reference: Reference,
    name: String,
    email: String,
    role: &'static str,
    state: UserState,
    tag: &'static str,
    waiting: String,
    open: String,
    last_signed_in: Option<Moment>,
}

impl Row {
    fn new(person: Colleague, holdings: &Holdings, here: Here) -> Self {
        let (waiting, open) = holdings.of(Some(person.id));
        Row {
            reference: person.reference,
            name: person.name,
            email: person.email,
            role: person.role.label(),
            state: person.state,
            tag: user_tag(person.state),
            waiting,
            open,
            last_signed_in: person.last_signed_in_at.map(|at| Moment::new(at, here)),
        }
    }
}

#[derive(Template)]
#[template(path = "portal/people/index.html")]
struct IndexPage {
    frame: PortalFrame,
    words: String,
    rows: Vec<Row>,
    /// Waiting and open leads that were given to nobody in particular, where there are any.
    shared: Option<(String, String)>,
    previous: Option<String>,
    next: Option<String>,
}

impl IndexPage {
    fn new(frame: PortalFrame, words: String, found: Page<Colleague>, holdings: &Holdings, here: Here) -> Self {
        let href = |cursor: &Option<Cursor>| {
            let cursor = cursor.as_ref()?.to_text();
            let pairs = [("q", words.as_str()), ("page", cursor.as_str())];
            Some(format!("/portal/people{}", query(pairs)))
        };
        IndexPage {
            frame,
            previous: href(&found.previous),
            next: href(&found.next),
            shared: (words.is_empty() && holdings.has_shared()).then(|| holdings.of(None)),
            rows: found
                .rows
                .into_iter()
                .map(|person| Row::new(person, holdings, here))
                .collect(),
            words,
        }
    }
}
