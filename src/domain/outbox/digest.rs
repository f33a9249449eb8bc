//! Messages that are sent together, once an hour: each waits for the digest of its recipient, which says how many there
//! are of each kind and leads to the notices.

use chrono::{TimeDelta, Timelike};
use diesel::prelude::*;

use super::{About, Message, MessageState, To};
use crate::db::Tx;
use crate::db::schema::outbox;
use crate::db::types::{MessageId, UtcTime, random_text};

/// Adds a message to the digest of its recipient; the digest is sent when the hour is full.
pub(super) fn collect(tx: &mut Tx<'_>, message: Message, to: To<'_>, about: About, now: UtcTime) -> QueryResult<()> {
    let digest = current(tx, to, now)?;
    diesel::insert_into(outbox::table)
        .values((
            outbox::message_id.eq(random_text(26)),
            outbox::kind.eq(message),
            outbox::recipient_id.eq(to.recipient),
            outbox::shared_address.eq(to.shared_address),
            outbox::assignment_id.eq(about.assignment()),
            outbox::destroy_task_id.eq(about.destroy_task()),
            outbox::state.eq(MessageState::Collected),
            outbox::digest_id.eq(digest),
            outbox::next_attempt_at.eq(now),
            outbox::created_at.eq(now),
        ))
        .execute(&mut **tx)
        .map(|_| ())
}

/// The digest that is not yet due, nor tried in vain: what its reader may have got must not change under the same id. It
/// is locked by an update, so that no worker takes it before this commit.
fn current(tx: &mut Tx<'_>, to: To<'_>, now: UtcTime) -> QueryResult<MessageId> {
    let found: Option<MessageId> = to
        .messages()
        .filter(outbox::kind.eq(Message::Digest))
        .filter(outbox::state.eq(MessageState::Waiting))
        .filter(outbox::next_attempt_at.gt(now))
        .filter(outbox::attempts.eq(0))
        .filter(outbox::outages.eq(0))
        .filter(outbox::lease_token.is_null())
        .order(outbox::id.desc())
        .select(outbox::id)
        .first(&mut **tx)
        .optional()?;
    let waiting: Option<MessageId> = match found {
        Some(found) => diesel::update(
            outbox::table
                .find(found)
                .filter(outbox::state.eq(MessageState::Waiting))
                .filter(outbox::lease_token.is_null())
                .filter(outbox::attempts.eq(0))
                .filter(outbox::outages.eq(0))
                .filter(outbox::next_attempt_at.gt(now)),
        )
        .set(outbox::attempts.eq(0))
        .returning(outbox::id)
        .get_result(&mut **tx)
        .optional()?,
        None => None,
    };
    if let Some(digest) = waiting {
        return Ok(digest);
    }
    diesel::insert_into(outbox::table)
        .values((
            outbox::message_id.eq(random_text(26)),
            outbox::kind.eq(Message::Digest),
            outbox::recipient_id.eq(to.recipient),
            outbox::shared_address.eq(to.shared_address),
            outbox::state.eq(MessageState::Waiting),
            outbox::next_attempt_at.eq(next_hour(now)),
            outbox::created_at.eq(now),
        ))
        .returning(outbox::id)
        .get_result(&mut **tx)
}

fn next_hour(now: UtcTime) -> UtcTime {
    let seconds = i64::from(now.naive().num_seconds_from_midnight() % 3_600);
    let nanoseconds = i64::from(now.naive().nanosecond());
    now + TimeDelta::seconds(3_600 - seconds) - TimeDelta::nanoseconds(nanoseconds)
}

/// What a digest says became true of what it collected: the same as of itself.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    digest: MessageId,
    state: MessageState,
    sent_at: Option<UtcTime>,
) -> QueryResult<()> {
    diesel::update(
        outbox::table
            .filter(outbox::digest_id.eq(digest))
            .filter(outbox::state.eq(MessageState::Collected)),
    )
    .set((outbox::state.eq(state), outbox::sent_at.eq(sent_at)))
    .execute(&mut **tx)
    .map(|_| ())
}

/// A digest that did not arrive after all has what it collected again.
pub(super) fn unsettle(tx: &mut Tx<'_>, digest: MessageId) -> QueryResult<()> {
    diesel::update(
        outbox::table
            .filter(outbox::digest_id.eq(digest))
            .filter(outbox::state.eq(MessageState::Sent)),
    )
    .set((
        outbox::state.eq(MessageState::Collected),
        outbox::sent_at.eq(None::<UtcTime>),
    ))
    .execute(&mut **tx)
    .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_due_when_the_hour_is_full() {
        let at = |text: &str| UtcTime::new(text.parse().unwrap());
        assert_eq!(next_hour(at("2026-05-04T09:30:15.25")), at("2026-05-04T10:00:00"));
        assert_eq!(next_hour(at("2026-05-04T10:00:00")), at("2026-05-04T11:00:00"));
        assert_eq!(next_hour(at("2026-05-04T23:59:59")), at("2026-05-05T00:00:00"));
    }
}
