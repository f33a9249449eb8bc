//! Who did what to which record, when, from which address. Append-only by trigger, and never any personal data of a lead.

use diesel::prelude::*;

use super::access::Actor;
use crate::db::Tx;
use crate::db::schema::audit_events;
use crate::db::types::{ImportId, LeadId, MessageId, PartnerId, Reference, UserId, UtcTime};
use crate::text_enum;

text_enum! {
    /// The one vocabulary of acts.
    pub enum Act {
        SignedIn = "session.begun",
        SignInFailed = "session.refused",
        SignedOut = "session.ended",
        AccessDenied = "access.denied",
        UserCreated = "user.created",
        PartnerCreated = "partner.created",
        SettingsChanged = "settings.changed",
        LeadCreated = "lead.created",
        LeadImported = "lead.imported",
        LeadEdited = "lead.edited",
        LeadConfirmed = "lead.confirmed",
        LeadErased = "lead.erased",
        LeadAssigned = "lead.assigned",
        LeadReassigned = "lead.reassigned",
        LeadRecalled = "lead.recalled",
        LeadOpened = "lead.opened",
        LeadNoted = "lead.noted",
        DistributionRefused = "lead.distribution_refused",
        ImportStarted = "import.started",
        ImportFinished = "import.finished",
        ImportRemoved = "import.removed",
        MailTested = "mail.tested",
        MessageRetried = "message.retried",
        MessageCancelled = "message.cancelled",
    }
}

/// The record that an act is about. It outlives the record, so it is told by id and reference.
#[derive(Debug, Clone)]
pub struct Subject {
    kind: &'static str,
    id: Option<i64>,
    reference: String,
}

impl Subject {
    pub const LEAD: &'static str = "lead";

    pub fn lead(id: LeadId, reference: &Reference) -> Self {
        Subject {
            kind: Self::LEAD,
            id: Some(id.get()),
            reference: reference.to_string(),
        }
    }

    pub fn user(id: UserId, reference: &Reference) -> Self {
        Subject {
            kind: "user",
            id: Some(id.get()),
            reference: reference.to_string(),
        }
    }

    pub fn of_user(id: UserId) -> Self {
        Subject {
            kind: "user",
            id: Some(id.get()),
            reference: String::new(),
        }
    }

    pub fn partner(id: PartnerId, reference: &Reference) -> Self {
        Subject {
            kind: "partner",
            id: Some(id.get()),
            reference: reference.to_string(),
        }
    }

    pub fn import(id: ImportId, reference: &Reference) -> Self {
        Subject {
            kind: "import",
            id: Some(id.get()),
            reference: reference.to_string(),
        }
    }

    pub fn settings() -> Self {
        Subject {
            kind: "settings",
            id: Some(1),
            reference: "lead-distribution".to_owned(),
        }
    }

    pub fn message(id: MessageId, reference: &Reference) -> Self {
        Subject {
            kind: "message",
            id: Some(id.get()),
            reference: reference.to_string(),
        }
    }

    pub fn nothing() -> Self {
        Subject {
            kind: "",
            id: None,
            reference: String::new(),
        }
    }
}

/// Writes an act down, in the transaction of the act itself. `detail` holds old and new values of settings, names of
/// fields, reasons from closed lists; never what a lead's fields say.
pub fn record(
    tx: &mut Tx<'_>,
    actor: &Actor,
    act: Act,
    subject: &Subject,
    detail: &str,
    now: UtcTime,
) -> QueryResult<()> {
    diesel::insert_into(audit_events::table)
        .values((
            audit_events::happened_at.eq(now),
            audit_events::actor_id.eq(actor.user_id()),
            audit_events::action.eq(act),
            audit_events::subject.eq(subject.kind),
            audit_events::subject_id.eq(subject.id),
            audit_events::subject_reference.eq(&subject.reference),
            audit_events::detail.eq(detail),
            audit_events::address.eq(&actor.origin().address),
            audit_events::request_id.eq(&actor.origin().request_id),
        ))
        .execute(&mut **tx)
        .map(|_| ())
}
