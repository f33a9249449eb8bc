//! What the filters of the lists offer: only what stands in leads that this person sees.

use std::collections::BTreeSet;

use diesel::prelude::*;

use crate::db::schema::{partner_leads, users};
use crate::db::types::{PartnerId, Reference, UserId};
use crate::db::{DbConn, remembered};
use crate::domain::access::PartnerScope;

/// So many of the newest leads are looked through for products and countries.
const LOOKED_THROUGH: i64 = 500;

/// So many colleagues are offered.
const COLLEAGUES: i64 = 200;

#[derive(Debug, Clone, Default)]
pub struct Choices {
    pub products: BTreeSet<String>,
    /// Their codes.
    pub countries: BTreeSet<String>,
    /// Everybody at the partner, for managers alone.
    pub colleagues: Vec<Colleague>,
}

#[derive(Debug, Clone, Queryable)]
pub struct Colleague {
    pub id: UserId,
    pub reference: Reference,
    pub name: String,
}

/// A question that is remembered: for whom.
#[derive(PartialEq, Eq, Hash)]
struct For(PartnerId, UserId, bool);

/// What can be chosen by this person at the moment.
pub fn choices(conn: &mut DbConn, scope: &PartnerScope) -> QueryResult<Choices> {
    let person = For(scope.partner(), scope.user(), scope.is_manager());
    remembered(conn, person, |conn| read(conn, scope))
}

fn read(conn: &mut DbConn, scope: &PartnerScope) -> QueryResult<Choices> {
    let found = scope
        .leads()
        .select((partner_leads::product, partner_leads::country))
        .order((partner_leads::assigned_at.desc(), partner_leads::assignment_id.desc()))
        .limit(LOOKED_THROUGH)
        .load::<(String, String)>(conn)?;
    let (mut products, mut countries): (BTreeSet<_>, BTreeSet<_>) = found.into_iter().unzip();
    products.remove("");
    countries.remove("");
    let colleagues = if scope.is_manager() {
        users::table
            .filter(users::partner_id.eq(scope.partner()))
            .select((users::id, users::reference, users::name))
            .order((users::name.asc(), users::id.asc()))
            .limit(COLLEAGUES)
            .load(conn)?
    } else {
        Vec::new()
    };
    Ok(Choices {
        products,
        countries,
        colleagues,
    })
}
