//! The list of leads: what waits, what is open, what is closed.

use actix_web::HttpRequest;
use askama::Template;

use crate::db::Error;
use crate::db::page::{Count, Cursor, Page};
use crate::db::types::{Reference, UtcTime};
use crate::domain::leads::LeadStatus;
use crate::domain::leads::partner::WaitingLead;
use crate::domain::leads::partner::list::{self, PartnerLeadRow, Section, Sort};
use crate::web::error::WebError;
use crate::web::extract::PartnerUser;
use crate::web::forms::{QueryData, query};
use crate::web::frame::PortalFrame;
use crate::web::respond::{Answer, page};
use crate::web::view::{Moment, country_name};

/// The parameters of the list as they stand in its address; others are of no effect.
#[derive(Debug, Clone)]
struct ListQuery {
    words: String,
    sort: Option<Sort>,
    waiting: Option<Cursor>,
    open: Option<Cursor>,
    closed: Option<Cursor>,
}

impl ListQuery {
    fn parse(data: &QueryData) -> Result<Self, WebError> {
        Ok(ListQuery {
            words: data.text("q").trim().chars().take(200).collect(),
            sort: data.choice("sort", Sort::parse)?,
            waiting: data.choice("waiting", Cursor::parse)?,
            open: data.choice("page", Cursor::parse)?,
            closed: data.choice("closed", Cursor::parse)?,
        })
    }

    /// The address of the list at another page of one of its sections; the other sections stay where they are.
    fn href(&self, section: &str, cursor: &Cursor) -> String {
        let text = |name: &str, own: &Option<Cursor>| {
            if name == section {
                cursor.to_text()
            } else {
                own.as_ref().map(Cursor::to_text).unwrap_or_default()
            }
        };
        let pairs = [
            ("q", self.words.clone()),
            ("sort", self.sort.map_or("", Sort::as_str).to_owned()),
            ("waiting", text("waiting", &self.waiting)),
            ("page", text("page", &self.open)),
            ("closed", text("closed", &self.closed)),
        ];
        format!(
            "/portal/leads{}",
            query(pairs.iter().map(|(name, value)| (*name, value.as_str())))
        )
    }
}

struct Found {
    is_manager: bool,
    /// Nothing identifies a lead that waits, so a search has no place to look in it.
    waiting: Option<(Page<WaitingLead>, Count)>,
    open: (Page<PartnerLeadRow>, Count),
    closed: (Page<PartnerLeadRow>, Count),
}

/// `GET /portal/leads`
pub async fn index(user: PartnerUser, request: HttpRequest) -> Answer {
    let asked = ListQuery::parse(&QueryData::of(&request)?)?;
    let wanted = asked.clone();
    let (frame, found) = user
        .page(move |conn, scope, _| {
            let sort = wanted.sort.unwrap_or(Sort::Newest);
            let waiting = if wanted.words.is_empty() {
                let page = list::waiting(conn, scope, wanted.waiting.as_ref())?;
                Some((page, list::count_waiting(conn, scope)?))
            } else {
                None
            };
            let mut opened = |section, cursor: &Option<Cursor>| {
                let page = list::opened(conn, scope, section, &wanted.words, sort, cursor.as_ref())?;
                Ok::<_, Error>((page, list::count_opened(conn, scope, section, &wanted.words)?))
            };
            Ok::<_, Error>(Found {
                is_manager: scope.is_manager(),
                open: opened(Section::Open, &wanted.open)?,
                closed: opened(Section::Closed, &wanted.closed)?,
                waiting,
            })
        })
        .await?;
    page(&IndexPage::new(frame, &asked, found, user.now()))
}

/// A lead that waits, as a card.
struct Card {
    reference: Reference,
    product: String,
    country: &'static str,
    received: Moment,
    colleague: String,
}

/// An opened lead, as a row.
struct Row {
    reference: Reference,
    name: String,
    company: String,
    country: &'static str,
    product: String,
    status: LeadStatus,
    status_note: String,
    received: Moment,
    colleague: String,
}

impl Row {
    fn new(row: PartnerLeadRow, partner: &str, now: UtcTime) -> Self {
        let (name, company) = if row.has_name() {
            (row.name(), row.company)
        } else if row.company.is_empty() {
            (row.name(), String::new())
        } else {
            (row.company, String::new())
        };
        Row {
            reference: row.reference,
            name,
            company,
            country: country_name(&row.country),
            product: row.product,
            status: row.status,
            status_note: shortened(&row.status_note),
            received: Moment::new(row.received_at, now),
            colleague: row.colleague.unwrap_or_else(|| partner.to_owned()),
        }
    }
}

/// The first words of a note, as far as a row has room.
fn shortened(note: &str) -> String {
    const SHOWN: usize = 60;
    let mut text = String::new();
    for word in note.split_whitespace() {
        if text.chars().count() + word.chars().count() > SHOWN {
            return format!(
                "{}…",
                if text.is_empty() {
                    word.chars().take(SHOWN).collect()
                } else {
                    text
                }
            );
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

/// One of the lists with its count and its neighbours.
struct Part<T> {
    count: String,
    rows: Vec<T>,
    previous: Option<String>,
    next: Option<String>,
}

impl<T> Part<T> {
    fn new<R>(asked: &ListQuery, section: &str, found: (Page<R>, Count), row: impl Fn(R) -> T) -> Self {
        let (page, count) = found;
        let href = |cursor: &Option<Cursor>| cursor.as_ref().map(|cursor| asked.href(section, cursor));
        Part {
            count: count.words(),
            previous: href(&page.previous),
            next: href(&page.next),
            rows: page.rows.into_iter().map(row).collect(),
        }
    }
}

#[derive(Template)]
#[template(path = "portal/leads/index.html")]
struct IndexPage {
    frame: PortalFrame,
    is_manager: bool,
    words: String,
    sort: &'static str,
    sorts: Vec<(&'static str, &'static str)>,
    waiting: Option<Part<Card>>,
    open: Part<Row>,
    closed: Part<Row>,
}

impl IndexPage {
    fn new(frame: PortalFrame, asked: &ListQuery, found: Found, now: UtcTime) -> Self {
        let partner = frame.partner_name.clone();
        let card = |lead: WaitingLead| Card {
            reference: lead.reference,
            product: lead.product,
            country: country_name(&lead.country),
            received: Moment::new(lead.received_at, now),
            colleague: lead.colleague.unwrap_or_else(|| partner.clone()),
        };
        let row = |lead: PartnerLeadRow| Row::new(lead, &partner, now);
        IndexPage {
            is_manager: found.is_manager,
            words: asked.words.clone(),
            sort: asked.sort.map_or("", Sort::as_str),
            sorts: Sort::ALL
                .iter()
                .filter(|sort| **sort != Sort::Newest)
                .map(|sort| (sort.as_str(), sort.label()))
                .collect(),
            waiting: found.waiting.map(|waiting| Part::new(asked, "waiting", waiting, card)),
            open: Part::new(asked, "page", found.open, row),
            closed: Part::new(asked, "closed", found.closed, row),
            frame,
        }
    }

    /// Whether there is nothing at all to show, and nothing was looked for.
    fn is_empty(&self) -> bool {
        self.waiting.as_ref().is_some_and(|waiting| waiting.rows.is_empty())
            && self.open.rows.is_empty()
            && self.closed.rows.is_empty()
    }

    fn is_search(&self) -> bool {
        !self.words.is_empty()
    }

    fn newest(&self) -> &'static str {
        Sort::Newest.label()
    }
}
