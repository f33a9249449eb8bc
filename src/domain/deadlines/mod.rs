//! Deadlines: by when whoever holds a lead must have opened it or said how it stands. Each is a row that the clock of
//! the program drives: a reminder at half of the time, another at four fifths, then the lead is taken back.

pub mod settings;
pub mod shown;
mod step;
mod working_time;

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::db::schema::{assignments, deadline_settings, deadlines, leads, partners};
use crate::db::types::{AssignmentId, UtcTime};
use crate::db::{DbConn, Tx};
use crate::domain::leads::LeadStatus;
use crate::domain::notices;
use crate::domain::outbox::Message;
use crate::text_enum;
use settings::SETTINGS_ID;

pub use step::{due, put_off, step};
pub use working_time::WorkingTime;

/// How many assignments get their deadline in one transaction after the settings changed.
const CAUGHT_UP_AT_ONCE: i64 = 200;

text_enum! {
    /// What whoever holds a lead owes next.
    pub enum Duty {
        /// To open it.
        Open = "open",
        /// To say for the first time how it stands.
        FirstUpdate = "first_update",
        /// To say so again.
        Update = "update",
    }
}

impl Duty {
    /// What is to be done, for a sentence that begins with "Please".
    pub fn words(self) -> &'static str {
        match self {
            Duty::Open => "open it",
            Duty::FirstUpdate => "say how it stands",
            Duty::Update => "say how it stands by now",
        }
    }
}

/// A deadline that runs.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Deadline {
    pub duty: Duty,
    /// The working days that the settings gave when it began.
    pub days: i64,
    pub due_at: UtcTime,
    /// How often the holder was reminded of it.
    pub reminders: i64,
}

/// What was owed until now is done: `next` is owed from now on. A reminder that nobody read yet is settled.
pub fn meet(tx: &mut Tx<'_>, assignment: AssignmentId, next: Duty, now: UtcTime) -> QueryResult<()> {
    end(tx, assignment, now)?;
    begin(tx, assignment, next, now)
}

/// Begins the deadline of an assignment that has none, from now. Nothing begins where the settings have no such deadline.
pub fn begin(tx: &mut Tx<'_>, assignment: AssignmentId, duty: Duty, now: UtcTime) -> QueryResult<()> {
    let Some((duty, days)) = settings::load(tx)?.days(duty) else {
        return Ok(());
    };
    let (country, zone): (String, String) = assignments::table
        .inner_join(partners::table)
        .filter(assignments::id.eq(assignment))
        .select((partners::country, partners::time_zone))
        .first(&mut **tx)?;
    let time = WorkingTime::new(&country, &zone);
    let whole = TimeDelta::days(days);
    diesel::insert_into(deadlines::table)
        .values((
            deadlines::assignment_id.eq(assignment),
            deadlines::duty.eq(duty),
            deadlines::days.eq(days),
            deadlines::next_at.eq(time.after(now, whole / 2)),
            deadlines::four_fifths_at.eq(time.after(now, whole * 4 / 5)),
            deadlines::due_at.eq(time.after(now, whole)),
        ))
        .execute(&mut **tx)
        .map(|_| ())
}

/// Ends the deadline of an assignment: it was met, or nobody owes anything any more.
pub fn end(tx: &mut Tx<'_>, assignment: AssignmentId, now: UtcTime) -> QueryResult<()> {
    let ended = diesel::delete(deadlines::table.find(assignment)).execute(&mut **tx)?;
    if ended == 0 {
        return Ok(());
    }
    notices::settle(tx, Message::LeadDue, assignment, now)
}

/// Gives the assignments that have no deadline theirs, counted from now, so that turning deadlines on lets nothing
/// expire that nobody was told of. `true` while some are left.
pub fn catch_up(tx: &mut Tx<'_>, now: UtcTime) -> QueryResult<bool> {
    let Some(after) = settings::load(tx)?.catch_up_after else {
        return Ok(false);
    };
    let waiting: Vec<(AssignmentId, LeadStatus, Option<UtcTime>)> = assignments::table
        .inner_join(leads::table)
        .left_join(deadlines::table)
        .filter(assignments::id.gt(AssignmentId::new(after)))
        .filter(assignments::ended_at.is_null())
        .filter(leads::status.eq_any([LeadStatus::Unopened, LeadStatus::Open]))
        .filter(deadlines::assignment_id.is_null())
        .select((assignments::id, leads::status, assignments::status_noted_at))
        .order(assignments::id)
        .limit(CAUGHT_UP_AT_ONCE)
        .load(&mut **tx)?;
    for (assignment, status, noted) in &waiting {
        let duty = match (status, noted) {
            (LeadStatus::Unopened, _) => Duty::Open,
            (_, None) => Duty::FirstUpdate,
            (_, Some(_)) => Duty::Update,
        };
        begin(tx, *assignment, duty, now)?;
    }
    let last = waiting.last().map(|(assignment, ..)| assignment.get());
    diesel::update(deadline_settings::table.find(SETTINGS_ID))
        .set(deadline_settings::catch_up_after.eq(last))
        .execute(&mut **tx)?;
    Ok(last.is_some())
}

/// Whether assignments wait for their deadlines after the settings changed.
pub fn must_catch_up(conn: &mut DbConn) -> QueryResult<bool> {
    settings::load(conn).map(|settings| settings.catch_up_after.is_some())
}

/// The deadline of an assignment.
pub(in crate::domain) fn of(conn: &mut DbConn, assignment: AssignmentId) -> QueryResult<Option<Deadline>> {
    deadlines::table
        .filter(deadlines::assignment_id.eq(assignment))
        .select((
            deadlines::duty,
            deadlines::days,
            deadlines::due_at,
            deadlines::reminders,
        ))
        .first(conn)
        .optional()
}
