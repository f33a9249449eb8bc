//! People who sign in: their roles, their passwords.

pub mod one_time_link;
pub mod password;
pub mod sign_in;
mod user;

pub use user::{CreateUserError, NewUser, Role, User, UserState, create, find_by_email};
