//! Declining a lead: it goes back to the vendor, and never counts as lost.

use diesel::prelude::*;

use super::Ending;
use super::ending::{How, end_live, give_back};
use super::held::{self, HeldError};
use super::life::{Refusal, Transition};
use crate::db::schema::{assignments, partners};
use crate::db::types::{LeadId, Reference, UtcTime};
use crate::db::{DbConn, Tx};
use crate::domain::access::{PartnerScope, StaffScope};
use crate::domain::audit::Act;
use crate::domain::outbox::{Message, events};
use crate::domain::text::clean_block;
use crate::domain::validation::FieldErrors;
use crate::text_enum;

/// The longest remark, in characters.
pub const LONGEST_REMARK: usize = 1_000;

text_enum! {
    /// Why a partner gives a lead back.
    pub enum DeclineReason {
        OutsideArea = "outside_area",
        NoCapacity = "no_capacity",
        NotOurProduct = "not_our_product",
        AlreadyCustomer = "already_customer",
        Duplicate = "duplicate",
        NeedUnclear = "need_unclear",
        Other = "other",
    }
}

impl DeclineReason {
    pub fn label(self) -> &'static str {
        match self {
            DeclineReason::OutsideArea => "Outside our area",
            DeclineReason::NoCapacity => "No capacity",
            DeclineReason::NotOurProduct => "Not our product",
            DeclineReason::AlreadyCustomer => "Already our customer",
            DeclineReason::Duplicate => "Duplicate",
            DeclineReason::NeedUnclear => "Need is unclear",
            DeclineReason::Other => "Another reason",
        }
    }
}

/// What was typed to decline a lead.
#[derive(Debug, Clone, Default)]
pub struct DeclineInput {
    pub reason: String,
    pub remark: String,
}

/// A decline that can be stored.
#[derive(Clone)]
pub struct Decline {
    reason: DeclineReason,
    remark: String,
}

impl DeclineInput {
    /// # Errors
    /// No reason, another reason without words for it, a remark that is too long.
    pub fn parse(&self) -> Result<Decline, FieldErrors> {
        let remark = clean_block(&self.remark);
        let reason = DeclineReason::parse(&self.reason);
        let mut errors = FieldErrors::default();
        if reason.is_none() {
            errors.add("reason", "Choose why you give the lead back");
        }
        if reason == Some(DeclineReason::Other) && remark.is_empty() {
            errors.add("remark", "Write in a few words what the reason is");
        }
        errors.limit("remark", "Remark", &remark, LONGEST_REMARK);
        match reason {
            Some(reason) if errors.is_empty() => Ok(Decline { reason, remark }),
            _ => Err(errors),
        }
    }
}

/// Gives a lead back; whoever held it loses sight of it with this commit.
pub fn decline(
    tx: &mut Tx<'_>,
    scope: &PartnerScope,
    reference: &Reference,
    decline: &Decline,
    now: UtcTime,
) -> Result<(), HeldError> {
    let held = held::hold(tx, scope, reference, Transition::Decline)?;
    let how = How {
        ending: Ending::Declined,
        because: Some(decline.reason),
        remark: &decline.remark,
    };
    let ended = end_live(tx, held.lead, how, now)?.ok_or(HeldError::Refused(Refusal::Unseen))?;
    ended.tell(tx, None, Some(scope.user()), now)?;
    let recipient = super::recipient_words(tx, ended.partner, ended.user)?;
    let detail = format!("{recipient}; {}", decline.reason.as_str());
    give_back(
        tx,
        scope.actor(),
        Act::LeadDeclined,
        held.lead,
        &held.locked,
        &detail,
        now,
    )?;
    events::tell_staff(tx, Message::LeadDeclined, held.assignment, Some(scope.user()), now)?;
    Ok(())
}

/// Why the last assignment of a lead ended, where the partner gave it back.
#[derive(Debug, Clone)]
pub struct Declined {
    pub reason: DeclineReason,
    pub remark: String,
    pub at: UtcTime,
    pub partner: String,
}

/// How the newest assignment of a lead was declined, if that is how it ended.
pub fn newest_of_lead(conn: &mut DbConn, _scope: &StaffScope, lead: LeadId) -> QueryResult<Option<Declined>> {
    let newest: Option<(Option<DeclineReason>, String, Option<UtcTime>, String)> = assignments::table
        .inner_join(partners::table)
        .filter(assignments::lead_id.eq(lead))
        .order(assignments::id.desc())
        .select((
            assignments::declined_because,
            assignments::decline_remark,
            assignments::ended_at,
            partners::name,
        ))
        .first(conn)
        .optional()?;
    Ok(newest.and_then(|(reason, remark, at, partner)| {
        Some(Declined {
            reason: reason?,
            remark,
            at: at?,
            partner,
        })
    }))
}
