//! Whether everybody at a partner must have a second factor; it holds from the next request on (ASVS 5.0 V6.3.3).

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use crate::db::schema::{partners, second_factors, users};
use crate::db::types::{PartnerId, Reference, UtcTime};
use crate::db::{DbConn, Tx};
use crate::domain::access::{AdminScope, StaffScope};
use crate::domain::accounts::UserState;
use crate::domain::audit::{self, Act, Subject};

/// Why the duty was not changed.
#[derive(Debug, thiserror::Error)]
pub enum DutyError {
    #[error("there is no such partner")]
    Unknown,
    #[error("somebody else changed this partner meanwhile")]
    ChangedMeanwhile,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

/// How many who can sign in for a partner have no second factor.
pub fn count_without(conn: &mut DbConn, _scope: &StaffScope, partner: PartnerId) -> QueryResult<i64> {
    let factor = second_factors::table.filter(second_factors::user_id.eq(users::id));
    users::table
        .filter(users::partner_id.eq(partner))
        .filter(users::state.eq(UserState::Active))
        .filter(not(exists(factor)))
        .count()
        .get_result(conn)
}

/// Makes the second factor a duty of everybody at a partner, or their own choice. `seen` is the version of the partner
/// that the form showed; saving what is set already changes nothing.
///
/// # Errors
/// There is no such partner, or somebody else was faster.
pub fn require(
    tx: &mut Tx<'_>,
    scope: &AdminScope,
    reference: &Reference,
    is_required: bool,
    seen: i64,
    now: UtcTime,
) -> Result<(), DutyError> {
    let (partner, was_required, version) = partners::table
        .filter(partners::reference.eq(reference))
        .select((partners::id, partners::second_factor_required, partners::lock_version))
        .first::<(PartnerId, bool, i64)>(&mut **tx)
        .optional()?
        .ok_or(DutyError::Unknown)?;
    if version != seen {
        return Err(DutyError::ChangedMeanwhile);
    }
    if was_required == is_required {
        return Ok(());
    }
    let saved = diesel::update(partners::table.find(partner).filter(partners::lock_version.eq(seen)))
        .set((
            partners::second_factor_required.eq(is_required),
            partners::lock_version.eq(partners::lock_version + 1),
        ))
        .execute(&mut **tx)?;
    if saved == 0 {
        return Err(DutyError::ChangedMeanwhile);
    }
    let detail = if is_required {
        "second_factor_required: off -> on"
    } else {
        "second_factor_required: on -> off"
    };
    let subject = Subject::partner(partner, reference);
    audit::record(tx, scope.actor(), Act::PartnerSecurityChanged, &subject, detail, now)?;
    Ok(())
}
