//! What waits for somebody at a partner: the numbers and the short lists of the start page of the portal.

use diesel::prelude::*;

use super::list::filter::{Filter, Standing};
use super::list::{Section, waiting_columns};
use super::{OpenedKeys, WaitingLead, opened_keys};
use crate::db::page::{COUNT_LIMIT, Count, Counted};
use crate::db::schema::partner_leads;
use crate::db::types::{PartnerId, Reference, UserId, UtcTime};
use crate::db::{DbConn, remembered};
use crate::domain::access::PartnerScope;
use crate::domain::deadlines::Duty;
use crate::domain::leads::staff::title;

/// So many of the leads that wait are shown at once.
pub const WAITING_SHOWN: i64 = 6;

/// And so many of those that are due.
const DUE_SHOWN: i64 = 6;

/// How many leads stand where, each the count of the list that it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counters {
    pub waiting: Count,
    pub open: Count,
    /// Waiting or open, and their deadline comes soon.
    pub due_soon: Count,
}

/// A question that is remembered: for whom, in which minute.
#[derive(PartialEq, Eq, Hash)]
struct For(PartnerId, UserId, bool, UtcTime);

pub fn counters(conn: &mut DbConn, scope: &PartnerScope, now: UtcTime) -> QueryResult<Counters> {
    let minute = now.start_of_minute();
    let person = For(scope.partner(), scope.user(), scope.is_manager(), minute);
    remembered(conn, person, |conn| read_counters(conn, scope, minute))
}

fn read_counters(conn: &mut DbConn, scope: &PartnerScope, now: UtcTime) -> QueryResult<Counters> {
    let (waiting, open, due) = filters(now);
    let ids = partner_leads::assignment_id;
    let (waiting, open, due_waiting, due_open): (i64, i64, i64, i64) = diesel::select((
        Counted(waiting.waiting(scope).select(ids).limit(COUNT_LIMIT + 1)),
        Counted(open.opened(scope, Section::Open).select(ids).limit(COUNT_LIMIT + 1)),
        Counted(due.waiting(scope).select(ids).limit(COUNT_LIMIT + 1)),
        Counted(due.opened(scope, Section::Open).select(ids).limit(COUNT_LIMIT + 1)),
    ))
    .get_result(conn)?;
    Ok(Counters {
        waiting: Count(waiting),
        open: Count(open),
        due_soon: Count(due_waiting + due_open),
    })
}

fn filters(now: UtcTime) -> (Filter, Filter, Filter) {
    let of = |standing| Filter::of(standing, now);
    (of(Standing::Waiting), of(Standing::Open), of(Standing::DueSoon))
}

/// The leads that wait longest.
pub fn waiting(conn: &mut DbConn, scope: &PartnerScope, now: UtcTime) -> QueryResult<Vec<WaitingLead>> {
    Filter::of(Standing::Waiting, now)
        .waiting(scope)
        .select(waiting_columns())
        .order((partner_leads::assigned_at.asc(), partner_leads::assignment_id.asc()))
        .limit(WAITING_SHOWN)
        .load(conn)
}

/// An opened lead whose deadline comes soon.
#[derive(Debug, Clone)]
pub struct DueLead {
    pub reference: Reference,
    /// `Anna Öberg, Nordlicht GmbH`, or what there is of it.
    pub title: String,
    pub duty: Duty,
    pub due_at: UtcTime,
}

#[derive(Queryable)]
struct DueRow {
    reference: Reference,
    first_name: String,
    last_name: String,
    company: String,
    duty: Option<Duty>,
    due_at: Option<UtcTime>,
    keys: OpenedKeys,
}

/// The open leads that are due soonest. Those that wait stand among the waiting.
pub fn due(conn: &mut DbConn, scope: &PartnerScope, now: UtcTime) -> QueryResult<Vec<DueLead>> {
    let rows: Vec<DueRow> = Filter::of(Standing::DueSoon, now)
        .opened(scope, Section::Open)
        .select((
            partner_leads::reference,
            partner_leads::first_name,
            partner_leads::last_name,
            partner_leads::company,
            partner_leads::duty,
            partner_leads::due_at,
            opened_keys(),
        ))
        .order((partner_leads::due_at.asc(), partner_leads::assignment_id.asc()))
        .limit(DUE_SHOWN)
        .load(conn)?;
    scope.note_titles(rows.iter().map(|row| row.keys));
    let due = rows.into_iter().filter_map(|row| {
        Some(DueLead {
            reference: row.reference,
            title: title(&row.first_name, &row.last_name, &row.company),
            duty: row.duty?,
            due_at: row.due_at?,
        })
    });
    Ok(due.collect())
}
