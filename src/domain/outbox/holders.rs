//! Whoever holds a lead at a partner, told of it: the user it was given to, or the managers where the partner as a whole
//! has it.

use diesel::prelude::*;

use super::{Message, queue};
use crate::db::Tx;
use crate::db::schema::users;
use crate::db::types::{AssignmentId, PartnerId, UserId, UtcTime};
use crate::domain::accounts::{Role, UserState};

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
