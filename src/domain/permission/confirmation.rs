//! The record that permission was expressly confirmed: who, when, which ground, which wording, what evidence.
//! Written once, never changed, gone only with its lead.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::{Ground, text};
use crate::db::schema::{confirmation_texts, confirmations, leads, users};
use crate::db::types::{ConfirmationId, LeadId, TextId, UtcTime};
use crate::db::{DbConn, Rule, Tx, update_kept, violated};
use crate::domain::access::StaffScope;
use crate::domain::audit::{self, Act, Subject};
use crate::domain::leads::lock;
use crate::domain::settings;
use crate::domain::text::{clean_block, clean_line};
use crate::domain::validation::FieldErrors;

/// The longest evidence or reason, in characters.
pub const LONGEST_EVIDENCE: usize = 1_000;

/// What was typed about a confirmation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfirmationInput {
    pub ground: String,
    pub evidence: String,
    pub given_on: String,
    pub reason: String,
}

/// A ground with what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Basis {
    Consent { evidence: String, given_on: NaiveDate },
    Contract,
    LeadInterest { reason: String },
}

impl Basis {
    pub fn ground(&self) -> Ground {
        match self {
            Basis::Consent { .. } => Ground::Consent,
            Basis::Contract => Ground::Contract,
            Basis::LeadInterest { .. } => Ground::LeadInterest,
        }
    }
}

impl ConfirmationInput {
    /// # Errors
    /// Every field that is missing or can't be: no ground, consent without where and when it was given or with a day
    /// that has not come, the lead's interest without a reason.
    pub fn parse(&self, today: NaiveDate) -> Result<Basis, FieldErrors> {
        let mut errors = FieldErrors::default();
        let basis = match Ground::parse(&self.ground) {
            None => {
                errors.add("ground", "Choose the legal ground");
                None
            }
            Some(Ground::Contract) => Some(Basis::Contract),
            Some(Ground::Consent) => self.parse_consent(today, &mut errors),
            Some(Ground::LeadInterest) => {
                let reason = clean_block(&self.reason);
                if reason.is_empty() {
                    errors.add("reason", "Enter the reason why this is in the lead's interest");
                }
                errors.limit("reason", "Reason", &reason, LONGEST_EVIDENCE);
                Some(Basis::LeadInterest { reason })
            }
        };
        basis.filter(|_| errors.is_empty()).ok_or(errors)
    }

    fn parse_consent(&self, today: NaiveDate, errors: &mut FieldErrors) -> Option<Basis> {
        let evidence = clean_block(&self.evidence);
        if evidence.is_empty() {
            errors.add("evidence", "Enter where and how the lead gave consent");
        }
        errors.limit("evidence", "Evidence", &evidence, LONGEST_EVIDENCE);
        let given_on = clean_line(&self.given_on);
        if given_on.is_empty() {
            errors.add("given_on", "Enter the day on which the lead gave consent");
            return None;
        }
        let Ok(given_on) = NaiveDate::parse_from_str(&given_on, "%Y-%m-%d") else {
            errors.add("given_on", "Enter the day of consent in the format 2026-05-31");
            return None;
        };
        if given_on > today {
            errors.add("given_on", "The day of consent must be today or in the past");
        }
        Some(Basis::Consent { evidence, given_on })
    }
}

/// Why permission was not confirmed.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    #[error("permission is not tracked")]
    NotTracked,
    #[error("permission was confirmed before")]
    AlreadyConfirmed,
    #[error("the confirmation text is another one than the one that was shown")]
    TextChanged,
    #[error("the lead is not the one that was looked at")]
    ChangedMeanwhile,
    #[error("there is no such lead")]
    NotFound,
    #[error(transparent)]
    Database(diesel::result::Error),
}

impl From<diesel::result::Error> for ConfirmError {
    fn from(error: diesel::result::Error) -> Self {
        match violated(&error) {
            Some(Rule::AlreadyConfirmed) => ConfirmError::AlreadyConfirmed,
            _ => ConfirmError::Database(error),
        }
    }
}

/// Confirms permission for a lead that nobody can have changed since. `seen` is the version of the wording that the
/// confirming person had on the page.
pub fn confirm(
    tx: &mut Tx<'_>,
    scope: &StaffScope,
    lead: LeadId,
    basis: &Basis,
    seen: Option<i64>,
    now: UtcTime,
) -> Result<ConfirmationId, ConfirmError> {
    confirm_locked(tx, scope, lead, basis, seen, None, now)
}

/// Confirms permission for the lead that was looked at, which `version` tells: a confirmation is about one person, and
/// whoever it is now may be another one.
pub fn confirm_as_seen(
    tx: &mut Tx<'_>,
    scope: &StaffScope,
    lead: LeadId,
    basis: &Basis,
    seen: Option<i64>,
    version: i64,
    now: UtcTime,
) -> Result<ConfirmationId, ConfirmError> {
    confirm_locked(tx, scope, lead, basis, seen, Some(version), now)
}

fn confirm_locked(
    tx: &mut Tx<'_>,
    scope: &StaffScope,
    lead: LeadId,
    basis: &Basis,
    seen: Option<i64>,
    version: Option<i64>,
    now: UtcTime,
) -> Result<ConfirmationId, ConfirmError> {
    // Taking the row lock first makes a concurrent erasure or assignment wait for us.
    let locked = lock(tx, lead)?.ok_or(ConfirmError::NotFound)?;
    if !settings::load(tx)?.track_permission {
        return Err(ConfirmError::NotTracked);
    }
    if locked.has_confirmation {
        return Err(ConfirmError::AlreadyConfirmed);
    }
    let text = text_seen(tx, seen)?;
    if version.is_some_and(|version| locked.lock_version != version + 1) {
        return Err(ConfirmError::ChangedMeanwhile);
    }
    let (evidence, given_on, reason) = match basis {
        Basis::Consent { evidence, given_on } => (Some(evidence), Some(*given_on), None),
        Basis::Contract => (None, None, None),
        Basis::LeadInterest { reason } => (None, None, Some(reason)),
    };
    let id: ConfirmationId = diesel::insert_into(confirmations::table)
        .values((
            confirmations::lead_id.eq(lead),
            confirmations::ground.eq(basis.ground()),
            confirmations::text_id.eq(text),
            confirmations::evidence.eq(evidence),
            confirmations::given_on.eq(given_on),
            confirmations::reason.eq(reason),
            confirmations::confirmed_by.eq(scope.user()),
            confirmations::confirmed_at.eq(now),
        ))
        .returning(confirmations::id)
        .get_result(&mut **tx)?;
    update_kept(leads::table.find(lead), leads::has_confirmation.eq(true)).execute(&mut **tx)?;
    let subject = Subject::lead(lead, &locked.reference);
    audit::record(
        tx,
        scope.actor(),
        Act::LeadConfirmed,
        &subject,
        basis.ground().as_str(),
        now,
    )?;
    Ok(id)
}

/// The version that was on the page, which must be the one in force: nobody confirms words that he did not see.
fn text_seen(tx: &mut Tx<'_>, seen: Option<i64>) -> Result<Option<TextId>, ConfirmError> {
    let Some(version) = seen else { return Ok(None) };
    let current = text::current(tx)?.ok_or(ConfirmError::TextChanged)?;
    if current.version == version {
        Ok(Some(current.id))
    } else {
        Err(ConfirmError::TextChanged)
    }
}

/// A confirmation with everything that proves it.
#[derive(Debug, Clone, Queryable)]
pub struct Confirmation {
    pub id: ConfirmationId,
    pub ground: Ground,
    pub evidence: Option<String>,
    pub given_on: Option<NaiveDate>,
    pub reason: Option<String>,
    pub confirmed_at: UtcTime,
    pub confirmed_by: String,
    /// Version and wording that the confirming person saw; none where the page showed none.
    pub text: Option<(i64, String)>,
}

/// The confirmation of a lead, if it has one.
pub fn of_lead(conn: &mut DbConn, _scope: &StaffScope, lead: LeadId) -> QueryResult<Option<Confirmation>> {
    confirmations::table
        .inner_join(users::table)
        .left_join(confirmation_texts::table)
        .filter(confirmations::lead_id.eq(lead))
        .select((
            confirmations::id,
            confirmations::ground,
            confirmations::evidence,
            confirmations::given_on,
            confirmations::reason,
            confirmations::confirmed_at,
            users::name,
            (confirmation_texts::version, confirmation_texts::body).nullable(),
        ))
        .first(conn)
        .optional()
}
