//! Opening: the act by which a partner user first sees the personal data of an assigned lead.

use diesel::prelude::*;

use super::held::{self, HeldError};
use super::life::Transition;
use crate::db::schema::{assignments, leads};
use crate::db::types::{Reference, UtcTime};
use crate::db::{Rule, Tx, update_kept, violated};
use crate::domain::access::PartnerScope;
use crate::domain::audit::{self, Act};
use crate::domain::deadlines::{self, Duty};
use crate::domain::disclosures::{self, Disclosure};
use crate::domain::notices;
use crate::domain::outbox::{Message, events};

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
    let held = match held::hold(tx, scope, reference, Transition::Open) {
        Ok(held) => held,
        Err(HeldError::Refused(_)) => return Err(OpenError::NotFound),
        Err(HeldError::Database(error)) => return Err(error.into()),
    };
    if held.opened_at.is_some() {
        return Ok(());
    }
    update_kept(
        assignments::table.find(held.assignment),
        (assignments::opened_by.eq(scope.user()), assignments::opened_at.eq(now)),
    )
    .execute(&mut **tx)?;
    update_kept(leads::table.find(held.lead), leads::status.eq(held.outcome.status)).execute(&mut **tx)?;
    disclosures::record(
        tx,
        Disclosure::Opened,
        held.lead,
        held.assignment,
        scope.partner(),
        Some(scope.user()),
        now,
    )?;
    audit::record(tx, scope.actor(), Act::LeadOpened, &held.subject(), "", now)?;
    notices::settle(tx, Message::LeadWaiting, held.assignment, now)?;
    notices::settle(tx, Message::LeadReminder, held.assignment, now)?;
    deadlines::meet(tx, held.assignment, Duty::FirstUpdate, now)?;
    events::tell_staff(tx, Message::LeadOpened, held.assignment, Some(scope.user()), now)?;
    Ok(())
}
