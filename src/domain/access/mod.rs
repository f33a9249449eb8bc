//! Who may do what: scopes, which every query starts from, and the session that alone makes them.

pub mod ending;
mod limits;
pub mod own_sessions;
pub mod scopes;
pub mod session;

pub use limits::SessionLimits;
pub use scopes::{Actor, AdminScope, ManagerScope, Origin, PartnerScope, Scope, StaffScope, SystemScope};
