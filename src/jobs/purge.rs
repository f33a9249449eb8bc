//! Removing what ran out: sessions, links, counters of failures, and the memory of forms that were sent.

use crate::app::AppState;
use crate::db::{Error, LaneError};
use crate::domain::access::session;
use crate::domain::accounts::{one_time_link, throttle};
use crate::domain::submissions;

/// Removes what ran out by now.
pub async fn round(state: &AppState) {
    let (limits, now) = (state.session_limits(), state.now());
    let purged = state
        .lanes()
        .write(move |tx| {
            session::purge(tx, limits, now)?;
            submissions::purge(tx, now)?;
            one_time_link::purge(tx, now)?;
            Ok::<_, Error>(())
        })
        .await;
    let purged = match purged {
        Ok(Ok(())) => forget_counters(state).await,
        other => other,
    };
    match purged {
        Ok(Ok(())) => {}
        Ok(Err(error)) => log::error!("clearing up failed: {}", crate::db::without_values(&error)),
        Err(error) => log::warn!("clearing up waits: {error}"),
    }
}

/// There may be very many of them, so each transaction takes some.
async fn forget_counters(state: &AppState) -> Result<Result<(), Error>, LaneError> {
    let now = state.now();
    while !state.is_stopping() {
        match state.lanes().write(move |tx| throttle::purge(tx, now)).await? {
            Ok(throttle::FORGOTTEN_AT_ONCE) => {}
            Ok(_) => break,
            Err(error) => return Ok(Err(error)),
        }
    }
    Ok(Ok(()))
}
