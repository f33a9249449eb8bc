//! Turning a lead into a deal, which locks it for the partner.

mod currency;

use chrono::{Months, NaiveDate};
use diesel::prelude::*;

use super::closing::{self, CloseError};
use super::held;
use super::life::Transition;
use crate::db::schema::assignments;
use crate::db::types::{Reference, UtcTime};
use crate::db::{Tx, update_kept};
use crate::domain::access::PartnerScope;
use crate::domain::audit::Act;
use crate::domain::settings;
use crate::domain::validation::FieldErrors;
use crate::text_enum;

pub use currency::Currency;

text_enum! {
    /// Where a deal stands when a lead becomes one.
    pub enum DealStage {
        Qualified = "qualified",
        Proposal = "proposal",
        Negotiation = "negotiation",
        Agreed = "agreed",
        Signed = "signed",
    }
}

impl DealStage {
    pub fn label(self) -> &'static str {
        match self {
            DealStage::Qualified => "Qualified",
            DealStage::Proposal => "Proposal made",
            DealStage::Negotiation => "In negotiation",
            DealStage::Agreed => "Agreed by word",
            DealStage::Signed => "Signed",
        }
    }
}

/// A deal that can be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deal {
    /// In the smallest unit of the currency.
    pub amount: i64,
    pub currency: Currency,
    pub stage: DealStage,
    pub expected_on: NaiveDate,
}

/// What was typed about a deal.
#[derive(Debug, Clone, Default)]
pub struct DealInput {
    pub amount: String,
    pub currency: String,
    pub stage: String,
    pub expected_on: String,
}

impl DealInput {
    /// # Errors
    /// Every field that is missing or can't be understood.
    pub fn parse(&self, today: NaiveDate) -> Result<Deal, FieldErrors> {
        let mut errors = FieldErrors::default();
        let currency = Currency::parse(&self.currency);
        let amount = currency.unwrap_or(Currency::EURO).amount(&self.amount);
        if amount.is_none() {
            errors.add("amount", "Enter the amount in figures, like 12,500 or 12,500.00");
        }
        if currency.is_none() {
            errors.add("currency", "Choose the currency from the list");
        }
        let stage = DealStage::parse(&self.stage);
        if stage.is_none() {
            errors.add("stage", "Choose the stage of the deal");
        }
        let expected_on = NaiveDate::parse_from_str(self.expected_on.trim(), "%Y-%m-%d")
            .ok()
            .filter(|day| *day >= today - Months::new(12) && *day <= today + Months::new(120));
        if expected_on.is_none() {
            errors.add("expected_on", "Enter the expected date of the deal, like 2026-09-30");
        }
        match (amount, currency, stage, expected_on) {
            (Some(amount), Some(currency), Some(stage), Some(expected_on)) => Ok(Deal {
                amount,
                currency,
                stage,
                expected_on,
            }),
            _ => Err(errors),
        }
    }
}

/// Turns an opened lead into a deal.
///
/// # Errors
/// What was typed is no deal, the setting does not offer deals, or the state of the lead forbids it.
pub fn convert(
    tx: &mut Tx<'_>,
    scope: &PartnerScope,
    reference: &Reference,
    input: &DealInput,
    now: UtcTime,
) -> Result<(), CloseError> {
    let held = held::hold(tx, scope, reference, Transition::Convert)?;
    if !settings::load(tx)?.closing_modes.allows_converting() {
        return Err(CloseError::TurnedOff);
    }
    let deal = input.parse(now.date()).map_err(CloseError::Fields)?;
    update_kept(
        assignments::table.find(held.assignment),
        (
            assignments::closed_at.eq(now),
            assignments::closed_by.eq(scope.user()),
            assignments::deal_amount.eq(deal.amount),
            assignments::deal_currency.eq(deal.currency.code()),
            assignments::deal_stage.eq(deal.stage),
            assignments::deal_expected_on.eq(deal.expected_on),
        ),
    )
    .execute(&mut **tx)?;
    closing::finish(tx, scope, &held, Act::LeadConverted, deal.stage.label(), now)
}
