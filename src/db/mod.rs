//! The way to the database: connections, lanes, transactions and the types that rows are made of. Nothing here knows a lead.

mod backend;
mod lanes;
mod migrations;
pub mod page;
pub mod schema;
mod tx;
pub mod types;

pub use diesel::result::Error;

pub use backend::{
    Connector, DbBackend, DbConn, IsAmong, LeadCondition, OpenError, PutAway, Rule, SearchIndex, Statements, has_email,
    has_phone, last_update, review_list, search_condition, update_kept, user_search_condition, violated,
    without_values,
};
pub(crate) use backend::{lock_shared, on_backend};
pub use lanes::memory::remembered;
pub use lanes::{LaneError, Lanes, LanesConfig};
pub use migrations::{MigrationError, is_current, migrate, revert_all};
pub use tx::{Tx, write};
