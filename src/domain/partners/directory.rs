//! The partners as staff see them: the list with its filters and counts, and one partner with what hangs on it.

use std::collections::HashMap;

use diesel::dsl::{count, count_star};
use diesel::helper_types::IntoBoxed;
use diesel::prelude::*;

use super::PartnerState;
use crate::db::page::{COUNT_LIMIT, Count, CountOf, Cursor, Direction, Page, ROWS};
use crate::db::schema::{assignments, one_time_links as links, partners, users};
use crate::db::types::{PartnerId, Reference, UserId, UtcTime};
use crate::db::{DbBackend, DbConn};
use crate::domain::access::{AdminScope, SessionLimits, StaffScope, ending};
use crate::domain::accounts::{Role, UserState};
use crate::domain::text::{like_patterns, search_key};

/// At most so many people of a partner are shown on its page; the list of users has them all.
pub const PEOPLE_SHOWN: i64 = 100;

/// At most so many of staff are offered to look after a partner.
const MANAGERS_OFFERED: i64 = 500;

/// Which partners; nothing set means all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub words: String,
    pub state: Option<PartnerState>,
    pub country: Option<String>,
}

/// One partner in the list.
#[derive(Debug, Clone)]
pub struct PartnerRow {
    pub reference: Reference,
    pub name: String,
    pub country: String,
    pub state: PartnerState,
    pub users: i64,
    pub leads: LiveLeads,
}

/// The leads that a partner holds now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LiveLeads {
    pub all: i64,
    pub opened: i64,
}

impl LiveLeads {
    pub fn unopened(self) -> i64 {
        self.all - self.opened
    }
}

type Query<'a> = IntoBoxed<'a, partners::table, DbBackend>;

fn filtered<'a>(filter: &Filter) -> Query<'a> {
    let mut query = partners::table.into_boxed();
    for pattern in like_patterns(&search_key(&filter.words)) {
        query = query.filter(partners::search_text.like(pattern).escape('\\'));
    }
    if let Some(state) = filter.state {
        query = query.filter(partners::state.eq(state));
    }
    if let Some(country) = &filter.country {
        query = query.filter(partners::country.eq(country.clone()));
    }
    query
}

/// One page of the list, by name.
pub fn page(
    conn: &mut DbConn,
    _scope: &StaffScope,
    filter: &Filter,
    cursor: Option<&Cursor>,
) -> QueryResult<Page<PartnerRow>> {
    let at = match cursor {
        Some(cursor) => partners::table
            .filter(partners::reference.eq(&cursor.row))
            .select(partners::search_text)
            .first::<String>(conn)
            .optional()?,
        None => None,
    };
    let cursor = cursor.filter(|_| at.is_some());
    let backwards = cursor.is_some_and(|cursor| cursor.direction == Direction::Before);
    let mut query = filtered(filter);
    // No two partners have the same search text.
    if let Some(text) = at {
        query = if backwards {
            query.filter(partners::search_text.lt(text))
        } else {
            query.filter(partners::search_text.gt(text))
        };
    }
    query = if backwards {
        query.order((partners::search_text.desc(), partners::id.desc()))
    } else {
        query.order((partners::search_text.asc(), partners::id.asc()))
    };
    let rows: Vec<(PartnerId, Reference, String, String, PartnerState)> = query
        .select((
            partners::id,
            partners::reference,
            partners::name,
            partners::country,
            partners::state,
        ))
        .limit(ROWS + 1)
        .load(conn)?;
    let ids: Vec<PartnerId> = rows.iter().map(|(id, ..)| *id).collect();
    let users = user_counts(conn, &ids)?;
    let leads = live_leads(conn, &ids)?;
    let rows = rows
        .into_iter()
        .map(|(id, reference, name, country, state)| PartnerRow {
            reference,
            name,
            country,
            state,
            users: users.get(&id).copied().unwrap_or_default(),
            leads: leads.get(&id).copied().unwrap_or_default(),
        })
        .collect();
    Ok(Page::cut(rows, cursor, |row| &row.reference))
}

fn user_counts(conn: &mut DbConn, ids: &[PartnerId]) -> QueryResult<HashMap<PartnerId, i64>> {
    let rows: Vec<(PartnerId, i64)> = users::table
        .filter(users::partner_id.eq_any(ids))
        .group_by(users::partner_id)
        .select((users::partner_id.assume_not_null(), count_star()))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

fn live_leads(conn: &mut DbConn, ids: &[PartnerId]) -> QueryResult<HashMap<PartnerId, LiveLeads>> {
    let rows: Vec<(PartnerId, i64, i64)> = assignments::table
        .filter(assignments::partner_id.eq_any(ids))
        .filter(assignments::ended_at.is_null())
        .group_by(assignments::partner_id)
        .select((assignments::partner_id, count_star(), count(assignments::opened_at)))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(id, all, opened)| (id, LiveLeads { all, opened }))
        .collect())
}

/// How many partners match.
pub fn count_matching(conn: &mut DbConn, _scope: &StaffScope, filter: &Filter) -> QueryResult<Count> {
    let query = filtered(filter).select(partners::id).limit(COUNT_LIMIT + 1);
    CountOf(query).get_result(conn).map(Count)
}

/// One partner with what hangs on it.
#[derive(Debug, Clone)]
pub struct PartnerPage {
    pub id: PartnerId,
    pub reference: Reference,
    pub name: String,
    pub country: String,
    pub state: PartnerState,
    pub created_at: UtcTime,
    pub lock_version: i64,
    pub time_zone: String,
    pub channel_manager: Option<ChannelManager>,
    /// Everybody there must have one.
    pub second_factor_required: bool,
    pub people: Vec<Colleague>,
    pub users: i64,
    pub leads: LiveLeads,
}

/// Who among staff looks after a partner.
#[derive(Debug, Clone, Queryable)]
pub struct ChannelManager {
    pub reference: Reference,
    pub name: String,
}

/// Whoever can look after a partner, by name.
pub fn channel_managers(conn: &mut DbConn, _scope: &AdminScope) -> QueryResult<Vec<ChannelManager>> {
    users::table
        .filter(users::role.eq_any([Role::Staff, Role::Administrator]))
        .filter(users::state.eq(UserState::Active))
        .select((users::reference, users::name))
        .order((users::search_text, users::id))
        .limit(MANAGERS_OFFERED)
        .load(conn)
}

/// Somebody who works at a partner.
#[derive(Debug, Clone, Queryable)]
pub struct Colleague {
    pub reference: Reference,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub state: UserState,
    pub last_signed_in_at: Option<UtcTime>,
}

#[derive(Queryable)]
struct PartnerFacts {
    id: PartnerId,
    name: String,
    country: String,
    state: PartnerState,
    created_at: UtcTime,
    lock_version: i64,
    time_zone: String,
    channel_manager_id: Option<UserId>,
    second_factor_required: bool,
}

/// The partner with this reference.
pub fn find(conn: &mut DbConn, _scope: &StaffScope, reference: &Reference) -> QueryResult<Option<PartnerPage>> {
    let facts: Option<PartnerFacts> = partners::table
        .filter(partners::reference.eq(reference))
        .select((
            partners::id,
            partners::name,
            partners::country,
            partners::state,
            partners::created_at,
            partners::lock_version,
            partners::time_zone,
            partners::channel_manager_id,
            partners::second_factor_required,
        ))
        .first(conn)
        .optional()?;
    let Some(facts) = facts else { return Ok(None) };
    let channel_manager = match facts.channel_manager_id {
        Some(user) => users::table
            .find(user)
            .select((users::reference, users::name))
            .first(conn)
            .optional()?,
        None => None,
    };
    let people = users::table
        .filter(users::partner_id.eq(facts.id))
        .select((
            users::reference,
            users::name,
            users::email,
            users::role,
            users::state,
            users::last_signed_in_at,
        ))
        .order((users::search_text, users::id))
        .limit(PEOPLE_SHOWN)
        .load(conn)?;
    let users = user_counts(conn, &[facts.id])?;
    let leads = live_leads(conn, &[facts.id])?;
    Ok(Some(PartnerPage {
        id: facts.id,
        reference: reference.clone(),
        name: facts.name,
        country: facts.country,
        state: facts.state,
        created_at: facts.created_at,
        lock_version: facts.lock_version,
        time_zone: facts.time_zone,
        channel_manager,
        second_factor_required: facts.second_factor_required,
        people,
        users: users.get(&facts.id).copied().unwrap_or_default(),
        leads: leads.get(&facts.id).copied().unwrap_or_default(),
    }))
}

/// What suspending a partner does, in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consequence {
    /// People who could come in until now.
    pub active_users: i64,
    /// Sessions that end.
    pub sessions: i64,
    /// Invitations that work no longer.
    pub invitations: i64,
    pub leads: LiveLeads,
}

/// Counts what suspending would do.
pub fn consequence(
    conn: &mut DbConn,
    _scope: &StaffScope,
    partner: PartnerId,
    limits: SessionLimits,
    now: UtcTime,
) -> QueryResult<Consequence> {
    let active_users = users::table
        .filter(users::partner_id.eq(partner))
        .filter(users::state.eq(UserState::Active))
        .count()
        .get_result(conn)?;
    let invitations = links::table
        .inner_join(users::table)
        .filter(users::partner_id.eq(partner))
        .filter(links::ended_at.is_null())
        .filter(links::expires_at.gt(now))
        .count()
        .get_result(conn)?;
    let leads = live_leads(conn, &[partner])?;
    Ok(Consequence {
        active_users,
        sessions: ending::count_of_partner(conn, partner, limits, now)?,
        invitations,
        leads: leads.get(&partner).copied().unwrap_or_default(),
    })
}
