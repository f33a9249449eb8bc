//! The lists of the portal: what waits, what is worked, what is closed; search, sorting, keyset paging, counts.
//! Only columns that the partner may see decide what is found and in which order.

use diesel::prelude::*;

use super::{Visible, WaitingLead};
use crate::db::DbConn;
use crate::db::page::{COUNT_LIMIT, Count, CountOf, Cursor, Direction, Page, ROWS};
use crate::db::schema::partner_leads;
use crate::db::types::{AssignmentId, Reference, UtcTime};
use crate::domain::access::PartnerScope;
use crate::domain::leads::{LeadStatus, search};
use crate::text_enum;

/// An opened lead in a list.
#[derive(Clone, Queryable)]
pub struct PartnerLeadRow {
    pub reference: Reference,
    pub first_name: String,
    pub last_name: String,
    pub company: String,
    pub country: String,
    pub product: String,
    pub status: LeadStatus,
    pub status_note: String,
    pub received_at: UtcTime,
    /// Whom it was given to; nobody when it is the partner's as a whole.
    pub colleague: Option<String>,
}

impl PartnerLeadRow {
    /// The person, or the company where nobody is named.
    pub fn name(&self) -> String {
        super::staff::title(&self.first_name, &self.last_name, "")
    }

    /// Whether somebody is named.
    pub fn has_name(&self) -> bool {
        !(self.first_name.is_empty() && self.last_name.is_empty())
    }
}

/// Which of the opened leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Open,
    /// Won, lost or converted.
    Closed,
}

text_enum! {
    /// The order of the opened leads.
    pub enum Sort {
        Newest = "newest",
        Oldest = "oldest",
        Name = "name",
        NameBackwards = "name_backwards",
    }
}

impl Sort {
    pub fn label(self) -> &'static str {
        match self {
            Sort::Newest => "Newest first",
            Sort::Oldest => "Oldest first",
            Sort::Name => "Name, A to Z",
            Sort::NameBackwards => "Name, Z to A",
        }
    }

    fn is_ascending(self) -> bool {
        matches!(self, Sort::Oldest | Sort::Name)
    }

    fn is_by_name(self) -> bool {
        matches!(self, Sort::Name | Sort::NameBackwards)
    }
}

/// The leads that wait, longest waiting first.
pub fn waiting(conn: &mut DbConn, scope: &PartnerScope, cursor: Option<&Cursor>) -> QueryResult<Page<WaitingLead>> {
    let place = place_of(conn, scope, cursor)?;
    let cursor = cursor.filter(|_| place.is_some());
    let rows = arranged(waiting_leads(scope), Sort::Oldest, cursor, place)
        .select((
            partner_leads::reference,
            partner_leads::country,
            partner_leads::product,
            partner_leads::assigned_at,
            partner_leads::colleague,
        ))
        .limit(ROWS + 1)
        .load::<WaitingLead>(conn)?;
    Ok(Page::cut(rows, cursor, |row| &row.reference))
}

/// How many wait, exact to 10,000.
pub fn count_waiting(conn: &mut DbConn, scope: &PartnerScope) -> QueryResult<Count> {
    let query = waiting_leads(scope)
        .select(partner_leads::assignment_id)
        .limit(COUNT_LIMIT + 1);
    CountOf(query).get_result(conn).map(Count)
}

/// One page of the opened leads that contain all the words.
pub fn opened(
    conn: &mut DbConn,
    scope: &PartnerScope,
    section: Section,
    words: &str,
    sort: Sort,
    cursor: Option<&Cursor>,
) -> QueryResult<Page<PartnerLeadRow>> {
    let place = place_of(conn, scope, cursor)?;
    let cursor = cursor.filter(|_| place.is_some());
    let rows = arranged(opened_leads(scope, section, words), sort, cursor, place)
        .select((
            partner_leads::reference,
            partner_leads::first_name,
            partner_leads::last_name,
            partner_leads::company,
            partner_leads::country,
            partner_leads::product,
            partner_leads::status,
            partner_leads::status_note,
            partner_leads::assigned_at,
            partner_leads::colleague,
        ))
        .limit(ROWS + 1)
        .load::<PartnerLeadRow>(conn)?;
    Ok(Page::cut(rows, cursor, |row| &row.reference))
}

/// How many opened leads contain all the words, exact to 10,000.
pub fn count_opened(conn: &mut DbConn, scope: &PartnerScope, section: Section, words: &str) -> QueryResult<Count> {
    let query = opened_leads(scope, section, words)
        .select(partner_leads::assignment_id)
        .limit(COUNT_LIMIT + 1);
    CountOf(query).get_result(conn).map(Count)
}

fn waiting_leads<'a>(scope: &PartnerScope) -> Visible<'a> {
    scope.leads().filter(partner_leads::opened_at.is_null())
}

fn opened_leads<'a>(scope: &PartnerScope, section: Section, words: &str) -> Visible<'a> {
    let mut query = scope.leads().filter(partner_leads::opened_at.is_not_null());
    query = match section {
        Section::Open => query.filter(partner_leads::status.eq(LeadStatus::Open)),
        Section::Closed => query.filter(partner_leads::status.ne(LeadStatus::Open)),
    };
    for pattern in search::patterns(words) {
        let escaped = pattern.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        query = query.filter(partner_leads::search_text.like(format!("%{escaped}%")).escape('\\'));
    }
    query
}

/// What the rows beside a cursor are compared with.
struct Place {
    received_at: UtcTime,
    name_key: String,
    id: AssignmentId,
}

/// Where a cursor points to. Whatever this person can't see is no place: the list begins at its beginning.
fn place_of(conn: &mut DbConn, scope: &PartnerScope, cursor: Option<&Cursor>) -> QueryResult<Option<Place>> {
    let Some(cursor) = cursor else {
        return Ok(None);
    };
    let found = scope
        .leads()
        .filter(partner_leads::reference.eq(&cursor.row))
        .select((
            partner_leads::assigned_at,
            partner_leads::name_key,
            partner_leads::assignment_id,
        ))
        .first::<(UtcTime, String, AssignmentId)>(conn)
        .optional()?;
    Ok(found.map(|(received_at, name_key, id)| Place {
        received_at,
        name_key,
        id,
    }))
}

fn arranged<'a>(query: Visible<'a>, sort: Sort, cursor: Option<&Cursor>, place: Option<Place>) -> Visible<'a> {
    use partner_leads::{assigned_at, assignment_id, name_key};
    let backwards = cursor.is_some_and(|cursor| cursor.direction == Direction::Before);
    let ascending = sort.is_ascending() != backwards;
    let query = match (place, sort.is_by_name(), ascending) {
        (None, ..) => query,
        (Some(place), false, true) => query
            .filter(assigned_at.ge(place.received_at))
            .filter(assigned_at.gt(place.received_at).or(assignment_id.gt(place.id))),
        (Some(place), false, false) => query
            .filter(assigned_at.le(place.received_at))
            .filter(assigned_at.lt(place.received_at).or(assignment_id.lt(place.id))),
        (Some(place), true, true) => query
            .filter(name_key.ge(place.name_key.clone()))
            .filter(name_key.gt(place.name_key).or(assignment_id.gt(place.id))),
        (Some(place), true, false) => query
            .filter(name_key.le(place.name_key.clone()))
            .filter(name_key.lt(place.name_key).or(assignment_id.lt(place.id))),
    };
    match (sort.is_by_name(), ascending) {
        (false, true) => query.order((assigned_at.asc(), assignment_id.asc())),
        (false, false) => query.order((assigned_at.desc(), assignment_id.desc())),
        (true, true) => query.order((name_key.asc(), assignment_id.asc())),
        (true, false) => query.order((name_key.desc(), assignment_id.desc())),
    }
}
