//! What the vendor asks about a lead, on the pages of the lead, and the answer to it.

use actix_web::web::Path;

use super::refused::cannot;
use super::show;
use super::{path_of, reference};
use crate::db::types::Reference;
use crate::domain::assignments::question::{self, AnswerError, AnswerInput, CycleAnswer, PartnerQuestion, QUESTION};
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::PartnerUser;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::here::Here;
use crate::web::respond::{Answer, see_other_with};
use crate::web::view::Moment;

/// The question as a page shows it, with its form as it was typed.
pub struct Asked {
    pub asked: Moment,
    pub answered: Option<Answered>,
    input: AnswerInput,
    errors: FieldErrors,
}

/// What was answered.
pub struct Answered {
    pub words: &'static str,
    pub remark: String,
    pub by: String,
    pub when: Moment,
}

impl Asked {
    pub fn new(question: PartnerQuestion, here: Here) -> Option<Self> {
        let given = question.answer.zip(question.answered_at);
        Some(Asked {
            asked: Moment::new(question.asked_at?, here),
            answered: given.map(|(answer, at)| Answered {
                words: answer.label(),
                remark: question.remark,
                by: question.answerer.unwrap_or_else(|| "a former colleague".to_owned()),
                when: Moment::new(at, here),
            }),
            input: AnswerInput::default(),
            errors: FieldErrors::default(),
        })
    }

    pub(super) fn with(mut self, typed: &(AnswerInput, FieldErrors)) -> Self {
        (self.input, self.errors) = typed.clone();
        self
    }

    pub fn words(&self) -> &'static str {
        QUESTION
    }

    pub fn choices(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        let choice = |answer: &CycleAnswer| (answer.as_str(), answer.label(), "");
        CycleAnswer::ALL.iter().map(choice).collect()
    }

    pub fn answer(&self) -> &str {
        &self.input.answer
    }

    pub fn remark(&self) -> &str {
        &self.input.remark
    }

    pub fn problem(&self, field: &str) -> Option<&str> {
        self.errors.on(field)
    }
}

/// `POST /portal/leads/{reference}/answer`
pub async fn create(user: PartnerUser, path: Path<String>, form: FormData) -> Answer {
    let reference = reference(&path)?;
    let input = AnswerInput {
        answer: form.text("answer"),
        remark: form.text("answer_remark"),
    };
    let given = match input.parse() {
        Ok(given) => given,
        Err(errors) => {
            let asked = reference.clone();
            user.read(move |conn, scope, _| {
                question::check(conn, scope, &asked).map_err(|error| refused(error, &asked))
            })
            .await?;
            return show::with_answer(&user, reference, (input, errors)).await;
        }
    };
    let wanted = reference.clone();
    let stored = user
        .write(move |tx, scope, now| question::answer(tx, scope, &wanted, &given, now))
        .await?;
    match stored {
        Ok(()) => see_other_with(&path_of(&reference), Notice::QuestionAnswered),
        Err(error) => Err(refused(error, &reference)),
    }
}

fn refused(error: AnswerError, reference: &Reference) -> WebError {
    match error {
        AnswerError::NothingAsked => WebError::conflict(
            "This question is answered already",
            "You or a colleague answered it meanwhile, or nothing was asked. What was answered stands.",
            path_of(reference),
            "Go to the lead",
        ),
        AnswerError::Held(error) => cannot(error, reference),
    }
}
