//! The ledger of disclosures: who received or saw which lead's data, when, how, under which confirmation
//! (GDPR Art. 5(2), 15(1)(c), 30). Append-only; it outlives the lead and holds nothing of it but its reference.

use diesel::prelude::*;

use crate::db::Tx;
use crate::db::schema::{confirmation_texts, confirmations, disclosures, leads};
use crate::db::types::{AssignmentId, LeadId, PartnerId, Reference, UserId, UtcTime};
use crate::domain::permission::Ground;
use crate::text_enum;

text_enum! {
    /// How the data came to the partner.
    pub enum Disclosure {
        /// The lead waits in the portal with what identifies nobody.
        Assigned = "assigned",
        /// A partner user opened it and saw the released fields.
        Opened = "opened",
    }
}

impl Disclosure {
    /// Whether it showed who the lead is.
    pub fn identifies(self) -> bool {
        match self {
            Disclosure::Assigned => false,
            Disclosure::Opened => true,
        }
    }

    /// The fields that this kind of disclosure shows, as they are named in the schema.
    pub fn fields(self) -> &'static str {
        match self {
            Disclosure::Assigned => "country product",
            Disclosure::Opened => {
                "first_name last_name email phone company job_title street city postal_code region country product need"
            }
        }
    }
}

/// Writes a disclosure down, in the transaction of the act that makes it, with the confirmation that it rests on.
pub fn record(
    tx: &mut Tx<'_>,
    kind: Disclosure,
    lead: LeadId,
    assignment: AssignmentId,
    partner: PartnerId,
    user: Option<UserId>,
    now: UtcTime,
) -> QueryResult<()> {
    let lead_reference: Reference = leads::table.find(lead).select(leads::reference).first(&mut **tx)?;
    let basis: Option<(i64, Ground, Option<i64>)> = confirmations::table
        .left_join(confirmation_texts::table)
        .filter(confirmations::lead_id.eq(lead))
        .select((
            confirmations::id,
            confirmations::ground,
            confirmation_texts::version.nullable(),
        ))
        .first(&mut **tx)
        .optional()?;
    let (confirmation, ground, text_version) = match basis {
        Some((id, ground, version)) => (Some(id), Some(ground), version),
        None => (None, None, None),
    };
    diesel::insert_into(disclosures::table)
        .values((
            disclosures::lead_id.eq(lead),
            disclosures::lead_reference.eq(lead_reference),
            disclosures::assignment_id.eq(assignment),
            disclosures::partner_id.eq(partner),
            disclosures::user_id.eq(user),
            disclosures::act.eq(kind),
            disclosures::fields.eq(kind.fields()),
            disclosures::confirmation_id.eq(confirmation),
            disclosures::ground.eq(ground),
            disclosures::text_version.eq(text_version),
            disclosures::disclosed_at.eq(now),
        ))
        .execute(&mut **tx)
        .map(|_| ())
}
