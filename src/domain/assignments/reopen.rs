//! Taking back that a lead was closed: its partner can work on it again.

use diesel::prelude::*;

use super::life::{self, By, Refusal, Transition};
use crate::db::schema::{assignments, leads};
use crate::db::types::{AssignmentId, LeadId, PartnerId, UserId, UtcTime};
use crate::db::{Tx, update_kept};
use crate::domain::access::StaffScope;
use crate::domain::assignments::deal::DealStage;
use crate::domain::audit::{self, Act, Subject};
use crate::domain::deadlines::{self, Duty};
use crate::domain::leads::lock;
use crate::domain::notices;
use crate::domain::outbox::{self, Message};

/// Why a lead was not opened again.
#[derive(Debug, thiserror::Error)]
pub enum ReopenError {
    #[error("there is no such lead")]
    NotFound,
    #[error("the lead is not closed")]
    NotClosed,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

/// Opens a closed lead again. What was said at its closing is taken away; that it was closed stays in the audit log.
pub fn reopen(tx: &mut Tx<'_>, scope: &StaffScope, lead: LeadId, now: UtcTime) -> Result<(), ReopenError> {
    let locked = lock(tx, lead)?.ok_or(ReopenError::NotFound)?;
    let outcome =
        life::after(By::Staff, locked.status, Transition::Reopen).map_err(|_: Refusal| ReopenError::NotClosed)?;
    let (assignment, partner, user): (AssignmentId, PartnerId, Option<UserId>) = update_kept(
        assignments::table
            .filter(assignments::lead_id.eq(lead))
            .filter(assignments::ended_at.is_null()),
        (
            assignments::closed_at.eq(None::<UtcTime>),
            assignments::closed_by.eq(None::<UserId>),
            assignments::closing_reason_id.eq(None::<i64>),
            assignments::closing_remark.eq(""),
            assignments::deal_amount.eq(None::<i64>),
            assignments::deal_currency.eq(None::<String>),
            assignments::deal_stage.eq(None::<DealStage>),
            assignments::deal_expected_on.eq(None::<chrono::NaiveDate>),
        ),
    )
    .returning((assignments::id, assignments::partner_id, assignments::user_id))
    .get_result(&mut **tx)?;
    update_kept(leads::table.find(lead), leads::status.eq(outcome.status)).execute(&mut **tx)?;
    let subject = Subject::lead(lead, &locked.reference);
    audit::record(
        tx,
        scope.actor(),
        Act::LeadReopened,
        &subject,
        locked.status.as_str(),
        now,
    )?;
    deadlines::begin(tx, assignment, Duty::Update, now)?;
    notices::settle(tx, Message::LeadClosedByManager, assignment, now)?;
    outbox::queue_to_holders(tx, Message::LeadReopened, partner, user, assignment, now)?;
    Ok(())
}
