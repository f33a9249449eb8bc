//! How each person wants to be told: at once, once an hour, or by the notices alone. What the duty needs (deadlines,
//! the own account) is always told at once.

use diesel::prelude::*;

use super::Message;
use crate::db::schema::notification_choices as choices;
use crate::db::types::{UserId, UtcTime};
use crate::db::{DbConn, Tx};
use crate::domain::access::Actor;
use crate::domain::accounts::Role;
use crate::domain::audit::{self, Act, Subject};
use crate::text_enum;

text_enum! {
    /// When a message about an event is mailed.
    pub enum Delivery {
        AtOnce = "at_once",
        /// With the others of the hour.
        Hourly = "hourly",
        /// Not at all: the notices say it.
        Never = "never",
    }
}

/// What somebody in this role can choose for.
pub fn offered(role: Role) -> &'static [Message] {
    match role {
        Role::Administrator | Role::Staff => Message::TO_STAFF,
        Role::PartnerManager | Role::PartnerMember => Message::TO_PARTNERS,
    }
}

/// What was chosen; where nothing was, it is told at once.
pub fn of(conn: &mut DbConn, user: UserId, message: Message) -> QueryResult<Delivery> {
    let chosen = choices::table
        .find((user, message))
        .select(choices::delivery)
        .first(conn)
        .optional()?;
    Ok(chosen.unwrap_or(Delivery::AtOnce))
}

/// Everything that somebody can choose for, with what was chosen.
pub fn all(conn: &mut DbConn, user: UserId, role: Role) -> QueryResult<Vec<(Message, Delivery)>> {
    let chosen: Vec<(Message, Delivery)> = choices::table
        .filter(choices::user_id.eq(user))
        .select((choices::kind, choices::delivery))
        .order(choices::kind)
        .load(conn)?;
    let delivery = |message: Message| {
        let found = chosen.iter().find(|(kind, _)| *kind == message);
        found.map_or(Delivery::AtOnce, |(_, delivery)| *delivery)
    };
    Ok(offered(role)
        .iter()
        .map(|message| (*message, delivery(*message)))
        .collect())
}

/// Remembers what somebody chose. Messages that wait already go as they were meant to.
pub fn save(
    tx: &mut Tx<'_>,
    actor: &Actor,
    user: UserId,
    chosen: &[(Message, Delivery)],
    now: UtcTime,
) -> QueryResult<()> {
    diesel::delete(choices::table.filter(choices::user_id.eq(user))).execute(&mut **tx)?;
    for (message, delivery) in chosen {
        diesel::insert_into(choices::table)
            .values((
                choices::user_id.eq(user),
                choices::kind.eq(message),
                choices::delivery.eq(delivery),
            ))
            .execute(&mut **tx)?;
    }
    let words: Vec<String> = chosen
        .iter()
        .map(|(message, delivery)| format!("{}: {}", message.as_str(), delivery.as_str()))
        .collect();
    audit::record(
        tx,
        actor,
        Act::NotificationsChosen,
        &Subject::of_user(user),
        &words.join("; "),
        now,
    )
}
