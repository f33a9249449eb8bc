//! Conditions that each database answers by an index of its own.

use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::dsl::sql;
use diesel::expression::{TypedExpressionType, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamp};
use diesel::{AppearsOnTable, BoolExpressionMethods, BoxableExpression, Expression, QueryResult};

use super::{DbBackend, SearchIndex};
use crate::db::page::COUNT_LIMIT;
use crate::db::schema::{leads, users};

/// A condition on leads that is put together at run time.
pub type LeadCondition = Box<dyn BoxableExpression<leads::table, DbBackend, SqlType = Bool>>;

/// So many leads a search looks at: as many as are counted, and one more.
const FOUND: i64 = COUNT_LIMIT + 1;

/// What an index is made of, in its own words: with a bound value it would not be recognised, and the whole table be
/// read. Diesel's own `sql` says the same, but has the statement around it planned anew each time.
#[derive(Debug, Clone, Copy)]
pub struct Indexed<ST> {
    words: &'static str,
    kind: PhantomData<ST>,
}

impl<ST> Indexed<ST> {
    fn by(words: &'static str) -> Self {
        Indexed {
            words,
            kind: PhantomData,
        }
    }
}

impl<ST: TypedExpressionType> Expression for Indexed<ST> {
    type SqlType = ST;
}

impl<ST: TypedExpressionType, QS> AppearsOnTable<QS> for Indexed<ST> {}

impl<ST, G> ValidGrouping<G> for Indexed<ST> {
    type IsAggregate = is_aggregate::Never;
}

/// The words tell two of them apart, not the type.
impl<ST> QueryId for Indexed<ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST, DB: Backend> QueryFragment<DB> for Indexed<ST> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(self.words);
        Ok(())
    }
}

/// The condition of the index on e-mail addresses.
pub fn has_email() -> Indexed<Bool> {
    Indexed::by("leads.email_key <> ''")
}

/// The condition of the index on phone numbers.
pub fn has_phone() -> Indexed<Bool> {
    Indexed::by("leads.phone_key <> ''")
}

/// Which list of leads that await permission a lead is in.
pub fn review_list() -> Indexed<Nullable<Text>> {
    Indexed::by(
        "CASE WHEN leads.has_confirmation THEN NULL WHEN leads.status = 'unassigned' THEN 'not_distributed' ELSE 'with_partner' END",
    )
}

/// The condition that a lead is among those whose ids another query selects. Diesel's own takes none that was put
/// together at run time, since each backend must know all of it.
#[derive(Debug, Clone, Copy, QueryId)]
pub struct IsAmong<Q>(pub Q);

impl<Q> Expression for IsAmong<Q> {
    type SqlType = Bool;
}

impl<Q> AppearsOnTable<leads::table> for IsAmong<Q> {}

impl<Q, G> ValidGrouping<G> for IsAmong<Q> {
    type IsAggregate = is_aggregate::Never;
}

impl<Q: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for IsAmong<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("leads.id IN (");
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}

/// When something was last heard of an opened lead: the newest note, else the opening.
pub fn last_update() -> Indexed<Nullable<Timestamp>> {
    Indexed::by("COALESCE(assignments.status_noted_at, assignments.opened_at)")
}

/// The condition that a lead is among the newest whose search text contains every one of `patterns` (three characters
/// or more each), answered by the database's own index. It looks at no more than [`FOUND`] leads, however many there are:
/// a word that is in every lead must not cost a reading of all of them.
pub fn search_condition(index: SearchIndex, patterns: &[String]) -> LeadCondition {
    match index {
        SearchIndex::FullText => {
            let (addresses, others): (Vec<&String>, _) = patterns.iter().partition(|pattern| is_address(pattern));
            let mut condition: LeadCondition = Box::new(sql::<Bool>("TRUE"));
            for address in addresses {
                condition = Box::new(condition.and(email_begins(address.trim_start())));
            }
            if !others.is_empty() {
                let quoted: Vec<String> = others
                    .iter()
                    .map(|pattern| format!("\"{}\"", pattern.replace('"', "\"\"")))
                    .collect();
                let found = sql::<Bool>("leads.id IN (SELECT rowid FROM lead_search WHERE lead_search MATCH ")
                    .bind::<Text, _>(quoted.join(" "))
                    .sql(" ORDER BY rowid DESC LIMIT ")
                    .bind::<BigInt, _>(FOUND)
                    .sql(")");
                condition = Box::new(condition.and(found));
            }
            condition
        }
        SearchIndex::Trigram => {
            let mut contains: LeadCondition = Box::new(sql::<Bool>("TRUE"));
            for pattern in patterns {
                let bound =
                    sql::<Bool>("found.search_text LIKE ").bind::<Text, _>(format!("%{}%", escape_like(pattern)));
                contains = Box::new(contains.and(bound));
                if is_address(pattern) {
                    let begins = format!("{}%", escape_like(pattern.trim_start()));
                    let bound = sql::<Bool>("found.email_key LIKE ").bind::<Text, _>(begins);
                    contains = Box::new(contains.and(bound));
                }
            }
            Box::new(
                sql::<Bool>("leads.id IN (SELECT found.id FROM leads AS found WHERE ")
                    .bind::<Bool, _>(contains)
                    .sql(" ORDER BY found.id DESC LIMIT ")
                    .bind::<BigInt, _>(FOUND)
                    .sql(")"),
            )
        }
    }
}

/// A condition on users that is put together at run time.
pub type UserCondition = Box<dyn BoxableExpression<users::table, DbBackend, SqlType = Bool>>;

/// The condition that the search text of a user contains every one of `words`, answered by the database's own index;
/// words too short for it are looked for at the beginning of the name, where there is no longer one.
pub fn user_search_condition(index: SearchIndex, words: &[&str]) -> UserCondition {
    let (long, short): (Vec<&str>, Vec<&str>) = words.iter().copied().partition(|word| word.chars().count() >= 3);
    // PostgreSQL finds addresses by its own index like other words.
    let by_beginning = |word: &&str| index == SearchIndex::FullText && is_address(word);
    let (addresses, long): (Vec<&str>, Vec<&str>) = long.into_iter().partition(by_beginning);
    let mut condition: UserCondition = Box::new(sql::<Bool>("TRUE"));
    for address in &addresses {
        condition = Box::new(condition.and(begins("users.email_key", address)));
    }
    if index == SearchIndex::FullText && !long.is_empty() {
        let quoted: Vec<String> = long
            .iter()
            .map(|word| format!("\"{}\"", word.replace('"', "\"\"")))
            .collect();
        let found = sql::<Bool>("users.id IN (SELECT rowid FROM user_search WHERE user_search MATCH ")
            .bind::<Text, _>(quoted.join(" "))
            .sql(" ORDER BY rowid DESC LIMIT ")
            .bind::<BigInt, _>(FOUND)
            .sql(")");
        condition = Box::new(condition.and(found));
    }
    let is_led = !addresses.is_empty() || !long.is_empty();
    for (place, word) in short.iter().enumerate() {
        if place == 0 && !is_led {
            condition = Box::new(condition.and(begins("users.search_text", word)));
        } else {
            condition = Box::new(condition.and(contains(word)));
        }
    }
    if index == SearchIndex::Trigram {
        for word in &long {
            condition = Box::new(condition.and(contains(word)));
        }
    }
    condition
}

fn begins(column: &str, word: &str) -> UserCondition {
    Box::new(
        sql::<Bool>(&format!("{column} >= "))
            .bind::<Text, _>(word.to_owned())
            .sql(&format!(" AND {column} < "))
            .bind::<Text, _>(format!("{word}\u{10FFFF}")),
    )
}

fn contains(word: &str) -> UserCondition {
    Box::new(
        sql::<Bool>("users.search_text LIKE ")
            .bind::<Text, _>(format!("%{}%", escape_like(word)))
            .sql(" ESCAPE '\\'"),
    )
}

/// Whether a word is an e-mail address, or the beginning of one with its name whole: it is looked for at the beginning
/// of addresses. Most of its parts of three letters are in every other address, so that the index of SQLite is read
/// through for it: 8 ms among 10,000 leads.
fn is_address(word: &str) -> bool {
    word.trim_start().find('@').is_some_and(|at| at > 0)
}

fn email_begins(address: &str) -> LeadCondition {
    Box::new(
        sql::<Bool>(
            "leads.id IN (SELECT found.id FROM leads AS found WHERE found.email_key <> '' AND found.email_key >= ",
        )
        .bind::<Text, _>(address.to_owned())
        .sql(" AND found.email_key < ")
        .bind::<Text, _>(format!("{address}\u{10FFFF}"))
        .sql(" LIMIT ")
        .bind::<BigInt, _>(FOUND)
        .sql(")"),
    )
}

fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
