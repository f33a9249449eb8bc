//! When a message about a lead is true for its reader: asked at the last moment, and in the same words of one that is sent
//! by itself and of those in a digest.

use std::collections::HashSet;

use diesel::dsl::{exists, not};
use diesel::helper_types::IntoBoxed;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable};

use super::content::Content;
use crate::db::schema::{assignments, deadlines as running, leads, outbox, partner_leads, partners};
use crate::db::types::{AssignmentId, LeadId, MessageId, PartnerId, Reference};
use crate::db::{DbBackend, DbConn};
use crate::domain::access::PartnerScope;
use crate::domain::assignments::Ending;
use crate::domain::deadlines;
use crate::domain::leads::LeadStatus;
use crate::domain::outbox::{Message, MessageState};
use crate::domain::zone::Zone;

/// For whom a message must be true.
pub(super) enum Reader {
    Vendor,
    Partner(PartnerScope),
}

type Seen<'a> = IntoBoxed<'a, partner_leads::table, DbBackend>;
type HandOvers<'a> = IntoBoxed<'a, assignments::table, DbBackend>;

/// What a message must be about to be true.
enum Truth<'a> {
    /// One of the leads that its reader at a partner sees.
    Lead(Seen<'a>, fn(Reference) -> Content),
    /// One of them with a deadline that its reader was reminded of.
    Due(Seen<'a>),
    /// One of the hand-overs, which the vendor sees all.
    HandOver(HandOvers<'a>, fn(Reference, String) -> Content),
    /// One of the hand-overs, of which its reader sees nothing any more.
    Gone(HandOvers<'a>),
}

/// What this reader can be told by this kind of message; nothing where it is not about a lead, or not for such a reader.
fn truth<'a>(message: Message, reader: &Reader) -> Option<Truth<'a>> {
    match message {
        Message::LeadWaiting => seen(
            reader,
            |leads| leads.filter(partner_leads::opened_at.is_null()),
            |lead| Content::LeadWaiting { lead },
        ),
        Message::LeadReopened => seen(
            reader,
            |leads| {
                leads
                    .filter(partner_leads::opened_at.is_not_null())
                    .filter(partner_leads::closed_at.is_null())
            },
            |lead| Content::LeadReopened { lead },
        ),
        Message::LeadReminder => seen(
            reader,
            |leads| leads.filter(partner_leads::status.eq_any([LeadStatus::Unopened, LeadStatus::Open])),
            |lead| Content::LeadReminder { lead },
        ),
        Message::LeadAsked => seen(
            reader,
            |leads| {
                leads
                    .filter(partner_leads::asked_at.is_not_null())
                    .filter(partner_leads::cycle_answer.is_null())
            },
            |lead| Content::LeadAsked { lead },
        ),
        Message::LeadWritten => seen(reader, |leads| leads, |lead| Content::LeadWritten { lead }),
        Message::LeadClosedByManager => seen(
            reader,
            |leads| leads.filter(partner_leads::closed_at.is_not_null()),
            |lead| Content::LeadClosedByManager { lead },
        ),
        Message::LeadDue => due(reader),
        Message::LeadGone => gone(reader),
        Message::LeadOpened => handed_over(
            reader,
            |live| {
                live.filter(assignments::ending.is_null())
                    .filter(assignments::opened_at.is_not_null())
            },
            |lead, partner| Content::LeadOpened { lead, partner },
        ),
        Message::LeadClosed => handed_over(
            reader,
            |live| {
                live.filter(assignments::ending.is_null())
                    .filter(assignments::closed_at.is_not_null())
            },
            |lead, partner| Content::LeadClosed { lead, partner },
        ),
        Message::LeadAnswered => handed_over(
            reader,
            |live| {
                live.filter(assignments::ending.is_null())
                    .filter(assignments::cycle_answer.is_not_null())
            },
            |lead, partner| Content::LeadAnswered { lead, partner },
        ),
        Message::LeadDeclined => handed_over(
            reader,
            |all| all.filter(assignments::ending.eq(Ending::Declined)),
            |lead, partner| Content::LeadDeclined { lead, partner },
        ),
        Message::LeadExpired => handed_over(
            reader,
            |all| all.filter(assignments::ending.eq(Ending::Expired)),
            |lead, partner| Content::LeadExpired { lead, partner },
        ),
        Message::Digest
        | Message::DestroyAsked
        | Message::DestroyReminder
        | Message::AccountInvited
        | Message::AccountNewDevice
        | Message::AccountReset
        | Message::AccountPasswordChanged
        | Message::AccountFactorChanged
        | Message::AccountFactorReset
        | Message::AccountAddressChanged
        | Message::AccountAddressLeft
        | Message::MailTest => None,
    }
}

fn seen<'a>(
    reader: &Reader,
    which: impl FnOnce(Seen<'a>) -> Seen<'a>,
    says: fn(Reference) -> Content,
) -> Option<Truth<'a>> {
    match reader {
        Reader::Partner(scope) => Some(Truth::Lead(which(scope.leads()), says)),
        Reader::Vendor => None,
    }
}

fn due<'a>(reader: &Reader) -> Option<Truth<'a>> {
    let reminded = running::table
        .filter(running::assignment_id.eq(partner_leads::assignment_id))
        .filter(running::reminders.gt(0));
    match reader {
        Reader::Partner(scope) => Some(Truth::Due(scope.leads().filter(exists(reminded)))),
        Reader::Vendor => None,
    }
}

/// Ended, and the same lead did not come back on another way.
fn gone<'a>(reader: &Reader) -> Option<Truth<'a>> {
    let Reader::Partner(scope) = reader else {
        return None;
    };
    let is_manager = scope.is_manager();
    let still_seen = partner_leads::table
        .filter(partner_leads::lead_id.eq(assignments::lead_id))
        .filter(partner_leads::partner_id.eq(scope.partner()))
        .filter(
            partner_leads::user_id
                .eq(scope.user())
                .or(is_manager.into_sql::<Nullable<Bool>>()),
        );
    let ended = assignments::table
        .filter(assignments::partner_id.eq(scope.partner()))
        .filter(assignments::ended_at.is_not_null())
        .filter(not(exists(still_seen)))
        .into_boxed();
    Some(Truth::Gone(ended))
}

fn handed_over<'a>(
    reader: &Reader,
    which: impl FnOnce(HandOvers<'a>) -> HandOvers<'a>,
    says: fn(Reference, String) -> Content,
) -> Option<Truth<'a>> {
    match reader {
        Reader::Vendor => Some(Truth::HandOver(which(assignments::table.into_boxed()), says)),
        Reader::Partner(_) => None,
    }
}

/// What a message about this hand-over says to its reader, if it is true at this moment.
pub(super) fn told(
    conn: &mut DbConn,
    message: Message,
    reader: &Reader,
    assignment: AssignmentId,
    zone: Zone,
) -> QueryResult<Option<Content>> {
    match truth(message, reader) {
        Some(Truth::Lead(leads, says)) => Ok(lead_of(conn, leads, assignment)?.map(says)),
        Some(Truth::Due(leads)) => {
            let lead = lead_of(conn, leads, assignment)?;
            let deadline = deadlines::of(conn, assignment)?;
            Ok(lead.zip(deadline).map(|(lead, deadline)| Content::LeadDue {
                lead,
                due: zone.words(deadline.due_at),
                deadline,
            }))
        }
        Some(Truth::HandOver(hand_overs, says)) => {
            let Some((lead, partner)) = hand_over(conn, hand_overs, assignment)? else {
                return Ok(None);
            };
            let lead: Reference = leads::table.find(lead).select(leads::reference).first(conn)?;
            let partner: String = partners::table.find(partner).select(partners::name).first(conn)?;
            Ok(Some(says(lead, partner)))
        }
        Some(Truth::Gone(hand_overs)) => Ok(hand_over(conn, hand_overs, assignment)?.map(|_| Content::LeadGone)),
        None => Ok(None),
    }
}

fn lead_of(conn: &mut DbConn, leads: Seen<'_>, assignment: AssignmentId) -> QueryResult<Option<Reference>> {
    leads
        .filter(partner_leads::assignment_id.eq(assignment))
        .select(partner_leads::reference)
        .first(conn)
        .optional()
}

fn hand_over(
    conn: &mut DbConn,
    hand_overs: HandOvers<'_>,
    assignment: AssignmentId,
) -> QueryResult<Option<(LeadId, PartnerId)>> {
    hand_overs
        .filter(assignments::id.eq(assignment))
        .select((assignments::lead_id, assignments::partner_id))
        .first(conn)
        .optional()
}

/// How many messages of this kind that a digest collected are true at this moment.
pub(super) fn count(conn: &mut DbConn, message: Message, reader: &Reader, digest: MessageId) -> QueryResult<usize> {
    let collected = || {
        outbox::table
            .filter(outbox::digest_id.eq(digest))
            .filter(outbox::state.eq(MessageState::Collected))
            .filter(outbox::kind.eq(message))
    };
    // Each side is asked for what was collected alone: neither all leads of a partner nor all hand-overs are read.
    let about = || collected().select(outbox::assignment_id);
    let is_true: HashSet<AssignmentId> = match truth(message, reader) {
        Some(Truth::Lead(leads, _) | Truth::Due(leads)) => leads
            .filter(partner_leads::assignment_id.nullable().eq_any(about()))
            .select(partner_leads::assignment_id)
            .load(conn)?,
        Some(Truth::HandOver(hand_overs, _) | Truth::Gone(hand_overs)) => hand_overs
            .filter(assignments::id.nullable().eq_any(about()))
            .select(assignments::id)
            .load(conn)?,
        None => Vec::new(),
    }
    .into_iter()
    .collect();
    let told_of: Vec<Option<AssignmentId>> = about().load(conn)?;
    let told_of = told_of.into_iter().flatten();
    Ok(told_of.filter(|assignment| is_true.contains(assignment)).count())
}
