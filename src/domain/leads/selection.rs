//! Leads that were selected in a list, with what staff must know of them before they act on all of them.

use diesel::prelude::*;

use super::LeadStatus;
use super::staff::title;
use crate::db::DbConn;
use crate::db::schema::{assignments, leads, partners};
use crate::db::types::{LeadId, Reference};
use crate::domain::access::StaffScope;

/// How many leads one selection may have.
pub const LARGEST: usize = 500;

/// One of the selected leads.
#[derive(Clone, Queryable)]
pub struct SelectedLead {
    pub id: LeadId,
    pub reference: Reference,
    first_name: String,
    last_name: String,
    company: String,
    pub status: LeadStatus,
    pub has_confirmation: bool,
    /// The partner that has it now.
    pub partner: Option<String>,
    pub lock_version: i64,
}

impl SelectedLead {
    /// `Anna Öberg, Nordlicht GmbH`, or what there is of it.
    pub fn title(&self) -> String {
        title(&self.first_name, &self.last_name, &self.company)
    }
}

/// Those of these leads that exist, in the order in which locks are taken.
pub fn find(conn: &mut DbConn, _scope: &StaffScope, references: &[Reference]) -> QueryResult<Vec<SelectedLead>> {
    leads::table
        .left_join(partners::table)
        .filter(leads::reference.eq_any(references))
        .select((
            leads::id,
            leads::reference,
            leads::first_name,
            leads::last_name,
            leads::company,
            leads::status,
            leads::has_confirmation,
            partners::name.nullable(),
            leads::lock_version,
        ))
        .order(leads::id)
        .limit(LARGEST as i64)
        .load(conn)
}

/// The names of the partners that ever had any of these leads.
pub fn holders(conn: &mut DbConn, _scope: &StaffScope, leads: &[LeadId]) -> QueryResult<Vec<String>> {
    assignments::table
        .inner_join(partners::table)
        .filter(assignments::lead_id.eq_any(leads))
        .select(partners::name)
        .distinct()
        .order(partners::name)
        .limit(LARGEST as i64)
        .load(conn)
}
