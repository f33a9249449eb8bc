//! Leads that may be the same person: the same e-mail address or phone number. For staff only, and permission is never
//! taken from one to another.

use diesel::prelude::*;

use super::staff::title;
use super::{LeadInput, intake};
use crate::db::schema::{leads, users};
use crate::db::types::{LeadId, Reference, UtcTime};
use crate::db::{DbBackend, DbConn, has_email, has_phone};
use crate::domain::access::StaffScope;
use crate::domain::text::search_key;

/// At most so many are shown.
const SHOWN: i64 = 5;

/// A lead with the same address or number.
#[derive(Clone)]
pub struct RelatedLead {
    pub reference: Reference,
    pub title: String,
    pub created_by: Option<String>,
    pub created_at: UtcTime,
}

/// The newest leads that share the e-mail address or the phone number of `lead`, but not the lead `itself`.
pub fn find(
    conn: &mut DbConn,
    _scope: &StaffScope,
    lead: &LeadInput,
    itself: Option<LeadId>,
) -> QueryResult<Vec<RelatedLead>> {
    let (email, phone) = (search_key(&lead.email), intake::phone_key(&lead.phone));
    let itself = itself.unwrap_or(LeadId::new(0));
    let same_email = leads::email_key.eq(email.clone()).and(has_email());
    let same_phone = leads::phone_key.eq(phone.clone()).and(has_phone());
    let others = leads::table
        .left_join(users::table.on(leads::created_by.eq(users::id.nullable())))
        .filter(leads::id.ne(itself))
        .select((
            leads::reference,
            leads::first_name,
            leads::last_name,
            leads::company,
            users::name.nullable(),
            leads::created_at,
        ))
        .order(leads::id.desc())
        .limit(SHOWN)
        .into_boxed::<DbBackend>();
    // What is empty stands in no index, and a planner that expects many such leads reads the whole table for them.
    let related = match (email.is_empty(), phone.is_empty()) {
        (true, true) => return Ok(Vec::new()),
        (false, true) => others.filter(same_email),
        (true, false) => others.filter(same_phone),
        (false, false) => others.filter(same_email.or(same_phone)),
    };
    let rows: Vec<(Reference, String, String, String, Option<String>, UtcTime)> = related.load(conn)?;
    Ok(rows
        .into_iter()
        .map(
            |(reference, first_name, last_name, company, created_by, created_at)| RelatedLead {
                reference,
                title: title(&first_name, &last_name, &company),
                created_by,
                created_at,
            },
        )
        .collect())
}
