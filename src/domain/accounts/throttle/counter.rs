//! The counters themselves: rows that are made where they are needed, locked while they are counted on, and forgotten.

use chrono::TimeDelta;
use diesel::prelude::*;

use super::{FREE_FAILURES, MOST_FAILURES, Refused};
use crate::db::schema::throttles;
use crate::db::types::UtcTime;
use crate::db::{Tx, update_kept};

/// Counters that nobody touched for so long are forgotten.
const REMEMBERED: TimeDelta = TimeDelta::days(30);

/// And those of a few failures, which cost nobody a wait, after this: whoever invents addresses fills no disk.
const FEW_REMEMBERED: TimeDelta = TimeDelta::hours(24);

/// So many are forgotten in one transaction.
pub const FORGOTTEN_AT_ONCE: usize = 500;

/// So many in so long a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub most: i64,
    pub length: TimeDelta,
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = throttles)]
pub(super) struct Counter {
    pub failures: i64,
    pub counted_since: UtcTime,
    pub free_at: UtcTime,
}

impl Counter {
    /// Why the next attempt is not looked at, if it is not. Few failures cost no wait, whenever the last one was: of two
    /// attempts at the same moment the earlier one may come second.
    pub fn refusal(&self, now: UtcTime) -> Option<Refused> {
        if self.failures >= MOST_FAILURES {
            return Some(Refused::ResetNeeded);
        }
        (self.failures >= FREE_FAILURES && self.free_at > now).then_some(Refused::Wait(self.free_at))
    }
}

/// The counter as it stands; nothing is made and nothing is locked.
pub(super) fn known(tx: &mut Tx<'_>, key: &str) -> QueryResult<Option<Counter>> {
    throttles::table
        .find(key)
        .select(Counter::as_select())
        .first(&mut **tx)
        .optional()
}

/// Until when no more is counted in this window, if that is so now.
pub(super) fn used_up_until(tx: &mut Tx<'_>, key: &str, window: Window, now: UtcTime) -> QueryResult<Option<UtcTime>> {
    let counter = known(tx, key)?;
    Ok(counter
        .filter(|counter| counter.failures >= window.most)
        .map(|counter| counter.counted_since + window.length)
        .filter(|ends| *ends > now))
}

/// The counter, made where there is none, and kept from others until the transaction ends.
pub(super) fn locked(tx: &mut Tx<'_>, key: &str, now: UtcTime) -> QueryResult<Counter> {
    tx.make_throttle(key, now)?;
    let found = update_kept(throttles::table.find(key), throttles::failures.eq(throttles::failures))
        .returning((throttles::failures, throttles::counted_since, throttles::free_at))
        .get_result::<(i64, UtcTime, UtcTime)>(&mut **tx)
        .optional()?;
    match found {
        Some((failures, counted_since, free_at)) => Ok(Counter {
            failures,
            counted_since,
            free_at,
        }),
        // Another attempt succeeded meanwhile and took the counter away.
        None => locked(tx, key, now),
    }
}

pub(super) fn count(tx: &mut Tx<'_>, key: &str, window: Window, now: UtcTime) -> QueryResult<Result<(), UtcTime>> {
    let counter = locked(tx, key, now)?;
    let ends = counter.counted_since + window.length;
    if now >= ends {
        set(tx, key, 1, now, now)?;
        return Ok(Ok(()));
    }
    if counter.failures >= window.most {
        return Ok(Err(ends));
    }
    set(tx, key, counter.failures + 1, counter.counted_since, now)?;
    Ok(Ok(()))
}

pub(super) fn set(
    tx: &mut Tx<'_>,
    key: &str,
    failures: i64,
    counted_since: UtcTime,
    free_at: UtcTime,
) -> QueryResult<()> {
    update_kept(
        throttles::table.find(key),
        (
            throttles::failures.eq(failures),
            throttles::counted_since.eq(counted_since),
            throttles::free_at.eq(free_at),
        ),
    )
    .execute(&mut **tx)
    .map(|_| ())
}

pub(super) fn take_back(tx: &mut Tx<'_>, key: &str) -> QueryResult<()> {
    update_kept(
        throttles::table.find(key).filter(throttles::failures.gt(0)),
        throttles::failures.eq(throttles::failures - 1),
    )
    .execute(&mut **tx)
    .map(|_| ())
}

/// Forgets counters that nobody touched for long, up to [`FORGOTTEN_AT_ONCE`], and tells of how many.
pub fn purge(tx: &mut Tx<'_>, now: UtcTime) -> QueryResult<usize> {
    let is_old = || {
        let of_few = throttles::free_at
            .le(now - FEW_REMEMBERED)
            .and(throttles::failures.lt(FREE_FAILURES));
        of_few.or(throttles::free_at.le(now - REMEMBERED))
    };
    let keys: Vec<String> = throttles::table
        .filter(throttles::free_at.le(now - FEW_REMEMBERED))
        .filter(is_old())
        .order((throttles::free_at, throttles::key))
        .select(throttles::key)
        .limit(FORGOTTEN_AT_ONCE as i64)
        .load(&mut **tx)?;
    // Asked again, since one may have been counted on meanwhile.
    diesel::delete(throttles::table.filter(throttles::key.eq_any(keys)).filter(is_old())).execute(&mut **tx)
}
