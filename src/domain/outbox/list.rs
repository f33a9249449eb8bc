//! The outbox as administrators see it: what waits, what was sent, what failed, and what can be done about it.

use chrono::TimeDelta;
use diesel::prelude::*;

use super::{Message, MessageState};
use crate::db::page::{COUNT_LIMIT, Count, CountOf, Cursor, Direction, Page, ROWS};
use crate::db::schema::{outbox, users};
use crate::db::types::{MessageId, Reference, UtcTime};
use crate::db::{DbConn, Tx};
use crate::domain::access::AdminScope;
use crate::domain::audit::{self, Act, Subject};

/// A message that waits longer is stuck: many tries were in vain by then, or nobody makes any.
pub const STUCK_AFTER: TimeDelta = TimeDelta::hours(2);

/// What stands where a mail server's words would.
const BOUNCED: &str = "bounced: the mail came back";

/// Which messages a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    Of(MessageState),
    /// Those that wait for too long.
    Stuck,
}

impl Listed {
    const STUCK: &str = "stuck";

    pub fn parse(text: &str) -> Option<Self> {
        match text {
            Self::STUCK => Some(Listed::Stuck),
            _ => MessageState::parse(text).map(Listed::Of),
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Listed::Of(state) => state.as_str(),
            Listed::Stuck => Self::STUCK,
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Listed::Of(state) => state.label(),
            Listed::Stuck => "Stuck: waiting for more than 2 hours",
        }
    }
}

/// A message in the list.
#[derive(Debug, Clone, Queryable)]
pub struct OutboxRow {
    pub reference: Reference,
    pub message: Message,
    recipient_name: String,
    recipient_email: String,
    pub state: MessageState,
    attempts: i64,
    outages: i64,
    pub next_attempt_at: UtcTime,
    pub created_at: UtcTime,
    pub sent_at: Option<UtcTime>,
    pub last_error: String,
    lease_token: Option<String>,
    former_address: Option<String>,
    shared_address: Option<String>,
    digest_id: Option<MessageId>,
}

impl OutboxRow {
    /// Whom it is for; an address of the settings belongs to nobody.
    pub fn name(&self) -> &str {
        match self.shared_address {
            Some(_) => "Address of the settings",
            None => &self.recipient_name,
        }
    }

    /// How often it was tried, whether or not a mail server answered.
    pub fn tries(&self) -> i64 {
        self.attempts + self.outages
    }

    /// Where it goes; a former address is forgotten once it was told.
    pub fn address(&self) -> &str {
        match (
            self.message,
            self.former_address.as_ref().or(self.shared_address.as_ref()),
        ) {
            (_, Some(address)) => address,
            (Message::AccountAddressLeft, None) => "at the former address",
            _ => &self.recipient_email,
        }
    }

    /// Whether it can come back: it was sent, and by itself.
    pub fn can_bounce(&self) -> bool {
        self.state == MessageState::Sent && self.digest_id.is_none()
    }

    /// Whether a worker holds it at this moment.
    pub fn is_being_sent(&self) -> bool {
        self.state == MessageState::Waiting && self.lease_token.is_some()
    }
}

/// Why nothing was done with a message.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    #[error("there is no such message")]
    NotFound,
    /// It was sent or cancelled meanwhile.
    #[error("the message is no longer in a state in which this can be done")]
    Settled,
    /// Only what was sent by itself can come back.
    #[error("the message was not sent")]
    NotSent,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

const ROW: (
    outbox::message_id,
    outbox::kind,
    users::name,
    users::email,
    outbox::state,
    outbox::attempts,
    outbox::outages,
    outbox::next_attempt_at,
    outbox::created_at,
    outbox::sent_at,
    outbox::last_error,
    outbox::lease_token,
    outbox::former_address,
    outbox::shared_address,
    outbox::digest_id,
) = (
    outbox::message_id,
    outbox::kind,
    users::name,
    users::email,
    outbox::state,
    outbox::attempts,
    outbox::outages,
    outbox::next_attempt_at,
    outbox::created_at,
    outbox::sent_at,
    outbox::last_error,
    outbox::lease_token,
    outbox::former_address,
    outbox::shared_address,
    outbox::digest_id,
);

/// A page of messages, newest first.
pub fn page(
    conn: &mut DbConn,
    _scope: &AdminScope,
    listed: Option<Listed>,
    cursor: Option<&Cursor>,
    now: UtcTime,
) -> QueryResult<Page<OutboxRow>> {
    let mut query = outbox::table
        .inner_join(users::table)
        .select(ROW)
        .limit(ROWS + 1)
        .into_boxed();
    query = match listed {
        Some(Listed::Of(state)) => query.filter(outbox::state.eq(state)),
        Some(Listed::Stuck) => query
            .filter(outbox::state.eq(MessageState::Waiting))
            .filter(outbox::created_at.lt(now - STUCK_AFTER)),
        None => query,
    };
    let at = match cursor {
        Some(cursor) => outbox::table
            .filter(outbox::message_id.eq(&cursor.row))
            .select((outbox::created_at, outbox::id))
            .first::<(UtcTime, MessageId)>(conn)
            .optional()?
            .map(|(time, id)| (cursor.direction, time, id)),
        None => None,
    };
    query = match at {
        Some((Direction::Before, time, id)) => query
            .filter(outbox::created_at.ge(time))
            .filter(outbox::created_at.gt(time).or(outbox::id.gt(id)))
            .order((outbox::created_at.asc(), outbox::id.asc())),
        Some((Direction::After, time, id)) => query
            .filter(outbox::created_at.le(time))
            .filter(outbox::created_at.lt(time).or(outbox::id.lt(id)))
            .order((outbox::created_at.desc(), outbox::id.desc())),
        None => query.order((outbox::created_at.desc(), outbox::id.desc())),
    };
    let rows = query.load::<OutboxRow>(conn)?;
    Ok(Page::cut(rows, cursor.filter(|_| at.is_some()), |row| &row.reference))
}

/// How many messages are in a state.
pub fn count(conn: &mut DbConn, state: MessageState) -> QueryResult<Count> {
    let query = outbox::table
        .filter(outbox::state.eq(state))
        .select(outbox::id)
        .limit(COUNT_LIMIT + 1);
    CountOf(query).get_result(conn).map(Count)
}

/// The last test message that this administrator asked for.
pub fn last_test(conn: &mut DbConn, scope: &AdminScope) -> QueryResult<Option<OutboxRow>> {
    outbox::table
        .inner_join(users::table)
        .filter(outbox::recipient_id.eq(scope.user()))
        .filter(outbox::kind.eq(Message::MailTest))
        .select(ROW)
        .order(outbox::id.desc())
        .first(conn)
        .optional()
}

/// Makes a waiting or failed message due at once, with all its attempts before it.
pub fn retry(tx: &mut Tx<'_>, scope: &AdminScope, reference: &Reference, now: UtcTime) -> Result<(), MessageError> {
    let id = unsettled(tx, reference)?;
    diesel::update(outbox::table.find(id))
        .set((
            outbox::state.eq(MessageState::Waiting),
            outbox::attempts.eq(0),
            outbox::outages.eq(0),
            outbox::next_attempt_at.eq(now),
        ))
        .execute(&mut **tx)?;
    let subject = Subject::message(id, reference);
    audit::record(tx, scope.actor(), Act::MessageRetried, &subject, "", now)?;
    Ok(())
}

/// Makes every failed message due at once.
pub fn retry_failed(tx: &mut Tx<'_>, scope: &AdminScope, now: UtcTime) -> QueryResult<usize> {
    let count = diesel::update(outbox::table.filter(outbox::state.eq(MessageState::Failed)))
        .set((
            outbox::state.eq(MessageState::Waiting),
            outbox::attempts.eq(0),
            outbox::outages.eq(0),
            outbox::next_attempt_at.eq(now),
        ))
        .execute(&mut **tx)?;
    let detail = format!("all failed: {count}");
    audit::record(
        tx,
        scope.actor(),
        Act::MessageRetried,
        &Subject::nothing(),
        &detail,
        now,
    )?;
    Ok(count)
}

/// Stops a waiting or failed message for good.
pub fn cancel(tx: &mut Tx<'_>, scope: &AdminScope, reference: &Reference, now: UtcTime) -> Result<(), MessageError> {
    let id = unsettled(tx, reference)?;
    diesel::update(outbox::table.find(id))
        .set((
            outbox::state.eq(MessageState::Cancelled),
            outbox::former_address.eq(None::<String>),
        ))
        .execute(&mut **tx)?;
    super::digest::settle(tx, id, MessageState::Cancelled, None)?;
    let subject = Subject::message(id, reference);
    audit::record(tx, scope.actor(), Act::MessageCancelled, &subject, "", now)?;
    Ok(())
}

/// Notes that a message came back which a mail server had taken: it has failed, and can be sent again. A digest has what it
/// collected again.
pub fn bounce(tx: &mut Tx<'_>, scope: &AdminScope, reference: &Reference, now: UtcTime) -> Result<(), MessageError> {
    let (id, state): (MessageId, MessageState) = outbox::table
        .filter(outbox::message_id.eq(reference))
        .select((outbox::id, outbox::state))
        .first(&mut **tx)
        .optional()?
        .ok_or(MessageError::NotFound)?;
    let is_collected = outbox::table.find(id).filter(outbox::digest_id.is_not_null());
    let is_collected: bool = diesel::select(diesel::dsl::exists(is_collected)).get_result(&mut **tx)?;
    if state != MessageState::Sent || is_collected {
        return Err(MessageError::NotSent);
    }
    diesel::update(outbox::table.find(id))
        .set((
            outbox::state.eq(MessageState::Failed),
            outbox::sent_at.eq(None::<UtcTime>),
            outbox::last_error.eq(BOUNCED),
        ))
        .execute(&mut **tx)?;
    super::digest::unsettle(tx, id)?;
    let subject = Subject::message(id, reference);
    audit::record(tx, scope.actor(), Act::MessageBounced, &subject, "", now)?;
    Ok(())
}

/// The message with this reference if it waits or failed, and no worker holds it at this moment.
fn unsettled(tx: &mut Tx<'_>, reference: &Reference) -> Result<MessageId, MessageError> {
    let (id, state, lease): (MessageId, MessageState, Option<String>) = outbox::table
        .filter(outbox::message_id.eq(reference))
        .select((outbox::id, outbox::state, outbox::lease_token))
        .first(&mut **tx)
        .optional()?
        .ok_or(MessageError::NotFound)?;
    match (state, lease) {
        (MessageState::Waiting, None) | (MessageState::Failed, _) => Ok(id),
        (MessageState::Waiting, Some(_))
        | (MessageState::Collected | MessageState::Sent | MessageState::Cancelled, _) => Err(MessageError::Settled),
    }
}
