//! The beginning of a bulk act, and its end by a person.

use diesel::prelude::*;

use super::stored::BulkAct;
use super::turn::Task;
use super::{BulkKind, BulkState, Outcome};
use crate::db::schema::{bulk_act_leads, bulk_acts};
use crate::db::types::{BulkActId, LeadId, Reference, UtcTime};
use crate::db::{Tx, on_backend};
use crate::domain::access::StaffScope;
use crate::domain::assignments::recipient_words;
use crate::domain::audit::{self, Act, Subject};

/// So many rows go into one statement.
const AT_ONCE: usize = 1_000;

#[derive(Insertable)]
#[diesel(table_name = bulk_act_leads, treat_none_as_default_value = false)]
struct NewPlace {
    bulk_act_id: BulkActId,
    position: i64,
    lead_id: LeadId,
    outcome: Outcome,
}

/// Stores what is to be done to these leads; the worker carries it out.
pub fn begin(
    tx: &mut Tx<'_>,
    scope: &StaffScope,
    task: Task,
    leads: &[LeadId],
    now: UtcTime,
) -> QueryResult<Reference> {
    let (kind, to) = match task {
        Task::Assign(to) => (BulkKind::Assign, Some(to)),
        Task::Recall => (BulkKind::Recall, None),
        Task::Remind => (BulkKind::Remind, None),
    };
    let reference = Reference::random();
    let id: BulkActId = diesel::insert_into(bulk_acts::table)
        .values((
            bulk_acts::reference.eq(&reference),
            bulk_acts::user_id.eq(scope.user()),
            bulk_acts::kind.eq(kind),
            bulk_acts::partner_id.eq(to.map(|to| to.partner)),
            bulk_acts::recipient_id.eq(to.and_then(|to| to.user)),
            bulk_acts::state.eq(BulkState::Running),
            bulk_acts::lead_count.eq(leads.len() as i64),
            bulk_acts::created_at.eq(now),
        ))
        .returning(bulk_acts::id)
        .get_result(&mut **tx)?;
    let places: Vec<NewPlace> = leads
        .iter()
        .zip(1..)
        .map(|(lead, position)| NewPlace {
            bulk_act_id: id,
            position,
            lead_id: *lead,
            outcome: Outcome::Waiting,
        })
        .collect();
    for places in places.chunks(AT_ONCE) {
        on_backend!(&mut **tx, |conn| diesel::insert_into(bulk_act_leads::table)
            .values(places)
            .execute(conn))?;
    }
    let detail = match to {
        Some(to) => format!(
            "{}: {} leads to {}",
            kind.as_str(),
            leads.len(),
            recipient_words(tx, to.partner, to.user)?
        ),
        None => format!("{}: {} leads", kind.as_str(), leads.len()),
    };
    let subject = Subject::bulk_act(id, &reference);
    audit::record(tx, scope.actor(), Act::BulkStarted, &subject, &detail, now)?;
    Ok(reference)
}

/// Ends a bulk act that runs; what was done stays. `false` when it had ended before.
pub fn stop(tx: &mut Tx<'_>, scope: &StaffScope, act: &BulkAct, now: UtcTime) -> QueryResult<bool> {
    super::run::end(tx, scope.actor(), act, BulkState::Stopped, now)
}
