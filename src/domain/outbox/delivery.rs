//! Delivering the outbox: a worker holds messages by a lease for a while, asks at the last moment whether each is still
//! true, and says what became of it. Whoever lost the lease meanwhile has no say any more.

mod content;
mod truth;

use chrono::TimeDelta;
use diesel::prelude::*;

pub use content::{Content, DigestReader};

use super::{Message, MessageState};
use crate::db::schema::{outbox, users};
use crate::db::types::{AssignmentId, LinkId, MessageId, Reference, UserId, UtcTime, random_text};
use crate::db::{DbConn, Tx, update_kept};
use crate::domain::accounts::one_time_link::LinkKey;

/// How long a worker holds the messages that it took; longer than sending all of them can last.
pub const HELD_FOR: TimeDelta = TimeDelta::minutes(5);

/// How many messages a worker takes at once.
pub const TAKEN_AT_ONCE: usize = 8;

/// A message that a mail server did not take this often has failed: after about 20 hours.
pub const ATTEMPTS: i64 = 12;

const FIRST_PAUSE: TimeDelta = TimeDelta::minutes(1);
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(6);

/// The longest pause while no mail server answers: what waits goes out soon after it is back.
pub const LONGEST_OUTAGE_PAUSE: TimeDelta = TimeDelta::minutes(15);

/// Longer words of a mail server are cut.
const LONGEST_ERROR: usize = 300;

/// A worker's hold on messages. It is random, so that a worker that slept too long can't take itself for its successor.
#[derive(Debug, Clone)]
pub struct Lease(String);

impl Lease {
    pub fn new() -> Self {
        Lease(random_text(20))
    }
}

impl Default for Lease {
    fn default() -> Self {
        Self::new()
    }
}

/// A message in the hands of a worker.
#[derive(Debug, Clone, Queryable)]
pub struct Taken {
    id: MessageId,
    reference: Reference,
    message: Message,
    recipient: UserId,
    assignment: Option<AssignmentId>,
    link: Option<LinkId>,
    former_address: Option<String>,
    shared_address: Option<String>,
    attempts: i64,
    outages: i64,
    created_at: UtcTime,
}

/// A message as it is to be put into words: nothing personal but whom it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The same for every attempt, so that a second arrival is told from a second message.
    pub reference: Reference,
    /// Empty where whoever reads the mailbox need not be the person any more.
    pub to_name: String,
    pub to_address: String,
    pub written_at: UtcTime,
    pub content: Content,
}

/// Why a message was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No mail server heard of it: that says nothing about the message, and never ends it.
    Outage,
    /// A mail server did not take it now.
    ForNow,
    /// A mail server will never take it.
    ForGood,
}

/// What a worker finds when it looks at a message for the last time before sending.
#[derive(Debug, Clone)]
pub enum Look {
    Send(Letter),
    /// What it says is no longer true, or not for this recipient.
    Untrue,
    /// Somebody else holds it by now.
    NotOurs,
}

/// Whether a message waits for a worker.
pub fn is_due(conn: &mut DbConn, now: UtcTime) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(
        outbox::table
            .filter(outbox::state.eq(MessageState::Waiting))
            .filter(outbox::next_attempt_at.le(now)),
    ))
    .get_result(conn)
}

/// Takes the messages that are due: those with a link first, for which somebody waits and which end soon, then the
/// oldest. A taken message is due again when the lease has run out.
pub fn take(tx: &mut Tx<'_>, lease: &Lease, now: UtcTime) -> QueryResult<Vec<Taken>> {
    let due = || {
        outbox::table
            .filter(outbox::state.eq(MessageState::Waiting))
            .filter(outbox::next_attempt_at.le(now))
            .order((outbox::next_attempt_at, outbox::id))
            .limit(TAKEN_AT_ONCE as i64)
            .select(outbox::id)
    };
    let with_link: Vec<MessageId> = due().filter(outbox::link_id.is_not_null()).load(&mut **tx)?;
    let oldest: Vec<MessageId> = due().load(&mut **tx)?;
    let others = oldest.iter().filter(|id| !with_link.contains(id));
    let ids: Vec<MessageId> = with_link.iter().chain(others).take(TAKEN_AT_ONCE).copied().collect();
    // Asked again: on PostgreSQL another worker may have taken a row while we waited for it.
    let mut taken: Vec<Taken> = diesel::update(
        outbox::table
            .filter(outbox::id.eq_any(&ids))
            .filter(outbox::state.eq(MessageState::Waiting))
            .filter(outbox::next_attempt_at.le(now)),
    )
    .set((
        outbox::lease_token.eq(&lease.0),
        outbox::next_attempt_at.eq(now + HELD_FOR),
    ))
    .returning((
        outbox::id,
        outbox::message_id,
        outbox::kind,
        outbox::recipient_id,
        outbox::assignment_id,
        outbox::link_id,
        outbox::former_address,
        outbox::shared_address,
        outbox::attempts,
        outbox::outages,
        outbox::created_at,
    ))
    .get_results(&mut **tx)?;
    taken.sort_by_key(|taken| ids.iter().position(|id| *id == taken.id));
    Ok(taken)
}

/// Looks at a taken message for the last time before it is sent.
pub fn look(conn: &mut DbConn, key: &LinkKey, taken: &Taken, lease: &Lease, now: UtcTime) -> QueryResult<Look> {
    let is_ours: bool = diesel::select(diesel::dsl::exists(
        outbox::table
            .filter(outbox::id.eq(taken.id))
            .filter(outbox::state.eq(MessageState::Waiting))
            .filter(outbox::lease_token.eq(&lease.0))
            .filter(outbox::next_attempt_at.gt(now)),
    ))
    .get_result(conn)?;
    if !is_ours {
        return Ok(Look::NotOurs);
    }
    let Some(content) = content::content(conn, key, taken, now)? else {
        return Ok(Look::Untrue);
    };
    let (to_name, to_address) = match taken.former_address.as_ref().or(taken.shared_address.as_ref()) {
        Some(address) => (String::new(), address.clone()),
        None => users::table
            .find(taken.recipient)
            .select((users::name, users::email))
            .first(conn)?,
    };
    Ok(Look::Send(Letter {
        reference: taken.reference.clone(),
        to_name,
        to_address,
        written_at: taken.created_at,
        content,
    }))
}

/// Notes that a message was accepted by the mail server. `false` when the lease was lost meanwhile.
pub fn sent(tx: &mut Tx<'_>, taken: &Taken, lease: &Lease, now: UtcTime) -> QueryResult<bool> {
    let changed = update_kept(
        ours(taken, lease),
        (
            outbox::state.eq(MessageState::Sent),
            outbox::sent_at.eq(now),
            outbox::attempts.eq(taken.attempts + 1),
            outbox::last_error.eq(""),
            outbox::former_address.eq(None::<String>),
            outbox::lease_token.eq(None::<String>),
        ),
    )
    .execute(&mut **tx)?;
    if changed > 0 && taken.message == Message::Digest {
        super::digest::settle(tx, taken.id, MessageState::Sent, Some(now))?;
    }
    Ok(changed > 0)
}

/// Notes that a message is no longer true and was not sent.
pub fn untrue(tx: &mut Tx<'_>, taken: &Taken, lease: &Lease) -> QueryResult<bool> {
    let changed = update_kept(
        ours(taken, lease).filter(outbox::state.eq(MessageState::Waiting)),
        (
            outbox::state.eq(MessageState::Cancelled),
            outbox::former_address.eq(None::<String>),
            outbox::lease_token.eq(None::<String>),
        ),
    )
    .execute(&mut **tx)?;
    if changed > 0 && taken.message == Message::Digest {
        super::digest::settle(tx, taken.id, MessageState::Cancelled, None)?;
    }
    Ok(changed > 0)
}

/// Notes a try that failed: the next one comes later each time. After [`ATTEMPTS`] answers about it the message has
/// failed for good; how often no server answered does not matter.
pub fn refused(
    tx: &mut Tx<'_>,
    taken: &Taken,
    lease: &Lease,
    error: &str,
    failure: Failure,
    now: UtcTime,
) -> QueryResult<bool> {
    let (attempts, outages, pause) = match failure {
        Failure::Outage => {
            let outages = taken.outages + 1;
            (taken.attempts, outages, pause_after(outages, LONGEST_OUTAGE_PAUSE))
        }
        Failure::ForNow | Failure::ForGood => {
            let attempts = taken.attempts + 1;
            (attempts, taken.outages, pause_after(attempts, LONGEST_PAUSE))
        }
    };
    let state = match failure {
        Failure::ForGood => MessageState::Failed,
        Failure::ForNow if attempts >= ATTEMPTS => MessageState::Failed,
        Failure::ForNow | Failure::Outage => MessageState::Waiting,
    };
    // The words of a server may repeat the address, and outlive it here.
    let error = match &taken.former_address {
        Some(address) => error.replace(address, "…"),
        None => error.to_owned(),
    };
    let words: String = error
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST_ERROR)
        .collect();
    let changed = update_kept(
        ours(taken, lease).filter(outbox::state.eq(MessageState::Waiting)),
        (
            outbox::state.eq(state),
            outbox::attempts.eq(attempts),
            outbox::outages.eq(outages),
            outbox::next_attempt_at.eq(now + pause),
            outbox::last_error.eq(words),
            outbox::lease_token.eq(None::<String>),
        ),
    )
    .execute(&mut **tx)?;
    Ok(changed > 0)
}

/// Hands back messages that were not tried; they are due at `again`.
pub fn hand_back(tx: &mut Tx<'_>, taken: &[Taken], lease: &Lease, again: UtcTime) -> QueryResult<usize> {
    let ids: Vec<MessageId> = taken.iter().map(|taken| taken.id).collect();
    diesel::update(
        outbox::table
            .filter(outbox::id.eq_any(ids))
            .filter(outbox::lease_token.eq(&lease.0))
            .filter(outbox::state.eq(MessageState::Waiting)),
    )
    .set((
        outbox::lease_token.eq(None::<String>),
        outbox::next_attempt_at.eq(again),
    ))
    .execute(&mut **tx)
}

type Ours<'a> = diesel::helper_types::Filter<
    diesel::helper_types::Find<outbox::table, MessageId>,
    diesel::helper_types::Eq<outbox::lease_token, &'a String>,
>;

fn ours<'a>(taken: &Taken, lease: &'a Lease) -> Ours<'a> {
    outbox::table.find(taken.id).filter(outbox::lease_token.eq(&lease.0))
}

/// One minute after the first failure, then twice as long each time, never more than `longest`.
fn pause_after(failures: i64, longest: TimeDelta) -> TimeDelta {
    let doublings = u32::try_from(failures - 1).unwrap_or(0).min(16);
    (FIRST_PAUSE * 2_i32.pow(doublings)).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let pause = |failures| pause_after(failures, LONGEST_PAUSE);
        assert_eq!(pause(1), TimeDelta::minutes(1));
        assert_eq!(pause(2), TimeDelta::minutes(2));
        assert_eq!(pause(9), TimeDelta::minutes(256));
        assert_eq!(pause(10), TimeDelta::hours(6));
        assert_eq!(pause(40), TimeDelta::hours(6));
        assert_eq!(pause_after(400, LONGEST_OUTAGE_PAUSE), TimeDelta::minutes(15));
    }
}
