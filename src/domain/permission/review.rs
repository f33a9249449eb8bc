//! The work list: leads on hold, those not distributed apart from those that a partner already has.

use diesel::prelude::*;

use crate::db::page::{COUNT_LIMIT, Count, CountOf, Cursor, Direction, Page, ROWS};
use crate::db::schema::{assignments, leads, partners, users};
use crate::db::types::{LeadId, Reference, UtcTime};
use crate::db::{DbConn, remembered, review_list};
use crate::domain::access::StaffScope;
use crate::domain::assignments::question::CycleAnswer;
use crate::domain::leads::LeadStatus;
use crate::text_enum;

text_enum! {
    /// Which of the two lists.
    pub enum List {
        NotDistributed = "not_distributed",
        WithPartner = "with_partner",
    }
}

/// A lead that awaits permission.
#[derive(Clone, Queryable)]
pub struct AwaitingLead {
    pub reference: Reference,
    pub first_name: String,
    pub last_name: String,
    pub company: String,
    pub country: String,
    pub source: String,
    pub status: LeadStatus,
    pub created_at: UtcTime,
    pub partner: Option<String>,
    /// The user there; none for the partner as a whole.
    pub user: Option<String>,
    pub assigned_at: Option<UtcTime>,
    /// When the partner that has it opened it; then the partner still sees it, unless opened leads are suspended.
    pub opened_at: Option<UtcTime>,
    /// Somebody else at the partner opened it before it was moved.
    pub was_opened: Option<bool>,
    pub asked_at: Option<UtcTime>,
    pub answer: Option<CycleAnswer>,
    pub remark: Option<String>,
    pub answered_at: Option<UtcTime>,
}

/// One page of a list, longest waiting first.
pub fn page(
    conn: &mut DbConn,
    _scope: &StaffScope,
    list: List,
    cursor: Option<&Cursor>,
) -> QueryResult<Page<AwaitingLead>> {
    let at = match cursor {
        Some(cursor) => leads::table
            .filter(leads::reference.eq(&cursor.row))
            .select((leads::id, leads::created_at))
            .first::<(LeadId, UtcTime)>(conn)
            .optional()?,
        None => None,
    };
    let cursor = cursor.filter(|_| at.is_some());
    let backwards = cursor.is_some_and(|cursor| cursor.direction == Direction::Before);
    let mut query = leads::table
        .left_join(assignments::table.on(assignments::lead_id.eq(leads::id).and(assignments::ended_at.is_null())))
        .left_join(partners::table.on(partners::id.nullable().eq(leads::partner_id)))
        .left_join(users::table.on(users::id.nullable().eq(assignments::user_id)))
        .filter(review_list().eq(list))
        .into_boxed();
    if let Some((id, created_at)) = at {
        query = if backwards {
            query
                .filter(leads::created_at.le(created_at))
                .filter(leads::created_at.lt(created_at).or(leads::id.lt(id)))
        } else {
            query
                .filter(leads::created_at.ge(created_at))
                .filter(leads::created_at.gt(created_at).or(leads::id.gt(id)))
        };
    }
    query = if backwards {
        query.order((leads::created_at.desc(), leads::id.desc()))
    } else {
        query.order((leads::created_at.asc(), leads::id.asc()))
    };
    let rows = query
        .select((
            leads::reference,
            leads::first_name,
            leads::last_name,
            leads::company,
            leads::country,
            leads::source,
            leads::status,
            leads::created_at,
            partners::name.nullable(),
            users::name.nullable(),
            assignments::assigned_at.nullable(),
            assignments::opened_at.nullable(),
            assignments::was_opened.nullable(),
            assignments::asked_at.nullable(),
            assignments::cycle_answer.nullable(),
            assignments::answer_remark.nullable(),
            assignments::answered_at.nullable(),
        ))
        .limit(ROWS + 1)
        .load::<AwaitingLead>(conn)?;
    Ok(Page::cut(rows, cursor, |row| &row.reference))
}

/// How many leads a list has, exact to 10,000.
pub fn count(conn: &mut DbConn, _scope: &StaffScope, list: List) -> QueryResult<Count> {
    let listed = leads::table.filter(review_list().eq(list)).select(leads::id);
    remembered(conn, list, |conn| {
        CountOf(listed.limit(COUNT_LIMIT + 1)).get_result(conn)
    })
    .map(Count)
}

/// How many leads await permission, for the navigation: exact up to `limit`, then `limit + 1`.
pub fn count_up_to(conn: &mut DbConn, limit: i64) -> QueryResult<i64> {
    let query = leads::table
        .filter(leads::has_confirmation.eq(false))
        .select(leads::id)
        .limit(limit + 1);
    CountOf(query).get_result(conn)
}
