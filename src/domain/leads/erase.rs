//! Erasing a lead: for good, with every copy of its personal data here (GDPR Art. 17). What stays is the proof that
//! names nobody: audit rows and disclosures by reference.

use diesel::prelude::*;

use super::{LeadStatus, lock, views};
use crate::db::Tx;
use crate::db::schema::leads;
use crate::db::types::{LeadId, UtcTime};
use crate::domain::access::StaffScope;
use crate::domain::audit::{self, Act, Subject};
use crate::domain::imports::rejected;
use crate::domain::{destroy_tasks, outbox, scrubbing};

/// Why a lead was not erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    #[error("there is no such lead")]
    NotFound,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

/// Erases a lead with its confirmation and assignments; whoever held it loses sight of it with this commit,
/// and whoever opened it is asked to destroy the copies.
pub fn erase(tx: &mut Tx<'_>, scope: &StaffScope, lead: LeadId, now: UtcTime) -> Result<(), EraseError> {
    let locked = lock(tx, lead)?.ok_or(EraseError::NotFound)?;
    outbox::cancel_for_lead(tx, lead)?;
    let person = super::staff::input_of(tx, lead)?;
    rejected::erase_person(tx, &person)?;
    views::erase_person(tx, scope, &person, now)?;
    destroy_tasks::ask(tx, scope, lead, &locked.reference, now)?;
    tx.unindex_lead(lead.get())?;
    diesel::delete(leads::table.find(lead)).execute(&mut **tx)?;
    scrubbing::ask(tx, now)?;
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
