//! The row lock that every act on a lead begins with, and the number by which an edit form knows that it is stale.

use diesel::prelude::*;

use super::LeadStatus;
use crate::db::schema::leads;
use crate::db::types::{LeadId, PartnerId, Reference};
use crate::db::{Tx, update_kept};

/// A lead that stays as it is until this transaction ends.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = leads)]
pub struct LockedLead {
    pub reference: Reference,
    pub status: LeadStatus,
    pub partner_id: Option<PartnerId>,
    pub has_confirmation: bool,
    /// The number after this lock was taken.
    pub lock_version: i64,
}

/// Locks a lead; `None` when there is none.
pub fn lock(tx: &mut Tx<'_>, lead: LeadId) -> QueryResult<Option<LockedLead>> {
    update_kept(leads::table.find(lead), leads::lock_version.eq(leads::lock_version + 1))
        .returning((
            leads::reference,
            leads::status,
            leads::partner_id,
            leads::has_confirmation,
            leads::lock_version,
        ))
        .get_result(&mut **tx)
        .optional()
}

/// What a lead is called, for what leaves it as it is: a form that was open goes on.
pub fn reference_of(tx: &mut Tx<'_>, lead: LeadId) -> QueryResult<Option<Reference>> {
    leads::table
        .find(lead)
        .select(leads::reference)
        .first(&mut **tx)
        .optional()
}
