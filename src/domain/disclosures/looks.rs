//! Looks at an opened lead by whoever did not open it: a manager who reads the lead of a colleague, or its name in a
//! list. The first look of each person is a disclosure, written down before the person is answered.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{Basis, Disclosure, NewDisclosure, bases};
use crate::db::schema::disclosures;
use crate::db::types::{AssignmentId, LeadId, PartnerId, UserId, UtcTime};
use crate::db::{DbConn, Tx, on_backend};
use crate::domain::access::{AdminScope, ManagerScope, PartnerScope, Scope, StaffScope};

/// What the title of a lead shows.
pub(in crate::domain) const TITLE: &str = "first_name last_name company";

/// An opened lead of which something was read for somebody who did not open it.
#[derive(Debug, Clone)]
pub(in crate::domain) struct Look {
    pub lead: LeadId,
    pub assignment: AssignmentId,
    pub kind: Disclosure,
    /// The fields that are shown, parted by spaces.
    pub fields: &'static str,
}

/// The first time that a person sees these fields of a lead.
#[derive(Debug)]
pub struct FirstLook {
    look: Look,
    partner: PartnerId,
    user: UserId,
    basis: Basis,
}

/// Scopes that know what was read through them.
pub trait Looks {
    /// What was read through this scope since it was asked last, as far as the person had not seen it before.
    fn first_looks(&self, conn: &mut DbConn) -> QueryResult<Vec<FirstLook>>;
}

/// Staff are no recipients: a lead does not leave the vendor with them.
impl Looks for StaffScope {
    fn first_looks(&self, _conn: &mut DbConn) -> QueryResult<Vec<FirstLook>> {
        Ok(Vec::new())
    }
}

impl Looks for AdminScope {
    fn first_looks(&self, conn: &mut DbConn) -> QueryResult<Vec<FirstLook>> {
        self.staff().first_looks(conn)
    }
}

impl Looks for PartnerScope {
    fn first_looks(&self, conn: &mut DbConn) -> QueryResult<Vec<FirstLook>> {
        let looks = self.take_looks();
        if looks.is_empty() {
            return Ok(Vec::new());
        }
        let mut known = known(conn, self, &looks)?;
        let mut new: Vec<Look> = Vec::new();
        for look in looks {
            let seen = known.entry(look.assignment).or_default();
            if !shows(seen, look.fields) {
                seen.push(look.fields.to_owned());
                new.push(look);
            }
        }
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let leads: Vec<LeadId> = new.iter().map(|look| look.lead).collect();
        let bases: HashMap<LeadId, Basis> = bases(conn, &leads)?.into_iter().map(|basis| (basis.0, basis)).collect();
        let first = new.into_iter().filter_map(|look| {
            Some(FirstLook {
                basis: bases.get(&look.lead)?.clone(),
                partner: self.partner(),
                user: self.user(),
                look,
            })
        });
        Ok(first.collect())
    }
}

impl Looks for ManagerScope {
    fn first_looks(&self, conn: &mut DbConn) -> QueryResult<Vec<FirstLook>> {
        self.leads_scope().first_looks(conn)
    }
}

impl Looks for Scope {
    fn first_looks(&self, conn: &mut DbConn) -> QueryResult<Vec<FirstLook>> {
        match self {
            Scope::Admin(scope) => scope.first_looks(conn),
            Scope::Staff(scope) => scope.first_looks(conn),
            Scope::Partner(scope) => scope.first_looks(conn),
        }
    }
}

/// Whether each of these fields stands in one of the lists.
fn shows(lists: &[String], fields: &str) -> bool {
    let is_in = |field: &str| lists.iter().any(|list| list.split(' ').any(|shown| shown == field));
    // Mostly the same page was seen before.
    lists.iter().any(|list| list == fields) || fields.split(' ').all(is_in)
}

/// The lists of fields, each parted by spaces, that the ledger says this person has seen, of each hand-over.
fn known(conn: &mut DbConn, scope: &PartnerScope, looks: &[Look]) -> QueryResult<HashMap<AssignmentId, Vec<String>>> {
    let assignments: Vec<AssignmentId> = looks.iter().map(|look| look.assignment).collect();
    let rows: Vec<(AssignmentId, String)> = disclosures::table
        .filter(disclosures::assignment_id.eq_any(assignments))
        .filter(disclosures::user_id.eq(scope.user()))
        .filter(disclosures::act.eq_any([
            Disclosure::Opened,
            Disclosure::Viewed,
            Disclosure::Listed,
            Disclosure::Downloaded,
        ]))
        .select((disclosures::assignment_id, disclosures::fields))
        .distinct()
        .load(conn)?;
    let mut known: HashMap<AssignmentId, Vec<String>> = HashMap::new();
    for (assignment, fields) in rows {
        known.entry(assignment).or_default().push(fields);
    }
    Ok(known)
}

/// Writes first looks down; of two requests at the same moment one does.
pub fn write_down(tx: &mut Tx<'_>, looks: &[FirstLook], now: UtcTime) -> QueryResult<()> {
    let rows: Vec<NewDisclosure<'_>> = looks
        .iter()
        .map(|first| {
            let (_, reference, confirmation, ground, version) = &first.basis;
            NewDisclosure {
                lead_id: first.look.lead,
                lead_reference: reference,
                assignment_id: first.look.assignment,
                partner_id: first.partner,
                user_id: Some(first.user),
                act: first.look.kind,
                fields: first.look.fields,
                confirmation_id: *confirmation,
                ground: *ground,
                text_version: *version,
                disclosed_at: now,
            }
        })
        .collect();
    on_backend!(&mut **tx, |conn| diesel::insert_into(disclosures::table)
        .values(&rows)
        .on_conflict_do_nothing()
        .execute(conn))?;
    Ok(())
}
