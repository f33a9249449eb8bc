//! Pages for anybody.

pub mod health;
pub mod sessions;
