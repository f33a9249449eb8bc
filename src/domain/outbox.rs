//! Messages that must be sent, written in the transaction of the act that they tell of. A message names its
//! recipient and what it is about; it holds no text and no personal data until it is rendered for sending.

pub mod choices;
pub mod delivery;
mod digest;
pub mod events;
pub mod list;

use chrono::TimeDelta;
use diesel::prelude::*;

use choices::Delivery;

use crate::db::Tx;
use crate::db::schema::{assignments, outbox, users};
use crate::db::types::{AssignmentId, DestroyTaskId, LeadId, LinkId, PartnerId, UserId, UtcTime, random_text};
use crate::domain::access::AdminScope;
use crate::domain::accounts::{Role, UserState};
use crate::domain::audit::{self, Act, Subject};
use crate::domain::notices;
use crate::text_enum;

text_enum! {
    /// What a message says.
    pub enum Message {
        /// To the recipient: a new lead is waiting.
        LeadWaiting = "lead.waiting",
        /// To the user who assigned it: the lead was opened.
        LeadOpened = "lead.opened",
        /// To whoever assigned it: the partner closed the lead, or turned it into a deal.
        LeadClosed = "lead.closed",
        /// To whoever assigned it: the partner gave the lead back.
        LeadDeclined = "lead.declined",
        /// To whoever holds it: staff opened a closed lead again.
        LeadReopened = "lead.reopened",
        /// To the recipient: a deadline comes nearer.
        LeadDue = "lead.due",
        /// To whoever holds it: staff ask something about it.
        LeadAsked = "lead.asked",
        /// To whoever holds it: staff wrote a note.
        LeadWritten = "lead.written",
        /// To whoever asked: the partner answered.
        LeadAnswered = "lead.answered",
        /// To whoever assigned it: a deadline passed, and the lead is taken back.
        LeadExpired = "lead.expired",
        /// To somebody who wants to be told once an hour: how many messages of which kind there are.
        Digest = "digest",
        /// To a partner that opened a lead which was deleted: destroy your copies.
        DestroyAsked = "destroy.asked",
        /// The same again, while nobody answers.
        DestroyReminder = "destroy.reminder",
        /// To whoever holds a lead: it still waits.
        LeadReminder = "lead.reminder",
        /// To a new user: set a password with this link.
        AccountInvited = "account.invited",
        /// To the owner of an account: somebody signed in on a device that was never seen.
        AccountNewDevice = "account.new_device",
        /// To the owner of an account: set a new password with this link.
        AccountReset = "account.reset",
        /// To the owner of an account: the password was changed.
        AccountPasswordChanged = "account.password_changed",
        /// To the owner of an account: the second factor was set up, changed or turned off.
        AccountFactorChanged = "account.factor_changed",
        /// To the owner of an account: an administrator took the lost second factor away.
        AccountFactorReset = "account.factor_reset",
        /// To the owner of an account, at the new address: sign in with it from now on.
        AccountAddressChanged = "account.address_changed",
        /// The same, at the former address.
        AccountAddressLeft = "account.address_left",
        /// To an administrator who asked for it: mail arrives.
        MailTest = "mail.test",
    }
}

impl Message {
    /// What the vendor is told of, each person as that person chose.
    pub const TO_STAFF: &[Message] = &[
        Message::LeadOpened,
        Message::LeadClosed,
        Message::LeadDeclined,
        Message::LeadAnswered,
        Message::LeadExpired,
    ];

    /// What partners are told of as each person chose. Deadlines are not among it: the duty needs them.
    pub const TO_PARTNERS: &[Message] = &[
        Message::LeadWaiting,
        Message::LeadReopened,
        Message::LeadAsked,
        Message::LeadWritten,
        Message::LeadReminder,
    ];

    /// What a partner did, or what befell it: a notice to staff.
    pub fn about_partner(self, partner: &str) -> String {
        match self {
            Message::LeadOpened => format!("{partner} opened a lead that you assigned"),
            Message::LeadClosed => format!("{partner} closed a lead that you assigned"),
            Message::LeadDeclined => format!("{partner} gave back a lead that you assigned"),
            Message::LeadAnswered => format!("{partner} answered a question about a lead"),
            Message::LeadExpired => format!("A deadline passed: a lead was taken back from {partner}"),
            _ => format!("{}: {partner}", self.label()),
        }
    }

    /// What the message is about, in words for people.
    pub fn label(self) -> &'static str {
        match self {
            Message::LeadWaiting => "A new lead is waiting",
            Message::LeadOpened => "A lead was opened",
            Message::LeadClosed => "A lead was closed",
            Message::LeadDeclined => "A lead was given back",
            Message::LeadReopened => "A lead is open again",
            Message::LeadDue => "A deadline comes nearer",
            Message::LeadAsked => "A question about a lead",
            Message::LeadWritten => "A note about a lead",
            Message::LeadAnswered => "A question was answered",
            Message::LeadExpired => "A lead was taken back",
            Message::Digest => "Messages of an hour",
            Message::DestroyAsked => "Destroy your copies",
            Message::DestroyReminder => "Destroy your copies: reminder",
            Message::LeadReminder => "A lead still waits",
            Message::AccountInvited => "You are invited",
            Message::AccountNewDevice => "New device",
            Message::AccountReset => "Link for a new password",
            Message::AccountPasswordChanged => "Password changed",
            Message::AccountFactorChanged => "Second factor changed",
            Message::AccountFactorReset => "Second factor reset",
            Message::AccountAddressChanged => "New e-mail address",
            Message::AccountAddressLeft => "E-mail address given up",
            Message::MailTest => "Test message",
        }
    }
}

text_enum! {
    /// Where a message stands.
    pub enum MessageState {
        Waiting = "waiting",
        /// It is sent with others in a digest.
        Collected = "collected",
        Sent = "sent",
        Failed = "failed",
        /// It was no longer true, so it was not sent.
        Cancelled = "cancelled",
    }
}

impl MessageState {
    /// The state in words for people.
    pub fn label(self) -> &'static str {
        match self {
            MessageState::Waiting => "Waiting",
            MessageState::Collected => "For the digest",
            MessageState::Sent => "Sent",
            MessageState::Failed => "Failed",
            MessageState::Cancelled => "Cancelled",
        }
    }
}

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

/// So many messages within an hour come one by one.
const ONE_BY_ONE: i64 = 20;

/// Whether somebody was told so much within the last hour that one mail more for each thing would only bury the others:
/// an act on thousands of leads must not send thousands of mails to one person.
fn is_buried(tx: &mut Tx<'_>, recipient: UserId, now: UtcTime) -> QueryResult<bool> {
    let earlier: Option<UtcTime> = outbox::table
        .filter(outbox::recipient_id.eq(recipient))
        .order(outbox::id.desc())
        .select(outbox::created_at)
        .offset(ONE_BY_ONE)
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
    match choices::of(tx, recipient, message)? {
        Delivery::AtOnce if is_buried(tx, recipient, now)? => digest::collect(tx, message, recipient, about, now),
        Delivery::AtOnce => insert(tx, message, recipient, Some(about), None, now),
        Delivery::Hourly => digest::collect(tx, message, recipient, about, now),
        Delivery::Never => Ok(()),
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
    let waiting = outbox::table
        .filter(outbox::recipient_id.eq(recipient))
        .filter(outbox::kind.eq(message))
        .filter(outbox::state.eq(MessageState::Waiting));
    if diesel::select(diesel::dsl::exists(waiting)).get_result(&mut **tx)? {
        return Ok(());
    }
    insert(tx, message, recipient, Some(about), None, now)
}

/// Queues a test message to an administrator.
pub fn queue_test(tx: &mut Tx<'_>, scope: &AdminScope, now: UtcTime) -> QueryResult<()> {
    insert(tx, Message::MailTest, scope.user(), None, None, now)?;
    audit::record(tx, scope.actor(), Act::MailTested, &Subject::nothing(), "", now)
}

fn insert(
    tx: &mut Tx<'_>,
    message: Message,
    recipient: UserId,
    about: Option<About>,
    link: Option<LinkId>,
    now: UtcTime,
) -> QueryResult<()> {
    diesel::insert_into(outbox::table)
        .values((
            outbox::message_id.eq(random_text(26)),
            outbox::kind.eq(message),
            outbox::recipient_id.eq(recipient),
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
    insert(tx, message, recipient, None, Some(link), now)
}

/// Queues a message to the owner of an account about that account.
pub fn queue_about_account(tx: &mut Tx<'_>, message: Message, owner: UserId, now: UtcTime) -> QueryResult<()> {
    insert(tx, message, owner, None, None, now)
}

/// Tells the owner of an account that its address was changed, at both addresses: whoever took the account over can't
/// keep the owner from learning it. The former address is kept with the message until it is sent or cancelled.
pub fn queue_address_changed(tx: &mut Tx<'_>, owner: UserId, former_address: &str, now: UtcTime) -> QueryResult<()> {
    insert(tx, Message::AccountAddressChanged, owner, None, None, now)?;
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

/// Tells whoever at the partner receives an assignment: the user it names, or the partner's managers.
pub fn queue_lead_waiting(
    tx: &mut Tx<'_>,
    partner: PartnerId,
    user: Option<UserId>,
    assignment: AssignmentId,
    now: UtcTime,
) -> QueryResult<()> {
    queue_to_holders(tx, Message::LeadWaiting, partner, user, assignment, now).map(|_| ())
}

/// Tells whoever at the partner holds an assignment: the user it names, or the partner's managers. Says whether there was
/// anybody to tell.
pub fn queue_to_holders(
    tx: &mut Tx<'_>,
    message: Message,
    partner: PartnerId,
    user: Option<UserId>,
    assignment: AssignmentId,
    now: UtcTime,
) -> QueryResult<bool> {
    let recipients: Vec<UserId> = match user {
        Some(user) => vec![user],
        None => users::table
            .filter(users::partner_id.eq(partner))
            .filter(users::role.eq(Role::PartnerManager))
            .filter(users::state.eq(UserState::Active))
            .select(users::id)
            .order(users::id)
            .load(&mut **tx)?,
    };
    for recipient in &recipients {
        queue(tx, message, *recipient, assignment, now)?;
    }
    Ok(!recipients.is_empty())
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
