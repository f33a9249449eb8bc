//! Pages for anybody.

pub mod forgotten_password;
pub mod health;
pub mod reset_password;
pub mod second_factor;
pub mod sessions;
