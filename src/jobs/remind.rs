//! Reminding partners of what they have not answered.

use crate::app::AppState;
use crate::db::{Error, LaneError, without_values};
use crate::domain::access::SystemScope;
use crate::domain::destroy_tasks;

/// Queues the messages that are due by now.
pub async fn round(state: &AppState) {
    match remind(state).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => log::error!("reminding failed: {}", without_values(&error)),
        Err(error) => log::warn!("reminding waits: {error}"),
    }
}

async fn remind(state: &AppState) -> Result<Result<(), Error>, LaneError> {
    loop {
        let now = state.now();
        // Asked by a reader first, so that a round with nothing to do costs no transaction.
        match state.lanes().read(move |conn| destroy_tasks::is_due(conn, now)).await? {
            Ok(true) if !state.is_stopping() => {}
            Ok(_) => return Ok(Ok(())),
            Err(error) => return Ok(Err(error)),
        }
        let work = move |tx: &mut crate::db::Tx<'_>| destroy_tasks::remind(tx, &SystemScope::new("reminders"), now);
        if let Err(error) = state.lanes().write(work).await? {
            return Ok(Err(error));
        }
    }
}
