//! The cast: the people and companies of the demonstration, the tests and the README. All of them are made up.

use crate::db::Tx;
use crate::db::types::{PartnerId, UtcTime};
use crate::domain::access::SystemScope;
use crate::domain::accounts::{self, NewUser, Role, password};
use crate::domain::countries::Country;
use crate::domain::partners;

/// The password of everybody.
pub const PASSWORD: &str = "leadgate-demo-2026";

pub const ADA: &str = "ada@vendor.example";
pub const SOFIA: &str = "sofia@vendor.example";
pub const NORA: &str = "nora@northwind.example";
pub const NILS: &str = "nils@northwind.example";
pub const SAM: &str = "sam@southgate.example";

pub const KIM: &str = "kim@kestrel.example";
pub const AINO: &str = "aino@aurora.example";

/// Everybody who works at a partner.
pub const PARTNER_PEOPLE: [&str; 5] = [NORA, NILS, SAM, KIM, AINO];

/// Enters everybody of the cast.
///
/// # Errors
/// Somebody of them is there already.
pub fn enter(tx: &mut Tx<'_>, scope: &SystemScope, cost: password::Cost, now: UtcTime) -> anyhow::Result<()> {
    let northwind = partner(tx, scope, "Northwind", "SE", now)?;
    let southgate = partner(tx, scope, "Southgate", "GB", now)?;
    let kestrel = partner(tx, scope, "Kestrel Consulting", "NL", now)?;
    let aurora = partner(tx, scope, "Aurora IT", "FI", now)?;
    let hash = password::hash(PASSWORD, cost);
    let people = [
        (ADA, "Ada Berg", Role::Administrator, None),
        (SOFIA, "Sofia Lind", Role::Staff, None),
        (NORA, "Nora Lindqvist", Role::PartnerManager, Some(northwind)),
        (NILS, "Nils Holm", Role::PartnerMember, Some(northwind)),
        (SAM, "Sam Okafor", Role::PartnerManager, Some(southgate)),
        (KIM, "Kim Visser", Role::PartnerManager, Some(kestrel)),
        (AINO, "Aino Laine", Role::PartnerManager, Some(aurora)),
    ];
    for (email, name, role, partner) in people {
        let (email, name, password_hash) = (email.to_owned(), name.to_owned(), Some(hash.clone()));
        accounts::create(
            tx,
            scope.actor(),
            &NewUser {
                email,
                name,
                role,
                partner,
                password_hash,
            },
            now,
        )?;
    }
    Ok(())
}

fn partner(tx: &mut Tx<'_>, scope: &SystemScope, name: &str, country: &str, now: UtcTime) -> anyhow::Result<PartnerId> {
    let country = Country::parse(country).expect("the cast lives in countries of the list");
    Ok(partners::create(tx, scope.actor(), name, country, now)?)
}
