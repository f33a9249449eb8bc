//! The status note: one line by which a partner tells the vendor how a lead stands.

use diesel::prelude::*;

use crate::db::Tx;
use crate::db::schema::assignments;
use crate::db::types::{Reference, UtcTime};
use crate::domain::access::PartnerScope;
use crate::domain::audit::{self, Act, Subject};
use crate::domain::leads::{lock, partner};
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

/// Why a note was not stored.
#[derive(Debug, thiserror::Error)]
pub enum NoteError {
    #[error("there is no such lead for this person")]
    NotFound,
    /// Only whoever opened a lead has something to say about it.
    #[error("the lead is not opened yet")]
    NotOpened,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

/// Puts a status note on an opened lead.
pub fn put(
    tx: &mut Tx<'_>,
    scope: &PartnerScope,
    reference: &Reference,
    note: &StatusNote,
    now: UtcTime,
) -> Result<(), NoteError> {
    let before = partner::keys(tx, scope, reference)?.ok_or(NoteError::NotFound)?;
    lock(tx, before.lead)?.ok_or(NoteError::NotFound)?;
    let visible = partner::keys(tx, scope, reference)?.ok_or(NoteError::NotFound)?;
    if visible.opened_by.is_none() {
        return Err(NoteError::NotOpened);
    }
    diesel::update(assignments::table.find(visible.assignment))
        .set((
            assignments::status_note.eq(&note.0),
            assignments::status_noted_at.eq(now),
        ))
        .execute(&mut **tx)?;
    audit::record(
        tx,
        scope.actor(),
        Act::LeadNoted,
        &Subject::lead(visible.lead, reference),
        "",
        now,
    )?;
    Ok(())
}
