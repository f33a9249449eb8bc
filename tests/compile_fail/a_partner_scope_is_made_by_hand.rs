// error[E0624]
//! Making the scope of a partner without a session.
use leadgate::db::types::{PartnerId, UserId};
use leadgate::domain::access::{Origin, PartnerScope};

pub fn program(user: UserId, partner: PartnerId) -> PartnerScope {
    PartnerScope::new(user, partner, true, Origin::default())
}
