//! The list of leads.

use actix_web::HttpRequest;
use askama::Template;
use chrono::NaiveDate;

use super::way_back::WayBack;
use crate::db::Error;
use crate::db::page::{Count, Cursor, Page};
use crate::db::types::{PartnerId, Reference, UtcTime};
use crate::domain::bulk::LARGEST;
use crate::domain::countries::Country;
use crate::domain::leads::LeadStatus;
use crate::domain::leads::search::{self, Filter, LeadRow, Permission, Sort};
use crate::domain::partners::{self, Partner};
use crate::domain::{leads, settings};
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::forms::{QueryData, query};
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page};
use crate::web::view::{Moment, country_name};

/// The parameters of the list as they stand in its address.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    words: String,
    status: Option<LeadStatus>,
    permission: Option<Permission>,
    partner: Option<Reference>,
    country: Option<Country>,
    source: String,
    created_from: Option<NaiveDate>,
    created_to: Option<NaiveDate>,
    sort: Option<Sort>,
    page: Option<Cursor>,
}

impl ListQuery {
    /// # Errors
    /// A parameter with a value that the list does not offer.
    pub fn parse(data: &QueryData) -> Result<Self, WebError> {
        let day = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        Ok(ListQuery {
            words: data.text("q").trim().chars().take(200).collect(),
            status: data.choice("status", LeadStatus::parse)?,
            permission: data.choice("permission", Permission::parse)?,
            partner: data.choice("partner", Reference::parse)?,
            country: data.choice("country", Country::parse)?,
            source: data.text("source"),
            created_from: data.choice("from", day)?,
            created_to: data.choice("to", day)?,
            sort: data.choice("sort", Sort::parse)?,
            page: data.choice("page", Cursor::parse)?,
        })
    }

    /// The filter for the domain; a partner that does not exist matches nothing.
    pub fn filter(&self, partners: &[Partner], is_tracking: bool) -> Filter {
        let partner = self.partner.as_ref().map(|reference| {
            partners
                .iter()
                .find(|partner| partner.reference == *reference)
                .map_or(PartnerId::new(0), |partner| partner.id)
        });
        Filter {
            words: self.words.clone(),
            status: self.status,
            permission: self.permission.filter(|_| is_tracking),
            partner,
            country: self.country.map(|country| country.code().to_owned()),
            source: Some(self.source.clone()).filter(|source| !source.is_empty()),
            created_from: self.created_from,
            created_to: self.created_to,
        }
    }

    /// The address of the list with some parameters replaced; an empty value removes one. It begins anew at page one.
    pub fn href(&self, changes: &[(&str, &str)]) -> String {
        let mut pairs = self.pairs();
        for (name, value) in [("page", "")].iter().chain(changes) {
            if let Some(pair) = pairs.iter_mut().find(|(known, _)| known == name) {
                pair.1 = (*value).to_owned();
            }
        }
        address(&pairs)
    }

    /// The address of this very page of the list.
    pub fn address(&self) -> String {
        address(&self.pairs())
    }

    fn pairs(&self) -> Vec<(&'static str, String)> {
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        vec![
            ("q", self.words.clone()),
            ("status", self.status.map_or("", LeadStatus::as_str).to_owned()),
            ("permission", self.permission.map_or("", Permission::as_str).to_owned()),
            (
                "partner",
                self.partner.as_ref().map(ToString::to_string).unwrap_or_default(),
            ),
            ("country", self.country.map_or("", Country::code).to_owned()),
            ("source", self.source.clone()),
            ("from", day(self.created_from)),
            ("to", day(self.created_to)),
            ("sort", self.sort.map_or("", Sort::as_str).to_owned()),
            ("page", self.page.as_ref().map(Cursor::to_text).unwrap_or_default()),
        ]
    }

    /// The filters in use: the parameter of each, and its words.
    pub fn in_words(&self, partners: &[Partner], is_tracking: bool) -> Vec<(&'static str, String)> {
        let mut words = Vec::new();
        if !self.words.is_empty() {
            words.push(("q", format!("Search: {}", self.words)));
        }
        if let Some(status) = self.status {
            words.push(("status", format!("Status: {}", status.label())));
        }
        if let Some(permission) = self.permission.filter(|_| is_tracking) {
            let side = match permission {
                Permission::Confirmed => "Confirmed",
                Permission::OnHold => "On hold",
            };
            words.push(("permission", format!("Permission: {side}")));
        }
        if let Some(reference) = &self.partner {
            let partner = partners.iter().find(|partner| partner.reference == *reference);
            let name = partner.map_or("unknown", |partner| partner.name.as_str());
            words.push(("partner", format!("Partner: {name}")));
        }
        if let Some(country) = self.country {
            words.push(("country", format!("Country: {}", country.name())));
        }
        if !self.source.is_empty() {
            words.push(("source", format!("Source: {}", self.source)));
        }
        if let Some(day) = self.created_from {
            words.push(("from", format!("Created from {day}")));
        }
        if let Some(day) = self.created_to {
            words.push(("to", format!("Created until {day}")));
        }
        words
    }
}

fn address(pairs: &[(&'static str, String)]) -> String {
    format!(
        "/leads{}",
        query(pairs.iter().map(|(name, value)| (*name, value.as_str())))
    )
}

/// What the list shows, before it is put into words.
struct Found {
    is_tracking: bool,
    partners: Vec<Partner>,
    sources: Vec<String>,
    page: Page<LeadRow>,
    count: Count,
    is_cut: bool,
}

/// `GET /leads`
pub async fn index(staff: Staff, request: HttpRequest) -> Answer {
    let list = ListQuery::parse(&QueryData::of(&request)?)?;
    let (asked, large) = (list.clone(), staff.state().large_counts().clone());
    let (frame, found) = staff
        .page(move |conn, scope, now| {
            let is_tracking = settings::load(conn)?.track_permission;
            let partners = partners::all(conn, scope)?;
            let filter = asked.filter(&partners, is_tracking);
            let page = search::page(
                conn,
                scope,
                &filter,
                asked.sort.unwrap_or(Sort::Newest),
                asked.page.as_ref(),
            )?;
            let count = search::count_once(conn, scope, &filter, &large, now)?;
            let is_cut = search::is_cut(conn, scope, &filter, count)?;
            let sources = search::sources(conn, scope)?;
            Ok::<_, Error>(Found {
                is_tracking,
                partners,
                sources,
                page,
                count,
                is_cut,
            })
        })
        .await?;
    page(&IndexPage::new(frame.at("leads"), &list, found, staff.now()))
}

/// A lead as a row of the table.
struct Row {
    reference: Reference,
    name: String,
    company: String,
    country: &'static str,
    product: String,
    source: String,
    status: LeadStatus,
    is_confirmed: bool,
    partner: String,
    created: Moment,
}

impl Row {
    fn new(row: LeadRow, now: UtcTime) -> Self {
        let name = leads::staff::title(&row.first_name, &row.last_name, "");
        let has_name = !(row.first_name.is_empty() && row.last_name.is_empty());
        let (name, company) = if has_name {
            (name, row.company)
        } else {
            (leads::staff::title("", "", &row.company), String::new())
        };
        Row {
            reference: row.reference,
            name,
            company,
            country: country_name(&row.country),
            product: row.product,
            source: row.source,
            status: row.status,
            is_confirmed: row.has_confirmation,
            partner: row.partner.unwrap_or_default(),
            created: Moment::new(row.created_at, now),
        }
    }
}

/// A filter in use and the address of the list without it.
struct Chip {
    text: String,
    href: String,
}

/// Whether all that match can be acted on at once.
enum Whole {
    /// They stand on this page.
    OnePage,
    All,
    TooMany,
}

impl Whole {
    fn of(found: &Found) -> Self {
        if found.page.previous.is_none() && found.page.next.is_none() {
            Whole::OnePage
        } else if found.count.0 > LARGEST {
            Whole::TooMany
        } else {
            Whole::All
        }
    }
}

#[derive(Template)]
#[template(path = "staff/leads/index.html")]
struct IndexPage {
    frame: StaffFrame,
    list: ListQuery,
    is_tracking: bool,
    statuses: Vec<(&'static str, &'static str)>,
    partners: Vec<(String, String)>,
    countries: Vec<(&'static str, &'static str)>,
    sources: Vec<(String, String)>,
    rows: Vec<Row>,
    /// `1,284 leads`.
    count: String,
    /// Whether the search looked at the newest leads alone.
    is_cut: bool,
    chips: Vec<Chip>,
    way_back: WayBack,
    whole: Whole,
    name_sort: (String, &'static str),
    age_sort: (String, &'static str),
    previous: Option<String>,
    next: Option<String>,
}

impl IndexPage {
    fn new(frame: StaffFrame, list: &ListQuery, found: Found, now: UtcTime) -> Self {
        let sort = list.sort.unwrap_or(Sort::Newest);
        let to = |sort: Sort| list.href(&[("sort", sort.as_str())]);
        let name_sort = match sort {
            Sort::Name => (to(Sort::NameBackwards), "ascending"),
            Sort::NameBackwards => (to(Sort::Name), "descending"),
            Sort::Newest | Sort::Oldest => (to(Sort::Name), ""),
        };
        let age_sort = match sort {
            Sort::Newest => (to(Sort::Oldest), "ascending"),
            Sort::Oldest => (to(Sort::Newest), "descending"),
            Sort::Name | Sort::NameBackwards => (to(Sort::Newest), ""),
        };
        let cursor = |cursor: &Option<Cursor>| cursor.as_ref().map(|cursor| list.href(&[("page", &cursor.to_text())]));
        IndexPage {
            frame,
            chips: list
                .in_words(&found.partners, found.is_tracking)
                .into_iter()
                .map(|(name, text)| Chip {
                    text,
                    href: list.href(&[(name, "")]),
                })
                .collect(),
            way_back: WayBack::Leads(list.address()),
            whole: Whole::of(&found),
            list: list.clone(),
            is_tracking: found.is_tracking,
            statuses: LeadStatus::ALL
                .iter()
                .map(|status| (status.as_str(), status.label()))
                .collect(),
            partners: found
                .partners
                .iter()
                .map(|p| (p.reference.to_string(), p.name.clone()))
                .collect(),
            countries: crate::web::view::country_options(),
            sources: found
                .sources
                .iter()
                .map(|source| (source.clone(), source.clone()))
                .collect(),
            previous: cursor(&found.page.previous),
            next: cursor(&found.page.next),
            rows: found.page.rows.into_iter().map(|row| Row::new(row, now)).collect(),
            count: format!(
                "{} {}",
                found.count.words(),
                if found.count.is_one() { "lead" } else { "leads" }
            ),
            is_cut: found.is_cut,
            name_sort,
            age_sort,
        }
    }

    fn status(&self) -> &'static str {
        self.list.status.map_or("", LeadStatus::as_str)
    }

    fn permission(&self) -> &'static str {
        self.list.permission.map_or("", Permission::as_str)
    }

    fn partner(&self) -> String {
        self.list.partner.as_ref().map(ToString::to_string).unwrap_or_default()
    }

    fn country(&self) -> &'static str {
        self.list.country.map_or("", Country::code)
    }

    fn day(&self, day: &Option<NaiveDate>) -> String {
        day.map(|day| day.to_string()).unwrap_or_default()
    }

    fn sort(&self) -> &'static str {
        self.list.sort.map_or("", Sort::as_str)
    }

    fn permissions(&self) -> [(&'static str, &'static str); 2] {
        [
            (Permission::OnHold.as_str(), "On hold"),
            (Permission::Confirmed.as_str(), "Confirmed"),
        ]
    }
}
