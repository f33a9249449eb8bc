//! Noting that a message came back which a mail server had taken.

use actix_web::web::Path;

use super::{reference, told};
use crate::domain::outbox::list;
use crate::web::extract::Admin;
use crate::web::flash::Notice;
use crate::web::respond::{Answer, see_other_with};

/// `POST /outbox/{reference}/bounce`
pub async fn create(admin: Admin, path: Path<String>) -> Answer {
    let message = reference(&path)?;
    match admin
        .write(move |tx, scope, now| list::bounce(tx, scope, &message, now))
        .await?
    {
        Ok(()) => see_other_with("/outbox", Notice::MessageBounced),
        Err(error) => Err(told(error)),
    }
}
