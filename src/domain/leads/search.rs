//! The list of leads for staff: search, filters, sorting, keyset paging, counts.

mod hand_over;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;
use diesel::helper_types::{IntoBoxed, Select};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};

use super::LeadStatus;
use crate::db::page::{COUNT_LIMIT, Count, CountOf, Counted, Cursor, Direction, Page, ROWS};
use crate::db::schema::{imports, leads};
use crate::db::types::{LeadId, PartnerId, Reference, UtcTime};
use crate::db::{DbBackend, DbConn, IsAmong, remembered, search_condition};
use crate::domain::access::StaffScope;
use crate::domain::text::search_key;
use crate::text_enum;

pub use hand_over::{AGES, HandOver, Holder, HolderChoice, holders_named, holders_of};

text_enum! {
    /// Which side of permission; offered only while it is tracked.
    pub enum Permission {
        Confirmed = "confirmed",
        OnHold = "on_hold",
    }
}

text_enum! {
    /// The order of the list.
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

/// Which leads; nothing set means all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    pub words: String,
    pub status: Option<LeadStatus>,
    pub permission: Option<Permission>,
    pub partner: Option<PartnerId>,
    pub country: Option<String>,
    pub source: Option<String>,
    pub created_since: Option<UtcTime>,
    /// The first moment that no longer counts.
    pub created_before: Option<UtcTime>,
    pub hand_over: HandOver,
    /// The import that they came in with.
    pub import: Option<Reference>,
}

/// One lead in the list.
#[derive(Clone, Queryable)]
pub struct LeadRow {
    pub reference: Reference,
    pub first_name: String,
    pub last_name: String,
    pub company: String,
    pub country: String,
    pub product: String,
    pub source: String,
    pub status: LeadStatus,
    pub has_confirmation: bool,
    pub partner: Option<PartnerId>,
    pub created_at: UtcTime,
}

/// At most so many words of a search count.
const WORDS: usize = 8;

type Query<'a> = IntoBoxed<'a, leads::table, DbBackend>;

fn filtered<'a>(conn: &DbConn, filter: &'a Filter, now: UtcTime) -> Query<'a> {
    let mut query = leads::table.into_boxed();
    let patterns = patterns(&filter.words);
    if !patterns.is_empty() {
        query = query.filter(search_condition(conn.search_index(), &patterns));
    }
    if let Some(status) = filter.status {
        query = query.filter(leads::status.eq(status));
    }
    if let Some(permission) = filter.permission {
        query = query.filter(leads::has_confirmation.eq(permission == Permission::Confirmed));
    }
    if let Some(partner) = filter.partner {
        query = query.filter(leads::partner_id.eq(partner));
    }
    if let Some(country) = &filter.country {
        query = query.filter(leads::country.eq(country));
    }
    if let Some(source) = &filter.source {
        query = query.filter(leads::source.eq(source));
    }
    if let Some(since) = filter.created_since {
        query = query.filter(leads::created_at.ge(since));
    }
    if let Some(before) = filter.created_before {
        query = query.filter(leads::created_at.lt(before));
    }
    if filter.hand_over.is_narrowed() {
        query = query.filter(IsAmong(filter.hand_over.leads(filter.partner, now)));
    }
    if let Some(reference) = &filter.import {
        let import = imports::table
            .filter(imports::reference.eq(reference))
            .select(imports::id.nullable())
            .single_value();
        query = query.filter(leads::import_id.eq(import));
    }
    query
}

/// What to look for: each word with three characters at least, as the index needs; a shorter one counts as the
/// beginning of a word, which stands behind blanks in the searched text.
pub(super) fn patterns(words: &str) -> Vec<String> {
    let key = search_key(words);
    key.split_whitespace()
        .take(WORDS)
        .map(|word| {
            let is_phone = word.chars().all(|c| c.is_ascii_digit() || "+-()/.".contains(c));
            let digits: String = word.chars().filter(char::is_ascii_digit).collect();
            let word = if is_phone && !digits.is_empty() {
                digits
            } else {
                word.to_owned()
            };
            format!("{word:>3}")
        })
        .collect()
}

/// One page of the list.
pub fn page(
    conn: &mut DbConn,
    _scope: &StaffScope,
    filter: &Filter,
    sort: Sort,
    cursor: Option<&Cursor>,
    now: UtcTime,
) -> QueryResult<Page<LeadRow>> {
    let at = match cursor {
        Some(cursor) => leads::table
            .filter(leads::reference.eq(&cursor.row))
            .select((leads::id, leads::created_at, leads::name_key))
            .first::<(LeadId, UtcTime, String)>(conn)
            .optional()?,
        None => None,
    };
    let cursor = cursor.filter(|_| at.is_some());
    let backwards = cursor.is_some_and(|cursor| cursor.direction == Direction::Before);
    let ascending = sort.is_ascending() != backwards;
    let mut query = filtered(conn, filter, now);
    if let Some((id, created_at, name_key)) = at {
        query = match (sort.is_by_name(), ascending) {
            (false, true) => query
                .filter(leads::created_at.ge(created_at))
                .filter(leads::created_at.gt(created_at).or(leads::id.gt(id))),
            (false, false) => query
                .filter(leads::created_at.le(created_at))
                .filter(leads::created_at.lt(created_at).or(leads::id.lt(id))),
            (true, true) => query
                .filter(leads::name_key.ge(name_key.clone()))
                .filter(leads::name_key.gt(name_key).or(leads::id.gt(id))),
            (true, false) => query
                .filter(leads::name_key.le(name_key.clone()))
                .filter(leads::name_key.lt(name_key).or(leads::id.lt(id))),
        };
    }
    query = match (sort.is_by_name(), ascending) {
        (false, true) => query.order((leads::created_at.asc(), leads::id.asc())),
        (false, false) => query.order((leads::created_at.desc(), leads::id.desc())),
        (true, true) => query.order((leads::name_key.asc(), leads::id.asc())),
        (true, false) => query.order((leads::name_key.desc(), leads::id.desc())),
    };
    let rows = query
        .select((
            leads::reference,
            leads::first_name,
            leads::last_name,
            leads::company,
            leads::country,
            leads::product,
            leads::source,
            leads::status,
            leads::has_confirmation,
            leads::partner_id,
            leads::created_at,
        ))
        .limit(ROWS + 1)
        .load::<LeadRow>(conn)?;
    Ok(Page::cut(rows, cursor, |row| &row.reference))
}

/// What is counted: the leads; or the live hand-overs alone, of which a lead has one at most, when nothing else is asked.
enum Matching<'a> {
    Leads(IntoBoxed<'a, Select<leads::table, leads::id>, DbBackend>),
    HandOvers(hand_over::Leads<'a>),
}

impl<'a> Matching<'a> {
    fn of(conn: &DbConn, filter: &'a Filter, now: UtcTime) -> Self {
        let hand_over_alone = Filter {
            partner: filter.partner,
            hand_over: filter.hand_over.clone(),
            ..Filter::default()
        };
        if filter.hand_over.is_narrowed() && *filter == hand_over_alone {
            Matching::HandOvers(filter.hand_over.leads(filter.partner, now))
        } else {
            Matching::Leads(filtered(conn, filter, now).select(leads::id).limit(COUNT_LIMIT + 1))
        }
    }
}

impl QueryId for Matching<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<DbBackend> for Matching<'_> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DbBackend>) -> QueryResult<()> {
        match self {
            Matching::Leads(query) => <_ as QueryFragment<DbBackend>>::walk_ast(query, out),
            Matching::HandOvers(query) => <_ as QueryFragment<DbBackend>>::walk_ast(query, out),
        }
    }
}

/// How many leads match, exact to 10,000.
pub fn count(conn: &mut DbConn, _scope: &StaffScope, filter: &Filter, now: UtcTime) -> QueryResult<Count> {
    CountOf(Matching::of(conn, filter, now)).get_result(conn).map(Count)
}

/// How many leads match each of some filters, exact to 10,000, in one statement.
pub fn counts(conn: &mut DbConn, _scope: &StaffScope, filters: &[Filter; 6], now: UtcTime) -> QueryResult<[Count; 6]> {
    let question = (filters.clone(), now.start_of_minute());
    let counts: (i64, i64, i64, i64, i64, i64) = remembered(conn, question, |conn| {
        let [first, second, third, fourth, fifth, sixth] = filters
            .each_ref()
            .map(|filter| Counted(Matching::of(conn, filter, now)));
        diesel::select((first, second, third, fourth, fifth, sixth)).get_result(conn)
    })?;
    Ok(<[i64; 6]>::from(counts).map(Count))
}

/// The filters that more leads match than are counted, for a minute each: such a count tells the same until many
/// leads are gone, and it is the dearest part of a list.
#[derive(Debug, Clone, Default)]
pub struct LargeCounts(Arc<Mutex<HashMap<Filter, UtcTime>>>);

/// So many of them are remembered.
const REMEMBERED: usize = 1_000;

impl LargeCounts {
    fn has(&self, filter: &Filter, now: UtcTime) -> bool {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(filter).is_some_and(|at| now - *at < TimeDelta::minutes(1))
    }

    fn remember(&self, filter: &Filter, now: UtcTime) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= REMEMBERED {
            counts.clear();
        }
        counts.insert(filter.clone(), now);
    }
}

/// The same as [`count`]; what was more than is counted a moment ago is not counted again.
pub fn count_once(
    conn: &mut DbConn,
    scope: &StaffScope,
    filter: &Filter,
    large: &LargeCounts,
    now: UtcTime,
) -> QueryResult<Count> {
    if large.has(filter, now) {
        return Ok(Count(COUNT_LIMIT + 1));
    }
    // What somebody looked for may be a person's name: it is not kept.
    if !filter.words.is_empty() {
        return count(conn, scope, filter, now);
    }
    // How long ago something was rests on the time as well.
    let minute = filter.hand_over.is_narrowed().then(|| now.start_of_minute());
    let counted = remembered(conn, (filter.clone(), minute), |conn| count(conn, scope, filter, now))?;
    if counted.0 > COUNT_LIMIT {
        large.remember(filter, now);
    }
    Ok(counted)
}

/// What makes a list see some of the leads alone, however few match all of its filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// More leads contain the words than a search looks at: it sees the newest.
    Words,
    /// The same of the hand-over: it sees those that wait longest, or the newest.
    HandOver,
}

/// Whether more leads contain the words, or are handed over like this, than a search looks at. `counted` is how many
/// match all of it.
pub fn cut(
    conn: &mut DbConn,
    scope: &StaffScope,
    filter: &Filter,
    counted: Count,
    now: UtcTime,
) -> QueryResult<Option<Cut>> {
    let words = Filter {
        words: filter.words.clone(),
        ..Filter::default()
    };
    let hand_over = Filter {
        partner: filter.partner,
        hand_over: filter.hand_over.clone(),
        ..Filter::default()
    };
    let parts = [
        (Cut::Words, words, !filter.words.is_empty()),
        (Cut::HandOver, hand_over, filter.hand_over.is_narrowed()),
    ];
    for (cut, part, _) in parts.into_iter().filter(|(.., is_asked)| *is_asked) {
        let alone = if *filter == part {
            counted
        } else {
            count(conn, scope, &part, now)?
        };
        if alone.0 > COUNT_LIMIT {
            return Ok(Some(cut));
        }
    }
    Ok(None)
}

/// The leads that match, up to `limit` and one more, in the order in which locks are taken.
pub fn matching(
    conn: &mut DbConn,
    _scope: &StaffScope,
    filter: &Filter,
    limit: i64,
    now: UtcTime,
) -> QueryResult<Vec<LeadId>> {
    let mut found: Vec<LeadId> = filtered(conn, filter, now)
        .select(leads::id)
        .limit(limit + 1)
        .load(conn)?;
    found.sort_unstable();
    Ok(found)
}

/// A question that is remembered.
#[derive(PartialEq, Eq, Hash)]
struct Sources;

/// The sources that leads name, for the filter.
pub fn sources(conn: &mut DbConn, _scope: &StaffScope) -> QueryResult<Vec<String>> {
    remembered(conn, Sources, |conn| conn.lead_sources())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_words_are_searched_as_beginnings() {
        assert_eq!(patterns("Öb"), [" ob"]);
        assert_eq!(patterns("王"), ["  王"]);
        assert_eq!(patterns("Nordlicht GmbH"), ["nordlicht", "gmbh"]);
    }

    #[test]
    fn phone_numbers_are_searched_by_their_digits() {
        assert_eq!(patterns("+49(30)1234"), ["49301234"]);
    }
}
