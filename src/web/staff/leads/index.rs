//! The list of leads.

use std::collections::HashMap;

use actix_web::HttpRequest;
use askama::Template;
use chrono::NaiveDate;

use super::list_query::{Choices, EVERYBODY, ListQuery, Period, Question};
use super::views::{self, ViewLink};
use super::way_back::WayBack;
use crate::db::Error;
use crate::db::page::{Count, Cursor, Page};
use crate::db::types::{PartnerId, Reference};
use crate::domain::bulk::LARGEST;
use crate::domain::countries::Country;
use crate::domain::leads::search::{self, AGES, Cut, LeadRow, Permission, Sort};
use crate::domain::leads::views::SavedView;
use crate::domain::leads::{self, LeadStatus};
use crate::domain::partners::{self, Partner};
use crate::web::extract::Staff;
use crate::web::forms::QueryData;
use crate::web::frame::StaffFrame;
use crate::web::here::Here;
use crate::web::respond::{Answer, page};
use crate::web::view::{Moment, country_name};

/// What the list shows, before it is put into words.
struct Found {
    choices: Choices,
    sources: Vec<String>,
    views: Vec<SavedView>,
    page: Page<LeadRow>,
    /// Partners of the page that the filter does not offer.
    others: Vec<Partner>,
    count: Count,
    cut: Option<Cut>,
}

/// `GET /leads`
pub async fn index(staff: Staff, request: HttpRequest) -> Answer {
    let list = ListQuery::parse(&QueryData::of(&request)?)?;
    let (asked, large, here) = (list.clone(), staff.state().large_counts().clone(), staff.here());
    let (frame, found) = staff
        .page(move |conn, scope, now| {
            let choices = Choices::load(conn, scope, &asked, here)?;
            let filter = asked.filter(&choices);
            let page = search::page(
                conn,
                scope,
                &filter,
                asked.sort.unwrap_or(Sort::Newest),
                asked.page.as_ref(),
                now,
            )?;
            let holding = page.rows.iter().filter_map(|row| row.partner);
            let others = partners::others(conn, scope, &choices.partners, holding)?;
            let count = search::count_once(conn, scope, &filter, &large, now)?;
            let cut = search::cut(conn, scope, &filter, count, now)?;
            let sources = search::sources(conn, scope)?;
            let views = leads::views::own(conn, scope)?;
            Ok::<_, Error>(Found {
                choices,
                sources,
                views,
                page,
                others,
                count,
                cut,
            })
        })
        .await?;
    page(&IndexPage::new(frame.at("leads"), &list, found, here))
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
    fn new(row: LeadRow, partners: &HashMap<PartnerId, &str>, here: Here) -> Self {
        let partner = row.partner.and_then(|partner| partners.get(&partner));
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
            partner: partner.map_or_else(String::new, |name| (*name).to_owned()),
            created: Moment::new(row.created_at, here),
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
    /// Nobody knows all that match: the list looks at some alone.
    Cut,
}

impl Whole {
    fn of(found: &Found) -> Self {
        if found.page.previous.is_none() && found.page.next.is_none() {
            Whole::OnePage
        } else if found.count.0 > LARGEST {
            Whole::TooMany
        } else if found.cut.is_some() {
            Whole::Cut
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
    /// To whom of the partner that the list is narrowed to.
    holders: Vec<(String, String)>,
    countries: Vec<(&'static str, &'static str)>,
    sources: Vec<(String, String)>,
    rows: Vec<Row>,
    /// `1,284 leads`.
    count: String,
    /// What made the list see some of the leads alone, in words.
    cut: Option<&'static str>,
    chips: Vec<Chip>,
    /// The ways to one's own views.
    views: Vec<ViewLink>,
    /// Where what the list shows is saved as a view, unless there is nothing to save or it is one.
    new_view: Option<String>,
    way_back: WayBack,
    whole: Whole,
    name_sort: (String, &'static str),
    age_sort: (String, &'static str),
    previous: Option<String>,
    next: Option<String>,
}

impl IndexPage {
    fn new(frame: StaffFrame, list: &ListQuery, found: Found, here: Here) -> Self {
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
        let partners: HashMap<PartnerId, &str> = found
            .choices
            .partners
            .iter()
            .chain(&found.others)
            .map(|partner| (partner.id, partner.name.as_str()))
            .collect();
        let (filters, whole) = (list.filters(), Whole::of(&found));
        let views = views::links(found.views, list);
        let is_new = !filters.is_empty() && !views.iter().any(|view| view.is_open);
        IndexPage {
            frame,
            new_view: is_new.then(|| format!("/leads/views/new?{filters}")),
            views,
            chips: list
                .in_words(&found.choices)
                .into_iter()
                .map(|(name, text)| Chip {
                    text,
                    href: list.without(name),
                })
                .collect(),
            way_back: WayBack::Leads(list.address()),
            whole,
            list: list.clone(),
            is_tracking: found.choices.is_tracking,
            statuses: LeadStatus::ALL
                .iter()
                .map(|status| (status.as_str(), status.label()))
                .collect(),
            holders: holders(&found.choices),
            partners: found
                .choices
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
            rows: found
                .page
                .rows
                .into_iter()
                .map(|row| Row::new(row, &partners, here))
                .collect(),
            count: format!(
                "{} {}",
                found.count.words(),
                if found.count.is_one() { "lead" } else { "leads" }
            ),
            cut: found.cut.map(cut_words),
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

    fn import(&self) -> &str {
        self.list.import.as_ref().map_or("", Reference::as_str)
    }

    fn sort(&self) -> &'static str {
        self.list.sort.map_or("", Sort::as_str)
    }

    fn ages(&self) -> Vec<(i64, String)> {
        AGES.iter()
            .map(|days| (*days, format!("More than {days} days")))
            .collect()
    }

    fn questions(&self) -> [(&'static str, &'static str); 1] {
        [(Question::Waiting.as_str(), Question::Waiting.label())]
    }

    fn periods(&self) -> Vec<(&'static str, &'static str)> {
        Period::ALL
            .iter()
            .map(|period| (period.as_str(), period.label()))
            .collect()
    }

    fn permissions(&self) -> [(&'static str, &'static str); 2] {
        [
            (Permission::OnHold.as_str(), "On hold"),
            (Permission::Confirmed.as_str(), "Confirmed"),
        ]
    }
}

fn holders(choices: &Choices) -> Vec<(String, String)> {
    if choices.holders.is_empty() {
        return Vec::new();
    }
    let people = choices
        .holders
        .iter()
        .map(|holder| (holder.reference.to_string(), holder.name.clone()));
    let everybody = (EVERYBODY.to_owned(), "The partner as a whole".to_owned());
    people.chain([everybody]).collect()
}

fn cut_words(cut: Cut) -> &'static str {
    match cut {
        Cut::Words => {
            "More than 10,000 leads contain these words, and only the newest 10,000 of them are looked at. Add a word to find others."
        }
        Cut::HandOver => {
            "More than 10,000 leads are handed over like this, and only 10,000 of them are looked at: those that wait longest, or were closed last. Choose a partner or a shorter time to find others."
        }
    }
}
