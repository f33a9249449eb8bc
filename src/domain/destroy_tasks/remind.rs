//! Telling partners again of tasks that they have not answered. A task of a suspended partner waits until it is let in.

use diesel::prelude::*;

use super::{next_message, tell};
use crate::db::schema::{destroy_tasks, partners};
use crate::db::types::{DestroyTaskId, PartnerId, Reference, UserId, UtcTime};
use crate::db::{DbConn, Tx};
use crate::domain::access::SystemScope;
use crate::domain::audit::{self, Act, Subject};
use crate::domain::outbox::Message;
use crate::domain::partners::PartnerState;

/// How many tasks one transaction takes.
const AT_ONCE: i64 = 50;

#[derive(Queryable)]
struct Due {
    id: DestroyTaskId,
    reference: Reference,
    partner: PartnerId,
    holder: Option<UserId>,
    told: i64,
}

macro_rules! due {
    ($now:expr) => {
        destroy_tasks::table
            .inner_join(partners::table)
            .filter(destroy_tasks::tell_at.le($now))
            .filter(partners::state.eq(PartnerState::Active))
    };
}

/// Whether a message about a task is due.
pub fn is_due(conn: &mut DbConn, now: UtcTime) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(due!(now))).get_result(conn)
}

/// Queues the messages that are due about some tasks; `true` if there may be more.
pub fn remind(tx: &mut Tx<'_>, scope: &SystemScope, now: UtcTime) -> QueryResult<bool> {
    let tasks: Vec<Due> = due!(now)
        .select((
            destroy_tasks::id,
            destroy_tasks::reference,
            destroy_tasks::partner_id,
            destroy_tasks::holder_id,
            destroy_tasks::told,
        ))
        .order((destroy_tasks::tell_at, destroy_tasks::id))
        .limit(AT_ONCE)
        .load(&mut **tx)?;
    let is_more = tasks.len() as i64 == AT_ONCE;
    for task in tasks {
        let told = task.told + 1;
        // Asked again: it may have been answered, or told of by another worker, while we waited for its row.
        let taken = diesel::update(
            destroy_tasks::table
                .find(task.id)
                .filter(destroy_tasks::told.eq(task.told))
                .filter(destroy_tasks::answer.is_null()),
        )
        .set((
            destroy_tasks::told.eq(told),
            destroy_tasks::tell_at.eq(next_message(told, now)),
        ))
        .execute(&mut **tx)?;
        if taken == 0 {
            continue;
        }
        let message = if told == 1 {
            Message::DestroyAsked
        } else {
            Message::DestroyReminder
        };
        tell(tx, message, task.id, task.partner, task.holder, now)?;
        let subject = Subject::destroy_task(task.id, &task.reference);
        audit::record(tx, scope.actor(), Act::DestroyReminded, &subject, "", now)?;
    }
    Ok(is_more)
}
