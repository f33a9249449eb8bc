//! People who sign in: their roles, their passwords.

pub mod colleagues;
pub mod directory;
pub mod first_run;
pub mod invitation;
pub mod one_time_link;
pub mod own;
pub mod password;
pub mod password_reset;
pub mod password_rules;
mod person;
pub mod second_factor;
pub mod security_settings;
pub mod sign_in;
pub mod suspension;
pub mod throttle;
pub mod time_zone;
mod user;

pub use person::{Invitation, PersonDraft, PersonError, PersonInput, edit, invite};
pub use user::{CreateUserError, NewUser, Role, User, UserState, create, email_key, find_by_email, find_by_reference};
