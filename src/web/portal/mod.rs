//! Pages for partners. Nothing here names a staff scope, a staff view of a lead, or permission.

pub mod notices;
