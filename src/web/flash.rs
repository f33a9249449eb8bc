//! One sentence on the next page about what was just done. It travels as a word of a closed list and numbers in a
//! cookie, so it can't carry personal data, and nobody can put words of his own on a page.

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite};

/// The sentence as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flash {
    /// `done`, `notice` or `problem`.
    pub kind: &'static str,
    pub text: String,
}

/// What can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    SignedOut,
    SignedOutEverywhere,
    SessionEnded,
    PasswordChanged,
    PasswordReset,
    FactorRemoved,
    FactorReset,
    SecuritySaved,
    SettingsSaved,
    TimeZoneChosen,
    LeadCreated,
    LeadCreatedOnHold,
    LeadSaved,
    LeadConfirmed,
    LeadDeleted,
    LeadAssigned,
    LeadRecalled,
    LeadsAssigned(u64),
    LeadsRecalled(u64),
    LeadsReminded(u64),
    BulkActStopped,
    LeadsConfirmed(u64),
    LeadsDeleted(u64),
    LeadOpened,
    NoteSaved,
    TaskAnswered,
    LeadClosed,
    LeadConverted,
    LeadDeclined,
    LeadMoved,
    LeadReopened,
    PartnerAsked,
    QuestionAnswered,
    InternalNoteSaved,
    PartnerWritten,
    ClosingSaved,
    ReasonAdded,
    ReasonSaved,
    ReasonRetired,
    ReasonRestored,
    NextStepSaved,
    AttachmentAdded,
    AttachmentRemoved,
    ImportRemoved,
    ImportStopped,
    RejectedRowsRemoved,
    ViewSaved,
    ViewRenamed,
    ViewDeleted,
    NoticesRead,
    MessageRetried,
    MessagesRetried(u64),
    MessageCancelled,
    MessageBounced,
    TestQueued,
    PartnerCreated,
    PartnerSaved,
    PartnerSuspended,
    PartnerResumed,
    UserInvited,
    UserInvitedAgain,
    UserSaved,
    UserSuspended,
    UserResumed,
    PasswordSet,
    AdministratorMade,
    /// So many sessions ended.
    SignedOutElsewhere(u64),
}

/// The name of the cookie.
pub const COOKIE: &str = "leadgate-flash";

impl Notice {
    fn code(self) -> (&'static str, u64) {
        match self {
            Notice::SignedOut => ("signed-out", 0),
            Notice::SignedOutEverywhere => ("signed-out-everywhere", 0),
            Notice::SessionEnded => ("session-ended", 0),
            Notice::PasswordChanged => ("password-changed", 0),
            Notice::PasswordReset => ("password-reset", 0),
            Notice::FactorRemoved => ("factor-removed", 0),
            Notice::FactorReset => ("factor-reset", 0),
            Notice::SecuritySaved => ("security-saved", 0),
            Notice::SettingsSaved => ("settings-saved", 0),
            Notice::TimeZoneChosen => ("time-zone-chosen", 0),
            Notice::LeadCreated => ("lead-created", 0),
            Notice::LeadCreatedOnHold => ("lead-created-aside", 0),
            Notice::LeadSaved => ("lead-saved", 0),
            Notice::LeadConfirmed => ("lead-confirmed", 0),
            Notice::LeadDeleted => ("lead-deleted", 0),
            Notice::LeadAssigned => ("lead-assigned", 0),
            Notice::LeadRecalled => ("lead-recalled", 0),
            Notice::LeadsAssigned(count) => ("leads-assigned", count),
            Notice::LeadsRecalled(count) => ("leads-recalled", count),
            Notice::LeadsReminded(count) => ("leads-reminded", count),
            Notice::BulkActStopped => ("bulk-act-stopped", 0),
            Notice::LeadsConfirmed(count) => ("leads-confirmed", count),
            Notice::LeadsDeleted(count) => ("leads-deleted", count),
            Notice::LeadOpened => ("lead-opened", 0),
            Notice::NoteSaved => ("note-saved", 0),
            Notice::TaskAnswered => ("task-answered", 0),
            Notice::LeadClosed => ("lead-closed", 0),
            Notice::LeadConverted => ("lead-converted", 0),
            Notice::LeadDeclined => ("lead-declined", 0),
            Notice::LeadMoved => ("lead-moved", 0),
            Notice::LeadReopened => ("lead-reopened", 0),
            Notice::PartnerAsked => ("partner-asked", 0),
            Notice::InternalNoteSaved => ("internal-note-saved", 0),
            Notice::PartnerWritten => ("partner-written", 0),
            Notice::QuestionAnswered => ("question-answered", 0),
            Notice::ClosingSaved => ("closing-saved", 0),
            Notice::ReasonAdded => ("reason-added", 0),
            Notice::ReasonSaved => ("reason-saved", 0),
            Notice::ReasonRetired => ("reason-retired", 0),
            Notice::ReasonRestored => ("reason-restored", 0),
            Notice::NextStepSaved => ("next-step-saved", 0),
            Notice::AttachmentAdded => ("attachment-added", 0),
            Notice::AttachmentRemoved => ("attachment-removed", 0),
            Notice::ImportRemoved => ("import-removed", 0),
            Notice::ImportStopped => ("import-stopped", 0),
            Notice::RejectedRowsRemoved => ("rejected-rows-removed", 0),
            Notice::ViewSaved => ("view-saved", 0),
            Notice::ViewRenamed => ("view-renamed", 0),
            Notice::ViewDeleted => ("view-deleted", 0),
            Notice::NoticesRead => ("notices-read", 0),
            Notice::MessageRetried => ("message-retried", 0),
            Notice::MessagesRetried(count) => ("messages-retried", count),
            Notice::MessageCancelled => ("message-cancelled", 0),
            Notice::MessageBounced => ("message-bounced", 0),
            Notice::TestQueued => ("test-queued", 0),
            Notice::PartnerCreated => ("partner-created", 0),
            Notice::PartnerSaved => ("partner-saved", 0),
            Notice::PartnerSuspended => ("partner-suspended", 0),
            Notice::PartnerResumed => ("partner-resumed", 0),
            Notice::UserInvited => ("user-invited", 0),
            Notice::UserInvitedAgain => ("user-invited-again", 0),
            Notice::UserSaved => ("user-saved", 0),
            Notice::UserSuspended => ("user-suspended", 0),
            Notice::UserResumed => ("user-resumed", 0),
            Notice::PasswordSet => ("password-set", 0),
            Notice::AdministratorMade => ("administrator-made", 0),
            Notice::SignedOutElsewhere(count) => ("signed-out-elsewhere", count),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (word, count) = text.split_once('.')?;
        let count = count.parse().ok()?;
        let known = [
            Notice::SignedOut,
            Notice::SignedOutEverywhere,
            Notice::SessionEnded,
            Notice::PasswordChanged,
            Notice::PasswordReset,
            Notice::FactorRemoved,
            Notice::FactorReset,
            Notice::SecuritySaved,
            Notice::SettingsSaved,
            Notice::TimeZoneChosen,
            Notice::LeadCreated,
            Notice::LeadCreatedOnHold,
            Notice::LeadSaved,
            Notice::LeadConfirmed,
            Notice::LeadDeleted,
            Notice::LeadAssigned,
            Notice::LeadRecalled,
            Notice::LeadsAssigned(count),
            Notice::LeadsRecalled(count),
            Notice::LeadsReminded(count),
            Notice::BulkActStopped,
            Notice::LeadsConfirmed(count),
            Notice::LeadsDeleted(count),
            Notice::LeadOpened,
            Notice::NoteSaved,
            Notice::TaskAnswered,
            Notice::LeadClosed,
            Notice::LeadConverted,
            Notice::LeadDeclined,
            Notice::LeadMoved,
            Notice::LeadReopened,
            Notice::PartnerAsked,
            Notice::InternalNoteSaved,
            Notice::PartnerWritten,
            Notice::QuestionAnswered,
            Notice::ClosingSaved,
            Notice::ReasonAdded,
            Notice::ReasonSaved,
            Notice::ReasonRetired,
            Notice::ReasonRestored,
            Notice::NextStepSaved,
            Notice::AttachmentAdded,
            Notice::AttachmentRemoved,
            Notice::ImportRemoved,
            Notice::ImportStopped,
            Notice::RejectedRowsRemoved,
            Notice::ViewSaved,
            Notice::ViewRenamed,
            Notice::ViewDeleted,
            Notice::NoticesRead,
            Notice::MessageRetried,
            Notice::MessagesRetried(count),
            Notice::MessageCancelled,
            Notice::MessageBounced,
            Notice::TestQueued,
            Notice::PartnerCreated,
            Notice::PartnerSaved,
            Notice::PartnerSuspended,
            Notice::PartnerResumed,
            Notice::UserInvited,
            Notice::UserInvitedAgain,
            Notice::UserSaved,
            Notice::UserSuspended,
            Notice::UserResumed,
            Notice::PasswordSet,
            Notice::AdministratorMade,
            Notice::SignedOutElsewhere(count),
        ];
        known.into_iter().find(|notice| notice.code().0 == word)
    }

    fn text(self) -> String {
        match self {
            Notice::SignedOut => "You are signed out.".to_owned(),
            Notice::SignedOutEverywhere => "You are signed out on every device.".to_owned(),
            Notice::SessionEnded => "That device is signed out.".to_owned(),
            Notice::PasswordChanged => "Your password is changed. All other devices are signed out.".to_owned(),
            Notice::FactorRemoved => "The second factor is off.".to_owned(),
            Notice::FactorReset => "The second factor is reset. The user has been told.".to_owned(),
            Notice::SecuritySaved => "The security settings are saved.".to_owned(),
            Notice::PasswordReset => "Your new password is set. Sign in with it.".to_owned(),
            Notice::SettingsSaved => "The settings are saved.".to_owned(),
            Notice::TimeZoneChosen => "Your time zone is saved: times are told by it from now on.".to_owned(),
            Notice::LeadCreated => "The lead is created and can be assigned.".to_owned(),
            Notice::LeadCreatedOnHold => {
                "The lead is saved on hold: it can't reach a partner until permission is confirmed.".to_owned()
            }
            Notice::LeadSaved => "The lead is saved.".to_owned(),
            Notice::LeadConfirmed => "Permission to distribute is confirmed.".to_owned(),
            Notice::LeadDeleted => "The lead is deleted, with all its personal data here.".to_owned(),
            Notice::LeadAssigned => "The lead is assigned.".to_owned(),
            Notice::LeadRecalled => "The lead is taken back.".to_owned(),
            Notice::LeadsAssigned(1) => "1 lead is assigned.".to_owned(),
            Notice::LeadsAssigned(count) => format!("{count} leads are assigned."),
            Notice::LeadsRecalled(1) => "1 lead is taken back.".to_owned(),
            Notice::LeadsRecalled(count) => format!("{count} leads are taken back."),
            Notice::LeadsReminded(1) => "Whoever has the lead is reminded of it.".to_owned(),
            Notice::LeadsReminded(count) => format!("Whoever has them is reminded of {count} leads."),
            Notice::BulkActStopped => "It is stopped. What was done stays as it is.".to_owned(),
            Notice::LeadsConfirmed(1) => "Permission is confirmed for 1 lead.".to_owned(),
            Notice::LeadsConfirmed(count) => {
                format!("Permission is confirmed for {count} leads, each with its own record.")
            }
            Notice::LeadsDeleted(1) => "1 lead is deleted.".to_owned(),
            Notice::LeadsDeleted(count) => format!("{count} leads are deleted."),
            Notice::LeadOpened => "The lead is yours to work.".to_owned(),
            Notice::TaskAnswered => "Your answer is sent. Thank you.".to_owned(),
            Notice::LeadClosed => "The lead is closed. The vendor is told.".to_owned(),
            Notice::LeadConverted => "The lead is a deal now. The vendor is told.".to_owned(),
            Notice::LeadDeclined => "The lead went back to the vendor.".to_owned(),
            Notice::LeadMoved => "The lead is with your colleague now, who is told.".to_owned(),
            Notice::LeadReopened => "The lead is open again. Whoever holds it is told.".to_owned(),
            Notice::InternalNoteSaved => "The internal note is saved. No partner can read it.".to_owned(),
            Notice::PartnerWritten => "The note is sent. Whoever has the lead is told.".to_owned(),
            Notice::PartnerAsked => "The partner is asked. You are told of the answer.".to_owned(),
            Notice::QuestionAnswered => "Your answer is sent. Thank you.".to_owned(),
            Notice::ClosingSaved => "The ways of closing are saved.".to_owned(),
            Notice::ReasonAdded => "The reason is added.".to_owned(),
            Notice::ReasonSaved => "The reason is renamed.".to_owned(),
            Notice::ReasonRetired => "The reason is retired.".to_owned(),
            Notice::ReasonRestored => "The reason can be chosen again.".to_owned(),
            Notice::NoteSaved => "The note is saved. The vendor can read it.".to_owned(),
            Notice::NextStepSaved => "The next step is saved.".to_owned(),
            Notice::AttachmentAdded => "The file is kept with the lead. The vendor can read it.".to_owned(),
            Notice::AttachmentRemoved => "The file is removed.".to_owned(),
            Notice::ImportRemoved => "The uploaded file is removed.".to_owned(),
            Notice::ImportStopped => "The import is stopped.".to_owned(),
            Notice::RejectedRowsRemoved => "The rejected rows are removed.".to_owned(),
            Notice::ViewSaved => "The view is saved.".to_owned(),
            Notice::ViewRenamed => "The view is renamed.".to_owned(),
            Notice::ViewDeleted => "The view is deleted. The leads stay.".to_owned(),
            Notice::NoticesRead => "All notices are marked as read.".to_owned(),
            Notice::MessageRetried => "The message is sent again within a few seconds.".to_owned(),
            Notice::MessagesRetried(1) => "1 message is sent again within a few seconds.".to_owned(),
            Notice::MessagesRetried(count) => format!("{count} messages are sent again within a few seconds."),
            Notice::MessageCancelled => "The message is cancelled and will not be sent.".to_owned(),
            Notice::MessageBounced => {
                "The message counts as failed. Send it again when the address is right.".to_owned()
            }
            Notice::TestQueued => "The test message is on its way. Look again in a few seconds.".to_owned(),
            Notice::PartnerCreated => "The partner is entered. Invite the people who work there.".to_owned(),
            Notice::PartnerSaved => "The partner is saved.".to_owned(),
            Notice::PartnerSuspended => {
                "The partner is suspended. Nobody there can sign in, and no lead can go there.".to_owned()
            }
            Notice::PartnerResumed => "The partner is let in again.".to_owned(),
            Notice::UserInvited => {
                "The user is invited. A mail with a link to set a password is on its way.".to_owned()
            }
            Notice::UserInvitedAgain => "A new invitation is on its way. The link before works no longer.".to_owned(),
            Notice::UserSaved => "The user is saved.".to_owned(),
            Notice::UserSuspended => "The user is suspended and signed out everywhere.".to_owned(),
            Notice::UserResumed => "The user is let in again.".to_owned(),
            Notice::PasswordSet => "Your password is set. Sign in with it.".to_owned(),
            Notice::AdministratorMade => "Your account is made. Sign in with it.".to_owned(),
            Notice::SignedOutElsewhere(1) => "1 session is ended.".to_owned(),
            Notice::SignedOutElsewhere(count) => format!("{count} sessions are ended."),
        }
    }

    /// The cookie that brings the notice to the next page.
    pub fn cookie(self) -> Cookie<'static> {
        let (word, count) = self.code();
        Cookie::build(COOKIE, format!("{word}.{count}"))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .finish()
    }
}

impl Flash {
    /// The sentence that a request brings.
    pub fn of(request: &HttpRequest) -> Option<Flash> {
        let cookie = request.cookie(COOKIE)?;
        let notice = Notice::parse(cookie.value())?;
        Some(Flash {
            kind: "done",
            text: notice.text(),
        })
    }
}
