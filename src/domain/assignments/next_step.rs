//! The next step: what the partner will do about a lead, and until when.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::held::{self, HeldError};
use super::life::Transition;
use crate::db::schema::assignments;
use crate::db::types::{Reference, UtcTime};
use crate::db::{Tx, update_kept};
use crate::domain::access::PartnerScope;
use crate::domain::audit::{self, Act};
use crate::domain::text::clean_line;
use crate::domain::validation::FieldErrors;

/// The longest next step, in characters.
pub const LONGEST: usize = 200;

/// A next step that can be stored; an empty one takes the old one away.
#[derive(Clone)]
pub struct NextStep {
    text: String,
    due_on: Option<NaiveDate>,
}

impl NextStep {
    /// # Errors
    /// It is too long, a day without anything to do, or no day of the calendar.
    pub fn parse(text: &str, day: &str) -> Result<Self, FieldErrors> {
        let (text, day) = (clean_line(text), day.trim());
        let mut errors = FieldErrors::default();
        errors.limit("next_step", "Next step", &text, LONGEST);
        let due_on = NaiveDate::parse_from_str(day, "%Y-%m-%d").ok().filter(is_sensible);
        if !day.is_empty() && due_on.is_none() {
            errors.add("next_step_on", "Enter a day like 2026-05-31");
        } else if due_on.is_some() && text.is_empty() {
            errors.add("next_step", "Write what is to be done on that day");
        }
        if errors.is_empty() {
            Ok(NextStep { text, due_on })
        } else {
            Err(errors)
        }
    }
}

fn is_sensible(day: &NaiveDate) -> bool {
    use chrono::Datelike;
    (2000..2100).contains(&day.year())
}

/// Sets the next step of an opened lead.
pub fn put(
    tx: &mut Tx<'_>,
    scope: &PartnerScope,
    reference: &Reference,
    step: &NextStep,
    now: UtcTime,
) -> Result<(), HeldError> {
    let held = held::hold(tx, scope, reference, Transition::Update)?;
    update_kept(
        assignments::table.find(held.assignment),
        (
            assignments::next_step.eq(&step.text),
            assignments::next_step_on.eq(step.due_on),
        ),
    )
    .execute(&mut **tx)?;
    audit::record(tx, scope.actor(), Act::NextStepSet, &held.subject(), "", now)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::NextStep;

    #[test]
    fn a_day_needs_something_to_do_and_something_to_do_no_day() {
        assert!(NextStep::parse("Call again", "").is_ok());
        assert!(NextStep::parse("Call again", "2026-05-31").is_ok());
        assert!(NextStep::parse("", "").is_ok());
        let errors = NextStep::parse("", "2026-05-31").err().expect("nothing to do");
        assert_eq!(errors.on("next_step"), Some("Write what is to be done on that day"));
    }

    #[test]
    fn only_days_of_the_calendar_are_days() {
        for day in ["31.05.2026", "2026-02-30", "1999-12-31", "2100-01-01", "tomorrow"] {
            let errors = NextStep::parse("Call", day).err().expect(day);
            assert!(errors.on("next_step_on").is_some(), "{day}");
        }
    }
}
