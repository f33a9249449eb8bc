//! What the own partner wrote about a lead, whoever of it had the lead then.

use diesel::prelude::*;

use super::keys;
use crate::db::DbConn;
use crate::db::schema::{partner_notes, users};
use crate::db::types::{Reference, UtcTime};
use crate::domain::access::PartnerScope;

/// The newest notes that a page shows.
pub const SHOWN: i64 = 100;

/// One note of the timeline.
#[derive(Clone, Queryable)]
pub struct PartnerNote {
    pub body: String,
    /// Who wrote it; nobody where it was not written down.
    pub author: Option<String>,
    pub written_at: UtcTime,
}

/// The notes on an opened lead that this person may see now, newest first.
pub fn of_lead(conn: &mut DbConn, scope: &PartnerScope, reference: &Reference) -> QueryResult<Vec<PartnerNote>> {
    let Some(visible) = keys(conn, scope, reference)?.filter(|visible| visible.opened_at.is_some()) else {
        return Ok(Vec::new());
    };
    partner_notes::table
        .left_join(users::table)
        .filter(partner_notes::lead_id.eq(visible.lead))
        .filter(partner_notes::partner_id.eq(scope.partner()))
        .select((partner_notes::body, users::name.nullable(), partner_notes::written_at))
        .order(partner_notes::id.desc())
        .limit(SHOWN)
        .load(conn)
}
