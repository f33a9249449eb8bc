//! What came in and what waits longest, for the start page of staff.

use chrono::{Datelike, Days, NaiveDate};
use diesel::prelude::*;

use super::staff::title;
use crate::db::page::{COUNT_LIMIT, Count, Counted};
use crate::db::schema::{assignments, leads, partners};
use crate::db::types::{Reference, UtcTime};
use crate::db::{DbConn, remembered};
use crate::domain::access::StaffScope;
use crate::domain::zone::Zone;

/// Weeks of the chart.
const WEEKS: u64 = 8;

/// Rows of the short list.
const SHOWN: i64 = 8;

/// How many leads came in during a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Week {
    /// Its Monday.
    pub begins: NaiveDate,
    pub received: Count,
}

/// The last eight weeks by this clock, the current one last; each exact to 10,000.
pub fn weeks(conn: &mut DbConn, _scope: &StaffScope, zone: Zone, now: UtcTime) -> QueryResult<Vec<Week>> {
    let today = zone.day(now);
    let this_monday = today - Days::new(u64::from(today.weekday().num_days_from_monday()));
    remembered(conn, (zone, this_monday), |conn| weeks_until(conn, zone, this_monday))
}

fn weeks_until(conn: &mut DbConn, zone: Zone, this_monday: NaiveDate) -> QueryResult<Vec<Week>> {
    let monday = |ago: u64| this_monday - Days::new(7 * ago);
    let received = |ago: u64| {
        let of_week = leads::table
            .filter(leads::created_at.ge(zone.start_of(monday(ago))))
            .filter(leads::created_at.lt(zone.start_of(monday(ago) + Days::new(7))));
        Counted(of_week.select(leads::id).limit(COUNT_LIMIT + 1))
    };
    // One statement for all of them: the page's number of queries is fixed.
    let counts: (i64, i64, i64, i64, i64, i64, i64, i64) = diesel::select((
        received(7),
        received(6),
        received(5),
        received(4),
        received(3),
        received(2),
        received(1),
        received(0),
    ))
    .get_result(conn)?;
    let weeks = <[i64; WEEKS as usize]>::from(counts).into_iter().zip((0..WEEKS).rev());
    Ok(weeks
        .map(|(count, ago)| Week {
            begins: monday(ago),
            received: Count(count),
        })
        .collect())
}

/// A lead that a partner has and has not opened.
#[derive(Clone)]
pub struct Unopened {
    pub reference: Reference,
    pub title: String,
    pub partner: String,
    pub assigned_at: UtcTime,
}

/// The leads that wait longest to be opened.
pub fn longest_unopened(conn: &mut DbConn, _scope: &StaffScope) -> QueryResult<Vec<Unopened>> {
    let rows: Vec<(Reference, String, String, String, String, UtcTime)> = assignments::table
        .inner_join(leads::table)
        .inner_join(partners::table)
        .filter(assignments::ended_at.is_null())
        .filter(assignments::opened_at.is_null())
        .select((
            leads::reference,
            leads::first_name,
            leads::last_name,
            leads::company,
            partners::name,
            assignments::assigned_at,
        ))
        .order((assignments::assigned_at, assignments::id))
        .limit(SHOWN)
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(
            |(reference, first_name, last_name, company, partner, assigned_at)| Unopened {
                reference,
                title: title(&first_name, &last_name, &company),
                partner,
                assigned_at,
            },
        )
        .collect())
}
