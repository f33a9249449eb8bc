//! Who did what to which record, when, from which address. Append-only by trigger, and never any personal data of a lead.

pub mod log;
pub mod seals;
mod subject;

use diesel::prelude::*;

use super::access::Actor;
use crate::db::schema::audit_events;
use crate::db::types::{UserId, UtcTime};
use crate::db::{Tx, on_backend};
use crate::text_enum;

pub use subject::Subject;

text_enum! {
    /// The one vocabulary of acts.
    pub enum Act {
        SignedIn = "session.begun",
        SignInFailed = "session.refused",
        SignInThrottled = "session.throttled",
        SignedOut = "session.ended",
        AccessDenied = "access.denied",
        RequestRefused = "request.refused",
        PasswordChanged = "password.changed",
        PasswordLinkAsked = "password.link_asked",
        PasswordReset = "password.reset",
        FactorEnrolled = "factor.enrolled",
        FactorChanged = "factor.changed",
        FactorRemoved = "factor.removed",
        FactorReset = "factor.reset",
        FactorRefused = "factor.refused",
        ProofRefused = "proof.refused",
        UserCreated = "user.created",
        UserInvited = "user.invited",
        InvitationHeld = "user.invitation_held",
        InvitationAccepted = "user.accepted",
        UserEdited = "user.edited",
        UserSuspended = "user.suspended",
        UserResumed = "user.resumed",
        UserSignedOut = "user.signed_out",
        EverybodySignedOut = "everybody.signed_out",
        PartnerCreated = "partner.created",
        PartnerEdited = "partner.edited",
        PartnerSuspended = "partner.suspended",
        PartnerResumed = "partner.resumed",
        PartnerSignedOut = "partner.signed_out",
        PartnerSecurityChanged = "partner.security_changed",
        SettingsChanged = "settings.changed",
        SecurityChanged = "security.changed",
        DeadlinesChanged = "deadlines.changed",
        EventRecipientsChanged = "event_recipients.changed",
        NotificationsChosen = "notifications.chosen",
        TimeZoneChosen = "time_zone.chosen",
        ClosingModesChanged = "closing.modes_changed",
        ClosingReasonAdded = "closing.reason_added",
        ClosingReasonRenamed = "closing.reason_renamed",
        ClosingReasonRetired = "closing.reason_retired",
        ClosingReasonRestored = "closing.reason_restored",
        LeadCreated = "lead.created",
        LeadImported = "lead.imported",
        LeadEdited = "lead.edited",
        LeadConfirmed = "lead.confirmed",
        LeadErased = "lead.erased",
        LeadAssigned = "lead.assigned",
        LeadReassigned = "lead.reassigned",
        LeadRecalled = "lead.recalled",
        LeadExpired = "lead.expired",
        LeadReminded = "lead.reminded",
        LeadAsked = "lead.asked",
        LeadAnswered = "lead.answered",
        LeadOpened = "lead.opened",
        LeadMoved = "lead.moved",
        LeadDeclined = "lead.declined",
        LeadClosed = "lead.closed",
        LeadConverted = "lead.converted",
        LeadReopened = "lead.reopened",
        LeadNoted = "lead.noted",
        InternalNoteAdded = "lead.internal_note_added",
        PartnerWritten = "lead.partner_written",
        NextStepSet = "lead.next_step_set",
        LeadsDownloaded = "leads.downloaded",
        AttachmentAdded = "attachment.added",
        AttachmentRemoved = "attachment.removed",
        DistributionRefused = "lead.distribution_refused",
        EditRefused = "lead.edit_refused",
        DestroyAsked = "destroy.asked",
        DestroyReminded = "destroy.reminded",
        DestroyAnswered = "destroy.answered",
        ImportStarted = "import.started",
        ImportFinished = "import.finished",
        ImportRemoved = "import.removed",
        BulkStarted = "bulk.started",
        BulkEnded = "bulk.ended",
        ViewSaved = "view.saved",
        ViewRenamed = "view.renamed",
        ViewDeleted = "view.deleted",
        LogDownloaded = "audit.downloaded",
        MailTested = "mail.tested",
        MessageRetried = "message.retried",
        MessageCancelled = "message.cancelled",
        MessageBounced = "message.bounced",
    }
}

/// The acts in words for people.
const WORDS: &[(Act, &str)] = &[
    (Act::SignedIn, "Signed in"),
    (Act::SignInFailed, "Failed to sign in"),
    (Act::SignInThrottled, "Was held up after too many attempts"),
    (Act::SignedOut, "Signed out"),
    (Act::AccessDenied, "Was denied access"),
    (Act::RequestRefused, "Sent what was refused unread"),
    (Act::PasswordChanged, "Changed the password"),
    (Act::PasswordLinkAsked, "Asked for a link to set a new password"),
    (Act::PasswordReset, "Set a new password by link"),
    (Act::FactorEnrolled, "Set up a second factor"),
    (Act::FactorChanged, "Changed the second factor"),
    (Act::FactorRemoved, "Turned the second factor off"),
    (Act::FactorReset, "Took away a lost second factor"),
    (Act::FactorRefused, "Failed at the second factor"),
    (Act::ProofRefused, "Failed to show that it is them"),
    (Act::UserCreated, "Made an account"),
    (Act::UserInvited, "Sent an invitation"),
    (
        Act::InvitationHeld,
        "Invited somebody whose address has an account elsewhere",
    ),
    (Act::InvitationAccepted, "Accepted an invitation"),
    (Act::UserEdited, "Edited a user"),
    (Act::UserSuspended, "Suspended a user"),
    (Act::UserResumed, "Resumed a user"),
    (Act::UserSignedOut, "Signed a user out"),
    (Act::EverybodySignedOut, "Signed everybody out"),
    (Act::PartnerCreated, "Made a partner"),
    (Act::PartnerEdited, "Edited a partner"),
    (Act::PartnerSuspended, "Suspended a partner"),
    (Act::PartnerResumed, "Resumed a partner"),
    (Act::PartnerSignedOut, "Signed the users of a partner out"),
    (
        Act::PartnerSecurityChanged,
        "Changed what a partner must do for security",
    ),
    (Act::SettingsChanged, "Changed the settings of lead distribution"),
    (Act::SecurityChanged, "Changed the settings of security"),
    (Act::DeadlinesChanged, "Changed the deadlines"),
    (Act::EventRecipientsChanged, "Changed who is told of events"),
    (Act::NotificationsChosen, "Chose how to be told"),
    (Act::TimeZoneChosen, "Chose a time zone"),
    (Act::ClosingModesChanged, "Changed how leads are closed"),
    (Act::ClosingReasonAdded, "Added a reason for closing"),
    (Act::ClosingReasonRenamed, "Renamed a reason for closing"),
    (Act::ClosingReasonRetired, "Retired a reason for closing"),
    (Act::ClosingReasonRestored, "Restored a reason for closing"),
    (Act::LeadCreated, "Created a lead"),
    (Act::LeadImported, "Imported a lead"),
    (Act::LeadEdited, "Edited a lead"),
    (Act::LeadConfirmed, "Confirmed permission"),
    (Act::LeadErased, "Deleted a lead"),
    (Act::LeadAssigned, "Assigned a lead"),
    (Act::LeadReassigned, "Reassigned a lead"),
    (Act::LeadRecalled, "Took a lead back"),
    (Act::LeadExpired, "Took a lead back after a deadline"),
    (Act::LeadReminded, "Reminded the holder of a lead"),
    (Act::LeadAsked, "Asked the holder of a lead"),
    (Act::LeadAnswered, "Answered a question about a lead"),
    (Act::LeadOpened, "Opened a lead"),
    (Act::LeadMoved, "Moved a lead to a colleague"),
    (Act::LeadDeclined, "Gave a lead back"),
    (Act::LeadClosed, "Closed a lead"),
    (Act::LeadConverted, "Converted a lead to a deal"),
    (Act::LeadReopened, "Opened a closed lead again"),
    (Act::LeadNoted, "Noted the status of a lead"),
    (Act::InternalNoteAdded, "Added an internal note to a lead"),
    (Act::PartnerWritten, "Wrote to the holder of a lead"),
    (Act::NextStepSet, "Set the next step of a lead"),
    (Act::LeadsDownloaded, "Downloaded a list of leads"),
    (Act::AttachmentAdded, "Added a file to a lead"),
    (Act::AttachmentRemoved, "Removed a file of a lead"),
    (Act::DistributionRefused, "Was refused to pass a lead on"),
    (Act::EditRefused, "Was refused to change a lead on hold"),
    (Act::DestroyAsked, "Asked a partner to destroy copies"),
    (Act::DestroyReminded, "Reminded a partner to destroy copies"),
    (Act::DestroyAnswered, "Said what became of copies"),
    (Act::ImportStarted, "Started an import"),
    (Act::ImportFinished, "Finished an import"),
    (Act::ImportRemoved, "Removed an uploaded file"),
    (Act::BulkStarted, "Started a bulk act"),
    (Act::BulkEnded, "Ended a bulk act"),
    (Act::ViewSaved, "Saved a view of the leads"),
    (Act::ViewRenamed, "Renamed a view of the leads"),
    (Act::ViewDeleted, "Deleted a view of the leads"),
    (Act::LogDownloaded, "Downloaded the audit log"),
    (Act::MailTested, "Sent a test message"),
    (Act::MessageRetried, "Sent a message again"),
    (Act::MessageCancelled, "Cancelled a message"),
    (Act::MessageBounced, "Noted that a message came back"),
];

impl Act {
    /// The act in words for people; its code where it has none yet.
    pub fn label(self) -> &'static str {
        WORDS
            .iter()
            .find(|(act, _)| *act == self)
            .map_or(self.as_str(), |(_, words)| words)
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
    let row = NewEvent::new(actor, act, subject, detail, now);
    on_backend!(&mut **tx, |conn| diesel::insert_into(audit_events::table)
        .values(row)
        .execute(conn))
    .map(|_| ())
}

/// The same act on many records, a row for each, in one statement.
pub fn record_all(
    tx: &mut Tx<'_>,
    actor: &Actor,
    act: Act,
    subjects: &[Subject],
    detail: &str,
    now: UtcTime,
) -> QueryResult<()> {
    let rows: Vec<NewEvent<'_>> = subjects
        .iter()
        .map(|subject| NewEvent::new(actor, act, subject, detail, now))
        .collect();
    on_backend!(&mut **tx, |conn| diesel::insert_into(audit_events::table)
        .values(&rows)
        .execute(conn))
    .map(|_| ())
}

#[derive(Insertable)]
#[diesel(table_name = audit_events, treat_none_as_default_value = false)]
struct NewEvent<'a> {
    happened_at: UtcTime,
    actor_id: Option<UserId>,
    action: Act,
    subject: &'a str,
    subject_id: Option<i64>,
    subject_reference: &'a str,
    detail: &'a str,
    address: &'a str,
    request_id: &'a str,
}

impl<'a> NewEvent<'a> {
    fn new(actor: &'a Actor, act: Act, subject: &'a Subject, detail: &'a str, now: UtcTime) -> Self {
        NewEvent {
            happened_at: now,
            actor_id: actor.user_id(),
            action: act,
            subject: subject.kind,
            subject_id: subject.id,
            subject_reference: &subject.reference,
            detail,
            address: &actor.origin().address,
            request_id: &actor.origin().request_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_has_words_of_its_own() {
        for act in Act::ALL {
            let words: Vec<_> = WORDS.iter().filter(|(known, _)| known == act).collect();
            assert_eq!(words.len(), 1, "{}", act.as_str());
            assert_eq!(
                WORDS.iter().filter(|(_, known)| *known == act.label()).count(),
                1,
                "{}",
                act.label()
            );
        }
    }
}
