//! How a lead is corrected, and what of it must not change without a word: who a confirmed lead is, and what a partner
//! that opened a lead on hold reads.

use diesel::prelude::*;

use super::intake::Content;
use super::{LeadDraft, LeadInput, lock, reference_of, staff};
use crate::db::Tx;
use crate::db::schema::{assignments, leads, partners};
use crate::db::types::{LeadId, UtcTime};
use crate::domain::access::StaffScope;
use crate::domain::audit::{self, Act, Subject};
use crate::domain::disclosures::{self, Disclosure, Receiver};
use crate::domain::settings;
use crate::text_enum;

/// What tells who a lead is, and how that person is reached.
const IDENTITY: [&str; 5] = ["first_name", "last_name", "email", "phone", "company"];

text_enum! {
    /// Why it changes who a confirmed lead is. Another person is another lead: a confirmation is about one.
    pub enum IdentityChange {
        SpellingCorrected = "spelling_corrected",
        NewNameOrAddress = "new_name_or_address",
        Completed = "completed",
    }
}

impl IdentityChange {
    pub fn label(self) -> &'static str {
        match self {
            IdentityChange::SpellingCorrected => "The spelling was wrong",
            IdentityChange::NewNameOrAddress => "The same person has a new name, address, number or company",
            IdentityChange::Completed => "Something was missing about the same person",
        }
    }
}

/// Why a lead was not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    #[error("there is no such lead")]
    NotFound,
    #[error("somebody else changed the lead meanwhile")]
    ChangedMeanwhile,
    #[error("it changes who a confirmed lead is, without a reason")]
    IdentityNeedsReason,
    /// The lead is on hold, and this partner, which opened it, would read the change of these fields.
    #[error("a partner would read what may not be passed on")]
    ReachesPartner { partner: String, fields: String },
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

/// Corrects a lead, if it is still the one of version `seen`. Its permission stays what it is. What a partner that
/// opened the lead reads of the change is a disclosure: it is written down, and of a lead on hold it is refused.
pub fn edit(
    tx: &mut Tx<'_>,
    scope: &StaffScope,
    lead: LeadId,
    draft: &LeadDraft,
    identity_change: Option<IdentityChange>,
    seen: i64,
    now: UtcTime,
) -> Result<(), EditError> {
    // In the order of the gate: tracking that is turned on at the same time is seen here, or waits for us.
    let settings = settings::hold(tx)?;
    let locked = lock(tx, lead)?.ok_or(EditError::NotFound)?;
    if locked.lock_version != seen + 1 {
        return Err(EditError::ChangedMeanwhile);
    }
    let before = staff::input_of(tx, lead)?;
    let changed = changed_fields(&before, draft.input());
    if changed.is_empty() {
        return Ok(());
    }
    let mut detail = changed.join(" ");
    if locked.has_confirmation && changed.iter().any(|field| IDENTITY.contains(field)) {
        let reason = identity_change.ok_or(EditError::IdentityNeedsReason)?;
        detail = format!("{detail}; {}", reason.as_str());
    }
    let released = released(&changed);
    let reader = if released.is_empty() { None } else { reader(tx, lead)? };
    if let Some((_, partner)) = &reader
        && !locked.has_confirmation
        && settings.track_permission
    {
        return Err(EditError::ReachesPartner {
            partner: partner.clone(),
            fields: released,
        });
    }
    tx.unindex_lead(lead.get())?;
    diesel::update(leads::table.find(lead))
        .set(Content::of(draft, now))
        .execute(&mut **tx)?;
    tx.index_lead(lead.get())?;
    if let Some((reader, _)) = &reader {
        disclosures::record_fields(tx, Disclosure::Updated, &released, lead, reader, now)?;
    }
    let subject = Subject::lead(lead, &locked.reference);
    audit::record(tx, scope.actor(), Act::LeadEdited, &subject, &detail, now)?;
    Ok(())
}

/// Writes down that these fields of a lead on hold were not changed. Its own transaction calls this: the refused one was
/// rolled back.
pub fn record_refusal(
    tx: &mut Tx<'_>,
    scope: &StaffScope,
    lead: LeadId,
    fields: &str,
    now: UtcTime,
) -> QueryResult<()> {
    let Some(reference) = reference_of(tx, lead)? else {
        return Ok(());
    };
    let subject = Subject::lead(lead, &reference);
    audit::record(tx, scope.actor(), Act::EditRefused, &subject, fields, now)
}

/// Who has opened the lead and has it still, with the name of the partner. A lead that was opened before it was moved to
/// a colleague counts: the partner has the data, and opens it anew.
fn reader(tx: &mut Tx<'_>, lead: LeadId) -> QueryResult<Option<(Receiver, String)>> {
    let held = assignments::table
        .inner_join(partners::table)
        .filter(assignments::lead_id.eq(lead))
        .filter(assignments::ended_at.is_null())
        .filter(assignments::opened_at.is_not_null().or(assignments::was_opened))
        .select((
            assignments::id,
            assignments::partner_id,
            assignments::user_id,
            partners::name,
        ))
        .first(&mut **tx)
        .optional()?;
    Ok(held.map(|(assignment, partner, user, name)| {
        let receiver = Receiver {
            assignment,
            partner,
            user,
        };
        (receiver, name)
    }))
}

/// Those of these fields that an opened lead shows to its partner, parted by spaces.
fn released(changed: &[&str]) -> String {
    let shown: Vec<&str> = Disclosure::Opened
        .fields()
        .split(' ')
        .filter(|field| changed.contains(field))
        .collect();
    shown.join(" ")
}

/// The names of the fields in which two inputs differ; only names go to the audit log.
fn changed_fields(before: &LeadInput, after: &LeadInput) -> Vec<&'static str> {
    let pairs = [
        ("first_name", &before.first_name, &after.first_name),
        ("last_name", &before.last_name, &after.last_name),
        ("email", &before.email, &after.email),
        ("phone", &before.phone, &after.phone),
        ("company", &before.company, &after.company),
        ("job_title", &before.job_title, &after.job_title),
        ("street", &before.street, &after.street),
        ("city", &before.city, &after.city),
        ("postal_code", &before.postal_code, &after.postal_code),
        ("region", &before.region, &after.region),
        ("country", &before.country, &after.country),
        ("product", &before.product, &after.product),
        ("source", &before.source, &after.source),
        ("need", &before.need, &after.need),
        ("internal_note", &before.internal_note, &after.internal_note),
    ];
    pairs
        .into_iter()
        .filter(|(_, old, new)| old != new)
        .map(|(name, _, _)| name)
        .collect()
}
