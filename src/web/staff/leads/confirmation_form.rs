//! The fields with which permission is confirmed, for one lead or for a selection: the wording, the tick, the ground
//! and what the ground needs.

use chrono::NaiveDate;

use super::form::confirmation_input;
use crate::db::{DbConn, Error, Tx};
use crate::domain::permission::confirmation::{Basis, ConfirmError, ConfirmationInput};
use crate::domain::permission::text::{self, ConfirmationText};
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::forms::FormData;
use crate::web::here::Here;
use crate::web::view::{Moment, paragraphs};

/// What stands beside the box when the wording was changed while somebody read it.
pub const TEXT_CHANGED: &str =
    "The confirmation text was changed while you read it. Read the new text, then tick again";

/// The wording as a page shows it.
pub struct Wording {
    pub version: i64,
    pub since: Moment,
    pub paragraphs: Vec<String>,
}

impl Wording {
    pub fn new(text: &ConfirmationText, here: Here) -> Self {
        Wording {
            version: text.version,
            since: Moment::new(text.created_at, here),
            paragraphs: paragraphs(&text.body),
        }
    }
}

/// What was ticked, chosen and typed.
#[derive(Debug, Clone, Default)]
pub struct ConfirmationForm {
    pub is_ticked: bool,
    pub input: ConfirmationInput,
    /// The version of the wording that the page showed.
    pub seen: Option<i64>,
}

impl ConfirmationForm {
    pub fn of(form: &FormData) -> Self {
        ConfirmationForm {
            is_ticked: form.is_ticked("permission"),
            input: confirmation_input(form),
            seen: form.text("text_version").parse().ok(),
        }
    }

    /// # Errors
    /// No tick; or with it, what [`ConfirmationInput::parse`] misses.
    pub fn parse(&self, today: NaiveDate) -> Result<Basis, FieldErrors> {
        if !self.is_ticked {
            let mut errors = FieldErrors::default();
            errors.add(
                "permission",
                "Tick Permission to Distribute if a legal ground exists; otherwise leave the lead on hold or delete it",
            );
            return Err(errors);
        }
        self.input.parse(today)
    }

    /// The same form for the new wording: nobody ticks words that he has not read, so the tick is gone.
    pub fn for_new_text(mut self) -> (Self, FieldErrors) {
        self.is_ticked = false;
        let mut errors = FieldErrors::default();
        errors.add("permission", TEXT_CHANGED);
        (self, errors)
    }
}

/// Refuses a form that was sent without the wording that its page showed.
///
/// # Errors
/// There is a wording in force and the form names none.
pub fn must_have_seen(tx: &mut Tx<'_>, seen: Option<i64>) -> Result<(), ConfirmError> {
    if seen.is_none() && text::current(tx)?.is_some() {
        return Err(ConfirmError::TextChanged);
    }
    Ok(())
}

/// The wording in force.
pub fn wording(conn: &mut DbConn, here: Here) -> Result<Option<Wording>, Error> {
    Ok(text::current(conn)?.map(|text| Wording::new(&text, here)))
}

pub fn not_tracked(href: &str, way: &str) -> WebError {
    WebError::conflict(
        "Permission is not tracked",
        "An administrator has not turned on Track permission to distribute Leads, so there is nothing to confirm.",
        href,
        way,
    )
}
