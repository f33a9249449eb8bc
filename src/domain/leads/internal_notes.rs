//! Internal notes: what staff write down about a lead for each other. No partner ever reads them.

use diesel::prelude::*;

use super::lock;
use crate::db::schema::{internal_notes, users};
use crate::db::types::{LeadId, UtcTime};
use crate::db::{DbConn, Tx};
use crate::domain::access::StaffScope;
use crate::domain::audit::{self, Act, Subject};
use crate::domain::text::clean_block;
use crate::domain::validation::FieldErrors;

/// The longest note, in characters.
pub const LONGEST: usize = 2_000;

/// The newest notes that a page shows.
const SHOWN: i64 = 200;

/// A note that can be stored.
#[derive(Clone)]
pub struct InternalNote(String);

impl InternalNote {
    /// # Errors
    /// It is empty or too long.
    pub fn parse(text: &str) -> Result<Self, FieldErrors> {
        let text = clean_block(text);
        let mut errors = FieldErrors::default();
        if text.is_empty() {
            errors.add("internal_note", "Write what your colleagues should know");
        }
        errors.limit("internal_note", "Internal note", &text, LONGEST);
        if errors.is_empty() {
            Ok(InternalNote(text))
        } else {
            Err(errors)
        }
    }
}

/// Why a note was not stored.
#[derive(Debug, thiserror::Error)]
pub enum NoteError {
    #[error("there is no such lead")]
    NotFound,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

/// Adds a note to a lead.
pub fn add(
    tx: &mut Tx<'_>,
    scope: &StaffScope,
    lead: LeadId,
    note: &InternalNote,
    now: UtcTime,
) -> Result<(), NoteError> {
    let locked = lock(tx, lead)?.ok_or(NoteError::NotFound)?;
    diesel::insert_into(internal_notes::table)
        .values((
            internal_notes::lead_id.eq(lead),
            internal_notes::author_id.eq(scope.user()),
            internal_notes::body.eq(&note.0),
            internal_notes::written_at.eq(now),
        ))
        .execute(&mut **tx)?;
    let subject = Subject::lead(lead, &locked.reference);
    audit::record(tx, scope.actor(), Act::InternalNoteAdded, &subject, "", now)?;
    Ok(())
}

/// A note as staff see it.
#[derive(Clone, Queryable)]
pub struct NoteOfStaff {
    pub body: String,
    pub author: String,
    pub written_at: UtcTime,
}

/// The notes on a lead, newest first.
pub fn of_lead(conn: &mut DbConn, _scope: &StaffScope, lead: LeadId) -> QueryResult<Vec<NoteOfStaff>> {
    internal_notes::table
        .inner_join(users::table)
        .filter(internal_notes::lead_id.eq(lead))
        .select((internal_notes::body, users::name, internal_notes::written_at))
        .order(internal_notes::id.desc())
        .limit(SHOWN)
        .load(conn)
}
