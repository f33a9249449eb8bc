//! The administrator's list of reasons why leads are won or lost. A retired reason can't be chosen any more; it stays on
//! the leads that were closed with it.

use diesel::prelude::*;

use super::closing::{ClosedAs, ClosingModes};
use crate::db::schema::{closing_reasons, lead_distribution_settings as settings_row};
use crate::db::types::{Reference, UtcTime};
use crate::db::{DbConn, Rule, Tx, violated};
use crate::domain::access::AdminScope;
use crate::domain::audit::{self, Act, Subject};
use crate::domain::settings::{self, SETTINGS_ID};
use crate::domain::text::clean_line;
use crate::domain::validation::FieldErrors;

/// The longest reason, in characters.
pub const LONGEST: usize = 80;

/// At most so many reasons are shown; a longer list helps nobody.
const SHOWN: i64 = 100;

/// A reason of the list.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = closing_reasons)]
pub struct ClosingReason {
    pub reference: Reference,
    pub outcome: ClosedAs,
    pub label: String,
    pub retired_at: Option<UtcTime>,
}

/// Why the list was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ReasonError {
    #[error("a field is wrong")]
    Fields(FieldErrors),
    #[error("there is no such reason")]
    NotFound,
    #[error(transparent)]
    Database(diesel::result::Error),
}

impl From<diesel::result::Error> for ReasonError {
    fn from(error: diesel::result::Error) -> Self {
        match violated(&error) {
            Some(Rule::ReasonTaken) => {
                let mut errors = FieldErrors::default();
                errors.add("label", "The list has this reason already, perhaps as a retired one");
                ReasonError::Fields(errors)
            }
            _ => ReasonError::Database(error),
        }
    }
}

/// The reasons that can be chosen now.
pub(super) fn in_use(conn: &mut DbConn) -> QueryResult<Vec<ClosingReason>> {
    closing_reasons::table
        .filter(closing_reasons::retired_at.is_null())
        .select(ClosingReason::as_select())
        .order((closing_reasons::label, closing_reasons::id))
        .limit(SHOWN)
        .load(conn)
}

pub(super) fn id_of(tx: &mut Tx<'_>, reference: &Reference) -> QueryResult<i64> {
    closing_reasons::table
        .filter(closing_reasons::reference.eq(reference))
        .select(closing_reasons::id)
        .first(&mut **tx)
}

/// The whole list: those in use first.
pub fn all(conn: &mut DbConn, _scope: &AdminScope) -> QueryResult<Vec<ClosingReason>> {
    closing_reasons::table
        .select(ClosingReason::as_select())
        .order((
            closing_reasons::outcome.desc(),
            closing_reasons::retired_at.is_not_null(),
            closing_reasons::label,
            closing_reasons::id,
        ))
        .limit(SHOWN)
        .load(conn)
}

/// One reason of the list.
pub fn find(conn: &mut DbConn, _scope: &AdminScope, reference: &Reference) -> QueryResult<Option<ClosingReason>> {
    closing_reasons::table
        .filter(closing_reasons::reference.eq(reference))
        .select(ClosingReason::as_select())
        .first(conn)
        .optional()
}

fn label_of(typed: &str, errors: &mut FieldErrors) -> String {
    let label = clean_line(typed);
    if label.is_empty() {
        errors.add("label", "Enter the reason in a few words");
    }
    errors.limit("label", "Reason", &label, LONGEST);
    label
}

/// Adds a reason.
///
/// # Errors
/// It is for neither outcome, has no words or too many, or is on the list already.
pub fn add(tx: &mut Tx<'_>, scope: &AdminScope, outcome: &str, label: &str, now: UtcTime) -> Result<(), ReasonError> {
    let mut errors = FieldErrors::default();
    let outcome = ClosedAs::parse(outcome);
    if outcome.is_none() {
        errors.add("outcome", "Choose whether the reason is for won or for lost leads");
    }
    let label = label_of(label, &mut errors);
    let Some(outcome) = outcome.filter(|_| errors.is_empty()) else {
        return Err(ReasonError::Fields(errors));
    };
    diesel::insert_into(closing_reasons::table)
        .values((
            closing_reasons::reference.eq(Reference::random()),
            closing_reasons::outcome.eq(outcome),
            closing_reasons::label.eq(&label),
        ))
        .execute(&mut **tx)?;
    let detail = format!("{}: {label}", outcome.as_str());
    audit::record(
        tx,
        scope.actor(),
        Act::ClosingReasonAdded,
        &Subject::closing_settings(),
        &detail,
        now,
    )?;
    Ok(())
}

/// Gives a reason other words, also on the leads that were closed with it.
///
/// # Errors
/// There is none, it has no words or too many, or the list has the new words already.
pub fn rename(
    tx: &mut Tx<'_>,
    scope: &AdminScope,
    reference: &Reference,
    label: &str,
    now: UtcTime,
) -> Result<(), ReasonError> {
    let before = find(tx, scope, reference)?.ok_or(ReasonError::NotFound)?;
    let mut errors = FieldErrors::default();
    let label = label_of(label, &mut errors);
    if !errors.is_empty() {
        return Err(ReasonError::Fields(errors));
    }
    if before.label == label {
        return Ok(());
    }
    diesel::update(closing_reasons::table.filter(closing_reasons::reference.eq(reference)))
        .set(closing_reasons::label.eq(&label))
        .execute(&mut **tx)?;
    let detail = format!("{}: {} -> {label}", before.outcome.as_str(), before.label);
    audit::record(
        tx,
        scope.actor(),
        Act::ClosingReasonRenamed,
        &Subject::closing_settings(),
        &detail,
        now,
    )?;
    Ok(())
}

/// Takes a reason out of use, or back into it. Doing it twice changes nothing.
pub fn set_retired(
    tx: &mut Tx<'_>,
    scope: &AdminScope,
    reference: &Reference,
    is_retired: bool,
    now: UtcTime,
) -> Result<(), ReasonError> {
    let before = find(tx, scope, reference)?.ok_or(ReasonError::NotFound)?;
    if before.retired_at.is_some() == is_retired {
        return Ok(());
    }
    diesel::update(closing_reasons::table.filter(closing_reasons::reference.eq(reference)))
        .set(closing_reasons::retired_at.eq(is_retired.then_some(now)))
        .execute(&mut **tx)?;
    let act = if is_retired {
        Act::ClosingReasonRetired
    } else {
        Act::ClosingReasonRestored
    };
    let detail = format!("{}: {}", before.outcome.as_str(), before.label);
    audit::record(tx, scope.actor(), act, &Subject::closing_settings(), &detail, now)?;
    Ok(())
}

/// Sets which ways of closing a lead well there are.
pub fn set_modes(tx: &mut Tx<'_>, scope: &AdminScope, modes: ClosingModes, now: UtcTime) -> QueryResult<()> {
    // The lock comes first: what is read below stays true until the end.
    diesel::update(settings_row::table.find(SETTINGS_ID))
        .set(settings_row::lock_version.eq(settings_row::lock_version + 1))
        .execute(&mut **tx)?;
    let before = settings::load(tx)?.closing_modes;
    if before == modes {
        return Ok(());
    }
    diesel::update(settings_row::table.find(SETTINGS_ID))
        .set(settings_row::closing_modes.eq(modes))
        .execute(&mut **tx)?;
    let detail = format!("closing_modes: {} -> {}", before.as_str(), modes.as_str());
    audit::record(
        tx,
        scope.actor(),
        Act::ClosingModesChanged,
        &Subject::closing_settings(),
        &detail,
        now,
    )
}
