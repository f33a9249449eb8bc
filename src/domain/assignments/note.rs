//! Notes: what a partner writes down about a lead, line after line, for itself and for the vendor.

use diesel::prelude::*;

use super::held::{self, HeldError};
use super::life::Transition;
use crate::db::schema::{assignments, partner_notes, partners, users};
use crate::db::types::{LeadId, Reference, UtcTime};
use crate::db::{DbConn, Tx, update_kept};
use crate::domain::access::{PartnerScope, StaffScope};
use crate::domain::audit::{self, Act};
use crate::domain::deadlines::{self, Duty};
use crate::domain::text::clean_block;
use crate::domain::validation::FieldErrors;

/// The longest note, in characters.
pub const LONGEST: usize = 1_000;

/// The newest notes that a page for staff shows.
const SHOWN: i64 = 200;

/// A note that can be stored.
#[derive(Clone)]
pub struct StatusNote(String);

impl StatusNote {
    /// # Errors
    /// It is empty or too long.
    pub fn parse(text: &str) -> Result<Self, FieldErrors> {
        let text = clean_block(text);
        let mut errors = FieldErrors::default();
        if text.is_empty() {
            errors.add("status_note", "Write how it stands");
        }
        errors.limit("status_note", "Status note", &text, LONGEST);
        if errors.is_empty() {
            Ok(StatusNote(text))
        } else {
            Err(errors)
        }
    }
}

/// Adds a note to an opened lead. The assignment keeps the newest one for the lists.
pub fn put(
    tx: &mut Tx<'_>,
    scope: &PartnerScope,
    reference: &Reference,
    note: &StatusNote,
    now: UtcTime,
) -> Result<(), HeldError> {
    let held = held::hold(tx, scope, reference, Transition::Update)?;
    diesel::insert_into(partner_notes::table)
        .values((
            partner_notes::lead_id.eq(held.lead),
            partner_notes::partner_id.eq(scope.partner()),
            partner_notes::author_id.eq(scope.user()),
            partner_notes::body.eq(&note.0),
            partner_notes::written_at.eq(now),
        ))
        .execute(&mut **tx)?;
    update_kept(
        assignments::table.find(held.assignment),
        (
            assignments::status_note.eq(&note.0),
            assignments::status_noted_at.eq(now),
        ),
    )
    .execute(&mut **tx)?;
    deadlines::meet(tx, held.assignment, Duty::Update, now)?;
    audit::record(tx, scope.actor(), Act::LeadNoted, &held.subject(), "", now)?;
    Ok(())
}

/// A note of a partner, or to one, as staff see it.
#[derive(Clone, Queryable)]
pub struct NoteOfPartner {
    pub body: String,
    pub partner: String,
    /// Who wrote it; nobody where it was not written down.
    pub author: Option<String>,
    pub written_at: UtcTime,
    /// Staff wrote it to the partner.
    pub is_to_partner: bool,
}

/// What every partner wrote about a lead, and what staff wrote to each; newest first.
pub fn of_lead(conn: &mut DbConn, _scope: &StaffScope, lead: LeadId) -> QueryResult<Vec<NoteOfPartner>> {
    partner_notes::table
        .inner_join(partners::table)
        .left_join(users::table)
        .filter(partner_notes::lead_id.eq(lead))
        .select((
            partner_notes::body,
            partners::name,
            users::name.nullable(),
            partner_notes::written_at,
            partner_notes::assignment_id.is_not_null(),
        ))
        .order(partner_notes::id.desc())
        .limit(SHOWN)
        .load(conn)
}
