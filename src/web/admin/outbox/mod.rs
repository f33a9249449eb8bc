//! The outbox: what is on its way by mail, and what can be done where it is stuck.

pub mod bounces;
pub mod cancellations;
pub mod index;
pub mod retries;
pub mod tests;

use crate::db::types::Reference;
use crate::domain::outbox::list::MessageError;
use crate::web::error::WebError;

fn reference(text: &str) -> Result<Reference, WebError> {
    Reference::parse(text).ok_or(WebError::NotFound)
}

/// What an administrator is told when nothing was done with a message.
fn told(error: MessageError) -> WebError {
    match error {
        MessageError::NotFound => WebError::NotFound,
        MessageError::Settled => WebError::conflict(
            "This message needs nothing more",
            "It is being sent at this moment, or it was sent or cancelled meanwhile.",
            "/outbox",
            "Back to the outbox",
        ),
        MessageError::NotSent => WebError::conflict(
            "This message can't have come back",
            "Only a message that was sent by itself can come back. This one was not sent, or failed already.",
            "/outbox",
            "Back to the outbox",
        ),
        MessageError::Database(error) => error.into(),
    }
}
