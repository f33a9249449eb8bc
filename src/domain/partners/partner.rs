//! Partner companies.

use std::collections::BTreeSet;

use diesel::prelude::*;

use crate::db::schema::partners;
use crate::db::types::{PartnerId, Reference, UtcTime};
use crate::db::{DbConn, Rule, Tx, lock_shared, remembered, violated};
use crate::domain::access::{Actor, StaffScope};
use crate::domain::audit::{self, Act, Subject};
use crate::domain::countries::Country;
use crate::domain::text::search_key;
use crate::text_enum;

text_enum! {
    /// Whether a partner receives leads and its people may come in.
    pub enum PartnerState {
        Active = "active",
        Suspended = "suspended",
    }
}

impl PartnerState {
    /// The state in words for people.
    pub fn label(self) -> &'static str {
        match self {
            PartnerState::Active => "Active",
            PartnerState::Suspended => "Suspended",
        }
    }
}

/// A company that sells for the vendor.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = partners)]
pub struct Partner {
    pub id: PartnerId,
    pub reference: Reference,
    pub name: String,
    pub country: String,
    pub state: PartnerState,
}

/// Name and state of a partner, which stay as they are until the transaction ends; `None` when there is none.
pub fn hold(tx: &mut Tx<'_>, partner: PartnerId) -> QueryResult<Option<(String, PartnerState)>> {
    lock_shared!(
        &mut **tx,
        partners::table.find(partner).select((partners::name, partners::state))
    )
    .optional()
}

/// Why a partner can't be made.
#[derive(Debug, thiserror::Error)]
pub enum CreatePartnerError {
    #[error("there is a partner with this name already")]
    NameTaken,
    #[error(transparent)]
    Database(diesel::result::Error),
}

impl From<diesel::result::Error> for CreatePartnerError {
    fn from(error: diesel::result::Error) -> Self {
        match violated(&error) {
            Some(Rule::NameTaken) => CreatePartnerError::NameTaken,
            _ => CreatePartnerError::Database(error),
        }
    }
}

/// Makes a partner that can receive leads at once.
pub fn create(
    tx: &mut Tx<'_>,
    actor: &Actor,
    name: &str,
    country: Country,
    now: UtcTime,
) -> Result<PartnerId, CreatePartnerError> {
    let reference = Reference::random();
    let id: PartnerId = diesel::insert_into(partners::table)
        .values((
            partners::reference.eq(&reference),
            partners::name.eq(name),
            partners::search_text.eq(search_key(name)),
            partners::country.eq(country.code()),
            partners::state.eq(PartnerState::Active),
            partners::created_at.eq(now),
        ))
        .returning(partners::id)
        .get_result(&mut **tx)?;
    audit::record(
        tx,
        actor,
        Act::PartnerCreated,
        &Subject::partner(id, &reference),
        "",
        now,
    )?;
    Ok(id)
}

/// Every partner by name, for filters.
pub fn all(conn: &mut DbConn, _scope: &StaffScope) -> QueryResult<Vec<Partner>> {
    remembered(conn, All, |conn| {
        partners::table
            .select(Partner::as_select())
            .order((partners::name, partners::id))
            .limit(1_000)
            .load(conn)
    })
}

/// Those of these partners that are not among `known`: as good as never there are any.
pub fn others(
    conn: &mut DbConn,
    _scope: &StaffScope,
    known: &[Partner],
    ids: impl Iterator<Item = PartnerId>,
) -> QueryResult<Vec<Partner>> {
    let missing: BTreeSet<PartnerId> = ids.filter(|id| known.iter().all(|partner| partner.id != *id)).collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    partners::table
        .filter(partners::id.eq_any(missing))
        .select(Partner::as_select())
        .load(conn)
}

/// A question that is remembered.
#[derive(PartialEq, Eq, Hash)]
struct All;
