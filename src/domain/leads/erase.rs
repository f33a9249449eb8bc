//! Erasing a lead: for good, with every copy of its personal data here (GDPR Art. 17). What stays is the proof that
//! names nobody: audit rows and disclosures by reference.

use diesel::prelude::*;

use super::{LeadStatus, lock};
use crate::db::Tx;
use crate::db::schema::{import_rejections, leads};
use crate::db::types::{LeadId, UtcTime};
use crate::domain::access::StaffScope;
use crate::domain::audit::{self, Act, Subject};
use crate::domain::outbox;

/// Why a lead was not erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    #[error("there is no such lead")]
    NotFound,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

/// Erases a lead with its confirmation and assignments; whoever held it loses sight of it with this commit.
pub fn erase(tx: &mut Tx<'_>, scope: &StaffScope, lead: LeadId, now: UtcTime) -> Result<(), EraseError> {
    let locked = lock(tx, lead)?.ok_or(EraseError::NotFound)?;
    outbox::cancel_for_lead(tx, lead)?;
    erase_rejected_rows(tx, lead)?;
    tx.unindex_lead(lead.get())?;
    diesel::delete(leads::table.find(lead)).execute(&mut **tx)?;
    let detail = if locked.status == LeadStatus::Unassigned {
        ""
    } else {
        locked.status.as_str()
    };
    audit::record(
        tx,
        scope.actor(),
        Act::LeadErased,
        &Subject::lead(lead, &locked.reference),
        detail,
        now,
    )?;
    Ok(())
}

/// Rejected rows of imports wait for whoever mends them; those with this person's address go with the person.
fn erase_rejected_rows(tx: &mut Tx<'_>, lead: LeadId) -> QueryResult<()> {
    let email: String = leads::table.find(lead).select(leads::email).first(&mut **tx)?;
    if !email.is_empty() {
        let pattern = format!(
            "%{}%",
            email.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
        );
        diesel::delete(import_rejections::table.filter(import_rejections::cells.like(pattern).escape('\\')))
            .execute(&mut **tx)?;
    }
    Ok(())
}
