//! The question that staff ask whoever holds a lead, in the same words for every lead, and its answer. Nothing of it says
//! why it is asked, and it ends with the assignment.

use diesel::prelude::*;

use super::held::{self, HeldError};
use super::life::{Refusal, Transition};
use super::remind::{can_be_told, is_visible};
use crate::db::Tx;
use crate::db::schema::{assignments, partner_leads};
use crate::db::types::{AssignmentId, LeadId, PartnerId, Reference, UserId, UtcTime};
use crate::domain::access::{PartnerScope, StaffScope};
use crate::domain::audit::{self, Act, Subject};
use crate::domain::leads::lock;
use crate::domain::notices;
use crate::domain::outbox::{self, Message, events};
use crate::domain::text::clean_block;
use crate::domain::validation::FieldErrors;
use crate::text_enum;

/// What is asked.
pub const QUESTION: &str = "Are you in an active sales cycle with this lead?";

/// The longest remark, in characters.
pub const LONGEST_REMARK: usize = 1_000;

text_enum! {
    /// What a partner says.
    pub enum CycleAnswer {
        Yes = "yes",
        No = "no",
    }
}

impl CycleAnswer {
    /// The answer in words for people.
    pub fn label(self) -> &'static str {
        match self {
            CycleAnswer::Yes => "Yes, an active sales cycle",
            CycleAnswer::No => "No active sales cycle",
        }
    }
}

/// The question about a lead as whoever holds it sees it, if there is one.
#[derive(Debug, Clone, Queryable)]
pub struct PartnerQuestion {
    pub asked_at: Option<UtcTime>,
    pub answer: Option<CycleAnswer>,
    pub remark: String,
    pub answered_at: Option<UtcTime>,
    /// Who answered it.
    pub answerer: Option<String>,
}

impl PartnerQuestion {
    /// Whether it waits for an answer.
    pub fn is_open(&self) -> bool {
        self.asked_at.is_some() && self.answer.is_none()
    }
}

/// The columns of a [`PartnerQuestion`].
#[diesel::dsl::auto_type]
pub(in crate::domain) fn partner_columns() -> _ {
    (
        partner_leads::asked_at,
        partner_leads::cycle_answer,
        partner_leads::answer_remark,
        partner_leads::answered_at,
        partner_leads::answerer,
    )
}

/// Why nobody was asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("there is no such lead")]
    NotFound,
    #[error("no partner has the lead")]
    NobodyHasIt,
    /// Then nobody could answer.
    #[error("the partner does not see the lead now")]
    NotVisible,
    #[error("nobody at the partner can be told")]
    NobodyToTell,
    #[error("the question waits for its answer")]
    AskedBefore,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

/// Asks whoever holds a lead. A former answer of the same holder is taken away; that it was given stays in the audit log.
pub fn ask(tx: &mut Tx<'_>, scope: &StaffScope, lead: LeadId, now: UtcTime) -> Result<(), AskError> {
    type Live = (
        AssignmentId,
        PartnerId,
        Option<UserId>,
        Option<UtcTime>,
        Option<CycleAnswer>,
    );
    let locked = lock(tx, lead)?.ok_or(AskError::NotFound)?;
    let (id, partner, user, asked_at, answer): Live = assignments::table
        .filter(assignments::lead_id.eq(lead))
        .filter(assignments::ended_at.is_null())
        .select((
            assignments::id,
            assignments::partner_id,
            assignments::user_id,
            assignments::asked_at,
            assignments::cycle_answer,
        ))
        .first(&mut **tx)
        .optional()?
        .ok_or(AskError::NobodyHasIt)?;
    if asked_at.is_some() && answer.is_none() {
        return Err(AskError::AskedBefore);
    }
    if !is_visible(tx, id)? {
        return Err(AskError::NotVisible);
    }
    diesel::update(assignments::table.find(id))
        .set((
            assignments::asked_by.eq(scope.user()),
            assignments::asked_at.eq(now),
            assignments::cycle_answer.eq(None::<CycleAnswer>),
            assignments::answer_remark.eq(""),
            assignments::answered_by.eq(None::<UserId>),
            assignments::answered_at.eq(None::<UtcTime>),
        ))
        .execute(&mut **tx)?;
    if !can_be_told(tx, user)? || !outbox::queue_to_holders(tx, Message::LeadAsked, partner, user, id, now)? {
        return Err(AskError::NobodyToTell);
    }
    let detail = super::recipient_words(tx, partner, user)?;
    let subject = Subject::lead(lead, &locked.reference);
    audit::record(tx, scope.actor(), Act::LeadAsked, &subject, &detail, now)?;
    Ok(())
}

/// The form as it was sent.
#[derive(Debug, Clone, Default)]
pub struct AnswerInput {
    pub answer: String,
    pub remark: String,
}

/// An answer that can be stored.
#[derive(Clone)]
pub struct GivenAnswer {
    answer: CycleAnswer,
    remark: String,
}

impl AnswerInput {
    /// # Errors
    /// No answer was chosen, or the remark is too long.
    pub fn parse(&self) -> Result<GivenAnswer, FieldErrors> {
        let remark = clean_block(&self.remark);
        let answer = CycleAnswer::parse(&self.answer);
        let mut errors = FieldErrors::default();
        if answer.is_none() {
            errors.add("answer", "Choose whether you are in an active sales cycle");
        }
        errors.limit("answer_remark", "Remark", &remark, LONGEST_REMARK);
        match answer {
            Some(answer) if errors.is_empty() => Ok(GivenAnswer { answer, remark }),
            _ => Err(errors),
        }
    }
}

/// Why an answer was not stored.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// Nobody asked, or somebody answered meanwhile.
    #[error("no question waits for an answer")]
    NothingAsked,
    #[error(transparent)]
    Held(#[from] HeldError),
}

impl From<diesel::result::Error> for AnswerError {
    fn from(error: diesel::result::Error) -> Self {
        AnswerError::Held(HeldError::Database(error))
    }
}

/// Stores the answer of whoever holds the lead; the first one counts.
pub fn answer(
    tx: &mut Tx<'_>,
    scope: &PartnerScope,
    reference: &Reference,
    given: &GivenAnswer,
    now: UtcTime,
) -> Result<(), AnswerError> {
    let held = held::hold(tx, scope, reference, Transition::Answer)?;
    let asked: Option<Option<UserId>> = diesel::update(
        assignments::table
            .find(held.assignment)
            .filter(assignments::asked_at.is_not_null())
            .filter(assignments::cycle_answer.is_null()),
    )
    .set((
        assignments::cycle_answer.eq(given.answer),
        assignments::answer_remark.eq(&given.remark),
        assignments::answered_by.eq(scope.user()),
        assignments::answered_at.eq(now),
    ))
    .returning(assignments::asked_by)
    .get_result(&mut **tx)
    .optional()?;
    let asker = asked.flatten().ok_or(AnswerError::NothingAsked)?;
    notices::settle(tx, Message::LeadAsked, held.assignment, now)?;
    let detail = given.answer.as_str();
    audit::record(tx, scope.actor(), Act::LeadAnswered, &held.subject(), detail, now)?;
    events::tell_staff_and(
        tx,
        Message::LeadAnswered,
        held.assignment,
        asker,
        Some(scope.user()),
        now,
    )?;
    Ok(())
}

/// Whether a question waits for this person's answer.
///
/// # Errors
/// This person does not see the lead, or nothing is asked.
pub fn check(conn: &mut crate::db::DbConn, scope: &PartnerScope, reference: &Reference) -> Result<(), AnswerError> {
    let question: PartnerQuestion = scope
        .leads()
        .filter(partner_leads::reference.eq(reference))
        .select(partner_columns())
        .first(conn)
        .optional()?
        .ok_or(HeldError::Refused(Refusal::Unseen))?;
    if question.is_open() {
        Ok(())
    } else {
        Err(AnswerError::NothingAsked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_needs_no_remark_but_a_remark_an_answer() {
        let input = |answer: &str, remark: &str| AnswerInput {
            answer: answer.to_owned(),
            remark: remark.to_owned(),
        };
        assert!(input("yes", "").parse().is_ok());
        assert!(input("no", &"x".repeat(LONGEST_REMARK)).parse().is_ok());
        assert!(input("", "We talk").parse().is_err());
        assert!(input("perhaps", "").parse().is_err());
        let errors = input("no", &"x".repeat(LONGEST_REMARK + 1))
            .parse()
            .err()
            .expect("too long");
        assert!(errors.on("answer_remark").is_some());
    }
}
