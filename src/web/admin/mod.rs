//! Pages for administrators.

pub mod settings;
