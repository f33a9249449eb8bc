//! Mail: what a message looks like, and how it travels. Knows no database and no request.

pub mod config;
pub mod memory;
pub mod render;
pub mod smtp;

use std::future::Future;
use std::pin::Pin;

use crate::db::types::UtcTime;

pub use config::MailConfig;
pub use memory::MemoryMailer;
pub use smtp::SmtpMailer;

/// A message that is ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// The left side of the `Message-ID`; the same for every attempt.
    pub reference: String,
    pub to_name: String,
    pub to_address: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub written_at: UtcTime,
}

/// Why a message was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The mail server can't be talked to; the same would happen to the next message.
    #[error("the mail server can't be reached: {0}")]
    Unreachable(String),
    /// It did not take this message now.
    #[error("the mail server did not take the message: {0}")]
    Temporary(String),
    /// It will never take this message.
    #[error("the mail server refused the message: {0}")]
    Permanent(String),
}

/// What a sending comes to, later.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), SendError>> + Send + 'a>>;

/// Something that takes messages and brings them to their recipients.
pub trait Mailer: Send + Sync {
    fn send<'a>(&'a self, email: &'a Email) -> Sending<'a>;
}
