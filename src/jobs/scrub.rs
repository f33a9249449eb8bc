//! Removing from the files of the database what erasures left there.

use crate::app::AppState;
use crate::db::{Error, LaneError, without_values};
use crate::domain::scrubbing;

/// Scrubs when an erasure asks for it. While somebody still reads the old data it stays asked for: the next round tries
/// again.
pub async fn round(state: &AppState) {
    match scrub(state).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => log::error!("erased data can't be scrubbed: {}", without_values(&error)),
        Err(error) => log::warn!("erased data waits for scrubbing: {error}"),
    }
}

async fn scrub(state: &AppState) -> Result<Result<(), Error>, LaneError> {
    let lanes = state.lanes();
    let newest = match lanes.read(scrubbing::newest).await? {
        Ok(Some(newest)) => newest,
        Ok(None) => return Ok(Ok(())),
        Err(error) => return Ok(Err(error)),
    };
    match lanes.maintain(|conn| conn.scrub()).await? {
        Ok(true) => lanes.write(move |tx| scrubbing::done(tx, newest)).await,
        Ok(false) => {
            log::debug!("the files are in use: scrubbing is tried again");
            Ok(Ok(()))
        }
        Err(error) => Ok(Err(error)),
    }
}
