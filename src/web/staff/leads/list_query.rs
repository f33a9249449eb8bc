//! The parameters of the list of leads, as they stand in its address.

use chrono::{Datelike, Days, Months, NaiveDate};

use crate::db::page::Cursor;
use crate::db::types::{PartnerId, Reference};
use crate::db::{DbConn, Error};
use crate::domain::access::StaffScope;
use crate::domain::countries::Country;
use crate::domain::imports::stored;
use crate::domain::leads::LeadStatus;
use crate::domain::leads::search::{self, AGES, Filter, HandOver, Holder, HolderChoice, Permission, Sort};
use crate::domain::partners::{self, Partner};
use crate::domain::settings;
use crate::text_enum;
use crate::web::error::WebError;
use crate::web::forms::{QueryData, query};
use crate::web::here::{Here, day};

/// The value by which the filter names the partner as a whole.
pub const EVERYBODY: &str = "everybody";

text_enum! {
    /// When a lead was closed.
    pub enum Period {
        ThisMonth = "this_month",
        LastMonth = "last_month",
        ThisYear = "this_year",
        LastYear = "last_year",
    }
}

impl Period {
    pub fn label(self) -> &'static str {
        match self {
            Period::ThisMonth => "This month",
            Period::LastMonth => "Last month",
            Period::ThisYear => "This year",
            Period::LastYear => "Last year",
        }
    }

    /// Its first and its last day.
    fn days(self, today: NaiveDate) -> (NaiveDate, NaiveDate) {
        let month = today.with_day(1).expect("every month has a first day");
        let year = month.with_month(1).expect("every year has a first month");
        let (first, months) = match self {
            Period::ThisMonth => (month, 1),
            Period::LastMonth => (month - Months::new(1), 1),
            Period::ThisYear => (year, 12),
            Period::LastYear => (year - Months::new(12), 12),
        };
        (first, first + Months::new(months) - Days::new(1))
    }
}

text_enum! {
    /// What became of the question to the partner.
    pub enum Question {
        Waiting = "waiting",
    }
}

impl Question {
    pub fn label(self) -> &'static str {
        match self {
            Question::Waiting => "Waiting for an answer",
        }
    }
}

/// To whom of a partner a lead was given, as the address names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    Everybody,
    User(Reference),
}

impl Whose {
    fn parse(text: &str) -> Option<Self> {
        match text {
            EVERYBODY => Some(Whose::Everybody),
            _ => Reference::parse(text).map(Whose::User),
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    pub words: String,
    pub status: Option<LeadStatus>,
    pub permission: Option<Permission>,
    pub partner: Option<Reference>,
    pub holder: Option<Whose>,
    pub country: Option<Country>,
    pub source: String,
    pub created_from: Option<NaiveDate>,
    pub created_to: Option<NaiveDate>,
    pub unopened_days: Option<i64>,
    pub silent_days: Option<i64>,
    pub question: Option<Question>,
    pub closed: Option<Period>,
    pub closed_from: Option<NaiveDate>,
    pub closed_to: Option<NaiveDate>,
    /// The import that they came in with.
    pub import: Option<Reference>,
    pub sort: Option<Sort>,
    pub page: Option<Cursor>,
}

/// What the list offers at this moment, and what the references in its address stand for.
pub struct Choices {
    pub is_tracking: bool,
    pub partners: Vec<Partner>,
    /// The users of the partner that the list is narrowed to.
    pub holders: Vec<HolderChoice>,
    /// The files that were imported.
    imports: Vec<(Reference, String)>,
    here: Here,
}

impl Choices {
    /// For lists that name no partner.
    pub fn of_no_partner(here: Here) -> Self {
        Choices {
            is_tracking: true,
            partners: Vec::new(),
            holders: Vec::new(),
            imports: Vec::new(),
            here,
        }
    }

    pub fn load(conn: &mut DbConn, scope: &StaffScope, list: &ListQuery, here: Here) -> Result<Self, Error> {
        let is_tracking = settings::is_tracking(conn)?;
        let partners = partners::all(conn, scope)?;
        let holders = match list.partner_of(&partners) {
            Some(partner) => search::holders_of(conn, scope, partner.id)?,
            None => Vec::new(),
        };
        let imports = imports(conn, scope, std::slice::from_ref(list))?;
        Ok(Choices {
            is_tracking,
            partners,
            holders,
            imports,
            here,
        })
    }

    /// What many lists need to be told in words, in as many statements as one needs.
    pub fn of_all(conn: &mut DbConn, scope: &StaffScope, lists: &[ListQuery], here: Here) -> Result<Self, Error> {
        let holders: Vec<&Reference> = lists.iter().filter_map(ListQuery::holding_user).collect();
        Ok(Choices {
            is_tracking: settings::is_tracking(conn)?,
            partners: partners::all(conn, scope)?,
            holders: search::holders_named(conn, scope, &holders)?,
            imports: imports(conn, scope, lists)?,
            here,
        })
    }

    fn import_name(&self, reference: &Reference) -> &str {
        let found = self.imports.iter().find(|(known, _)| known == reference);
        found.map_or("unknown", |(_, name)| name)
    }
}

fn imports(conn: &mut DbConn, scope: &StaffScope, lists: &[ListQuery]) -> Result<Vec<(Reference, String)>, Error> {
    let references: Vec<&Reference> = lists.iter().filter_map(|list| list.import.as_ref()).collect();
    stored::names(conn, scope, &references)
}

impl ListQuery {
    /// # Errors
    /// A parameter with a value that the list does not offer.
    pub fn parse(data: &QueryData) -> Result<Self, WebError> {
        let age = |text: &str| text.parse().ok().filter(|days| AGES.contains(days));
        Ok(ListQuery {
            words: data.text("q").trim().chars().take(200).collect(),
            status: data.choice("status", LeadStatus::parse)?,
            permission: data.choice("permission", Permission::parse)?,
            partner: data.choice("partner", Reference::parse)?,
            holder: data.choice("holder", Whose::parse)?,
            country: data.choice("country", Country::parse)?,
            source: data.text("source"),
            created_from: data.choice("from", day)?,
            created_to: data.choice("to", day)?,
            unopened_days: data.choice("unopened", age)?,
            silent_days: data.choice("silent", age)?,
            question: data.choice("question", Question::parse)?,
            closed: data.choice("closed", Period::parse)?,
            closed_from: data.choice("closed_from", day)?,
            closed_to: data.choice("closed_to", day)?,
            import: data.choice("import", Reference::parse)?,
            sort: data.choice("sort", Sort::parse)?,
            page: data.choice("page", Cursor::parse)?,
        })
    }

    /// Reads what [`ListQuery::filters`] once gave; what the list no longer offers is left out.
    pub fn of_view(text: &str) -> Self {
        let read = |text: &str| QueryData::parse(text).and_then(|data| ListQuery::parse(&data));
        let offered: Vec<&str> = text.split('&').filter(|pair| read(pair).is_ok()).collect();
        read(&offered.join("&")).unwrap_or_default()
    }

    /// Filters, search and order as a query string without its question mark.
    pub fn filters(&self) -> String {
        let address = self.href(&[]);
        let (_, filters) = address.split_once('?').unwrap_or_default();
        filters.to_owned()
    }

    fn holding_user(&self) -> Option<&Reference> {
        match self.holder.as_ref()? {
            Whose::User(reference) => Some(reference),
            Whose::Everybody => None,
        }
    }

    fn partner_of<'a>(&self, partners: &'a [Partner]) -> Option<&'a Partner> {
        let reference = self.partner.as_ref()?;
        partners.iter().find(|partner| partner.reference == *reference)
    }

    /// To whom of the partner, and the name; whoever is not of that partner is of no effect.
    fn held_by<'a>(&self, choices: &'a Choices) -> Option<(Holder, &'a str)> {
        let partner = self.partner_of(&choices.partners)?;
        match self.holder.as_ref()? {
            Whose::Everybody => Some((Holder::Everybody, &partner.name)),
            Whose::User(reference) => {
                let holder = choices.holders.iter().find(|holder| holder.reference == *reference)?;
                Some((Holder::User(holder.id), &holder.name))
            }
        }
    }

    /// The filter for the domain; a partner that does not exist matches nothing.
    pub fn filter(&self, choices: &Choices) -> Filter {
        let partner = self.partner.as_ref().map(|_| {
            self.partner_of(&choices.partners)
                .map_or(PartnerId::new(0), |partner| partner.id)
        });
        let zone = choices.here.zone();
        let period = self.closed.map(|period| period.days(choices.here.today()));
        let closed_from = self.closed_from.into_iter().chain(period.map(|(first, _)| first)).max();
        let closed_to = self.closed_to.into_iter().chain(period.map(|(_, last)| last)).min();
        let hand_over = HandOver {
            holder: self.held_by(choices).map(|(holder, _)| holder),
            unopened_days: self.unopened_days,
            silent_days: self.silent_days,
            is_unanswered: self.question == Some(Question::Waiting),
            closed_since: closed_from.map(|day| zone.start_of(day)),
            closed_before: closed_to.map(|day| zone.end_of(day)),
        };
        Filter {
            words: self.words.clone(),
            status: self.status,
            permission: self.permission.filter(|_| choices.is_tracking),
            partner,
            country: self.country.map(|country| country.code().to_owned()),
            source: Some(self.source.clone()).filter(|source| !source.is_empty()),
            created_since: self.created_from.map(|day| zone.start_of(day)),
            created_before: self.created_to.map(|day| zone.end_of(day)),
            hand_over,
            import: self.import.clone(),
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

    /// The address of the list without one of its filters; the holder goes with the partner.
    pub fn without(&self, name: &str) -> String {
        match name {
            "partner" => self.href(&[("partner", ""), ("holder", "")]),
            _ => self.href(&[(name, "")]),
        }
    }

    /// The address of this very page of the list.
    pub fn address(&self) -> String {
        address(&self.pairs())
    }

    fn pairs(&self) -> Vec<(&'static str, String)> {
        vec![
            ("q", self.words.clone()),
            ("status", self.status.map_or("", LeadStatus::as_str).to_owned()),
            ("permission", self.permission.map_or("", Permission::as_str).to_owned()),
            ("partner", text(&self.partner)),
            ("holder", self.holder()),
            ("country", self.country.map_or("", Country::code).to_owned()),
            ("source", self.source.clone()),
            ("from", text(&self.created_from)),
            ("to", text(&self.created_to)),
            ("unopened", self.unopened()),
            ("silent", self.silent()),
            ("question", self.question().to_owned()),
            ("closed", self.closed().to_owned()),
            ("closed_from", text(&self.closed_from)),
            ("closed_to", text(&self.closed_to)),
            ("import", text(&self.import)),
            ("sort", self.sort.map_or("", Sort::as_str).to_owned()),
            ("page", self.page.as_ref().map(Cursor::to_text).unwrap_or_default()),
        ]
    }

    /// The holder as the form names it.
    pub fn holder(&self) -> String {
        match &self.holder {
            Some(Whose::Everybody) => EVERYBODY.to_owned(),
            Some(Whose::User(reference)) => reference.to_string(),
            None => String::new(),
        }
    }

    pub fn unopened(&self) -> String {
        text(&self.unopened_days)
    }

    pub fn silent(&self) -> String {
        text(&self.silent_days)
    }

    pub fn question(&self) -> &'static str {
        self.question.map_or("", Question::as_str)
    }

    pub fn closed(&self) -> &'static str {
        self.closed.map_or("", Period::as_str)
    }

    /// Whether the list is narrowed by what stands among the further filters.
    pub fn is_narrowed_further(&self) -> bool {
        let of_hand_over = [self.holder(), self.unopened(), self.silent(), self.closed().to_owned()];
        of_hand_over.iter().any(|value| !value.is_empty())
            || self.question.is_some()
            || self.closed_from.is_some()
            || self.closed_to.is_some()
    }

    /// The filters in use: the parameter of each, and its words.
    pub fn in_words(&self, choices: &Choices) -> Vec<(&'static str, String)> {
        let said = |label: &str, value: &str| (!value.is_empty()).then(|| format!("{label}{value}"));
        let permission = self.permission.filter(|_| choices.is_tracking).map(|side| match side {
            Permission::Confirmed => "Confirmed",
            Permission::OnHold => "On hold",
        });
        let partner = self.partner.as_ref().map(|_| {
            self.partner_of(&choices.partners)
                .map_or("unknown", |partner| &partner.name)
        });
        let age = |label: &str, days: Option<i64>| days.map(|days| format!("{label} for more than {days} days"));
        let import = self.import.as_ref().map(|reference| choices.import_name(reference));
        let words = [
            ("q", said("Search: ", &self.words)),
            ("status", said("Status: ", self.status.map_or("", LeadStatus::label))),
            ("permission", said("Permission: ", permission.unwrap_or_default())),
            ("partner", said("Partner: ", partner.unwrap_or_default())),
            (
                "holder",
                self.held_by(choices).map(|(_, name)| format!("Held by: {name}")),
            ),
            ("country", said("Country: ", self.country.map_or("", Country::name))),
            ("source", said("Source: ", &self.source)),
            ("from", said("Created from ", &text(&self.created_from))),
            ("to", said("Created until ", &text(&self.created_to))),
            ("unopened", age("Not opened", self.unopened_days)),
            ("silent", age("Without update", self.silent_days)),
            (
                "question",
                said("Question: ", self.question.map_or("", Question::label)),
            ),
            ("closed", said("Closed: ", self.closed.map_or("", Period::label))),
            ("closed_from", said("Closed from ", &text(&self.closed_from))),
            ("closed_to", said("Closed until ", &text(&self.closed_to))),
            ("import", said("Import: ", import.unwrap_or_default())),
        ];
        words
            .into_iter()
            .filter_map(|(name, words)| Some((name, words?)))
            .collect()
    }
}

fn text<T: ToString>(value: &Option<T>) -> String {
    value.as_ref().map(ToString::to_string).unwrap_or_default()
}

fn address(pairs: &[(&'static str, String)]) -> String {
    format!(
        "/leads{}",
        query(pairs.iter().map(|(name, value)| (*name, value.as_str())))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_the_whole_of_it() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        for (period, first, last) in [
            (Period::ThisMonth, "2026-01-01", "2026-01-31"),
            (Period::LastMonth, "2025-12-01", "2025-12-31"),
            (Period::ThisYear, "2026-01-01", "2026-12-31"),
            (Period::LastYear, "2025-01-01", "2025-12-31"),
        ] {
            assert_eq!(period.days(day("2026-01-31")), (day(first), day(last)), "{period:?}");
        }
        assert_eq!(
            Period::LastMonth.days(day("2028-03-31")),
            (day("2028-02-01"), day("2028-02-29"))
        );
    }
}
