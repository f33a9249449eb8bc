//! Opening: the act by which a partner user first sees the personal data of an assigned lead.

use diesel::prelude::*;

use crate::db::schema::{assignments, leads};
use crate::db::types::{Reference, UserId, UtcTime};
use crate::db::{LockedTable, Rule, Tx, violated};
use crate::domain::access::PartnerScope;
use crate::domain::audit::{self, Act, Subject};
use crate::domain::disclosures::{self, Disclosure};
use crate::domain::leads::{StatusChange, lock, partner};
use crate::domain::notices;
use crate::domain::outbox::{self, Message};
use crate::domain::settings::SETTINGS_ID;

/// Why a lead was not opened. A partner is told the same for all: there is no such lead.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("there is no such lead for this person")]
    NotFound,
    #[error(transparent)]
    Database(diesel::result::Error),
}

impl From<diesel::result::Error> for OpenError {
    fn from(error: diesel::result::Error) -> Self {
        match violated(&error) {
            Some(Rule::OnHold | Rule::PartnerCannotReceive | Rule::AssignmentIsFinal) => OpenError::NotFound,
            _ => OpenError::Database(error),
        }
    }
}

/// Opens a lead, once; opening an opened one changes nothing.
pub fn open(tx: &mut Tx<'_>, scope: &PartnerScope, reference: &Reference, now: UtcTime) -> Result<(), OpenError> {
    let before = partner::keys(tx, scope, reference)?.ok_or(OpenError::NotFound)?;
    // Locked in the order of the gate; what was visible before the locks is asked again under them.
    tx.lock_shared(LockedTable::Settings, SETTINGS_ID)?;
    let locked = lock(tx, before.lead)?.ok_or(OpenError::NotFound)?;
    tx.lock_shared(LockedTable::Partners, scope.partner().get())?;
    let visible = partner::keys(tx, scope, reference)?.ok_or(OpenError::NotFound)?;
    if visible.opened_by.is_some() {
        return Ok(());
    }
    let status = locked.status.after(StatusChange::Open).ok_or(OpenError::NotFound)?;
    let assigned_by: UserId = diesel::update(assignments::table.find(visible.assignment))
        .set((assignments::opened_by.eq(scope.user()), assignments::opened_at.eq(now)))
        .returning(assignments::assigned_by)
        .get_result(&mut **tx)?;
    diesel::update(leads::table.find(visible.lead))
        .set(leads::status.eq(status))
        .execute(&mut **tx)?;
    disclosures::record(
        tx,
        Disclosure::Opened,
        visible.lead,
        visible.assignment,
        scope.partner(),
        Some(scope.user()),
        now,
    )?;
    audit::record(
        tx,
        scope.actor(),
        Act::LeadOpened,
        &Subject::lead(visible.lead, reference),
        "",
        now,
    )?;
    notices::settle(tx, visible.assignment, now)?;
    outbox::queue(tx, Message::LeadOpened, assigned_by, visible.assignment, now)?;
    Ok(())
}
