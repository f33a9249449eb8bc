//! Closing a lead as won or lost, for a reason from the administrator's list.

use diesel::prelude::*;

use super::held::{self, Held, HeldError};
use super::life::Transition;
use super::reasons;
use crate::db::schema::{assignments, closing_reasons, leads, users};
use crate::db::types::{AssignmentId, Reference, UtcTime};
use crate::db::{DbConn, Tx, update_kept};
use crate::domain::access::{PartnerScope, StaffScope};
use crate::domain::assignments::deal::{Currency, Deal, DealStage};
use crate::domain::audit::{self, Act};
use crate::domain::deadlines;
use crate::domain::outbox::{self, Message, events};
use crate::domain::settings;
use crate::domain::text::clean_block;
use crate::domain::validation::FieldErrors;
use crate::text_enum;

/// The longest remark, in characters.
pub const LONGEST_REMARK: usize = 1_000;

text_enum! {
    /// How a lead can be closed with a reason.
    pub enum ClosedAs {
        Won = "won",
        Lost = "lost",
    }
}

impl ClosedAs {
    pub fn label(self) -> &'static str {
        match self {
            ClosedAs::Won => "Won",
            ClosedAs::Lost => "Lost",
        }
    }

    fn transition(self) -> Transition {
        match self {
            ClosedAs::Won => Transition::Win,
            ClosedAs::Lost => Transition::Lose,
        }
    }
}

text_enum! {
    /// Which ways of closing a lead well there are; losing one is always possible.
    pub enum ClosingModes {
        Won = "won",
        Convert = "convert",
        Both = "both",
    }
}

impl ClosingModes {
    pub fn label(self) -> &'static str {
        match self {
            ClosingModes::Won => "Close as won",
            ClosingModes::Convert => "Convert to a deal",
            ClosingModes::Both => "Both, as the partner likes",
        }
    }

    pub fn allows_winning(self) -> bool {
        matches!(self, ClosingModes::Won | ClosingModes::Both)
    }

    pub fn allows_converting(self) -> bool {
        matches!(self, ClosingModes::Convert | ClosingModes::Both)
    }
}

/// One way to close a lead: an outcome with a reason, or alone where the list has no reason for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub outcome: ClosedAs,
    reason: Option<Reference>,
    label: String,
}

impl Choice {
    /// What the form sends.
    pub fn key(&self) -> &str {
        self.reason.as_ref().map_or(self.outcome.as_str(), Reference::as_str)
    }

    /// `Lost: Price`.
    pub fn label(&self) -> String {
        match &self.reason {
            Some(_) => format!("{}: {}", self.outcome.label(), self.label),
            None => self.outcome.label().to_owned(),
        }
    }
}

/// Which ways of closing a lead well there are at this moment.
pub fn modes(conn: &mut DbConn, _scope: &PartnerScope) -> QueryResult<ClosingModes> {
    Ok(settings::load(conn)?.closing_modes)
}

/// Every way to close a lead at this moment.
pub fn choices(conn: &mut DbConn, scope: &PartnerScope) -> QueryResult<Vec<Choice>> {
    let modes = modes(conn, scope)?;
    let reasons = reasons::in_use(conn)?;
    let mut choices = Vec::new();
    for outcome in [ClosedAs::Won, ClosedAs::Lost] {
        if outcome == ClosedAs::Won && !modes.allows_winning() {
            continue;
        }
        let before = choices.len();
        choices.extend(
            reasons
                .iter()
                .filter(|reason| reason.outcome == outcome)
                .map(|reason| Choice {
                    outcome,
                    reason: Some(reason.reference.clone()),
                    label: reason.label.clone(),
                }),
        );
        if choices.len() == before {
            choices.push(Choice {
                outcome,
                reason: None,
                label: String::new(),
            });
        }
    }
    Ok(choices)
}

/// What was typed to close a lead.
#[derive(Debug, Clone, Default)]
pub struct ClosingInput {
    /// The key of a [`Choice`].
    pub choice: String,
    pub remark: String,
}

/// Why a lead was not closed.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    #[error("a field is wrong")]
    Fields(FieldErrors),
    /// The administrator does not let leads be closed like this.
    #[error("this way of closing is turned off")]
    TurnedOff,
    #[error(transparent)]
    Held(#[from] HeldError),
}

impl From<diesel::result::Error> for CloseError {
    fn from(error: diesel::result::Error) -> Self {
        CloseError::Held(HeldError::Database(error))
    }
}

/// Closes an opened lead; whoever holds it keeps it in sight.
///
/// # Errors
/// Nothing was chosen that can be chosen now, the remark is too long, or the state of the lead forbids it.
pub fn close(
    tx: &mut Tx<'_>,
    scope: &PartnerScope,
    reference: &Reference,
    input: &ClosingInput,
    now: UtcTime,
) -> Result<(), CloseError> {
    let remark = clean_block(&input.remark);
    let mut errors = FieldErrors::default();
    let chosen = choices(tx, scope)?
        .into_iter()
        .find(|choice| choice.key() == input.choice);
    if chosen.is_none() {
        errors.add("choice", "Choose how it ended and why");
    }
    errors.limit("remark", "Remark", &remark, LONGEST_REMARK);
    // What the state forbids is told before what is wrong with the form, and what nobody may see before both.
    let asked = chosen
        .as_ref()
        .map_or(Transition::Lose, |choice| choice.outcome.transition());
    let held = held::hold(tx, scope, reference, asked)?;
    let Some(chosen) = chosen.filter(|_| errors.is_empty()) else {
        return Err(CloseError::Fields(errors));
    };
    let reason = match &chosen.reason {
        Some(reason) => Some(reasons::id_of(tx, reason)?),
        None => None,
    };
    update_kept(
        assignments::table.find(held.assignment),
        (
            assignments::closed_at.eq(now),
            assignments::closed_by.eq(scope.user()),
            assignments::closing_reason_id.eq(reason),
            assignments::closing_remark.eq(&remark),
        ),
    )
    .execute(&mut **tx)?;
    finish(tx, scope, &held, Act::LeadClosed, &chosen.label(), now)
}

/// What every closing ends with: the status, the audit row, the messages to whoever assigned the lead and whoever holds it.
pub(super) fn finish(
    tx: &mut Tx<'_>,
    scope: &PartnerScope,
    held: &Held,
    act: Act,
    detail: &str,
    now: UtcTime,
) -> Result<(), CloseError> {
    update_kept(leads::table.find(held.lead), leads::status.eq(held.outcome.status)).execute(&mut **tx)?;
    audit::record(tx, scope.actor(), act, &held.subject(), detail, now)?;
    deadlines::end(tx, held.assignment, now)?;
    outbox::queue_closed_by_manager(tx, held.assignment, held.holder, scope.user(), now)?;
    events::tell_staff(tx, Message::LeadClosed, held.assignment, Some(scope.user()), now)?;
    Ok(())
}

/// How a lead was closed, as staff see it.
#[derive(Debug, Clone)]
pub struct Closing {
    pub by: Option<String>,
    pub at: UtcTime,
    pub reason: Option<String>,
    pub remark: String,
    pub deal: Option<Deal>,
}

type ClosingRow = (
    Option<UtcTime>,
    Option<String>,
    Option<String>,
    String,
    Option<i64>,
    Option<String>,
    Option<DealStage>,
    Option<chrono::NaiveDate>,
);

/// How this assignment was closed, if it was.
pub fn of_assignment(conn: &mut DbConn, _scope: &StaffScope, assignment: AssignmentId) -> QueryResult<Option<Closing>> {
    let row: ClosingRow = assignments::table
        .left_join(users::table.on(users::id.nullable().eq(assignments::closed_by)))
        .left_join(closing_reasons::table)
        .filter(assignments::id.eq(assignment))
        .select((
            assignments::closed_at,
            users::name.nullable(),
            closing_reasons::label.nullable(),
            assignments::closing_remark,
            assignments::deal_amount,
            assignments::deal_currency,
            assignments::deal_stage,
            assignments::deal_expected_on,
        ))
        .first(conn)?;
    let (closed_at, by, reason, remark, amount, currency, stage, expected_on) = row;
    let deal = match (
        amount,
        currency.as_deref().and_then(Currency::parse),
        stage,
        expected_on,
    ) {
        (Some(amount), Some(currency), Some(stage), Some(expected_on)) => Some(Deal {
            amount,
            currency,
            stage,
            expected_on,
        }),
        _ => None,
    };
    Ok(closed_at.map(|at| Closing {
        by,
        at,
        reason,
        remark,
        deal,
    }))
}
