//! Pages for anybody.

pub mod first_run;
pub mod forgotten_password;
pub mod health;
pub mod invitations;
mod new_password;
pub mod reset_password;
pub mod second_factor;
pub mod sessions;
