//! Removing what ran out: sessions, links, counters of failures, and the memory of forms that were sent.

use crate::app::AppState;
use crate::db::Error;
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
            throttle::purge(tx, now)?;
            Ok::<_, Error>(())
        })
        .await;
    match purged {
        Ok(Ok(())) => {}
        Ok(Err(error)) => log::error!("clearing up failed: {}", crate::db::without_values(&error)),
        Err(error) => log::warn!("clearing up waits: {error}"),
    }
}
