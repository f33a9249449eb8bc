// error[E0624]
//! Making the scope of staff without a session.
use leadgate::db::types::UserId;
use leadgate::domain::access::{Origin, StaffScope};

pub fn program(user: UserId) -> StaffScope {
    StaffScope::new(user, Origin::default())
}
