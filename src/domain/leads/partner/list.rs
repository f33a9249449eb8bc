//! The lists of the portal: what waits, what is worked, what is closed; search, sorting, keyset paging, counts.
//! Only columns that the partner may see decide what is found and in which order.

pub mod choices;
pub mod download;
pub mod filter;

use chrono::NaiveDate;
use diesel::prelude::*;

use self::filter::Filter;
use super::{OpenedKeys, Visible, WaitingLead, opened_keys};
use crate::db::page::{COUNT_LIMIT, Count, CountOf, Cursor, Direction, Page, ROWS};
use crate::db::schema::partner_leads;
use crate::db::types::{AssignmentId, PartnerId, Reference, UserId, UtcTime};
use crate::db::{DbConn, remembered};
use crate::domain::access::PartnerScope;
use crate::domain::assignments::question::{self, PartnerQuestion};
use crate::domain::deadlines::shown::{self, ShownDeadline};
use crate::domain::disclosures::Disclosure;
use crate::domain::leads::LeadStatus;
use crate::text_enum;

/// An opened lead in a list.
#[derive(Clone, Queryable)]
pub struct PartnerLeadRow {
    pub reference: Reference,
    pub first_name: String,
    pub last_name: String,
    pub company: String,
    pub email: String,
    pub phone: String,
    pub country: String,
    pub product: String,
    pub status: LeadStatus,
    /// The newest note.
    pub status_note: String,
    pub next_step: String,
    pub next_step_on: Option<NaiveDate>,
    pub received_at: UtcTime,
    /// Whom it was given to; nobody when it is the partner's as a whole.
    pub colleague: Option<String>,
    pub question: PartnerQuestion,
    pub deadline: ShownDeadline,
    keys: OpenedKeys,
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

text_enum! {
    /// The lists that the leads of a partner stand in.
    pub enum Section {
        /// Not opened yet.
        Waiting = "waiting",
        Open = "open",
        /// Won, lost or converted.
        Closed = "closed",
    }
}

text_enum! {
    /// The order of the opened leads.
    pub enum Sort {
        Newest = "newest",
        Oldest = "oldest",
        Name = "name",
        NameBackwards = "name_backwards",
        /// The soonest first, leads without a day at the end.
        NextStep = "next_step",
    }
}

impl Sort {
    pub fn label(self) -> &'static str {
        match self {
            Sort::Newest => "Newest first",
            Sort::Oldest => "Oldest first",
            Sort::Name => "Name, A to Z",
            Sort::NameBackwards => "Name, Z to A",
            Sort::NextStep => "Next step, soonest first",
        }
    }

    fn is_ascending(self) -> bool {
        matches!(self, Sort::Oldest | Sort::Name | Sort::NextStep)
    }

    fn key(self) -> Key {
        match self {
            Sort::Newest | Sort::Oldest => Key::Received,
            Sort::Name | Sort::NameBackwards => Key::Name,
            Sort::NextStep => Key::NextStep,
        }
    }
}

/// What an order compares first.
#[derive(Clone, Copy)]
enum Key {
    Received,
    Name,
    NextStep,
}

/// The columns of a [`WaitingLead`].
#[diesel::dsl::auto_type]
pub(super) fn waiting_columns() -> _ {
    (
        partner_leads::reference,
        partner_leads::country,
        partner_leads::product,
        partner_leads::assigned_at,
        partner_leads::colleague,
        question::partner_columns(),
        shown::partner_columns(),
    )
}

/// The columns of a [`PartnerLeadRow`].
#[diesel::dsl::auto_type]
fn row_columns() -> _ {
    (
        partner_leads::reference,
        partner_leads::first_name,
        partner_leads::last_name,
        partner_leads::company,
        partner_leads::email,
        partner_leads::phone,
        partner_leads::country,
        partner_leads::product,
        partner_leads::status,
        partner_leads::status_note,
        partner_leads::next_step,
        partner_leads::next_step_on,
        partner_leads::assigned_at,
        partner_leads::colleague,
        question::partner_columns(),
        shown::partner_columns(),
        opened_keys(),
    )
}

/// The leads that wait, longest waiting first.
pub fn waiting(
    conn: &mut DbConn,
    scope: &PartnerScope,
    filter: &Filter,
    cursor: Option<&Cursor>,
) -> QueryResult<Page<WaitingLead>> {
    let place = place_of(conn, scope, cursor)?;
    let cursor = cursor.filter(|_| place.is_some());
    let rows = arranged(filter.waiting(scope), Sort::Oldest, cursor, place)
        .select(waiting_columns())
        .limit(ROWS + 1)
        .load::<WaitingLead>(conn)?;
    Ok(Page::cut(rows, cursor, |row| &row.reference))
}

/// How many wait, exact to 10,000.
pub fn count_waiting(conn: &mut DbConn, scope: &PartnerScope, filter: &Filter) -> QueryResult<Count> {
    count(conn, scope, filter, Section::Waiting, filter.waiting(scope))
}

/// One page of the opened leads of a section.
pub fn opened(
    conn: &mut DbConn,
    scope: &PartnerScope,
    section: Section,
    filter: &Filter,
    sort: Sort,
    cursor: Option<&Cursor>,
) -> QueryResult<Page<PartnerLeadRow>> {
    let place = place_of(conn, scope, cursor)?;
    let cursor = cursor.filter(|_| place.is_some());
    let rows = arranged(filter.opened(scope, section), sort, cursor, place)
        .select(row_columns())
        .limit(ROWS + 1)
        .load::<PartnerLeadRow>(conn)?;
    let page = Page::cut(rows, cursor, |row| &row.reference);
    let looks = page.rows.iter();
    scope.note_looks(looks.filter_map(|row| row.keys.look(scope, Disclosure::Listed, Disclosure::Listed.fields())));
    Ok(page)
}

/// How many opened leads of a section match, exact to 10,000.
pub fn count_opened(conn: &mut DbConn, scope: &PartnerScope, section: Section, filter: &Filter) -> QueryResult<Count> {
    count(conn, scope, filter, section, filter.opened(scope, section))
}

/// A question that is remembered: the leads of a section as one person sees them.
#[derive(PartialEq, Eq, Hash)]
struct Counting(PartnerId, UserId, bool, Section, Filter);

fn count(
    conn: &mut DbConn,
    scope: &PartnerScope,
    filter: &Filter,
    section: Section,
    matching: Visible<'_>,
) -> QueryResult<Count> {
    let query = CountOf(matching.select(partner_leads::assignment_id).limit(COUNT_LIMIT + 1));
    // What somebody looked for may be a person's name: it is not kept.
    if !filter.words.is_empty() {
        return query.get_result(conn).map(Count);
    }
    let person = (scope.partner(), scope.user(), scope.is_manager());
    let counting = Counting(person.0, person.1, person.2, section, filter.clone());
    remembered(conn, counting, |conn| query.get_result(conn)).map(Count)
}

/// What the rows beside a cursor are compared with.
struct Place {
    received_at: UtcTime,
    name_key: String,
    next_step_on: Option<NaiveDate>,
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
            partner_leads::next_step_on,
            partner_leads::assignment_id,
        ))
        .first::<(UtcTime, String, Option<NaiveDate>, AssignmentId)>(conn)
        .optional()?;
    Ok(found.map(|(received_at, name_key, next_step_on, id)| Place {
        received_at,
        name_key,
        next_step_on,
        id,
    }))
}

fn arranged<'a>(query: Visible<'a>, sort: Sort, cursor: Option<&Cursor>, place: Option<Place>) -> Visible<'a> {
    use partner_leads::{assigned_at, assignment_id, name_key, next_step_on};
    let backwards = cursor.is_some_and(|cursor| cursor.direction == Direction::Before);
    let ascending = sort.is_ascending() != backwards;
    let query = match place {
        Some(place) => beside(query, sort.key(), ascending, place),
        None => query,
    };
    match (sort.key(), ascending) {
        (Key::Received, true) => query.order((assigned_at.asc(), assignment_id.asc())),
        (Key::Received, false) => query.order((assigned_at.desc(), assignment_id.desc())),
        (Key::Name, true) => query.order((name_key.asc(), assignment_id.asc())),
        (Key::Name, false) => query.order((name_key.desc(), assignment_id.desc())),
        // The databases disagree about where NULL stands.
        (Key::NextStep, true) => query.order((next_step_on.is_null().asc(), next_step_on.asc(), assignment_id.asc())),
        (Key::NextStep, false) => {
            query.order((next_step_on.is_null().desc(), next_step_on.desc(), assignment_id.desc()))
        }
    }
}

/// The rows after a place, in ascending or descending order.
fn beside<'a>(query: Visible<'a>, key: Key, ascending: bool, place: Place) -> Visible<'a> {
    use partner_leads::{assigned_at, assignment_id, name_key, next_step_on};
    match (key, ascending, place.next_step_on) {
        (Key::Received, true, _) => query
            .filter(assigned_at.ge(place.received_at))
            .filter(assigned_at.gt(place.received_at).or(assignment_id.gt(place.id))),
        (Key::Received, false, _) => query
            .filter(assigned_at.le(place.received_at))
            .filter(assigned_at.lt(place.received_at).or(assignment_id.lt(place.id))),
        (Key::Name, true, _) => query
            .filter(name_key.ge(place.name_key.clone()))
            .filter(name_key.gt(place.name_key).or(assignment_id.gt(place.id))),
        (Key::Name, false, _) => query
            .filter(name_key.le(place.name_key.clone()))
            .filter(name_key.lt(place.name_key).or(assignment_id.lt(place.id))),
        (Key::NextStep, true, Some(day)) => query.filter(
            next_step_on
                .gt(day)
                .or(next_step_on.eq(day).and(assignment_id.gt(place.id)))
                .or(next_step_on.is_null()),
        ),
        (Key::NextStep, false, Some(day)) => query.filter(
            next_step_on
                .lt(day)
                .or(next_step_on.eq(day).and(assignment_id.lt(place.id))),
        ),
        (Key::NextStep, true, None) => query.filter(next_step_on.is_null()).filter(assignment_id.gt(place.id)),
        (Key::NextStep, false, None) => query.filter(next_step_on.is_not_null().or(assignment_id.lt(place.id))),
    }
}
