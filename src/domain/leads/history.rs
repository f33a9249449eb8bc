//! What happened to a lead, for staff: read from the audit log.

use diesel::prelude::*;

use crate::db::DbConn;
use crate::db::schema::{audit_events, users};
use crate::db::types::{LeadId, UtcTime};
use crate::domain::access::StaffScope;
use crate::domain::audit::{Act, Subject};

/// The newest entries that a lead page shows.
const SHOWN: i64 = 200;

/// One act on a lead.
#[derive(Debug, Clone, Queryable)]
pub struct HistoryEntry {
    pub act: Act,
    /// Who did it; none when the program did.
    pub actor: Option<String>,
    pub detail: String,
    pub happened_at: UtcTime,
}

/// The acts on a lead, newest first.
pub fn of_lead(conn: &mut DbConn, _scope: &StaffScope, lead: LeadId) -> QueryResult<Vec<HistoryEntry>> {
    audit_events::table
        .left_join(users::table)
        .filter(audit_events::subject.eq(Subject::LEAD))
        .filter(audit_events::subject_id.eq(lead.get()))
        .select((
            audit_events::action,
            users::name.nullable(),
            audit_events::detail,
            audit_events::happened_at,
        ))
        .order(audit_events::id.desc())
        .limit(SHOWN)
        .load(conn)
}
