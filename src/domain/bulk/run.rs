//! A bulk act that runs: a few leads at a time have their turns in one short transaction, together with their outcomes,
//! so that each lead is done with all its rows or not at all, whoever is killed when. Bulk acts take turns, a few leads
//! each: a small one does not wait for the end of a large one.

use chrono::TimeDelta;
use diesel::prelude::*;

use super::stored::BulkAct;
use super::turn;
use super::{BulkState, Outcome};
use crate::db::schema::{bulk_act_leads, bulk_acts};
use crate::db::types::{BulkActId, LeadId, UserId, UtcTime, random_text};
use crate::db::{Tx, update_kept};
use crate::domain::access::session::Principal;
use crate::domain::access::{Actor, Origin, Scope, StaffScope};
use crate::domain::audit::{self, Act, Subject};

/// So many leads have their turns together: other writers wait no longer than for these.
pub const BATCH: i64 = 10;

/// Whoever works on a bulk act has it for this long after its last batch.
pub const LEASE: TimeDelta = TimeDelta::seconds(30);

/// What is written where a lead met an error.
const FAILED: &str = "An error kept it as it was. Try it again";

/// A bulk act in the hands of a worker.
#[derive(Debug, Clone)]
pub struct Held {
    pub act: BulkAct,
    token: String,
}

/// Takes the first running bulk act that nobody works on, if there is one.
pub fn claim(tx: &mut Tx<'_>, now: UtcTime) -> QueryResult<Option<Held>> {
    match free(tx, None, now)? {
        Some(act) => take(tx, act, now),
        None => Ok(None),
    }
}

/// A few leads have their turns, at most `limit`; then the next bulk act has its own, if another one waits. None when
/// nothing is left to do. An error undoes all of it.
pub fn step(tx: &mut Tx<'_>, held: &Held, limit: i64, now: UtcTime) -> QueryResult<Option<Held>> {
    let progress = batch(tx, held, limit, now)?;
    let next = match free(tx, Some(held.act.id), now)? {
        Some(next) => Some(next),
        None => free(tx, None, now)?,
    };
    let next = match next {
        Some(next) => take(tx, next, now)?,
        None => None,
    };
    match (next, progress) {
        (Some(next), Progress::More) => {
            release(tx, held)?;
            Ok(Some(next))
        }
        (None, Progress::More) => Ok(Some(held.clone())),
        (next, Progress::Ended) => Ok(next),
    }
}

/// The first running bulk act behind this one that nobody works on.
fn free(tx: &mut Tx<'_>, after: Option<BulkActId>, now: UtcTime) -> QueryResult<Option<BulkAct>> {
    bulk_acts::table
        .filter(bulk_acts::state.eq(BulkState::Running))
        .filter(
            bulk_acts::lease_until
                .is_null()
                .or(bulk_acts::lease_until.le(Some(now))),
        )
        .filter(bulk_acts::id.gt(after.unwrap_or(BulkActId::new(0))))
        .order(bulk_acts::id)
        .select(BulkAct::as_select())
        .first(&mut **tx)
        .optional()
}

/// Takes a bulk act, unless somebody else took it or it ended meanwhile.
fn take(tx: &mut Tx<'_>, act: BulkAct, now: UtcTime) -> QueryResult<Option<Held>> {
    let token = random_text(20);
    let free = bulk_acts::lease_until
        .is_null()
        .or(bulk_acts::lease_until.le(Some(now)));
    let taken = diesel::update(
        bulk_acts::table
            .find(act.id)
            .filter(bulk_acts::state.eq(BulkState::Running))
            .filter(free),
    )
    .set((
        bulk_acts::lease_token.eq(&token),
        bulk_acts::lease_until.eq(Some(now + LEASE)),
    ))
    .execute(&mut **tx)?;
    Ok((taken == 1).then_some(Held { act, token }))
}

/// Gives a bulk act back, for whoever comes first.
pub fn release(tx: &mut Tx<'_>, held: &Held) -> QueryResult<()> {
    diesel::update(
        bulk_acts::table
            .find(held.act.id)
            .filter(bulk_acts::lease_token.eq(&held.token)),
    )
    .set(bulk_acts::lease_until.eq(None::<UtcTime>))
    .execute(&mut **tx)
    .map(|_| ())
}

/// How a batch went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// Leads still wait for their turn.
    More,
    /// It has ended, now or before.
    Ended,
}

fn batch(tx: &mut Tx<'_>, held: &Held, limit: i64, now: UtcTime) -> QueryResult<Progress> {
    if !extend(tx, held, now)? {
        return Ok(Progress::Ended);
    }
    // Asked anew for every batch: whoever may not act any more does not act through the worker either.
    let Some(scope) = scope_of(tx, held.act.user_id)? else {
        end(tx, &actor(held.act.user_id), &held.act, BulkState::Halted, now)?;
        return Ok(Progress::Ended);
    };
    let waiting = waiting(tx, held.act.id, limit)?;
    if waiting.is_empty() {
        end(tx, scope.actor(), &held.act, BulkState::Done, now)?;
        return Ok(Progress::Ended);
    }
    let mut done = Vec::new();
    let mut refused = 0;
    for (position, lead) in waiting {
        let turn = match lead {
            Some(lead) => turn::take(tx, &scope, held.act.task(), lead, now)?,
            None => Err("The lead was deleted meanwhile".into()),
        };
        match turn {
            Ok(()) => done.push(position),
            Err(reason) => {
                refused += 1;
                refuse(tx, held.act.id, position, &reason)?;
            }
        }
    }
    diesel::update(
        bulk_act_leads::table
            .filter(bulk_act_leads::bulk_act_id.eq(held.act.id))
            .filter(bulk_act_leads::position.eq_any(&done)),
    )
    .set(bulk_act_leads::outcome.eq(Outcome::Done))
    .execute(&mut **tx)?;
    count(tx, held.act.id, done.len() as i64, refused)?;
    Ok(Progress::More)
}

/// Passes over the next lead, which met an error even by itself, so that the others have their turns.
pub fn pass_over(tx: &mut Tx<'_>, held: &Held, now: UtcTime) -> QueryResult<()> {
    if !extend(tx, held, now)? {
        return Ok(());
    }
    for (position, _) in waiting(tx, held.act.id, 1)? {
        refuse(tx, held.act.id, position, FAILED)?;
        count(tx, held.act.id, 0, 1)?;
    }
    Ok(())
}

/// Ends a bulk act that runs; `false` when it had ended before.
pub(super) fn end(tx: &mut Tx<'_>, actor: &Actor, act: &BulkAct, state: BulkState, now: UtcTime) -> QueryResult<bool> {
    let counts: Option<(i64, i64)> = diesel::update(
        bulk_acts::table
            .find(act.id)
            .filter(bulk_acts::state.eq(BulkState::Running)),
    )
    .set((
        bulk_acts::state.eq(state),
        bulk_acts::finished_at.eq(Some(now)),
        bulk_acts::lease_until.eq(None::<UtcTime>),
        bulk_acts::lease_token.eq(None::<String>),
    ))
    .returning((bulk_acts::done_count, bulk_acts::refused_count))
    .get_result(&mut **tx)
    .optional()?;
    let Some((done, refused)) = counts else {
        return Ok(false);
    };
    let detail = format!(
        "{} {}: {done} done, {refused} refused, {} not reached",
        act.kind.as_str(),
        state.as_str(),
        act.lead_count - done - refused
    );
    let subject = Subject::bulk_act(act.id, &act.reference);
    audit::record(tx, actor, Act::BulkEnded, &subject, &detail, now)?;
    Ok(true)
}

/// Holds on to a bulk act; `false` when it has ended or is another worker's by now.
fn extend(tx: &mut Tx<'_>, held: &Held, now: UtcTime) -> QueryResult<bool> {
    let ours = update_kept(
        bulk_acts::table
            .find(held.act.id)
            .filter(bulk_acts::state.eq(BulkState::Running))
            .filter(bulk_acts::lease_token.eq(&held.token)),
        bulk_acts::lease_until.eq(Some(now + LEASE)),
    )
    .execute(&mut **tx)?;
    Ok(ours == 1)
}

fn waiting(tx: &mut Tx<'_>, act: BulkActId, limit: i64) -> QueryResult<Vec<(i64, Option<LeadId>)>> {
    bulk_act_leads::table
        .filter(bulk_act_leads::bulk_act_id.eq(act))
        .filter(bulk_act_leads::outcome.eq(Outcome::Waiting))
        .select((bulk_act_leads::position, bulk_act_leads::lead_id))
        .order(bulk_act_leads::position)
        .limit(limit)
        .load(&mut **tx)
}

fn refuse(tx: &mut Tx<'_>, act: BulkActId, position: i64, reason: &str) -> QueryResult<()> {
    diesel::update(bulk_act_leads::table.find((act, position)))
        .set((
            bulk_act_leads::outcome.eq(Outcome::Refused),
            bulk_act_leads::reason.eq(reason),
        ))
        .execute(&mut **tx)
        .map(|_| ())
}

fn count(tx: &mut Tx<'_>, act: BulkActId, done: i64, refused: i64) -> QueryResult<()> {
    update_kept(
        bulk_acts::table.find(act),
        (
            bulk_acts::done_count.eq(bulk_acts::done_count + done),
            bulk_acts::refused_count.eq(bulk_acts::refused_count + refused),
        ),
    )
    .execute(&mut **tx)
    .map(|_| ())
}

/// What the person who started it may reach at this moment.
fn scope_of(tx: &mut Tx<'_>, user: UserId) -> QueryResult<Option<StaffScope>> {
    let principal = Principal::load(tx, user)?.filter(|principal| !principal.must_enrol());
    Ok(principal.and_then(|principal| match principal.scope(origin()) {
        Scope::Staff(scope) => Some(scope),
        Scope::Admin(scope) => Some(scope.staff().clone()),
        Scope::Partner(_) => None,
    }))
}

fn actor(user: UserId) -> Actor {
    Actor::user(user, origin())
}

fn origin() -> Origin {
    Origin {
        address: "local".to_owned(),
        request_id: "bulk act".to_owned(),
    }
}
