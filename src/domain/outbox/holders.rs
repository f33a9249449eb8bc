//! Whoever holds a lead at a partner, told of it: the user it was given to, or the managers where the partner as a whole
//! has it.

use diesel::prelude::*;

use super::{Message, queue, queue_mail};
use crate::db::Tx;
use crate::db::schema::users;
use crate::db::types::{AssignmentId, PartnerId, UserId, UtcTime};
use crate::domain::accounts::{Role, UserState};
use crate::domain::permission::gate::ReceivingParty;

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

/// A hand-over with whoever it was given to.
#[derive(Debug, Clone, Copy)]
pub struct Holding {
    pub assignment: AssignmentId,
    pub partner: PartnerId,
    pub user: Option<UserId>,
}

/// Tells whoever held a lead that it is no longer with them, but never who gave it away. `now_with` is where it went;
/// managers there see it all the same. By mail alone: inside the portal it is as if the lead had never been there.
pub fn queue_to_former_holders(
    tx: &mut Tx<'_>,
    ended: Holding,
    now_with: Option<ReceivingParty>,
    actor: Option<UserId>,
    now: UtcTime,
) -> QueryResult<()> {
    let people = users::table
        .filter(users::partner_id.eq(ended.partner))
        .filter(users::state.eq(UserState::Active))
        .select((users::id, users::role))
        .order(users::id)
        .into_boxed();
    let people = match ended.user {
        Some(user) => people.filter(users::id.eq(user)),
        None => people.filter(users::role.eq(Role::PartnerManager)),
    };
    for (person, role) in people.load::<(UserId, Role)>(&mut **tx)? {
        let still_sees = now_with.is_some_and(|party| {
            party.partner == ended.partner && (role == Role::PartnerManager || party.user == Some(person))
        });
        if !still_sees && actor != Some(person) {
            queue_mail(tx, Message::LeadGone, person, ended.assignment.into(), now)?;
        }
    }
    Ok(())
}

/// Tells whoever holds a lead that somebody else at the partner closed it.
pub fn queue_closed_by_manager(
    tx: &mut Tx<'_>,
    assignment: AssignmentId,
    holder: Option<UserId>,
    manager: UserId,
    now: UtcTime,
) -> QueryResult<()> {
    let holder: Option<UserId> = users::table
        .filter(users::id.nullable().eq(holder))
        .filter(users::id.ne(manager))
        .filter(users::state.eq(UserState::Active))
        .select(users::id)
        .first(&mut **tx)
        .optional()?;
    match holder {
        Some(holder) => queue(tx, Message::LeadClosedByManager, holder, assignment, now),
        None => Ok(()),
    }
}
