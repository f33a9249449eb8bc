//! Pages for staff.

pub mod home;
pub mod leads;
