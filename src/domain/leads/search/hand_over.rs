//! What the list of leads asks of their hand-over: who holds a lead, how long nothing happened, when it was closed.

use chrono::TimeDelta;
use diesel::helper_types::{IntoBoxed, Select};
use diesel::prelude::*;

use crate::db::page::COUNT_LIMIT;
use crate::db::schema::{assignments, users};
use crate::db::types::{PartnerId, Reference, UserId, UtcTime};
use crate::db::{DbBackend, DbConn, last_update};
use crate::domain::access::StaffScope;

/// The ages that the list offers, in days.
pub const AGES: [i64; 4] = [3, 7, 14, 30];

/// So many users of a partner are offered.
const HOLDERS: i64 = 1_000;

/// To whom of a partner a lead was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holder {
    /// The partner as a whole.
    Everybody,
    User(UserId),
}

/// What the live assignment of a lead must be like; nothing set means anything, and none at all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct HandOver {
    /// Among those of the partner that the filter names.
    pub holder: Option<Holder>,
    /// Not opened, and given to its holder more than so many days ago.
    pub unopened_days: Option<i64>,
    /// Open, and without a note of the partner for more than so many days.
    pub silent_days: Option<i64>,
    /// The partner was asked about it, and has not answered.
    pub is_unanswered: bool,
    pub closed_since: Option<UtcTime>,
    /// The first moment that no longer counts.
    pub closed_before: Option<UtcTime>,
}

pub(super) type Leads<'a> = IntoBoxed<'a, Select<assignments::table, assignments::lead_id>, DbBackend>;

impl HandOver {
    /// Whether it asks anything.
    pub fn is_narrowed(&self) -> bool {
        *self != Self::default()
    }

    /// The leads whose live assignment is like this: as many as are counted and one more, found along an index. Of those
    /// that wait for something they are the longest waiting, of the others the newest. Days end with a minute, so that a
    /// number and the list behind it agree.
    pub(super) fn leads<'a>(&self, partner: Option<PartnerId>, now: UtcTime) -> Leads<'a> {
        let now = now.start_of_minute();
        use assignments::{asked_at, assigned_at, closed_at, cycle_answer, id, opened_at, user_id};
        let mut query = assignments::table.select(assignments::lead_id).into_boxed();
        query = query.filter(assignments::ended_at.is_null());
        if let Some(partner) = partner {
            query = query.filter(assignments::partner_id.eq(partner));
        }
        query = match self.holder {
            Some(Holder::Everybody) => query.filter(user_id.is_null()),
            Some(Holder::User(user)) => query.filter(user_id.eq(user)),
            None => query,
        };
        if let Some(days) = self.unopened_days {
            query = query
                .filter(opened_at.is_null())
                .filter(assigned_at.lt(now - TimeDelta::days(days)));
        }
        if let Some(days) = self.silent_days {
            query = query
                .filter(opened_at.is_not_null())
                .filter(closed_at.is_null())
                .filter(last_update().lt(now - TimeDelta::days(days)));
        }
        if self.is_unanswered {
            query = query.filter(asked_at.is_not_null()).filter(cycle_answer.is_null());
        }
        if let Some(since) = self.closed_since {
            query = query.filter(closed_at.ge(since));
        }
        if let Some(before) = self.closed_before {
            query = query.filter(closed_at.lt(before));
        }
        query = if self.unopened_days.is_some() {
            query.order((assigned_at.asc(), id.asc()))
        } else if self.silent_days.is_some() {
            query.order((last_update().asc(), id.asc()))
        } else if self.is_unanswered {
            query.order((asked_at.asc(), id.asc()))
        } else if self.closed_since.is_some() || self.closed_before.is_some() {
            query.order((closed_at.desc(), id.desc()))
        } else {
            query.order((assigned_at.desc(), id.desc()))
        };
        query.limit(COUNT_LIMIT + 1)
    }
}

/// Somebody to whom leads can have been given.
#[derive(Debug, Clone, Queryable)]
pub struct HolderChoice {
    pub id: UserId,
    pub reference: Reference,
    pub name: String,
}

/// The users of a partner by name, for the filter.
pub fn holders_of(conn: &mut DbConn, _scope: &StaffScope, partner: PartnerId) -> QueryResult<Vec<HolderChoice>> {
    users::table
        .filter(users::partner_id.eq(partner))
        .select((users::id, users::reference, users::name))
        .order((users::name.asc(), users::id.asc()))
        .limit(HOLDERS)
        .load(conn)
}

/// Those of these users who work at a partner.
pub fn holders_named(
    conn: &mut DbConn,
    _scope: &StaffScope,
    references: &[&Reference],
) -> QueryResult<Vec<HolderChoice>> {
    if references.is_empty() {
        return Ok(Vec::new());
    }
    users::table
        .filter(users::reference.eq_any(references))
        .filter(users::partner_id.is_not_null())
        .select((users::id, users::reference, users::name))
        .order(users::id)
        .limit(HOLDERS)
        .load(conn)
}
