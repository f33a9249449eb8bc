//! Asking whoever holds a lead, from its page or from the work list.

use actix_web::web::Path;

use super::way_back::WayBack;
use super::{find, reference};
use crate::domain::assignments::question::{self, AskError};
use crate::domain::leads::staff::StaffQuestion;
use crate::domain::submissions;
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::here::Here;
use crate::web::respond::{Answer, see_other_with};
use crate::web::view::Moment;

/// `POST /leads/{reference}/question`
pub async fn create(staff: Staff, path: Path<String>, form: FormData) -> Answer {
    let asked = reference(&path)?;
    let (href, label) = match WayBack::parse(&form.text("from")) {
        Some(way) => (way.href().to_owned(), format!("Back to {}", way.label())),
        None => (format!("/leads/{asked}"), "Back to the lead".to_owned()),
    };
    let submission = form.submission(&format!("/leads/{asked}/question"), &[]);
    let way_on = href.clone();
    let lead = staff.read(move |conn, scope, _| find(conn, scope, &asked)).await?;
    let (heading, sentence) = match staff
        .write(move |tx, scope, now| {
            submissions::once(tx, scope.user(), &submission, now, |tx| {
                question::ask(tx, scope, lead.id, now).map(|()| way_on)
            })
        })
        .await?
    {
        Ok(location) => return see_other_with(&location, Notice::PartnerAsked),
        Err(AskError::NotFound) => return Err(WebError::NotFound),
        Err(AskError::Database(error)) => return Err(error.into()),
        Err(AskError::AskedBefore) => (
            "The partner was asked already",
            "The question waits for an answer. Nobody was asked a second time.",
        ),
        Err(AskError::NobodyHasIt) => ("No partner has this lead", "There is nobody to ask."),
        Err(AskError::NotVisible) => (
            "The partner does not see this lead now",
            "It is on hold, or the partner is suspended: nobody there could answer. Nothing was asked.",
        ),
        Err(AskError::NobodyToTell) => (
            "Nobody at the partner can be told",
            "Whoever has the lead can’t sign in at the moment. Nothing was asked.",
        ),
    };
    Err(WebError::conflict(heading, sentence, href, &label))
}

/// The question as a page for staff shows it.
pub struct Asked {
    pub by: String,
    pub when: Moment,
    pub answered: Option<Answered>,
}

/// The partner's answer.
pub struct Answered {
    pub words: &'static str,
    pub remark: String,
    pub by: String,
    pub when: Moment,
}

impl Asked {
    pub fn new(question: StaffQuestion, here: Here) -> Self {
        Asked {
            by: question.asker,
            when: Moment::new(question.asked_at, here),
            answered: question.answer.map(|given| Answered {
                words: given.answer.label(),
                remark: given.remark,
                by: given.by,
                when: Moment::new(given.at, here),
            }),
        }
    }
}
