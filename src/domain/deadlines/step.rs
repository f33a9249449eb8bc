//! What happens when a deadline comes nearer: two reminders, then the lead is taken back through the code of a recall.
//! Each step is one transaction that asks again under the lock of the lead, so that a kill between steps loses nothing.

use chrono::TimeDelta;
use diesel::prelude::*;

use super::WorkingTime;
use crate::db::schema::{assignments, deadlines, partner_leads, partners};
use crate::db::types::{AssignmentId, LeadId, PartnerId, UserId, UtcTime};
use crate::db::{DbConn, Tx, update_kept};
use crate::domain::access::SystemScope;
use crate::domain::assignments::recall::{self, RecallError};
use crate::domain::leads::lock;
use crate::domain::outbox::{self, Message, events};

/// How many deadlines are looked at in one round.
const AT_ONCE: i64 = 50;

/// A lead that the partner can't see at the moment is looked at again after this.
const UNSEEN_REST: TimeDelta = TimeDelta::days(1);

/// A deadline that could not be followed is looked at again after this, behind the others.
const FAILED_REST: TimeDelta = TimeDelta::hours(1);

/// Reminders before a lead is taken back.
const REMINDERS: i64 = 2;

/// The assignments whose deadlines ask for something now, the most urgent first.
pub fn due(conn: &mut DbConn, now: UtcTime) -> QueryResult<Vec<AssignmentId>> {
    deadlines::table
        .filter(deadlines::next_at.le(now))
        .order((deadlines::next_at, deadlines::assignment_id))
        .select(deadlines::assignment_id)
        .limit(AT_ONCE)
        .load(conn)
}

#[derive(Queryable)]
struct Running {
    days: i64,
    reminders: i64,
    four_fifths_at: UtcTime,
    due_at: UtcTime,
    partner: PartnerId,
    user: Option<UserId>,
    country: String,
    zone: String,
}

/// Does what a deadline asks for now, once; nothing where somebody was faster.
pub fn step(tx: &mut Tx<'_>, scope: &SystemScope, assignment: AssignmentId, now: UtcTime) -> QueryResult<()> {
    let lead: LeadId = assignments::table
        .find(assignment)
        .select(assignments::lead_id)
        .first(&mut **tx)?;
    lock(tx, lead)?;
    let Some(running) = running(tx, assignment, now)? else {
        return Ok(());
    };
    let is_seen: bool = diesel::select(diesel::dsl::exists(
        partner_leads::table.filter(partner_leads::assignment_id.eq(assignment)),
    ))
    .get_result(&mut **tx)?;
    if !is_seen {
        // Nobody can be late with what nobody can reach: the partner or the lead is suspended.
        return wait(tx, assignment, &running, running.reminders, now + UNSEEN_REST);
    }
    if running.reminders == REMINDERS {
        return match recall::expire(tx, scope, assignment, now) {
            Ok(()) => events::tell_staff(tx, Message::LeadExpired, assignment, None, now),
            Err(RecallError::NotFound | RecallError::NothingToRecall) => super::end(tx, assignment, now),
            Err(RecallError::Database(error)) => Err(error),
        };
    }
    outbox::queue_to_holders(tx, Message::LeadDue, running.partner, running.user, assignment, now)?;
    let planned = if running.reminders == 0 {
        running.four_fifths_at
    } else {
        running.due_at
    };
    // After a standstill nobody loses a lead without the time that a reminder gives.
    let fifth = TimeDelta::days(running.days) / 5;
    let earliest = WorkingTime::new(&running.country, &running.zone).after(now, fifth);
    let next = if planned > now { planned } else { earliest };
    wait(tx, assignment, &running, running.reminders + 1, next)
}

/// Puts a deadline off that could not be followed, so that many of them keep no other waiting.
pub fn put_off(tx: &mut Tx<'_>, assignment: AssignmentId, now: UtcTime) -> QueryResult<()> {
    let Some(running) = running(tx, assignment, now)? else {
        return Ok(());
    };
    wait(tx, assignment, &running, running.reminders, now + FAILED_REST)
}

fn running(tx: &mut Tx<'_>, assignment: AssignmentId, now: UtcTime) -> QueryResult<Option<Running>> {
    deadlines::table
        .inner_join(assignments::table.inner_join(partners::table))
        .filter(deadlines::assignment_id.eq(assignment))
        .filter(deadlines::next_at.le(now))
        .select((
            deadlines::days,
            deadlines::reminders,
            deadlines::four_fifths_at,
            deadlines::due_at,
            assignments::partner_id,
            assignments::user_id,
            partners::country,
            partners::time_zone,
        ))
        .first(&mut **tx)
        .optional()
}

/// Waits for the next moment; the deadline itself is never before that.
fn wait(
    tx: &mut Tx<'_>,
    assignment: AssignmentId,
    running: &Running,
    reminders: i64,
    next: UtcTime,
) -> QueryResult<()> {
    update_kept(
        deadlines::table.find(assignment),
        (
            deadlines::reminders.eq(reminders),
            deadlines::next_at.eq(next),
            deadlines::due_at.eq(running.due_at.max(next)),
        ),
    )
    .execute(&mut **tx)
    .map(|_| ())
}
