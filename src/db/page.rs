//! Keyset pages: a page begins after the last row of the one before, however deep it lies.

use diesel::backend::Backend;
use diesel::expression::{ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;
use diesel::{AppearsOnTable, Expression, QueryResult, RunQueryDsl, SelectableExpression};

use super::types::Reference;

/// The largest number of rows that a page may have.
pub const ROWS: i64 = 50;

/// Counts beyond this are told as "10,000+": an exact one costs a scan.
pub const COUNT_LIMIT: i64 = 10_000;

/// Which way a page lies from its cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    After,
    Before,
}

/// The row beside which a page begins. It names the row by reference, since its sort key may be a person's name
/// and URLs hold none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub direction: Direction,
    pub row: Reference,
}

impl Cursor {
    /// Reads `after-<reference>` or `before-<reference>`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (direction, row) = text.split_once('-')?;
        let direction = match direction {
            "after" => Direction::After,
            "before" => Direction::Before,
            _ => return None,
        };
        Some(Cursor {
            direction,
            row: Reference::parse(row)?,
        })
    }

    pub fn to_text(&self) -> String {
        let direction = match self.direction {
            Direction::After => "after",
            Direction::Before => "before",
        };
        format!("{direction}-{}", self.row)
    }
}

/// The rows of one page in reading order, and whether there are others on either side.
#[derive(Debug, Clone)]
pub struct Page<T> {
    pub rows: Vec<T>,
    pub previous: Option<Cursor>,
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Makes a page of up to [`ROWS`] rows out of one row more, read in the direction of `cursor`.
    pub fn cut(mut rows: Vec<T>, cursor: Option<&Cursor>, reference_of: impl Fn(&T) -> &Reference) -> Self {
        let backwards = cursor.is_some_and(|cursor| cursor.direction == Direction::Before);
        let more = rows.len() > ROWS as usize;
        rows.truncate(ROWS as usize);
        if backwards {
            rows.reverse();
        }
        let at = |row: Option<&T>, direction| {
            row.map(|row| Cursor {
                direction,
                row: reference_of(row).clone(),
            })
        };
        let has_previous = if backwards { more } else { cursor.is_some() };
        let has_next = if backwards { true } else { more };
        Page {
            previous: at(rows.first(), Direction::Before).filter(|_| has_previous),
            next: at(rows.last(), Direction::After).filter(|_| has_next),
            rows,
        }
    }
}

/// `SELECT COUNT(*)` over another query, which must carry a limit: `CountOf(query.limit(COUNT_LIMIT + 1))`.
#[derive(Debug, Clone, Copy, QueryId)]
pub struct CountOf<Q>(pub Q);

impl<Q> Query for CountOf<Q> {
    type SqlType = BigInt;
}

impl<Q, C> RunQueryDsl<C> for CountOf<Q> {}

impl<Q: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for CountOf<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("SELECT COUNT(*) FROM (");
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(") AS counted");
        Ok(())
    }
}

/// The same as one value among others: `diesel::select((Counted(one), Counted(other)))`.
#[derive(Debug, Clone, Copy, QueryId)]
pub struct Counted<Q>(pub Q);

impl<Q> Expression for Counted<Q> {
    type SqlType = BigInt;
}

impl<Q, QS> AppearsOnTable<QS> for Counted<Q> {}

impl<Q, QS> SelectableExpression<QS> for Counted<Q> {}

impl<Q, GB> ValidGrouping<GB> for Counted<Q> {
    type IsAggregate = is_aggregate::Never;
}

impl<Q: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for Counted<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("(SELECT COUNT(*) FROM (");
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(") AS counted)");
        Ok(())
    }
}

/// How many rows there are, exact up to [`COUNT_LIMIT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count(pub i64);

impl Count {
    /// `1,284` or `10,000+`.
    pub fn words(self) -> String {
        if self.0 > COUNT_LIMIT {
            format!("{}+", thousands(COUNT_LIMIT))
        } else {
            thousands(self.0)
        }
    }

    pub fn is_one(self) -> bool {
        self.0 == 1
    }
}

/// A number with its thousands set apart: `1,284`.
pub fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
