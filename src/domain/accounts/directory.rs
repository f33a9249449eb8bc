//! The users as administrators see them: the list with its filters, and one person with what hangs on them.

use diesel::helper_types::IntoBoxed;
use diesel::prelude::*;

use super::one_time_link::Purpose;
use super::user::is_held_key;
use super::{Role, UserState};
use crate::db::page::{COUNT_LIMIT, Count, CountOf, Cursor, Direction, Page, ROWS};
use crate::db::schema::{assignments, one_time_links as links, partners, users};
use crate::db::types::{PartnerId, Reference, UserId, UtcTime};
use crate::db::{DbBackend, DbConn};
use crate::domain::access::{AdminScope, SessionLimits, ending};
use crate::domain::partners::PartnerState;
use crate::domain::text::{like_patterns, search_key};

/// Which users; nothing set means all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub words: String,
    pub role: Option<Role>,
    pub state: Option<UserState>,
    pub partner: Option<PartnerId>,
}

/// One user in the list.
#[derive(Debug, Clone, Queryable)]
pub struct PersonRow {
    pub reference: Reference,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub state: UserState,
    pub partner: Option<String>,
    pub last_signed_in_at: Option<UtcTime>,
}

type Query<'a> = IntoBoxed<'a, users::table, DbBackend>;

fn filtered<'a>(filter: &Filter) -> Query<'a> {
    let mut query = users::table.into_boxed();
    for pattern in like_patterns(&search_key(&filter.words)) {
        query = query.filter(users::search_text.like(pattern).escape('\\'));
    }
    if let Some(role) = filter.role {
        query = query.filter(users::role.eq(role));
    }
    if let Some(state) = filter.state {
        query = query.filter(users::state.eq(state));
    }
    if let Some(partner) = filter.partner {
        query = query.filter(users::partner_id.eq(partner));
    }
    query
}

/// One page of the list, by name.
pub fn page(
    conn: &mut DbConn,
    _scope: &AdminScope,
    filter: &Filter,
    cursor: Option<&Cursor>,
) -> QueryResult<Page<PersonRow>> {
    let at = match cursor {
        Some(cursor) => users::table
            .filter(users::reference.eq(&cursor.row))
            .select((users::search_text, users::id))
            .first::<(String, UserId)>(conn)
            .optional()?,
        None => None,
    };
    let cursor = cursor.filter(|_| at.is_some());
    let backwards = cursor.is_some_and(|cursor| cursor.direction == Direction::Before);
    let mut query = filtered(filter);
    if let Some((text, id)) = at {
        query = if backwards {
            query
                .filter(users::search_text.le(text.clone()))
                .filter(users::search_text.lt(text).or(users::id.lt(id)))
        } else {
            query
                .filter(users::search_text.ge(text.clone()))
                .filter(users::search_text.gt(text).or(users::id.gt(id)))
        };
    }
    query = if backwards {
        query.order((users::search_text.desc(), users::id.desc()))
    } else {
        query.order((users::search_text.asc(), users::id.asc()))
    };
    let rows = query
        .select((
            users::reference,
            users::name,
            users::email,
            users::role,
            users::state,
            partner_name(),
            users::last_signed_in_at,
        ))
        .limit(ROWS + 1)
        .load::<PersonRow>(conn)?;
    Ok(Page::cut(rows, cursor, |row| &row.reference))
}

/// The partner's name by a subquery: a join would have to be boxed with every condition.
#[diesel::dsl::auto_type]
fn partner_name() -> _ {
    partners::table
        .filter(partners::id.nullable().eq(users::partner_id))
        .select(partners::name)
        .single_value()
}

/// How many users match.
pub fn count(conn: &mut DbConn, _scope: &AdminScope, filter: &Filter) -> QueryResult<Count> {
    let query = filtered(filter).select(users::id).limit(COUNT_LIMIT + 1);
    CountOf(query).get_result(conn).map(Count)
}

/// One user with what hangs on them.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: UserId,
    pub reference: Reference,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub state: UserState,
    pub has_password: bool,
    pub partner: Option<WorksAt>,
    pub created_at: UtcTime,
    pub last_signed_in_at: Option<UtcTime>,
    pub lock_version: i64,
    /// Sessions that have not run out.
    pub sessions: i64,
    /// Leads that are assigned to this person now.
    pub live_leads: i64,
    /// When the invitation runs out, while one works.
    pub invited_until: Option<UtcTime>,
    /// Whether a manager of the partner asked for it with an address that is another account's.
    pub is_held: bool,
}

/// The partner of a partner user.
#[derive(Debug, Clone)]
pub struct WorksAt {
    pub reference: Reference,
    pub name: String,
    pub state: PartnerState,
}

#[derive(Queryable)]
struct PersonFacts {
    id: UserId,
    name: String,
    email: String,
    role: Role,
    state: UserState,
    has_password: bool,
    created_at: UtcTime,
    last_signed_in_at: Option<UtcTime>,
    lock_version: i64,
    email_key: String,
    partner: Option<(Reference, String, PartnerState)>,
}

/// The user with this reference.
pub fn find(
    conn: &mut DbConn,
    _scope: &AdminScope,
    reference: &Reference,
    limits: SessionLimits,
    now: UtcTime,
) -> QueryResult<Option<Person>> {
    let facts: Option<PersonFacts> = users::table
        .left_join(partners::table)
        .filter(users::reference.eq(reference))
        .select((
            users::id,
            users::name,
            users::email,
            users::role,
            users::state,
            users::password_hash.is_not_null(),
            users::created_at,
            users::last_signed_in_at,
            users::lock_version,
            users::email_key,
            (partners::reference, partners::name, partners::state).nullable(),
        ))
        .first(conn)
        .optional()?;
    let Some(facts) = facts else { return Ok(None) };
    let sessions = ending::count_of_user(conn, facts.id, limits, now)?;
    let live_leads = assignments::table
        .filter(assignments::user_id.eq(facts.id))
        .filter(assignments::ended_at.is_null())
        .count()
        .get_result(conn)?;
    let invited_until = links::table
        .filter(links::user_id.eq(facts.id))
        .filter(links::purpose.eq(Purpose::Invitation))
        .filter(links::ended_at.is_null())
        .filter(links::expires_at.gt(now))
        .select(links::expires_at)
        .order(links::id.desc())
        .first(conn)
        .optional()?;
    Ok(Some(Person {
        id: facts.id,
        reference: reference.clone(),
        name: facts.name,
        email: facts.email,
        role: facts.role,
        state: facts.state,
        has_password: facts.has_password,
        partner: facts
            .partner
            .map(|(reference, name, state)| WorksAt { reference, name, state }),
        created_at: facts.created_at,
        last_signed_in_at: facts.last_signed_in_at,
        lock_version: facts.lock_version,
        sessions,
        live_leads,
        invited_until,
        is_held: is_held_key(&facts.email_key),
    }))
}
