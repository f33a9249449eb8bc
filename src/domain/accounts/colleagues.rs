//! The people of one partner as its manager sees them: the list with who has what, and one of them.

pub mod standing;

use std::collections::HashMap;

use diesel::helper_types::IntoBoxed;
use diesel::prelude::*;

use super::{Role, UserState, suspension};
use crate::db::page::{COUNT_LIMIT, Cursor, Direction, Page, ROWS, thousands};
use crate::db::schema::{partner_leads, users};
use crate::db::types::{Reference, UserId, UtcTime};
use crate::db::{DbBackend, DbConn};
use crate::domain::access::ManagerScope;
use crate::domain::leads::partner::list::Section;
use crate::domain::text::{like_patterns, search_key};

/// Somebody who works at the partner.
#[derive(Debug, Clone, Queryable)]
pub struct Colleague {
    pub id: UserId,
    pub reference: Reference,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub state: UserState,
    pub has_password: bool,
    pub last_signed_in_at: Option<UtcTime>,
}

#[diesel::dsl::auto_type]
fn colleague() -> _ {
    (
        users::id,
        users::reference,
        users::name,
        users::email,
        users::role,
        users::state,
        users::password_hash.is_not_null(),
        users::last_signed_in_at,
    )
}

fn people<'a>(scope: &ManagerScope) -> IntoBoxed<'a, users::table, DbBackend> {
    users::table.filter(users::partner_id.eq(scope.partner())).into_boxed()
}

/// One page of the people whose name or address contains all the words, by name.
pub fn page(
    conn: &mut DbConn,
    scope: &ManagerScope,
    words: &str,
    cursor: Option<&Cursor>,
) -> QueryResult<Page<Colleague>> {
    let at = match cursor {
        Some(cursor) => people(scope)
            .filter(users::reference.eq(&cursor.row))
            .select((users::name, users::id))
            .first::<(String, UserId)>(conn)
            .optional()?,
        None => None,
    };
    let cursor = cursor.filter(|_| at.is_some());
    let backwards = cursor.is_some_and(|cursor| cursor.direction == Direction::Before);
    let mut query = people(scope);
    for pattern in like_patterns(&search_key(words)) {
        query = query.filter(users::search_text.like(pattern).escape('\\'));
    }
    query = match (at, backwards) {
        (None, _) => query,
        (Some((name, id)), false) => query
            .filter(users::name.ge(name.clone()))
            .filter(users::name.gt(name).or(users::id.gt(id))),
        (Some((name, id)), true) => query
            .filter(users::name.le(name.clone()))
            .filter(users::name.lt(name).or(users::id.lt(id))),
    };
    query = if backwards {
        query.order((users::name.desc(), users::id.desc()))
    } else {
        query.order((users::name.asc(), users::id.asc()))
    };
    let rows = query.select(colleague()).limit(ROWS + 1).load::<Colleague>(conn)?;
    Ok(Page::cut(rows, cursor, |row| &row.reference))
}

/// The person with this reference, if they work at this partner.
pub fn find(conn: &mut DbConn, scope: &ManagerScope, reference: &Reference) -> QueryResult<Option<Colleague>> {
    people(scope)
        .filter(users::reference.eq(reference))
        .select(colleague())
        .first(conn)
        .optional()
}

/// Whether the account of somebody here was suspended by the vendor: then only the vendor lets it in again.
pub fn is_suspended_by_vendor(conn: &mut DbConn, _scope: &ManagerScope, user: UserId) -> QueryResult<bool> {
    suspension::is_by_vendor(conn, user)
}

/// How many leads wait and are open, by whom they were given to.
#[derive(Debug, Clone, Default)]
pub struct Holdings {
    waiting: HashMap<Option<UserId>, i64>,
    open: HashMap<Option<UserId>, i64>,
    /// There were more than could be counted: each number is a least one.
    waiting_is_capped: bool,
    open_is_capped: bool,
}

impl Holdings {
    /// Waiting and open leads of a person, or of the partner as a whole; `12`, or `12+` where the count was cut.
    pub fn of(&self, user: Option<UserId>) -> (String, String) {
        let words = |counts: &HashMap<_, i64>, is_capped| {
            let mark = if is_capped { "+" } else { "" };
            format!("{}{mark}", thousands(counts.get(&user).copied().unwrap_or(0)))
        };
        (
            words(&self.waiting, self.waiting_is_capped),
            words(&self.open, self.open_is_capped),
        )
    }

    /// Whether something was given to the partner as a whole.
    pub fn has_shared(&self) -> bool {
        self.waiting.contains_key(&None) || self.open.contains_key(&None)
    }
}

/// Who has what at this partner; each kind is counted up to 10,000 leads.
pub fn holdings(conn: &mut DbConn, scope: &ManagerScope) -> QueryResult<Holdings> {
    let leads = || scope.leads_scope().leads().select(partner_leads::user_id);
    let waiting = leads()
        .filter(partner_leads::section.eq(Section::Waiting))
        .limit(COUNT_LIMIT + 1)
        .load::<Option<UserId>>(conn)?;
    let open = leads()
        .filter(partner_leads::section.eq(Section::Open))
        .limit(COUNT_LIMIT + 1)
        .load::<Option<UserId>>(conn)?;
    Ok(Holdings {
        waiting_is_capped: waiting.len() as i64 > COUNT_LIMIT,
        open_is_capped: open.len() as i64 > COUNT_LIMIT,
        waiting: tally(waiting),
        open: tally(open),
    })
}

fn tally(holders: Vec<Option<UserId>>) -> HashMap<Option<UserId>, i64> {
    let mut counts = HashMap::new();
    for holder in holders {
        *counts.entry(holder).or_insert(0) += 1;
    }
    counts
}
