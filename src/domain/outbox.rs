//! Messages that must be sent, written in the transaction of the act that they tell of. A message names its
//! recipient and what it is about; it holds no text and no personal data until it is rendered for sending.

pub mod choices;
pub mod delivery;
mod digest;
pub mod events;
mod holders;
pub mod list;
mod message;

use chrono::TimeDelta;
use diesel::prelude::*;

use choices::Delivery;

pub use holders::{Holding, queue_closed_by_manager, queue_lead_waiting, queue_to_former_holders, queue_to_holders};
pub use message::{Message, MessageState};

use crate::db::schema::{assignments, outbox};
use crate::db::types::{AssignmentId, DestroyTaskId, LeadId, LinkId, MessageId, UserId, UtcTime, random_text};
use crate::db::{DbBackend, Tx};
use crate::domain::access::AdminScope;
use crate::domain::audit::{self, Act, Subject};
use crate::domain::notices;

/// What a message or a notice is about. It is shown only while its reader may see that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    Assignment(AssignmentId),
    DestroyTask(DestroyTaskId),
}

impl About {
    pub(super) fn assignment(self) -> Option<AssignmentId> {
        match self {
            About::Assignment(assignment) => Some(assignment),
            About::DestroyTask(_) => None,
        }
    }

    pub(super) fn destroy_task(self) -> Option<DestroyTaskId> {
        match self {
            About::DestroyTask(task) => Some(task),
            About::Assignment(_) => None,
        }
    }
}

impl From<AssignmentId> for About {
    fn from(assignment: AssignmentId) -> Self {
        About::Assignment(assignment)
    }
}

impl From<DestroyTaskId> for About {
    fn from(task: DestroyTaskId) -> Self {
        About::DestroyTask(task)
    }
}

/// Where a message goes: to a person, or to an address of the settings that belongs to no account.
#[derive(Debug, Clone, Copy)]
struct To<'a> {
    /// The person; for a shared address whoever assigned the lead.
    recipient: UserId,
    shared_address: Option<&'a str>,
}

impl<'a> To<'a> {
    fn person(recipient: UserId) -> Self {
        To {
            recipient,
            shared_address: None,
        }
    }

    /// All that went or goes there.
    fn messages(self) -> outbox::BoxedQuery<'a, DbBackend> {
        match self.shared_address {
            Some(address) => outbox::table.filter(outbox::shared_address.eq(address)).into_boxed(),
            None => outbox::table
                .filter(outbox::recipient_id.eq(self.recipient))
                .filter(outbox::shared_address.is_null())
                .into_boxed(),
        }
    }
}

/// So many messages within an hour come one by one.
const ONE_BY_ONE: i64 = 20;

/// Whether so much was told there within the last hour that one mail more for each thing would only bury the others: an
/// act on thousands of leads must not send thousands of mails to one person or mailbox.
fn is_buried(tx: &mut Tx<'_>, to: To<'_>, now: UtcTime) -> QueryResult<bool> {
    let earlier: Option<UtcTime> = to
        .messages()
        .order(outbox::id.desc())
        .select(outbox::created_at)
        .offset(ONE_BY_ONE)
        .limit(1)
        .first(&mut **tx)
        .optional()?;
    Ok(earlier.is_some_and(|at| now - at < TimeDelta::hours(1)))
}

/// Tells one user: in a notice, and by mail as that user wants it; what is too much for one hour comes together.
pub fn queue(
    tx: &mut Tx<'_>,
    message: Message,
    recipient: UserId,
    about: impl Into<About>,
    now: UtcTime,
) -> QueryResult<()> {
    let about = about.into();
    notices::write(tx, message, recipient, about, now)?;
    queue_mail(tx, message, recipient, about, now)
}

/// The same by mail alone.
fn queue_mail(tx: &mut Tx<'_>, message: Message, recipient: UserId, about: About, now: UtcTime) -> QueryResult<()> {
    let to = To::person(recipient);
    match choices::of(tx, recipient, message)? {
        Delivery::AtOnce => send_or_collect(tx, message, to, about, now),
        Delivery::Hourly => digest::collect(tx, message, to, about, now),
        Delivery::Never => Ok(()),
    }
}

/// Tells an address of the settings, which has neither notices nor a choice.
fn queue_shared(
    tx: &mut Tx<'_>,
    message: Message,
    address: &str,
    assigner: UserId,
    assignment: AssignmentId,
    now: UtcTime,
) -> QueryResult<()> {
    let to = To {
        recipient: assigner,
        shared_address: Some(address),
    };
    send_or_collect(tx, message, to, assignment.into(), now)
}

fn send_or_collect(tx: &mut Tx<'_>, message: Message, to: To<'_>, about: About, now: UtcTime) -> QueryResult<()> {
    if is_buried(tx, to, now)? {
        digest::collect(tx, message, to, about, now)
    } else {
        insert(tx, message, to, Some(about), None, now)
    }
}

/// The same at once, for a message that leads to a list: one that still waits, or was not read yet, stands for this one
/// too, so that an act on many records tells each recipient once.
pub fn queue_once(
    tx: &mut Tx<'_>,
    message: Message,
    recipient: UserId,
    about: impl Into<About>,
    now: UtcTime,
) -> QueryResult<()> {
    let about = about.into();
    if !notices::is_unread(tx, message, recipient)? {
        notices::write(tx, message, recipient, about, now)?;
    }
    let to = To::person(recipient);
    let waiting: Option<MessageId> = to
        .messages()
        .filter(outbox::kind.eq(message))
        .filter(outbox::state.eq(MessageState::Waiting))
        .select(outbox::id)
        .first(&mut **tx)
        .optional()?;
    if waiting.is_some() {
        return Ok(());
    }
    insert(tx, message, to, Some(about), None, now)
}

/// Queues a test message to an administrator.
pub fn queue_test(tx: &mut Tx<'_>, scope: &AdminScope, now: UtcTime) -> QueryResult<()> {
    insert(tx, Message::MailTest, To::person(scope.user()), None, None, now)?;
    audit::record(tx, scope.actor(), Act::MailTested, &Subject::nothing(), "", now)
}

fn insert(
    tx: &mut Tx<'_>,
    message: Message,
    to: To<'_>,
    about: Option<About>,
    link: Option<LinkId>,
    now: UtcTime,
) -> QueryResult<()> {
    diesel::insert_into(outbox::table)
        .values((
            outbox::message_id.eq(random_text(26)),
            outbox::kind.eq(message),
            outbox::recipient_id.eq(to.recipient),
            outbox::shared_address.eq(to.shared_address),
            outbox::assignment_id.eq(about.and_then(About::assignment)),
            outbox::destroy_task_id.eq(about.and_then(About::destroy_task)),
            outbox::link_id.eq(link),
            outbox::state.eq(MessageState::Waiting),
            outbox::next_attempt_at.eq(now),
            outbox::created_at.eq(now),
        ))
        .execute(&mut **tx)
        .map(|_| ())
}

/// Queues a message that carries a one-time link. Its token is made when the message is rendered, by
/// `one_time_link::token`; where that finds none, the message is no longer true.
pub fn queue_link(tx: &mut Tx<'_>, message: Message, recipient: UserId, link: LinkId, now: UtcTime) -> QueryResult<()> {
    insert(tx, message, To::person(recipient), None, Some(link), now)
}

/// Queues a message to the owner of an account about that account.
pub fn queue_about_account(tx: &mut Tx<'_>, message: Message, owner: UserId, now: UtcTime) -> QueryResult<()> {
    insert(tx, message, To::person(owner), None, None, now)
}

/// Tells the owner of an account that its address was changed, at both addresses: whoever took the account over can't
/// keep the owner from learning it. The former address is kept with the message until it is sent or cancelled.
pub fn queue_address_changed(tx: &mut Tx<'_>, owner: UserId, former_address: &str, now: UtcTime) -> QueryResult<()> {
    insert(tx, Message::AccountAddressChanged, To::person(owner), None, None, now)?;
    diesel::insert_into(outbox::table)
        .values((
            outbox::message_id.eq(random_text(26)),
            outbox::kind.eq(Message::AccountAddressLeft),
            outbox::recipient_id.eq(owner),
            outbox::former_address.eq(former_address),
            outbox::state.eq(MessageState::Waiting),
            outbox::next_attempt_at.eq(now),
            outbox::created_at.eq(now),
        ))
        .execute(&mut **tx)
        .map(|_| ())
}

/// Stops the messages about a lead that still wait.
pub fn cancel_for_lead(tx: &mut Tx<'_>, lead: LeadId) -> QueryResult<()> {
    let assignment_ids: Vec<AssignmentId> = assignments::table
        .filter(assignments::lead_id.eq(lead))
        .select(assignments::id)
        .load(&mut **tx)?;
    diesel::update(
        outbox::table
            .filter(outbox::assignment_id.eq_any(assignment_ids))
            .filter(outbox::state.eq_any([MessageState::Waiting, MessageState::Collected])),
    )
    .set(outbox::state.eq(MessageState::Cancelled))
    .execute(&mut **tx)
    .map(|_| ())
}

/// Stops the messages about an assignment that still wait.
pub fn cancel_for_assignment(tx: &mut Tx<'_>, assignment: AssignmentId) -> QueryResult<()> {
    diesel::update(
        outbox::table
            .filter(outbox::assignment_id.eq(assignment))
            .filter(outbox::state.eq_any([MessageState::Waiting, MessageState::Collected])),
    )
    .set(outbox::state.eq(MessageState::Cancelled))
    .execute(&mut **tx)
    .map(|_| ())
}
