//! What administrators look after: mail that does not go out, tasks without an answer, people who have not arrived.

use diesel::prelude::*;

use crate::db::DbConn;
use crate::db::page::{COUNT_LIMIT, Count, Counted};
use crate::db::schema::{destroy_tasks, outbox, users};
use crate::db::types::UtcTime;
use crate::domain::access::AdminScope;
use crate::domain::accounts::UserState;
use crate::domain::outbox::MessageState;
use crate::domain::outbox::list::STUCK_AFTER;

/// How much of it there is, each exact to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upkeep {
    /// Messages that are not tried any more.
    pub failed: Count,
    /// Messages that wait for too long.
    pub stuck: Count,
    /// Destroy tasks without an answer.
    pub tasks: Count,
    /// Users who have not accepted their invitation.
    pub invited: Count,
}

pub fn load(conn: &mut DbConn, _scope: &AdminScope, now: UtcTime) -> QueryResult<Upkeep> {
    let failed = outbox::table.filter(outbox::state.eq(MessageState::Failed));
    let stuck = outbox::table
        .filter(outbox::state.eq(MessageState::Waiting))
        .filter(outbox::created_at.lt(now - STUCK_AFTER));
    let tasks = destroy_tasks::table.filter(destroy_tasks::answer.is_null());
    let invited = users::table.filter(users::state.eq(UserState::Invited));
    let (failed, stuck, tasks, invited): (i64, i64, i64, i64) = diesel::select((
        Counted(failed.select(outbox::id).limit(COUNT_LIMIT + 1)),
        Counted(stuck.select(outbox::id).limit(COUNT_LIMIT + 1)),
        Counted(tasks.select(destroy_tasks::id).limit(COUNT_LIMIT + 1)),
        Counted(invited.select(users::id).limit(COUNT_LIMIT + 1)),
    ))
    .get_result(conn)?;
    Ok(Upkeep {
        failed: Count(failed),
        stuck: Count(stuck),
        tasks: Count(tasks),
        invited: Count(invited),
    })
}
