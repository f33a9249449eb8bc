//! What the own partner wrote about a lead, whoever of it had the lead then, and what the vendor wrote to its holder.

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
    pub is_from_vendor: bool,
}

/// Whether the vendor wrote to the holder of a lead that waits; it is read once the lead is opened.
pub fn is_written_to(conn: &mut DbConn, scope: &PartnerScope, reference: &Reference) -> QueryResult<bool> {
    let Some(visible) = keys(conn, scope, reference)? else {
        return Ok(false);
    };
    let notes = partner_notes::table.filter(partner_notes::assignment_id.eq(visible.assignment));
    diesel::select(diesel::dsl::exists(notes)).get_result(conn)
}

/// The notes on an opened lead that this person may see now, newest first.
pub fn of_lead(conn: &mut DbConn, scope: &PartnerScope, reference: &Reference) -> QueryResult<Vec<PartnerNote>> {
    let Some(visible) = keys(conn, scope, reference)?.filter(|visible| visible.opened_at.is_some()) else {
        return Ok(Vec::new());
    };
    // Only the own partner's people are joined: who of the vendor wrote is not fetched.
    let own_people = users::id
        .nullable()
        .eq(partner_notes::author_id)
        .and(users::partner_id.eq(scope.partner()));
    partner_notes::table
        .left_join(users::table.on(own_people))
        .filter(partner_notes::lead_id.eq(visible.lead))
        .filter(partner_notes::partner_id.eq(scope.partner()))
        .filter(
            partner_notes::assignment_id
                .is_null()
                .or(partner_notes::assignment_id.eq(visible.assignment)),
        )
        .select((
            partner_notes::body,
            users::name.nullable(),
            partner_notes::written_at,
            partner_notes::assignment_id.is_not_null(),
        ))
        .order(partner_notes::id.desc())
        .limit(SHOWN)
        .load(conn)
}
