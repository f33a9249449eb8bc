//! What a partner may narrow its lists by: columns that it sees, and nothing else.

use chrono::{NaiveDate, TimeDelta};
use diesel::prelude::*;

use super::super::Visible;
use super::Section;
use crate::db::schema::partner_leads;
use crate::db::types::{UserId, UtcTime};
use crate::domain::access::PartnerScope;
use crate::domain::countries::Country;
use crate::domain::leads::{LeadStatus, search};
use crate::text_enum;

/// A deadline that comes within this time is soon.
const SOON: TimeDelta = TimeDelta::days(3);

text_enum! {
    /// How a lead stands, as the filter offers it.
    pub enum Standing {
        Waiting = "waiting",
        Open = "open",
        /// Open, and the day of its next step has passed.
        Overdue = "overdue",
        /// Waiting or open, and its deadline comes soon.
        DueSoon = "due_soon",
        Closed = "closed",
        Won = "won",
        Lost = "lost",
        Converted = "converted",
    }
}

impl Standing {
    pub fn label(self) -> &'static str {
        match self {
            Standing::Waiting => "Waiting for you",
            Standing::Open => "Open",
            Standing::Overdue => "Overdue next step",
            Standing::DueSoon => "Due within 3 days",
            Standing::Closed => "Closed",
            Standing::Won => "Won",
            Standing::Lost => "Lost",
            Standing::Converted => "Converted",
        }
    }

    fn is_of(self, section: Section) -> bool {
        match self {
            Standing::Waiting => section == Section::Waiting,
            Standing::DueSoon => section != Section::Closed,
            Standing::Open | Standing::Overdue => section == Section::Open,
            Standing::Closed | Standing::Won | Standing::Lost | Standing::Converted => section == Section::Closed,
        }
    }
}

/// Whom a lead was given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holder {
    /// The partner as a whole.
    Everybody,
    Colleague(UserId),
}

/// Which leads; nothing set means all of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Filter {
    pub words: String,
    pub standing: Option<Standing>,
    pub product: String,
    pub country: Option<Country>,
    /// Received at this moment or later.
    pub since: Option<UtcTime>,
    pub holder: Option<Holder>,
    /// When it is asked: to the minute, so that a number and the list behind it agree.
    pub minute: UtcTime,
    /// The day of whoever looks.
    pub today: NaiveDate,
}

impl Filter {
    /// The leads of this standing, narrowed by nothing else.
    pub fn of(standing: Standing, now: UtcTime) -> Self {
        Filter {
            words: String::new(),
            standing: Some(standing),
            product: String::new(),
            country: None,
            since: None,
            holder: None,
            minute: now.start_of_minute(),
            today: now.date(),
        }
    }

    /// Whether leads of this section can match. Nothing identifies those that wait, so words find none of them.
    pub fn has(&self, section: Section) -> bool {
        (section != Section::Waiting || self.words.is_empty())
            && self.standing.is_none_or(|standing| standing.is_of(section))
    }

    pub(in crate::domain::leads::partner) fn waiting<'a>(&self, scope: &PartnerScope) -> Visible<'a> {
        self.common(scope.leads().filter(partner_leads::section.eq(Section::Waiting)))
    }

    pub(in crate::domain::leads::partner) fn opened<'a>(&self, scope: &PartnerScope, section: Section) -> Visible<'a> {
        let mut query = self.common(scope.leads().filter(partner_leads::section.eq(section)));
        query = match self.standing {
            Some(Standing::Overdue) => query.filter(partner_leads::next_step_on.lt(self.today)),
            Some(Standing::Won) => query.filter(partner_leads::status.eq(LeadStatus::Won)),
            Some(Standing::Lost) => query.filter(partner_leads::status.eq(LeadStatus::Lost)),
            Some(Standing::Converted) => query.filter(partner_leads::status.eq(LeadStatus::Converted)),
            Some(Standing::Waiting | Standing::Open | Standing::DueSoon | Standing::Closed) | None => query,
        };
        for pattern in search::patterns(&self.words) {
            let escaped = pattern.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            query = query.filter(partner_leads::search_text.like(format!("%{escaped}%")).escape('\\'));
        }
        query
    }

    fn common<'a>(&self, mut query: Visible<'a>) -> Visible<'a> {
        if !self.product.is_empty() {
            query = query.filter(partner_leads::product.eq(self.product.clone()));
        }
        if let Some(country) = self.country {
            query = query.filter(partner_leads::country.eq(country.code()));
        }
        if let Some(since) = self.since {
            query = query.filter(partner_leads::assigned_at.ge(since));
        }
        if self.standing == Some(Standing::DueSoon) {
            query = query.filter(partner_leads::due_at.lt(self.minute + SOON));
        }
        match self.holder {
            Some(Holder::Everybody) => query.filter(partner_leads::user_id.is_null()),
            Some(Holder::Colleague(user)) => query.filter(partner_leads::user_id.eq(user)),
            None => query,
        }
    }
}
