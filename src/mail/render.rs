//! What messages look like: one sentence, one button whose address is written out, in text and in HTML. No personal
//! data of a lead, no picture from elsewhere, nothing that tells whether it was read.

use askama::Template;

use super::Email;
use crate::config::BaseUrl;
use crate::domain::accounts::one_time_link::Purpose;
use crate::domain::outbox::Message;
use crate::domain::outbox::delivery::{Content, DigestReader, Letter};

/// What a message is made of.
struct Words {
    subject: &'static str,
    sentence: String,
    button: &'static str,
    address: String,
    reason: &'static str,
}

#[derive(Template)]
#[template(path = "email/message.txt")]
struct TextBody<'a> {
    words: &'a Words,
    address: &'a str,
    origin: &'a str,
}

#[derive(Template)]
#[template(path = "email/message.html")]
struct HtmlBody<'a> {
    words: &'a Words,
    address: &'a str,
    origin: &'a str,
}

/// Puts a letter into words. Links lead to the configured address alone.
///
/// # Errors
/// A template can't be written, which is a fault of ours.
pub fn render(letter: &Letter, base_url: &BaseUrl) -> Result<Email, askama::Error> {
    let origin = base_url.origin();
    let words = words(&letter.content, origin);
    let address = words.address.as_str();
    Ok(Email {
        reference: letter.reference.to_string(),
        to_name: letter.to_name.clone(),
        to_address: letter.to_address.clone(),
        subject: words.subject.to_owned(),
        text: TextBody {
            words: &words,
            address,
            origin,
        }
        .render()?,
        html: HtmlBody {
            words: &words,
            address,
            origin,
        }
        .render()?,
        written_at: letter.written_at,
    })
}

const ASSIGNED: &str = "You get this message because you assigned the lead.";

fn words(content: &Content, origin: &str) -> Words {
    match content {
        Content::LeadWaiting { lead } => Words {
            subject: "A new lead is waiting",
            sentence: "A new lead is waiting for you.".to_owned(),
            button: "See the lead",
            address: format!("{origin}/portal/leads/{lead}"),
            reason: "You get this message because leads are passed on to you there.",
        },
        Content::LeadOpened { lead, partner } => Words {
            subject: "A lead was opened",
            sentence: format!("{partner} opened a lead that you assigned."),
            button: "See the lead",
            address: format!("{origin}/leads/{lead}"),
            reason: ASSIGNED,
        },
        Content::LeadClosed { lead, partner } => Words {
            subject: "A lead was closed",
            sentence: format!("{partner} closed a lead that you assigned."),
            button: "See how it ended",
            address: format!("{origin}/leads/{lead}"),
            reason: ASSIGNED,
        },
        Content::LeadDeclined { lead, partner } => Words {
            subject: "A lead was given back",
            sentence: format!("{partner} gave a lead back that you assigned: nobody works on it now."),
            button: "See why",
            address: format!("{origin}/leads/{lead}"),
            reason: ASSIGNED,
        },
        Content::LeadAsked { lead } => Words {
            subject: "A question about a lead",
            sentence: "You are asked about a lead that is with you: are you in an active sales cycle with it?"
                .to_owned(),
            button: "Answer",
            address: format!("{origin}/portal/leads/{lead}"),
            reason: "You get this message because the lead is with you.",
        },
        Content::LeadWritten { lead } => Words {
            subject: "A note about a lead",
            sentence: "The vendor wrote you a note about a lead that is with you.".to_owned(),
            button: "Read the note",
            address: format!("{origin}/portal/leads/{lead}"),
            reason: "You get this message because the lead is with you.",
        },
        Content::LeadAnswered { lead, partner } => Words {
            subject: "A question was answered",
            sentence: format!("{partner} answered a question about a lead."),
            button: "See the answer",
            address: format!("{origin}/leads/{lead}"),
            reason: "You get this message because you asked, or because of the settings of who is told.",
        },
        Content::LeadReopened { lead } => Words {
            subject: "A lead is open again",
            sentence: "A lead that was closed is open again: you can work on it.".to_owned(),
            button: "See the lead",
            address: format!("{origin}/portal/leads/{lead}"),
            reason: "You get this message because the lead is with you.",
        },
        Content::LeadDue { lead, deadline, due } => Words {
            subject: "A lead needs you soon",
            sentence: format!(
                "Please {} by {}: the time for it is {}. After that the lead goes back.",
                deadline.duty.words(),
                due,
                working_days(deadline.days)
            ),
            button: "See the lead",
            address: format!("{origin}/portal/leads/{lead}"),
            reason: "You get this message because you hold the lead. Reminders of deadlines can't be turned off.",
        },
        Content::LeadExpired { lead, partner } => Words {
            subject: "A lead was taken back",
            sentence: format!("A deadline passed, and a lead that you assigned was taken back from {partner}."),
            button: "See the lead",
            address: format!("{origin}/leads/{lead}"),
            reason: "You get this message because of the deadlines in the settings.",
        },
        Content::LeadGone => Words {
            subject: "A lead is no longer with you",
            sentence: "A lead that was passed on to you is no longer with you: there is nothing more to do about it."
                .to_owned(),
            button: "See your leads",
            address: format!("{origin}/portal/leads"),
            reason: "You get this message because the lead was with you.",
        },
        Content::LeadClosedByManager { lead } => Words {
            subject: "A lead of yours was closed",
            sentence: "A manager at your company closed a lead that is with you.".to_owned(),
            button: "See how it ended",
            address: format!("{origin}/portal/leads/{lead}"),
            reason: "You get this message because the lead is with you.",
        },
        Content::Digest { counts, reader } => {
            let (button, path, reason) = digest_words(*reader, counts);
            Words {
                subject: "News of the last hour",
                sentence: format!("{}.", counted(counts)),
                button,
                address: format!("{origin}{path}"),
                reason,
            }
        }
        Content::DestroyAsked => Words {
            subject: "Destroy your copies of a lead",
            sentence: "A lead that you had was deleted: destroy your copies, and say that you did.".to_owned(),
            button: "See what to destroy",
            address: format!("{origin}/portal/tasks"),
            reason: "You get this message because the lead was opened at your company.",
        },
        Content::DestroyReminder => Words {
            subject: "Reminder: destroy your copies of a lead",
            sentence: "A lead that you had was deleted, and nobody has said yet what became of your copies.".to_owned(),
            button: "See what to destroy",
            address: format!("{origin}/portal/tasks"),
            reason: "You get this message because the lead was opened at your company.",
        },
        Content::LeadReminder { lead } => Words {
            subject: "A lead still waits for you",
            sentence: "A lead that was passed on to you still waits for you.".to_owned(),
            button: "See the lead",
            address: format!("{origin}/portal/leads/{lead}"),
            reason: "You get this message because the lead is with you, and whoever passed it on asks about it.",
        },
        Content::AccountInvited { token } => Words {
            subject: "You are invited to Leadgate",
            sentence: "You have an account here: set a password within 24 hours to use it.".to_owned(),
            button: "Set a password",
            address: token.url(origin, Purpose::Invitation),
            reason: "You get this message because an administrator made an account with this address. \
                     If you expect none, do nothing: nobody can use it without the link.",
        },
        Content::AccountNewDevice => Words {
            subject: "Somebody signed in on a new device",
            sentence: "Somebody signed in with your account on a device that was not used before.".to_owned(),
            button: "Look at your sessions",
            address: format!("{origin}/account"),
            reason: "If it was you, there is nothing to do. If not, end that session and change your password.",
        },
        Content::AccountReset { token } => Words {
            subject: "Set a new password",
            sentence: "You can set a new password for your account: the link works once, for 60 minutes.".to_owned(),
            button: "Set a new password",
            address: token.url(origin, Purpose::PasswordReset),
            reason: "You get this message because somebody asked for it with your address. \
                     If it was not you, do nothing: your password stays as it is.",
        },
        Content::AccountPasswordChanged => Words {
            subject: "Your password was changed",
            sentence: "The password of your account was changed, and all other devices were signed out.".to_owned(),
            button: "Look at your account",
            address: format!("{origin}/account"),
            reason: "If it was you, there is nothing to do. If not, set a new password at once.",
        },
        Content::AccountFactorChanged => Words {
            subject: "Your second factor was changed",
            sentence: "The second factor of your account, or its recovery codes, were changed.".to_owned(),
            button: "Look at your second factor",
            address: format!("{origin}/account/second-factor"),
            reason: "If it was you, there is nothing to do. If not, change your password at once and tell an administrator.",
        },
        Content::AccountFactorReset => Words {
            subject: "Your second factor was reset",
            sentence: "An administrator reset the second factor of your account, and all devices were signed out: set it up anew. \
                       If your password was too short to stand alone, another message has a link to set a new one."
                .to_owned(),
            button: "Set up a second factor",
            address: format!("{origin}/account/second-factor"),
            reason: "If you did not ask for that, tell an administrator.",
        },
        Content::AccountAddressChanged => Words {
            subject: "Your e-mail address was changed",
            sentence: "Your account has this e-mail address now: sign in with it from now on.".to_owned(),
            button: "Sign in",
            address: format!("{origin}/sign-in"),
            reason: "An administrator changed it. If you know nothing of it, tell an administrator.",
        },
        Content::AccountAddressLeft => Words {
            subject: "Your e-mail address was changed",
            sentence: "The account that had this e-mail address has another one now. Nothing more is sent here."
                .to_owned(),
            button: "Go to the sign-in",
            address: format!("{origin}/sign-in"),
            reason: "An administrator changed it. If it is your account and you know nothing of it, tell an administrator \
                     at once.",
        },
        Content::MailTest => Words {
            subject: "Test message",
            sentence: "Mail from Leadgate arrives.".to_owned(),
            button: "Back to the outbox",
            address: format!("{origin}/outbox"),
            reason: "You get this message because you asked for it.",
        },
    }
}

fn working_days(days: i64) -> String {
    if days == 1 {
        "1 working day".to_owned()
    } else {
        format!("{days} working days")
    }
}

/// Button, address and reason of a digest. Whoever got much within an hour has it without having chosen so.
fn digest_words(reader: DigestReader, counts: &[(Message, usize)]) -> (&'static str, &'static str, &'static str) {
    const TOGETHER: &str =
        "You get this together because you chose one message an hour, or because it was too much for one by one.";
    match reader {
        DigestReader::Staff => ("See your notices", "/notices", TOGETHER),
        // The notice of a lead that is gone went with it.
        DigestReader::Partner if counts.iter().all(|(message, _)| *message == Message::LeadGone) => {
            ("See your leads", "/portal/leads", TOGETHER)
        }
        DigestReader::Partner => ("See your notices", "/portal/notices", TOGETHER),
        DigestReader::SharedAddress => (
            "See the leads",
            "/leads",
            "This address gets the message because of the settings of who is told.",
        ),
    }
}

/// `A new lead is waiting: 3. A lead was opened: 1`
fn counted(counts: &[(Message, usize)]) -> String {
    let lines: Vec<String> = counts
        .iter()
        .map(|(message, count)| format!("{}: {count}", message.label()))
        .collect();
    lines.join(". ")
}
