//! Leads, for staff: one file for each thing that can be done with them.

pub mod index;
