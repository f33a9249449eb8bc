//! Trying once more to send what waits or failed.

use actix_web::web::Path;

use super::{reference, told};
use crate::domain::outbox::list;
use crate::web::extract::Admin;
use crate::web::flash::Notice;
use crate::web::respond::{Answer, see_other_with};

/// `POST /outbox/{reference}/retry`
pub async fn create(admin: Admin, path: Path<String>) -> Answer {
    let message = reference(&path)?;
    match admin
        .write(move |tx, scope, now| list::retry(tx, scope, &message, now))
        .await?
    {
        Ok(()) => see_other_with("/outbox", Notice::MessageRetried),
        Err(error) => Err(told(error)),
    }
}

/// `POST /outbox/failed/retry`: everything that failed.
pub async fn create_all(admin: Admin) -> Answer {
    let count = admin.write(list::retry_failed).await??;
    see_other_with("/outbox", Notice::MessagesRetried(count as u64))
}
