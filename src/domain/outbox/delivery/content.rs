//! What each message says at the moment of its delivery: nothing that is no longer true, or not for its recipient.

use diesel::prelude::*;

use super::Taken;
use super::truth::{self, Reader};
use crate::db::DbConn;
use crate::db::schema::outbox;
use crate::db::types::{LinkId, Reference, UtcTime};
use crate::domain::access::session::Principal;
use crate::domain::access::{Origin, Scope};
use crate::domain::accounts::one_time_link::{self, LinkKey, Token};
use crate::domain::deadlines::Deadline;
use crate::domain::destroy_tasks;
use crate::domain::outbox::{Message, MessageState};
use crate::domain::zone::Zone;

/// Who reads a digest, which says where it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestReader {
    Staff,
    Partner,
    /// An address of the settings: nobody's notices have what it was told.
    SharedAddress,
}

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
    /// Not which one: its former holder sees it no more.
    LeadGone,
    LeadClosedByManager {
        lead: Reference,
    },
    /// How many messages of which kind.
    Digest {
        counts: Vec<(Message, usize)>,
        reader: DigestReader,
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
    let recipient = Principal::load(conn, taken.recipient)?;
    let zone = recipient.as_ref().map_or(Zone::UTC, Principal::zone);
    let scope = recipient.map(|principal| principal.scope(Origin::default()));
    let can_come_in = scope.is_some();
    let is_admin = matches!(scope, Some(Scope::Admin(_)));
    // An address of the settings stands for the vendor, whoever assigned the lead.
    let reader = match scope {
        _ if taken.shared_address.is_some() => Some(Reader::Vendor),
        Some(Scope::Staff(_) | Scope::Admin(_)) => Some(Reader::Vendor),
        Some(Scope::Partner(scope)) => Some(Reader::Partner(scope)),
        None => None,
    };
    match taken.message {
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
        | Message::LeadReminder
        | Message::LeadGone
        | Message::LeadClosedByManager => match (reader, taken.assignment) {
            (Some(reader), Some(assignment)) => truth::told(conn, taken.message, &reader, assignment, zone),
            _ => Ok(None),
        },
        Message::Digest => match reader {
            Some(reader) => digest(conn, taken, &reader),
            None => Ok(None),
        },
        Message::DestroyAsked => Ok(has_task(conn, reader)?.then_some(Content::DestroyAsked)),
        Message::DestroyReminder => Ok(has_task(conn, reader)?.then_some(Content::DestroyReminder)),
        // Whoever is invited can't sign in yet: the link itself says whether it still holds.
        Message::AccountInvited => {
            Ok(token(conn, key, taken.link, now)?.map(|token| Content::AccountInvited { token }))
        }
        Message::AccountReset => Ok(token(conn, key, taken.link, now)?.map(|token| Content::AccountReset { token })),
        // Whoever can't come in need not be warned that somebody did.
        Message::AccountNewDevice => Ok(can_come_in.then_some(Content::AccountNewDevice)),
        Message::AccountPasswordChanged => Ok(can_come_in.then_some(Content::AccountPasswordChanged)),
        Message::AccountFactorChanged => Ok(can_come_in.then_some(Content::AccountFactorChanged)),
        Message::AccountFactorReset => Ok(can_come_in.then_some(Content::AccountFactorReset)),
        // True whoever may come in: the address was changed.
        Message::AccountAddressChanged => Ok(Some(Content::AccountAddressChanged)),
        Message::AccountAddressLeft => Ok(taken.former_address.is_some().then_some(Content::AccountAddressLeft)),
        Message::MailTest => Ok(is_admin.then_some(Content::MailTest)),
    }
}

fn has_task(conn: &mut DbConn, reader: Option<Reader>) -> QueryResult<bool> {
    match reader {
        Some(Reader::Partner(scope)) => destroy_tasks::has_open(conn, &scope),
        Some(Reader::Vendor) | None => Ok(false),
    }
}

fn token(conn: &mut DbConn, key: &LinkKey, link: Option<LinkId>, now: UtcTime) -> QueryResult<Option<Token>> {
    match link {
        Some(link) => one_time_link::token(conn, key, link, now),
        None => Ok(None),
    }
}

/// What of a digest is true at this moment: of each kind as many as would be sent if they came one by one.
fn digest(conn: &mut DbConn, taken: &Taken, reader: &Reader) -> QueryResult<Option<Content>> {
    let kinds: Vec<Message> = outbox::table
        .filter(outbox::digest_id.eq(taken.id))
        .filter(outbox::state.eq(MessageState::Collected))
        .select(outbox::kind)
        .distinct()
        .load(conn)?;
    let mut counts: Vec<(Message, usize)> = Vec::new();
    for message in Message::ALL.iter().filter(|message| kinds.contains(message)) {
        let count = truth::count(conn, *message, reader, taken.id)?;
        if count > 0 {
            counts.push((*message, count));
        }
    }
    let reader = match reader {
        Reader::Vendor if taken.shared_address.is_some() => DigestReader::SharedAddress,
        Reader::Vendor => DigestReader::Staff,
        Reader::Partner(_) => DigestReader::Partner,
    };
    Ok((!counts.is_empty()).then_some(Content::Digest { counts, reader }))
}
