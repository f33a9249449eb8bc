//! Notes to the partner: what staff write to whoever holds a lead. Each belongs to one assignment; the next holder does
//! not read it.

use diesel::prelude::*;

use super::remind::{can_be_told, is_visible};
use crate::db::Tx;
use crate::db::schema::{assignments, partner_notes};
use crate::db::types::{AssignmentId, LeadId, PartnerId, UserId, UtcTime};
use crate::domain::access::StaffScope;
use crate::domain::audit::{self, Act, Subject};
use crate::domain::leads::lock;
use crate::domain::outbox::{self, Message};
use crate::domain::text::clean_block;
use crate::domain::validation::FieldErrors;

/// The longest note, in characters.
pub const LONGEST: usize = 1_000;

/// A note that can be sent.
#[derive(Clone)]
pub struct VendorNote(String);

impl VendorNote {
    /// # Errors
    /// It is empty or too long.
    pub fn parse(text: &str) -> Result<Self, FieldErrors> {
        let text = clean_block(text);
        let mut errors = FieldErrors::default();
        if text.is_empty() {
            errors.add("vendor_note", "Write what the partner should read");
        }
        errors.limit("vendor_note", "Note to the partner", &text, LONGEST);
        if errors.is_empty() {
            Ok(VendorNote(text))
        } else {
            Err(errors)
        }
    }
}

/// Why a note was not sent.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("there is no such lead")]
    NotFound,
    /// It was written for another holder, or nobody has the lead any more.
    #[error("the lead is not with that holder any more")]
    HolderChanged,
    #[error("the partner does not see the lead now")]
    NotVisible,
    #[error("nobody at the partner can be told")]
    NobodyToTell,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

/// Writes to the holder of a lead. `to` is the assignment that the writer had in view: what was meant for one partner is
/// not sent to another.
pub fn write(
    tx: &mut Tx<'_>,
    scope: &StaffScope,
    lead: LeadId,
    to: Option<AssignmentId>,
    note: &VendorNote,
    now: UtcTime,
) -> Result<(), WriteError> {
    let locked = lock(tx, lead)?.ok_or(WriteError::NotFound)?;
    let live: Option<(AssignmentId, PartnerId, Option<UserId>)> = assignments::table
        .filter(assignments::lead_id.eq(lead))
        .filter(assignments::ended_at.is_null())
        .select((assignments::id, assignments::partner_id, assignments::user_id))
        .first(&mut **tx)
        .optional()?;
    let (id, partner, user) = live
        .filter(|(id, ..)| to == Some(*id))
        .ok_or(WriteError::HolderChanged)?;
    if !is_visible(tx, id)? {
        return Err(WriteError::NotVisible);
    }
    diesel::insert_into(partner_notes::table)
        .values((
            partner_notes::lead_id.eq(lead),
            partner_notes::partner_id.eq(partner),
            partner_notes::assignment_id.eq(id),
            partner_notes::author_id.eq(scope.user()),
            partner_notes::body.eq(&note.0),
            partner_notes::written_at.eq(now),
        ))
        .execute(&mut **tx)?;
    if !can_be_told(tx, user)? || !outbox::queue_to_holders(tx, Message::LeadWritten, partner, user, id, now)? {
        return Err(WriteError::NobodyToTell);
    }
    let detail = super::recipient_words(tx, partner, user)?;
    let subject = Subject::lead(lead, &locked.reference);
    audit::record(tx, scope.actor(), Act::PartnerWritten, &subject, &detail, now)?;
    Ok(())
}
