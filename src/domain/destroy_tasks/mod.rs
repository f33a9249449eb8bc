//! What partners are asked to do with their copies of a lead that was deleted (GDPR Art. 17(2), 19). A task names nobody:
//! it has a reference of its own, days, and a product that other leads have too.

mod answer;
mod ask;
mod board;
mod portal;
mod remind;

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::db::Tx;
use crate::db::schema::users;
use crate::db::types::{DestroyTaskId, PartnerId, UserId, UtcTime};
use crate::domain::accounts::{Role, UserState};
use crate::domain::outbox::{self, Message};
use crate::text_enum;

pub use answer::{AnswerError, AnswerInput, GivenAnswer, LONGEST_REMARK, answer};
pub use ask::ask;
pub use board::{BoardFilter, BoardRow, BoardState, MIN_DAYS, board, count, partners_asked};
pub(in crate::domain) use portal::own;
pub use portal::{COUNTED, PartnerTask, answered, find, has_open, open};
pub use remind::{is_due, remind};

text_enum! {
    /// What a partner says about its copies.
    pub enum TaskAnswer {
        Destroyed = "destroyed",
        /// A law or a contract of its own makes the partner keep them; the remark says which.
        Kept = "kept",
    }
}

impl TaskAnswer {
    /// The answer in words for people.
    pub fn label(self) -> &'static str {
        match self {
            TaskAnswer::Destroyed => "Destroyed",
            TaskAnswer::Kept => "Must keep",
        }
    }
}

/// How long an unanswered task rests between two messages.
const REMIND_AFTER: TimeDelta = TimeDelta::days(7);

/// The first message and two reminders.
const MESSAGES: i64 = 3;

/// Tells whoever at the partner can answer: its managers, and the user who opened the lead there.
fn tell(
    tx: &mut Tx<'_>,
    message: Message,
    task: DestroyTaskId,
    partner: PartnerId,
    holder: Option<UserId>,
    now: UtcTime,
) -> QueryResult<()> {
    let recipients: Vec<UserId> = users::table
        .filter(users::partner_id.eq(partner))
        .filter(users::state.eq(UserState::Active))
        .filter(users::role.eq(Role::PartnerManager).or(users::id.nullable().eq(holder)))
        .select(users::id)
        .order(users::id)
        .load(&mut **tx)?;
    recipients
        .into_iter()
        .try_for_each(|recipient| outbox::queue_once(tx, message, recipient, task, now))
}

/// When the next message about a task is due, after so many.
fn next_message(told: i64, now: UtcTime) -> Option<UtcTime> {
    (told < MESSAGES).then(|| now + REMIND_AFTER)
}
