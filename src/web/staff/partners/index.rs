//! The list of partners.

use askama::Template;

use crate::db::Error;
use crate::db::page::{Count, Cursor, Page, thousands};
use crate::db::types::Reference;
use crate::domain::countries::Country;
use crate::domain::partners::PartnerState;
use crate::domain::partners::directory::{self, Filter, PartnerRow};
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::forms::{QueryData, query};
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page};
use crate::web::view::{country_name, country_options};

/// The parameters of the list as they stand in its address.
#[derive(Debug, Clone, Default)]
struct ListQuery {
    words: String,
    state: Option<PartnerState>,
    country: Option<Country>,
    page: Option<Cursor>,
}

impl ListQuery {
    fn parse(data: &QueryData) -> Result<Self, WebError> {
        Ok(ListQuery {
            words: data.text("q").trim().chars().take(200).collect(),
            state: data.choice("state", PartnerState::parse)?,
            country: data.choice("country", Country::parse)?,
            page: data.choice("page", Cursor::parse)?,
        })
    }

    fn filter(&self) -> Filter {
        Filter {
            words: self.words.clone(),
            state: self.state,
            country: self.country.map(|country| country.code().to_owned()),
        }
    }

    /// The address of the list without one of its filters, or at another page.
    fn href(&self, without: &str, at: &str) -> String {
        let pairs = [
            ("q", self.words.as_str()),
            ("state", self.state.map_or("", PartnerState::as_str)),
            ("country", self.country.map_or("", Country::code)),
            ("page", at),
        ];
        let kept = pairs.into_iter().filter(|(name, _)| *name != without);
        format!("/partners{}", query(kept))
    }

    /// Words and address of each filter in use, the address being that of the list without it.
    fn chips(&self) -> Vec<(String, String)> {
        let mut chips = Vec::new();
        if !self.words.is_empty() {
            chips.push((format!("Search: {}", self.words), self.href("q", "")));
        }
        if let Some(state) = self.state {
            chips.push((format!("Status: {}", state.label()), self.href("state", "")));
        }
        if let Some(country) = self.country {
            chips.push((format!("Country: {}", country.name()), self.href("country", "")));
        }
        chips
    }
}

/// A partner as a row of the table.
struct Row {
    reference: Reference,
    name: String,
    country: &'static str,
    state: PartnerState,
    tag: &'static str,
    users: String,
    unopened: String,
    opened: String,
}

impl Row {
    fn new(row: PartnerRow) -> Self {
        Row {
            reference: row.reference,
            name: row.name,
            country: country_name(&row.country),
            state: row.state,
            tag: super::tag_of(row.state),
            users: thousands(row.users),
            unopened: thousands(row.leads.unopened()),
            opened: thousands(row.leads.opened),
        }
    }
}

#[derive(Template)]
#[template(path = "staff/partners/index.html")]
struct IndexPage {
    frame: StaffFrame,
    list: ListQuery,
    states: Vec<(&'static str, &'static str)>,
    countries: Vec<(&'static str, &'static str)>,
    rows: Vec<Row>,
    /// `4 partners`.
    count: String,
    chips: Vec<(String, String)>,
    previous: Option<String>,
    next: Option<String>,
}

/// `GET /partners`
pub async fn index(staff: Staff, data: QueryData) -> Answer {
    let list = ListQuery::parse(&data)?;
    let asked = list.clone();
    let (frame, (found, count)): (_, (Page<PartnerRow>, Count)) = staff
        .page(move |conn, scope, _| {
            let filter = asked.filter();
            let found = directory::page(conn, scope, &filter, asked.page.as_ref())?;
            let count = directory::count_matching(conn, scope, &filter)?;
            Ok::<_, Error>((found, count))
        })
        .await?;
    let at = |cursor: &Option<Cursor>| cursor.as_ref().map(|cursor| list.href("", &cursor.to_text()));
    page(&IndexPage {
        frame: frame.at("partners"),
        states: PartnerState::ALL
            .iter()
            .map(|state| (state.as_str(), state.label()))
            .collect(),
        countries: country_options(),
        count: format!(
            "{} {}",
            count.words(),
            if count.is_one() { "partner" } else { "partners" }
        ),
        chips: list.chips(),
        previous: at(&found.previous),
        next: at(&found.next),
        rows: found.rows.into_iter().map(Row::new).collect(),
        list,
    })
}

impl IndexPage {
    fn state(&self) -> &'static str {
        self.list.state.map_or("", PartnerState::as_str)
    }

    fn country(&self) -> &'static str {
        self.list.country.map_or("", Country::code)
    }
}
