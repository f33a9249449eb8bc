//! What each message says at the moment of its delivery: nothing that is no longer true, or not for its recipient.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::Taken;
use crate::db::DbConn;
use crate::db::schema::{assignments, leads, outbox, partner_leads, partners};
use crate::db::types::{AssignmentId, Reference, UtcTime};
use crate::domain::access::session::Principal;
use crate::domain::access::{Origin, PartnerScope, Scope};
use crate::domain::accounts::one_time_link::{self, LinkKey, Token};
use crate::domain::assignments::Ending;
use crate::domain::deadlines::{self, Deadline};
use crate::domain::destroy_tasks;
use crate::domain::leads::LeadStatus;
use crate::domain::outbox::{Message, MessageState};
use crate::domain::zone::Zone;

/// A digest counts no further.
const LARGEST_DIGEST: i64 = 1_000;

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    LeadWaiting {
        lead: Reference,
    },
    LeadOpened {
        lead: Reference,
        partner: String,
    },
    LeadClosed {
        lead: Reference,
        partner: String,
    },
    LeadDeclined {
        lead: Reference,
        partner: String,
    },
    LeadDue {
        lead: Reference,
        deadline: Deadline,
        /// By the recipient's clock.
        due: String,
    },
    LeadReminder {
        lead: Reference,
    },
    LeadAsked {
        lead: Reference,
    },
    LeadWritten {
        lead: Reference,
    },
    LeadAnswered {
        lead: Reference,
        partner: String,
    },
    LeadExpired {
        lead: Reference,
        partner: String,
    },
    LeadReopened {
        lead: Reference,
    },
    /// How many messages of which kind, and whether they are for staff.
    Digest {
        counts: Vec<(Message, usize)>,
        to_staff: bool,
    },
    /// Copies of deleted leads are to be destroyed; the list of them says which.
    DestroyAsked,
    DestroyReminder,
    /// The link is shown to nobody but the recipient; its token does not print itself.
    AccountInvited {
        token: Token,
    },
    AccountNewDevice,
    AccountReset {
        token: Token,
    },
    AccountPasswordChanged,
    AccountFactorChanged,
    AccountFactorReset,
    AccountAddressChanged,
    AccountAddressLeft,
    MailTest,
}

/// What a message says, if that is true at this moment and its recipient may know it.
pub(super) fn content(conn: &mut DbConn, key: &LinkKey, taken: &Taken, now: UtcTime) -> QueryResult<Option<Content>> {
    // Whoever is invited can't sign in yet: the link itself says whether it still holds.
    if let (Message::AccountInvited, Some(link)) = (taken.message, taken.link) {
        let token = one_time_link::token(conn, key, link, now)?;
        return Ok(token.map(|token| Content::AccountInvited { token }));
    }
    if let (Message::AccountReset, Some(link)) = (taken.message, taken.link) {
        let token = one_time_link::token(conn, key, link, now)?;
        return Ok(token.map(|token| Content::AccountReset { token }));
    }
    // True whoever may come in: the address was changed.
    if taken.message == Message::AccountAddressChanged {
        return Ok(Some(Content::AccountAddressChanged));
    }
    if taken.message == Message::AccountAddressLeft && taken.former_address.is_some() {
        return Ok(Some(Content::AccountAddressLeft));
    }
    let recipient = Principal::load(conn, taken.recipient)?;
    let zone = recipient.as_ref().map_or(Zone::UTC, Principal::zone);
    let scope = recipient.map(|principal| principal.scope(Origin::default()));
    if taken.message == Message::Digest {
        return digest(conn, taken, scope.as_ref());
    }
    // An extra address of the settings stands for the vendor, whoever assigned the lead.
    let for_vendor = taken.former_address.is_some() || matches!(scope, Some(Scope::Staff(_) | Scope::Admin(_)));
    match (taken.message, scope, taken.assignment) {
        (Message::LeadWaiting, Some(Scope::Partner(scope)), Some(assignment)) => {
            let lead = waiting_lead(conn, &scope, assignment)?;
            Ok(lead.map(|lead| Content::LeadWaiting { lead }))
        }
        (Message::LeadDue, Some(Scope::Partner(scope)), Some(assignment)) => {
            let lead = seen_lead(conn, &scope, assignment)?;
            let deadline = deadlines::of(conn, assignment)?.filter(|deadline| deadline.reminders > 0);
            Ok(lead.zip(deadline).map(|(lead, deadline)| Content::LeadDue {
                lead,
                due: zone.words(deadline.due_at),
                deadline,
            }))
        }
        (Message::LeadReopened, Some(Scope::Partner(scope)), Some(assignment)) => {
            let lead = reopened_lead(conn, &scope, assignment)?;
            Ok(lead.map(|lead| Content::LeadReopened { lead }))
        }
        (Message::LeadReminder, Some(Scope::Partner(scope)), Some(assignment)) => {
            let lead = reminded_lead(conn, &scope, assignment)?;
            Ok(lead.map(|lead| Content::LeadReminder { lead }))
        }
        (Message::LeadAsked, Some(Scope::Partner(scope)), Some(assignment)) => {
            let lead = asked_lead(conn, &scope, assignment)?;
            Ok(lead.map(|lead| Content::LeadAsked { lead }))
        }
        (Message::LeadWritten, Some(Scope::Partner(scope)), Some(assignment)) => {
            let lead = seen_lead(conn, &scope, assignment)?;
            Ok(lead.map(|lead| Content::LeadWritten { lead }))
        }
        (message, _, Some(assignment)) if for_vendor => about_hand_over(conn, message, assignment),
        (Message::DestroyAsked, Some(Scope::Partner(scope)), _) => {
            let is_true = destroy_tasks::has_open(conn, &scope)?;
            Ok(is_true.then_some(Content::DestroyAsked))
        }
        (Message::DestroyReminder, Some(Scope::Partner(scope)), _) => {
            let is_true = destroy_tasks::has_open(conn, &scope)?;
            Ok(is_true.then_some(Content::DestroyReminder))
        }
        // Whoever can't come in need not be warned that somebody did.
        (Message::AccountNewDevice, Some(_), _) => Ok(Some(Content::AccountNewDevice)),
        (Message::AccountPasswordChanged, Some(_), _) => Ok(Some(Content::AccountPasswordChanged)),
        (Message::AccountFactorChanged, Some(_), _) => Ok(Some(Content::AccountFactorChanged)),
        (Message::AccountFactorReset, Some(_), _) => Ok(Some(Content::AccountFactorReset)),
        (Message::MailTest, Some(Scope::Admin(_)), _) => Ok(Some(Content::MailTest)),
        (
            Message::LeadWaiting
            | Message::LeadOpened
            | Message::LeadClosed
            | Message::LeadDeclined
            | Message::LeadReopened
            | Message::LeadDue
            | Message::LeadAsked
            | Message::LeadWritten
            | Message::LeadAnswered
            | Message::LeadExpired
            | Message::Digest
            | Message::DestroyAsked
            | Message::DestroyReminder
            | Message::LeadReminder
            | Message::AccountInvited
            | Message::AccountNewDevice
            | Message::AccountReset
            | Message::AccountPasswordChanged
            | Message::AccountFactorChanged
            | Message::AccountFactorReset
            | Message::AccountAddressChanged
            | Message::AccountAddressLeft
            | Message::MailTest,
            _,
            _,
        ) => Ok(None),
    }
}

/// The lead of an assignment, if this person may see it and it is not closed.
fn reminded_lead(conn: &mut DbConn, scope: &PartnerScope, assignment: AssignmentId) -> QueryResult<Option<Reference>> {
    scope
        .leads()
        .filter(partner_leads::assignment_id.eq(assignment))
        .filter(partner_leads::status.eq_any([LeadStatus::Unopened, LeadStatus::Open]))
        .select(partner_leads::reference)
        .first(conn)
        .optional()
}

/// The lead of an assignment, if this person may see it.
fn seen_lead(conn: &mut DbConn, scope: &PartnerScope, assignment: AssignmentId) -> QueryResult<Option<Reference>> {
    scope
        .leads()
        .filter(partner_leads::assignment_id.eq(assignment))
        .select(partner_leads::reference)
        .first(conn)
        .optional()
}

/// The lead of an assignment, if this person may see it and a question about it waits for an answer.
fn asked_lead(conn: &mut DbConn, scope: &PartnerScope, assignment: AssignmentId) -> QueryResult<Option<Reference>> {
    scope
        .leads()
        .filter(partner_leads::assignment_id.eq(assignment))
        .filter(partner_leads::asked_at.is_not_null())
        .filter(partner_leads::cycle_answer.is_null())
        .select(partner_leads::reference)
        .first(conn)
        .optional()
}

/// The lead of an assignment, if this person may see it and nobody has opened it.
fn waiting_lead(conn: &mut DbConn, scope: &PartnerScope, assignment: AssignmentId) -> QueryResult<Option<Reference>> {
    scope
        .leads()
        .filter(partner_leads::assignment_id.eq(assignment))
        .filter(partner_leads::opened_at.is_null())
        .select(partner_leads::reference)
        .first(conn)
        .optional()
}

/// The lead of an assignment, if this person may see it and can work on it.
fn reopened_lead(conn: &mut DbConn, scope: &PartnerScope, assignment: AssignmentId) -> QueryResult<Option<Reference>> {
    scope
        .leads()
        .filter(partner_leads::assignment_id.eq(assignment))
        .filter(partner_leads::opened_at.is_not_null())
        .filter(partner_leads::closed_at.is_null())
        .select(partner_leads::reference)
        .first(conn)
        .optional()
}

/// What the vendor is told of a hand-over, if it is true at this moment.
fn about_hand_over(conn: &mut DbConn, message: Message, assignment: AssignmentId) -> QueryResult<Option<Content>> {
    let hand_over = assignments::table
        .inner_join(leads::table)
        .inner_join(partners::table)
        .filter(assignments::id.eq(assignment))
        .select((
            leads::reference,
            partners::name,
            assignments::opened_at.is_not_null(),
            assignments::closed_at.is_not_null(),
            assignments::cycle_answer.is_not_null(),
            assignments::ending,
        ))
        .first::<(Reference, String, bool, bool, bool, Option<Ending>)>(conn)
        .optional()?;
    Ok(hand_over.and_then(
        |(lead, partner, is_opened, is_closed, is_answered, ending)| match (message, ending) {
            (Message::LeadOpened, None) if is_opened => Some(Content::LeadOpened { lead, partner }),
            (Message::LeadClosed, None) if is_closed => Some(Content::LeadClosed { lead, partner }),
            (Message::LeadAnswered, None) if is_answered => Some(Content::LeadAnswered { lead, partner }),
            (Message::LeadDeclined, Some(Ending::Declined)) => Some(Content::LeadDeclined { lead, partner }),
            (Message::LeadExpired, Some(Ending::Expired)) => Some(Content::LeadExpired { lead, partner }),
            _ => None,
        },
    ))
}

/// What of a digest is true at this moment.
fn digest(conn: &mut DbConn, taken: &Taken, scope: Option<&Scope>) -> QueryResult<Option<Content>> {
    let to_staff = match scope {
        Some(Scope::Staff(_) | Scope::Admin(_)) => true,
        Some(Scope::Partner(_)) => false,
        None => return Ok(None),
    };
    let collected: Vec<(Message, Option<AssignmentId>)> = outbox::table
        .filter(outbox::digest_id.eq(taken.id))
        .filter(outbox::state.eq(MessageState::Collected))
        .order(outbox::id)
        .select((outbox::kind, outbox::assignment_id))
        .limit(LARGEST_DIGEST)
        .load(conn)?;
    let mut counts: BTreeMap<Message, usize> = BTreeMap::new();
    for (message, assignment) in collected {
        let is_true = match (message, scope, assignment) {
            (Message::LeadWaiting, Some(Scope::Partner(scope)), Some(assignment)) => {
                waiting_lead(conn, scope, assignment)?.is_some()
            }
            (Message::LeadReopened, Some(Scope::Partner(scope)), Some(assignment)) => {
                reopened_lead(conn, scope, assignment)?.is_some()
            }
            (Message::LeadReminder, Some(Scope::Partner(scope)), Some(assignment)) => {
                reminded_lead(conn, scope, assignment)?.is_some()
            }
            (Message::LeadAsked, Some(Scope::Partner(scope)), Some(assignment)) => {
                asked_lead(conn, scope, assignment)?.is_some()
            }
            (Message::LeadWritten, Some(Scope::Partner(scope)), Some(assignment)) => {
                seen_lead(conn, scope, assignment)?.is_some()
            }
            (_, _, Some(assignment)) if to_staff => about_hand_over(conn, message, assignment)?.is_some(),
            _ => false,
        };
        if is_true {
            *counts.entry(message).or_default() += 1;
        }
    }
    let counts: Vec<(Message, usize)> = counts.into_iter().collect();
    Ok((!counts.is_empty()).then_some(Content::Digest { counts, to_staff }))
}
