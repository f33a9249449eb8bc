//! Settings: the overview, the module settings of lead distribution, the versions of the confirmation text.

pub mod closing;
pub mod deadlines;
pub mod module;
pub mod overview;
pub mod recipients;
pub mod security;
pub mod texts;
