//! The parameters of the list of leads, in its address and in the form of its downloads; others are of no effect.

use chrono::TimeDelta;

use crate::db::page::Cursor;
use crate::db::types::{Reference, UserId};
use crate::domain::countries::Country;
use crate::domain::leads::partner::list::Sort;
use crate::domain::leads::partner::list::choices::Choices;
use crate::domain::leads::partner::list::filter::{Filter, Holder, Standing};
use crate::text_enum;
use crate::web::error::WebError;
use crate::web::forms::{QueryData, query};
use crate::web::here::Here;

/// The value by which the filter names the partner as a whole.
pub const EVERYBODY: &str = "everybody";

text_enum! {
    /// When a lead was received.
    pub enum Period {
        Week = "7_days",
        Month = "30_days",
        Quarter = "90_days",
        Year = "365_days",
    }
}

impl Period {
    pub fn label(self) -> String {
        format!("Last {} days", self.days())
    }

    fn days(self) -> i64 {
        match self {
            Period::Week => 7,
            Period::Month => 30,
            Period::Quarter => 90,
            Period::Year => 365,
        }
    }
}

/// Whose leads, as the address names them.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Whose {
    Everybody,
    Colleague(Reference),
}

impl Whose {
    fn parse(text: &str) -> Option<Self> {
        match text {
            EVERYBODY => Some(Whose::Everybody),
            _ => Reference::parse(text).map(Whose::Colleague),
        }
    }
}

#[derive(Debug, Clone)]
pub struct ListQuery {
    pub words: String,
    pub standing: Option<Standing>,
    pub product: String,
    pub country: Option<Country>,
    pub period: Option<Period>,
    whose: Option<Whose>,
    pub sort: Option<Sort>,
    pub waiting: Option<Cursor>,
    pub open: Option<Cursor>,
    pub closed: Option<Cursor>,
}

impl ListQuery {
    /// # Errors
    /// A value that the list does not offer.
    pub fn parse(data: &QueryData) -> Result<Self, WebError> {
        let short = |name: &str| data.text(name).trim().chars().take(200).collect();
        Ok(ListQuery {
            words: short("q"),
            standing: data.choice("state", Standing::parse)?,
            product: short("product"),
            country: data.choice("country", Country::parse)?,
            period: data.choice("period", Period::parse)?,
            whose: data.choice("colleague", Whose::parse)?,
            sort: data.choice("sort", Sort::parse)?,
            waiting: data.choice("waiting", Cursor::parse)?,
            open: data.choice("page", Cursor::parse)?,
            closed: data.choice("closed", Cursor::parse)?,
        })
    }

    /// The filter for the domain; a colleague who is none has no leads.
    pub fn filter(&self, choices: &Choices, here: Here) -> Filter {
        let holder = self.whose.as_ref().map(|whose| match whose {
            Whose::Everybody => Holder::Everybody,
            Whose::Colleague(reference) => Holder::Colleague(
                choices
                    .colleagues
                    .iter()
                    .find(|colleague| colleague.reference == *reference)
                    .map_or(UserId::new(0), |colleague| colleague.id),
            ),
        });
        let minute = here.now().start_of_minute();
        Filter {
            words: self.words.clone(),
            standing: self.standing,
            product: self.product.clone(),
            country: self.country,
            since: self.period.map(|period| minute - TimeDelta::days(period.days())),
            holder,
            minute,
            today: here.today(),
        }
    }

    pub fn sort(&self) -> Sort {
        self.sort.unwrap_or(Sort::Newest)
    }

    /// The colleague as the filter form names them.
    pub fn colleague(&self) -> String {
        match &self.whose {
            Some(Whose::Everybody) => EVERYBODY.to_owned(),
            Some(Whose::Colleague(reference)) => reference.to_string(),
            None => String::new(),
        }
    }

    /// Whether anything narrows the list.
    pub fn is_narrowed(&self) -> bool {
        self.narrowing().iter().any(|(_, value)| !value.is_empty())
    }

    fn narrowing(&self) -> [(&'static str, String); 6] {
        [
            ("q", self.words.clone()),
            ("state", self.standing.map_or("", Standing::as_str).to_owned()),
            ("product", self.product.clone()),
            ("country", self.country.map_or("", Country::code).to_owned()),
            ("period", self.period.map_or("", Period::as_str).to_owned()),
            ("colleague", self.colleague()),
        ]
    }

    /// What names the rows and their order, without places in it: for the form of a download.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let sort = ("sort", self.sort.map_or("", Sort::as_str).to_owned());
        self.narrowing()
            .into_iter()
            .chain([sort])
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }

    /// The address of the list at another page of one of its sections; the other sections stay where they are.
    pub fn href(&self, section: &str, cursor: &Cursor) -> String {
        let text = |name: &str, own: &Option<Cursor>| {
            if name == section {
                cursor.to_text()
            } else {
                own.as_ref().map(Cursor::to_text).unwrap_or_default()
            }
        };
        let places = [
            ("waiting", text("waiting", &self.waiting)),
            ("page", text("page", &self.open)),
            ("closed", text("closed", &self.closed)),
        ];
        address(self.fields().into_iter().chain(places))
    }

    /// Words of each filter in use, and the address of the list without it.
    pub fn chips(&self, choices: &Choices, partner: &str) -> Vec<(String, String)> {
        let whose = match &self.whose {
            Some(Whose::Everybody) => partner,
            Some(Whose::Colleague(reference)) => choices
                .colleagues
                .iter()
                .find(|colleague| colleague.reference == *reference)
                .map_or("unknown", |colleague| colleague.name.as_str()),
            None => "",
        };
        let words = [
            format!("Search: {}", self.words),
            format!("Status: {}", self.standing.map_or("", Standing::label)),
            format!("Product: {}", self.product),
            format!("Country: {}", self.country.map_or("", Country::name)),
            format!("Received: {}", self.period.map(Period::label).unwrap_or_default()),
            format!("With: {whose}"),
        ];
        self.narrowing()
            .into_iter()
            .zip(words)
            .filter(|((_, value), _)| !value.is_empty())
            .map(|((name, _), words)| {
                let others = self.fields().into_iter().filter(move |(other, _)| *other != name);
                (words, address(others))
            })
            .collect()
    }
}

fn address(pairs: impl IntoIterator<Item = (&'static str, String)>) -> String {
    let pairs: Vec<(&str, String)> = pairs.into_iter().collect();
    let text = query(pairs.iter().map(|(name, value)| (*name, value.as_str())));
    format!("/portal/leads{text}")
}
