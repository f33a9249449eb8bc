//! The status note: one line by which a partner tells the vendor how a lead stands.

use diesel::prelude::*;

use super::held::{self, HeldError};
use super::life::Transition;
use crate::db::Tx;
use crate::db::schema::assignments;
use crate::db::types::{Reference, UtcTime};
use crate::domain::access::PartnerScope;
use crate::domain::audit::{self, Act};
use crate::domain::deadlines::{self, Duty};
use crate::domain::text::clean_block;
use crate::domain::validation::FieldErrors;

/// The longest status note, in characters.
pub const LONGEST: usize = 1_000;

/// A status note that can be stored.
#[derive(Clone)]
pub struct StatusNote(String);

impl StatusNote {
    /// # Errors
    /// It is too long. An empty note is fine: it takes the old one away.
    pub fn parse(text: &str) -> Result<Self, FieldErrors> {
        let text = clean_block(text);
        let mut errors = FieldErrors::default();
        errors.limit("status_note", "Status note", &text, LONGEST);
        if errors.is_empty() {
            Ok(StatusNote(text))
        } else {
            Err(errors)
        }
    }
}

/// Puts a status note on an opened lead.
pub fn put(
    tx: &mut Tx<'_>,
    scope: &PartnerScope,
    reference: &Reference,
    note: &StatusNote,
    now: UtcTime,
) -> Result<(), HeldError> {
    let held = held::hold(tx, scope, reference, Transition::Update)?;
    diesel::update(assignments::table.find(held.assignment))
        .set((
            assignments::status_note.eq(&note.0),
            assignments::status_noted_at.eq(now),
        ))
        .execute(&mut **tx)?;
    deadlines::meet(tx, held.assignment, Duty::Update, now)?;
    audit::record(tx, scope.actor(), Act::LeadNoted, &held.subject(), "", now)?;
    Ok(())
}
