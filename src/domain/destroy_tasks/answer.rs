//! What a partner says about its copies; said once.

use diesel::prelude::*;

use super::{TaskAnswer, own};
use crate::db::Tx;
use crate::db::schema::destroy_tasks;
use crate::db::types::{DestroyTaskId, Reference, UtcTime};
use crate::domain::access::PartnerScope;
use crate::domain::audit::{self, Act, Subject};
use crate::domain::notices;
use crate::domain::text::clean_block;
use crate::domain::validation::FieldErrors;

/// The longest remark, in characters.
pub const LONGEST_REMARK: usize = 300;

/// The form as it was sent.
#[derive(Debug, Clone, Default)]
pub struct AnswerInput {
    pub answer: String,
    pub remark: String,
}

/// An answer that can be stored.
#[derive(Debug, Clone)]
pub struct GivenAnswer {
    answer: TaskAnswer,
    remark: String,
}

impl AnswerInput {
    /// # Errors
    /// No answer was chosen, or one that needs a reason has none, or the remark is too long.
    pub fn parse(&self) -> Result<GivenAnswer, FieldErrors> {
        let mut errors = FieldErrors::default();
        let remark = clean_block(&self.remark);
        let answer = TaskAnswer::parse(&self.answer);
        if answer.is_none() {
            errors.add("answer", "Select whether the copies are destroyed or must be kept");
        }
        if answer == Some(TaskAnswer::Kept) && remark.is_empty() {
            errors.add("remark", "Enter why you must keep copies, without naming the person");
        }
        errors.limit("remark", "Remark", &remark, LONGEST_REMARK);
        match answer {
            Some(answer) if errors.is_empty() => Ok(GivenAnswer { answer, remark }),
            _ => Err(errors),
        }
    }
}

/// Why an answer was not stored.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    #[error("there is no such task for this person")]
    NotFound,
    #[error("the task was answered meanwhile")]
    AlreadyAnswered,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

/// Stores the answer to an open task.
pub fn answer(
    tx: &mut Tx<'_>,
    scope: &PartnerScope,
    reference: &Reference,
    given: &GivenAnswer,
    now: UtcTime,
) -> Result<(), AnswerError> {
    let task: DestroyTaskId = own(scope)
        .filter(destroy_tasks::reference.eq(reference))
        .select(destroy_tasks::id)
        .first(&mut **tx)
        .optional()?
        .ok_or(AnswerError::NotFound)?;
    let answered = diesel::update(destroy_tasks::table.find(task).filter(destroy_tasks::answer.is_null()))
        .set((
            destroy_tasks::answer.eq(given.answer),
            destroy_tasks::remark.eq(&given.remark),
            destroy_tasks::answered_by.eq(scope.user()),
            destroy_tasks::answered_at.eq(now),
            destroy_tasks::tell_at.eq(None::<UtcTime>),
        ))
        .execute(&mut **tx)?;
    if answered == 0 {
        return Err(AnswerError::AlreadyAnswered);
    }
    notices::settle_task(tx, task, now)?;
    audit::record(
        tx,
        scope.actor(),
        Act::DestroyAnswered,
        &Subject::destroy_task(task, reference),
        given.answer.as_str(),
        now,
    )?;
    Ok(())
}
