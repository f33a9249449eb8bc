//! Reading the audit log: newest first, by what was done, by whom, to which record, on which days.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::Act;
use crate::db::DbConn;
use crate::db::page::{Direction, ROWS};
use crate::db::schema::{audit_events, users};
use crate::db::types::{EventId, UserId, UtcTime};
use crate::domain::access::AdminScope;
use crate::domain::access::scopes::LOCAL;
use crate::domain::text::search_key;
use crate::domain::zone::Zone;

/// How many people a name in the filter may stand for.
const PEOPLE: i64 = 200;

/// What is looked for; nothing set is everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Part of a name or of an e-mail address.
    pub who: String,
    pub act: Option<Act>,
    /// The reference of a record.
    pub record: String,
    /// The first day, by the clock of whoever looks.
    pub from: Option<NaiveDate>,
    /// The last day, inclusive.
    pub until: Option<NaiveDate>,
}

/// One act.
#[derive(Debug, Clone, Queryable)]
pub struct AuditRow {
    pub id: EventId,
    pub happened_at: UtcTime,
    pub act: Act,
    pub subject: String,
    pub subject_reference: String,
    pub detail: String,
    pub address: String,
    pub request_id: String,
    pub actor_name: Option<String>,
    pub actor_email: Option<String>,
}

impl AuditRow {
    /// Which part of the program acted, where nobody did who signs in.
    pub fn program(&self) -> Option<String> {
        if self.actor_name.is_some() || self.address != LOCAL {
            return None;
        }
        Some(match self.request_id.as_str() {
            "admin create" | "demo" => "Command line".to_owned(),
            job => format!("Leadgate ({job})"),
        })
    }
}

/// The act beside which a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditCursor {
    pub direction: Direction,
    pub event: EventId,
}

impl AuditCursor {
    /// Reads `after-17` or `before-17`.
    pub fn parse(text: &str) -> Option<Self> {
        let (direction, event) = text.split_once('-')?;
        let direction = match direction {
            "after" => Direction::After,
            "before" => Direction::Before,
            _ => return None,
        };
        let event = EventId::new(event.parse().ok()?);
        Some(AuditCursor { direction, event })
    }

    pub fn to_text(self) -> String {
        let direction = match self.direction {
            Direction::After => "after",
            Direction::Before => "before",
        };
        format!("{direction}-{}", self.event.get())
    }
}

/// A page of the log in reading order, and whether there is more on either side.
#[derive(Debug, Clone)]
pub struct AuditPage {
    pub rows: Vec<AuditRow>,
    pub previous: Option<AuditCursor>,
    pub next: Option<AuditCursor>,
}

/// A page of the log, newest first.
pub fn page(
    conn: &mut DbConn,
    scope: &AdminScope,
    filter: &AuditFilter,
    zone: Zone,
    cursor: Option<AuditCursor>,
) -> QueryResult<AuditPage> {
    let backwards = cursor.is_some_and(|cursor| cursor.direction == Direction::Before);
    let mut rows = rows(conn, scope, filter, zone, cursor, ROWS + 1)?;
    let more = rows.len() > ROWS as usize;
    rows.truncate(ROWS as usize);
    if backwards {
        rows.reverse();
    }
    let beside = |row: Option<&AuditRow>, direction| {
        row.map(|row| AuditCursor {
            direction,
            event: row.id,
        })
    };
    let has_previous = if backwards { more } else { cursor.is_some() };
    Ok(AuditPage {
        previous: beside(rows.first(), Direction::Before).filter(|_| has_previous),
        next: beside(rows.last(), Direction::After).filter(|_| backwards || more),
        rows,
    })
}

/// Up to `limit` acts in the direction of the cursor, beginning beside it.
pub fn rows(
    conn: &mut DbConn,
    _scope: &AdminScope,
    filter: &AuditFilter,
    zone: Zone,
    cursor: Option<AuditCursor>,
    limit: i64,
) -> QueryResult<Vec<AuditRow>> {
    let (happened_at, id) = (audit_events::happened_at, audit_events::id);
    let mut query = audit_events::table
        .left_join(users::table)
        .select((
            id,
            happened_at,
            audit_events::action,
            audit_events::subject,
            audit_events::subject_reference,
            audit_events::detail,
            audit_events::address,
            audit_events::request_id,
            users::name.nullable(),
            users::email.nullable(),
        ))
        .limit(limit)
        .into_boxed();
    if !filter.who.is_empty() {
        query = query.filter(audit_events::actor_id.eq_any(people(conn, &filter.who)?));
    }
    if let Some(act) = filter.act {
        query = query.filter(audit_events::action.eq(act));
    }
    if !filter.record.is_empty() {
        query = query.filter(audit_events::subject_reference.eq(&filter.record));
    }
    if let Some(day) = filter.from {
        query = query.filter(happened_at.ge(zone.start_of(day)));
    }
    if let Some(day) = filter.until {
        query = query.filter(happened_at.lt(zone.end_of(day)));
    }
    let at: Option<UtcTime> = match cursor {
        Some(cursor) => audit_events::table
            .find(cursor.event)
            .select(happened_at)
            .first(conn)
            .optional()?,
        None => None,
    };
    query = match (cursor, at) {
        (Some(cursor), Some(time)) if cursor.direction == Direction::Before => query
            .filter(happened_at.ge(time))
            .filter(happened_at.gt(time).or(id.gt(cursor.event)))
            .order((happened_at.asc(), id.asc())),
        (Some(cursor), Some(time)) => query
            .filter(happened_at.le(time))
            .filter(happened_at.lt(time).or(id.lt(cursor.event)))
            .order((happened_at.desc(), id.desc())),
        (Some(_) | None, None) | (None, Some(_)) => query.order((happened_at.desc(), id.desc())),
    };
    query.load(conn)
}

/// The people whom a part of a name or address stands for, so that the log itself is asked by its index.
fn people(conn: &mut DbConn, who: &str) -> QueryResult<Vec<UserId>> {
    let key = search_key(who)
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    users::table
        .filter(users::search_text.like(format!("%{key}%")).escape('\\'))
        .select(users::id)
        .order(users::id)
        .limit(PEOPLE)
        .load(conn)
}
