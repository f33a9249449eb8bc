//! What there is to tell, in words, and where a message stands.

use crate::text_enum;

text_enum! {
    /// What a message says.
    pub enum Message {
        /// To the recipient: a new lead is waiting.
        LeadWaiting = "lead.waiting",
        /// To the user who assigned it: the lead was opened.
        LeadOpened = "lead.opened",
        /// To whoever assigned it: the partner closed the lead, or turned it into a deal.
        LeadClosed = "lead.closed",
        /// To whoever assigned it: the partner gave the lead back.
        LeadDeclined = "lead.declined",
        /// To whoever holds it: staff opened a closed lead again.
        LeadReopened = "lead.reopened",
        /// To the recipient: a deadline comes nearer.
        LeadDue = "lead.due",
        /// To whoever holds it: staff ask something about it.
        LeadAsked = "lead.asked",
        /// To whoever holds it: staff wrote a note.
        LeadWritten = "lead.written",
        /// To whoever asked: the partner answered.
        LeadAnswered = "lead.answered",
        /// To whoever assigned it: a deadline passed, and the lead is taken back.
        LeadExpired = "lead.expired",
        /// To whoever held it, and did not give it away: it is with somebody else, or went back.
        LeadGone = "lead.gone",
        /// To whoever holds it: a manager there closed it.
        LeadClosedByManager = "lead.closed_by_manager",
        /// To somebody who wants to be told once an hour: how many messages of which kind there are.
        Digest = "digest",
        /// To a partner that opened a lead which was deleted: destroy your copies.
        DestroyAsked = "destroy.asked",
        /// The same again, while nobody answers.
        DestroyReminder = "destroy.reminder",
        /// To whoever holds a lead: it still waits.
        LeadReminder = "lead.reminder",
        /// To a new user: set a password with this link.
        AccountInvited = "account.invited",
        /// To the owner of an account: somebody signed in on a device that was never seen.
        AccountNewDevice = "account.new_device",
        /// To the owner of an account: set a new password with this link.
        AccountReset = "account.reset",
        /// To the owner of an account: the password was changed.
        AccountPasswordChanged = "account.password_changed",
        /// To the owner of an account: the second factor was set up, changed or turned off.
        AccountFactorChanged = "account.factor_changed",
        /// To the owner of an account: an administrator took the lost second factor away.
        AccountFactorReset = "account.factor_reset",
        /// To the owner of an account, at the new address: sign in with it from now on.
        AccountAddressChanged = "account.address_changed",
        /// The same, at the former address.
        AccountAddressLeft = "account.address_left",
        /// To an administrator who asked for it: mail arrives.
        MailTest = "mail.test",
    }
}

impl Message {
    /// What the vendor is told of, each person as that person chose.
    pub const TO_STAFF: &[Message] = &[
        Message::LeadOpened,
        Message::LeadClosed,
        Message::LeadDeclined,
        Message::LeadAnswered,
        Message::LeadExpired,
    ];

    /// What partners are told of as each person chose. Deadlines are not among it: the duty needs them.
    pub const TO_PARTNERS: &[Message] = &[
        Message::LeadWaiting,
        Message::LeadReopened,
        Message::LeadAsked,
        Message::LeadWritten,
        Message::LeadReminder,
        Message::LeadGone,
        Message::LeadClosedByManager,
    ];

    /// Whether a lead went back to the vendor without anybody there having asked for it: somebody must hear of it.
    pub fn leaves_nobody_at_work(self) -> bool {
        matches!(self, Message::LeadDeclined | Message::LeadExpired)
    }

    /// What a partner did, or what befell it: a notice to staff.
    pub fn about_partner(self, partner: &str) -> String {
        match self {
            Message::LeadOpened => format!("{partner} opened a lead that you assigned"),
            Message::LeadClosed => format!("{partner} closed a lead that you assigned"),
            Message::LeadDeclined => format!("{partner} gave back a lead that you assigned"),
            Message::LeadAnswered => format!("{partner} answered a question about a lead"),
            Message::LeadExpired => format!("A deadline passed: a lead was taken back from {partner}"),
            _ => format!("{}: {partner}", self.label()),
        }
    }

    /// What the message is about, in words for people.
    pub fn label(self) -> &'static str {
        match self {
            Message::LeadWaiting => "A new lead is waiting",
            Message::LeadOpened => "A lead was opened",
            Message::LeadClosed => "A lead was closed",
            Message::LeadDeclined => "A lead was given back",
            Message::LeadReopened => "A lead is open again",
            Message::LeadDue => "A deadline comes nearer",
            Message::LeadAsked => "A question about a lead",
            Message::LeadWritten => "A note about a lead",
            Message::LeadAnswered => "A question was answered",
            Message::LeadExpired => "A lead was taken back",
            Message::LeadGone => "A lead is no longer with you",
            Message::LeadClosedByManager => "A lead of yours was closed",
            Message::Digest => "Messages of an hour",
            Message::DestroyAsked => "Destroy your copies",
            Message::DestroyReminder => "Destroy your copies: reminder",
            Message::LeadReminder => "A lead still waits",
            Message::AccountInvited => "You are invited",
            Message::AccountNewDevice => "New device",
            Message::AccountReset => "Link for a new password",
            Message::AccountPasswordChanged => "Password changed",
            Message::AccountFactorChanged => "Second factor changed",
            Message::AccountFactorReset => "Second factor reset",
            Message::AccountAddressChanged => "New e-mail address",
            Message::AccountAddressLeft => "E-mail address given up",
            Message::MailTest => "Test message",
        }
    }
}

text_enum! {
    /// Where a message stands.
    pub enum MessageState {
        Waiting = "waiting",
        /// It is sent with others in a digest.
        Collected = "collected",
        Sent = "sent",
        Failed = "failed",
        /// It was no longer true, so it was not sent.
        Cancelled = "cancelled",
    }
}

impl MessageState {
    /// The state in words for people.
    pub fn label(self) -> &'static str {
        match self {
            MessageState::Waiting => "Waiting",
            MessageState::Collected => "For the digest",
            MessageState::Sent => "Sent",
            MessageState::Failed => "Failed",
            MessageState::Cancelled => "Cancelled",
        }
    }
}
