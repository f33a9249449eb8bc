//! The schema: what both migration folders make, and whether they make the same.

mod columns;
mod shape;
mod steps;

pub use columns::of_leads;
pub use shape::columns;
