//! Leads as a partner sees them: live, allowed at this moment, released columns only. Every query of the portal starts
//! at [`PartnerScope::leads`], which reads the view `partner_leads`; nothing else of a lead can be named from here.

use diesel::helper_types::IntoBoxed;
use diesel::prelude::*;

use crate::db::page::{Cursor, Direction, Page, ROWS};
use crate::db::schema::partner_leads;
use crate::db::types::{AssignmentId, LeadId, Reference, UserId, UtcTime};
use crate::db::{DbBackend, DbConn};
use crate::domain::access::PartnerScope;

/// A lead that waits to be opened: nothing that identifies anybody.
#[derive(Debug, Clone, Queryable)]
pub struct WaitingLead {
    pub reference: Reference,
    pub country: String,
    pub product: String,
    pub received_at: UtcTime,
}

/// An opened lead in a list.
#[derive(Clone, Queryable)]
pub struct PartnerLeadRow {
    pub reference: Reference,
    pub first_name: String,
    pub last_name: String,
    pub company: String,
    pub country: String,
    pub product: String,
    pub status_note: String,
    pub received_at: UtcTime,
    pub opened_at: Option<UtcTime>,
}

/// An opened lead with all that is released to the partner.
#[derive(Clone, Queryable)]
pub struct PartnerLead {
    pub reference: Reference,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub phone: String,
    pub company: String,
    pub job_title: String,
    pub street: String,
    pub city: String,
    pub postal_code: String,
    pub region: String,
    pub country: String,
    pub product: String,
    pub need: String,
    pub status_note: String,
    pub status_noted_at: Option<UtcTime>,
    pub received_at: UtcTime,
    pub opened_at: UtcTime,
}

/// What a partner finds under a reference.
#[derive(Clone)]
pub enum Seen {
    Waiting(WaitingLead),
    Opened(Box<PartnerLead>),
}

type Visible<'a> = IntoBoxed<'a, partner_leads::table, DbBackend>;

impl PartnerScope {
    /// The only way to leads from the portal: a manager's are the partner's, a member's are the own ones.
    pub(in crate::domain) fn leads<'a>(&self) -> Visible<'a> {
        let visible = partner_leads::table
            .filter(partner_leads::partner_id.eq(self.partner()))
            .into_boxed();
        if self.is_manager() {
            visible
        } else {
            visible.filter(partner_leads::user_id.eq(self.user()))
        }
    }
}

/// What an act on a lead needs to know of it.
#[derive(Debug, Clone, Queryable)]
pub(in crate::domain) struct VisibleKeys {
    pub lead: LeadId,
    pub assignment: AssignmentId,
    pub opened_by: Option<UserId>,
}

/// The keys of a lead that this person may see now.
pub(in crate::domain) fn keys(
    conn: &mut DbConn,
    scope: &PartnerScope,
    reference: &Reference,
) -> QueryResult<Option<VisibleKeys>> {
    scope
        .leads()
        .filter(partner_leads::reference.eq(reference))
        .select((
            partner_leads::lead_id,
            partner_leads::assignment_id,
            partner_leads::opened_by,
        ))
        .first(conn)
        .optional()
}

/// The leads that wait, longest waiting first, at most one page.
pub fn waiting(conn: &mut DbConn, scope: &PartnerScope) -> QueryResult<Vec<WaitingLead>> {
    scope
        .leads()
        .filter(partner_leads::opened_at.is_null())
        .select((
            partner_leads::reference,
            partner_leads::country,
            partner_leads::product,
            partner_leads::assigned_at,
        ))
        .order((partner_leads::assigned_at.asc(), partner_leads::assignment_id.asc()))
        .limit(ROWS)
        .load(conn)
}

/// The opened leads, last received first.
pub fn opened(conn: &mut DbConn, scope: &PartnerScope, cursor: Option<&Cursor>) -> QueryResult<Page<PartnerLeadRow>> {
    let mut query = scope.leads().filter(partner_leads::opened_at.is_not_null());
    let at = match cursor {
        Some(cursor) => scope
            .leads()
            .filter(partner_leads::reference.eq(&cursor.row))
            .select((partner_leads::assigned_at, partner_leads::assignment_id))
            .first::<(UtcTime, AssignmentId)>(conn)
            .optional()?,
        None => None,
    };
    let cursor = cursor.filter(|_| at.is_some());
    let backwards = cursor.is_some_and(|cursor| cursor.direction == Direction::Before);
    if let Some((time, id)) = at {
        let (assigned_at, assignment_id) = (partner_leads::assigned_at, partner_leads::assignment_id);
        query = if backwards {
            query
                .filter(assigned_at.ge(time))
                .filter(assigned_at.gt(time).or(assignment_id.gt(id)))
        } else {
            query
                .filter(assigned_at.le(time))
                .filter(assigned_at.lt(time).or(assignment_id.lt(id)))
        };
    }
    query = if backwards {
        query.order((partner_leads::assigned_at.asc(), partner_leads::assignment_id.asc()))
    } else {
        query.order((partner_leads::assigned_at.desc(), partner_leads::assignment_id.desc()))
    };
    let rows = query
        .select((
            partner_leads::reference,
            partner_leads::first_name,
            partner_leads::last_name,
            partner_leads::company,
            partner_leads::country,
            partner_leads::product,
            partner_leads::status_note,
            partner_leads::assigned_at,
            partner_leads::opened_at,
        ))
        .limit(ROWS + 1)
        .load::<PartnerLeadRow>(conn)?;
    Ok(Page::cut(rows, cursor, |row| &row.reference))
}

/// The lead with this reference, if this person may see it now.
pub fn find(conn: &mut DbConn, scope: &PartnerScope, reference: &Reference) -> QueryResult<Option<Seen>> {
    let opened = scope
        .leads()
        .filter(partner_leads::reference.eq(reference))
        .filter(partner_leads::opened_at.is_not_null())
        .select((
            partner_leads::reference,
            partner_leads::first_name,
            partner_leads::last_name,
            partner_leads::email,
            partner_leads::phone,
            partner_leads::company,
            partner_leads::job_title,
            partner_leads::street,
            partner_leads::city,
            partner_leads::postal_code,
            partner_leads::region,
            partner_leads::country,
            partner_leads::product,
            partner_leads::need,
            partner_leads::status_note,
            partner_leads::status_noted_at,
            partner_leads::assigned_at,
            partner_leads::opened_at.assume_not_null(),
        ))
        .first::<PartnerLead>(conn)
        .optional()?;
    if let Some(lead) = opened {
        return Ok(Some(Seen::Opened(Box::new(lead))));
    }
    let waiting = scope
        .leads()
        .filter(partner_leads::reference.eq(reference))
        .filter(partner_leads::opened_at.is_null())
        .select((
            partner_leads::reference,
            partner_leads::country,
            partner_leads::product,
            partner_leads::assigned_at,
        ))
        .first::<WaitingLead>(conn)
        .optional()?;
    Ok(waiting.map(Seen::Waiting))
}
