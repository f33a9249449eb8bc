//! The files of a lead, listed and read: by the partner whose they are while it holds the lead, and by staff.

use diesel::prelude::*;

use super::kind::Kind;
use crate::db::DbConn;
use crate::db::schema::{attachments, partners, users};
use crate::db::types::{LeadId, Reference, UtcTime};
use crate::domain::access::{PartnerScope, StaffScope};
use crate::domain::leads::partner;

/// So many files a page for staff lists.
const SHOWN: i64 = 200;

/// A file of a lead without its content.
#[derive(Clone, Queryable)]
pub struct Attachment {
    pub reference: Reference,
    pub title: String,
    pub kind: Kind,
    pub byte_count: i64,
    pub author: String,
    pub partner: String,
    pub attached_at: UtcTime,
}

#[diesel::dsl::auto_type]
fn listed() -> _ {
    (
        attachments::reference,
        attachments::title,
        attachments::kind,
        attachments::byte_count,
        users::name,
        partners::name,
        attachments::attached_at,
    )
}

/// The own partner's files of an opened lead that this person may see now, oldest first.
pub fn of_lead(conn: &mut DbConn, scope: &PartnerScope, lead: &Reference) -> QueryResult<Vec<Attachment>> {
    let Some(visible) = partner::keys(conn, scope, lead)?.filter(|visible| visible.opened_at.is_some()) else {
        return Ok(Vec::new());
    };
    attachments::table
        .inner_join(users::table)
        .inner_join(partners::table)
        .filter(attachments::lead_id.eq(visible.lead))
        .filter(attachments::partner_id.eq(scope.partner()))
        .select(listed())
        .order(attachments::id.asc())
        .limit(super::MOST_PER_LEAD)
        .load(conn)
}

/// Every partner's files of a lead.
pub fn of_lead_for_staff(conn: &mut DbConn, _scope: &StaffScope, lead: LeadId) -> QueryResult<Vec<Attachment>> {
    attachments::table
        .inner_join(users::table)
        .inner_join(partners::table)
        .filter(attachments::lead_id.eq(lead))
        .select(listed())
        .order(attachments::id.asc())
        .limit(SHOWN)
        .load(conn)
}

/// What is in a file.
#[derive(Queryable)]
pub struct Content {
    pub kind: Kind,
    pub bytes: Vec<u8>,
}

/// The content of a file of the own partner, while this person sees the opened lead that it belongs to.
pub fn content(conn: &mut DbConn, scope: &PartnerScope, attachment: &Reference) -> QueryResult<Option<Content>> {
    let own = || {
        attachments::table
            .filter(attachments::reference.eq(attachment))
            .filter(attachments::partner_id.eq(scope.partner()))
    };
    let lead: Option<LeadId> = own().select(attachments::lead_id).first(conn).optional()?;
    let Some(lead) = lead else { return Ok(None) };
    if partner::reference_of(conn, scope, lead)?.is_none() {
        return Ok(None);
    }
    own()
        .select((attachments::kind, attachments::content))
        .first(conn)
        .optional()
}

/// The content of any file.
pub fn staff_content(conn: &mut DbConn, _scope: &StaffScope, attachment: &Reference) -> QueryResult<Option<Content>> {
    attachments::table
        .filter(attachments::reference.eq(attachment))
        .select((attachments::kind, attachments::content))
        .first(conn)
        .optional()
}
