//! The list of leads: what waits, what is open, what is closed.

use askama::Template;

use super::list_query::{EVERYBODY, ListQuery, Period};
use super::rows::{Card, Row};
use crate::db::Error;
use crate::db::page::{Count, Cursor, Page};
use crate::domain::leads::partner::WaitingLead;
use crate::domain::leads::partner::list::choices::{Choices, choices};
use crate::domain::leads::partner::list::filter::Standing;
use crate::domain::leads::partner::list::{self, PartnerLeadRow, Section, Sort};
use crate::web::extract::PartnerUser;
use crate::web::forms::QueryData;
use crate::web::frame::PortalFrame;
use crate::web::here::Here;
use crate::web::respond::{Answer, page};
use crate::web::view::country_name;

/// A section that the filter leaves out is none.
struct Found {
    is_manager: bool,
    choices: Choices,
    waiting: Option<(Page<WaitingLead>, Count)>,
    open: Option<(Page<PartnerLeadRow>, Count)>,
    closed: Option<(Page<PartnerLeadRow>, Count)>,
}

/// `GET /portal/leads`
pub async fn index(user: PartnerUser, data: QueryData) -> Answer {
    let asked = ListQuery::parse(&data)?;
    let (wanted, here) = (asked.clone(), user.here());
    let (frame, found) = user
        .page(move |conn, scope, _| {
            let choices = choices(conn, scope)?;
            let filter = wanted.filter(&choices, here);
            let waiting = if filter.has(Section::Waiting) {
                let page = list::waiting(conn, scope, &filter, wanted.waiting.as_ref())?;
                Some((page, list::count_waiting(conn, scope, &filter)?))
            } else {
                None
            };
            let mut opened = |section, cursor: &Option<Cursor>| {
                if !filter.has(section) {
                    return Ok(None);
                }
                let page = list::opened(conn, scope, section, &filter, wanted.sort(), cursor.as_ref())?;
                Ok::<_, Error>(Some((page, list::count_opened(conn, scope, section, &filter)?)))
            };
            Ok::<_, Error>(Found {
                is_manager: scope.is_manager(),
                open: opened(Section::Open, &wanted.open)?,
                closed: opened(Section::Closed, &wanted.closed)?,
                waiting,
                choices,
            })
        })
        .await?;
    page(&IndexPage::new(frame, asked, found, user.here()))
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
    asked: ListQuery,
    chips: Vec<(String, String)>,
    products: Vec<(String, String)>,
    countries: Vec<(String, &'static str)>,
    colleagues: Vec<(String, String)>,
    waiting: Option<Part<Card>>,
    open: Option<Part<Row>>,
    closed: Option<Part<Row>>,
}

impl IndexPage {
    fn new(frame: PortalFrame, asked: ListQuery, found: Found, here: Here) -> Self {
        let partner = frame.partner_name.clone();
        let card = |lead: WaitingLead| Card::new(lead, &partner, here);
        let row = |lead: PartnerLeadRow| Row::new(lead, &partner, here);
        let mut choices = found.choices;
        let chips = asked.chips(&choices, &partner);
        // What is chosen is offered, whether or not the newest leads have it.
        if !asked.product.is_empty() {
            choices.products.insert(asked.product.clone());
        }
        if let Some(country) = asked.country {
            choices.countries.insert(country.code().to_owned());
        }
        let everybody = (EVERYBODY.to_owned(), format!("{partner} as a whole"));
        let people = choices
            .colleagues
            .into_iter()
            .map(|colleague| (colleague.reference.to_string(), colleague.name));
        IndexPage {
            is_manager: found.is_manager,
            chips,
            products: choices
                .products
                .into_iter()
                .map(|product| (product.clone(), product))
                .collect(),
            countries: choices
                .countries
                .into_iter()
                .map(|code| {
                    let name = country_name(&code);
                    (code, name)
                })
                .collect(),
            colleagues: people.chain([everybody]).collect(),
            waiting: found.waiting.map(|waiting| Part::new(&asked, "waiting", waiting, card)),
            open: found.open.map(|open| Part::new(&asked, "page", open, row)),
            closed: found.closed.map(|closed| Part::new(&asked, "closed", closed, row)),
            asked,
            frame,
        }
    }

    /// Whether there is nothing at all to show, and nothing was looked for.
    fn is_empty(&self) -> bool {
        let is_bare = |part: &Option<Part<Row>>| part.as_ref().is_some_and(|part| part.rows.is_empty());
        !self.is_search()
            && self.waiting.as_ref().is_some_and(|waiting| waiting.rows.is_empty())
            && is_bare(&self.open)
            && is_bare(&self.closed)
    }

    fn is_search(&self) -> bool {
        self.asked.is_narrowed()
    }

    fn standings(&self) -> Vec<(&'static str, &'static str)> {
        Standing::ALL
            .iter()
            .map(|standing| (standing.as_str(), standing.label()))
            .collect()
    }

    fn periods(&self) -> Vec<(&'static str, String)> {
        Period::ALL
            .iter()
            .map(|period| (period.as_str(), period.label()))
            .collect()
    }

    fn sorts(&self) -> Vec<(&'static str, &'static str)> {
        Sort::ALL
            .iter()
            .filter(|sort| **sort != Sort::Newest)
            .map(|sort| (sort.as_str(), sort.label()))
            .collect()
    }

    fn standing(&self) -> &'static str {
        self.asked.standing.map_or("", Standing::as_str)
    }

    fn country(&self) -> &'static str {
        self.asked.country.map_or("", |country| country.code())
    }

    fn period(&self) -> &'static str {
        self.asked.period.map_or("", Period::as_str)
    }

    fn sort(&self) -> &'static str {
        self.asked.sort.map_or("", Sort::as_str)
    }

    fn newest(&self) -> &'static str {
        Sort::Newest.label()
    }
}
