//! All tasks, for staff: what is open, for how long, and what was answered.

use chrono::TimeDelta;
use diesel::helper_types::IntoBoxed;
use diesel::prelude::*;

use super::TaskAnswer;
use crate::db::page::{COUNT_LIMIT, Count, CountOf, Cursor, Direction, Page, ROWS};
use crate::db::schema::{destroy_tasks, partners, users};
use crate::db::types::{DestroyTaskId, Reference, UtcTime};
use crate::db::{DbBackend, DbConn};
use crate::domain::access::StaffScope;
use crate::domain::partners::PartnerState;
use crate::text_enum;

/// The ages that the board offers, in days.
pub const MIN_DAYS: [i64; 3] = [7, 14, 30];

/// At most so many partners are offered in the filter.
const PARTNERS_SHOWN: i64 = 200;

text_enum! {
    /// Which tasks; open ones where nothing is asked for.
    pub enum BoardState {
        Open = "open",
        Destroyed = "destroyed",
        Kept = "kept",
    }
}

impl BoardState {
    pub fn label(self) -> &'static str {
        match self {
            BoardState::Open => "Open",
            BoardState::Destroyed => TaskAnswer::Destroyed.label(),
            BoardState::Kept => TaskAnswer::Kept.label(),
        }
    }
}

/// Which tasks the board shows.
#[derive(Debug, Clone)]
pub struct BoardFilter {
    pub state: BoardState,
    pub partner: Option<Reference>,
    /// Asked so many days ago or more.
    pub min_days: Option<i64>,
}

/// A task as staff see it.
#[derive(Debug, Clone, Queryable)]
pub struct BoardRow {
    pub reference: Reference,
    pub partner: String,
    pub partner_reference: Reference,
    pub partner_state: PartnerState,
    pub product: String,
    pub opened_at: UtcTime,
    pub asked_at: UtcTime,
    pub told: i64,
    pub answer: Option<TaskAnswer>,
    pub remark: String,
    pub answered_by: Option<String>,
    pub answered_at: Option<UtcTime>,
}

type Query<'a> = IntoBoxed<'a, diesel::dsl::InnerJoin<destroy_tasks::table, partners::table>, DbBackend>;

fn filtered<'a>(filter: &BoardFilter, now: UtcTime) -> Query<'a> {
    let mut query = destroy_tasks::table.inner_join(partners::table).into_boxed();
    query = match filter.state {
        BoardState::Open => query.filter(destroy_tasks::answer.is_null()),
        BoardState::Destroyed => query.filter(destroy_tasks::answer.eq(TaskAnswer::Destroyed)),
        BoardState::Kept => query.filter(destroy_tasks::answer.eq(TaskAnswer::Kept)),
    };
    if let Some(partner) = &filter.partner {
        query = query.filter(partners::reference.eq(partner.clone()));
    }
    if let Some(days) = filter.min_days {
        query = query.filter(destroy_tasks::asked_at.le(now - TimeDelta::days(days)));
    }
    query
}

#[diesel::dsl::auto_type]
fn answerer() -> _ {
    users::table
        .filter(users::id.nullable().eq(destroy_tasks::answered_by))
        .select(users::name)
        .single_value()
}

/// One page of the board: what waits longest first, and of the answered what was asked last.
pub fn board(
    conn: &mut DbConn,
    _scope: &StaffScope,
    filter: &BoardFilter,
    cursor: Option<&Cursor>,
    now: UtcTime,
) -> QueryResult<Page<BoardRow>> {
    let at = match cursor {
        Some(cursor) => destroy_tasks::table
            .filter(destroy_tasks::reference.eq(&cursor.row))
            .select(destroy_tasks::id)
            .first::<DestroyTaskId>(conn)
            .optional()?,
        None => None,
    };
    let cursor = cursor.filter(|_| at.is_some());
    let backwards = cursor.is_some_and(|cursor| cursor.direction == Direction::Before);
    let ascending = (filter.state == BoardState::Open) != backwards;
    let mut query = filtered(filter, now);
    if let Some(id) = at {
        query = if ascending {
            query.filter(destroy_tasks::id.gt(id))
        } else {
            query.filter(destroy_tasks::id.lt(id))
        };
    }
    query = if ascending {
        query.order(destroy_tasks::id.asc())
    } else {
        query.order(destroy_tasks::id.desc())
    };
    let rows = query
        .select((
            destroy_tasks::reference,
            partners::name,
            partners::reference,
            partners::state,
            destroy_tasks::product,
            destroy_tasks::opened_at,
            destroy_tasks::asked_at,
            destroy_tasks::told,
            destroy_tasks::answer,
            destroy_tasks::remark,
            answerer(),
            destroy_tasks::answered_at,
        ))
        .limit(ROWS + 1)
        .load::<BoardRow>(conn)?;
    Ok(Page::cut(rows, cursor, |row| &row.reference))
}

/// How many tasks match, exact to 10,000.
pub fn count(conn: &mut DbConn, _scope: &StaffScope, filter: &BoardFilter, now: UtcTime) -> QueryResult<Count> {
    let query = filtered(filter, now).select(destroy_tasks::id).limit(COUNT_LIMIT + 1);
    CountOf(query).get_result(conn).map(Count)
}

/// The partners that were ever asked, for the filter.
pub fn partners_asked(conn: &mut DbConn, _scope: &StaffScope) -> QueryResult<Vec<(Reference, String)>> {
    let asked = destroy_tasks::table.filter(destroy_tasks::partner_id.eq(partners::id));
    partners::table
        .filter(diesel::dsl::exists(asked))
        .select((partners::reference, partners::name))
        .order((partners::name, partners::id))
        .limit(PARTNERS_SHOWN)
        .load(conn)
}
