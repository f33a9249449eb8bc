//! Pages for administrators.
