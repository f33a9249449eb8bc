//! Pages for partners. Nothing here can name what a partner may not see.

pub mod attachments;
pub mod home;
pub mod leads;
pub mod notices;
pub mod people;
pub mod tasks;
