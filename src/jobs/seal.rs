//! Sealing the audit log, behind those who write it.

use super::Worker;
use crate::app::AppState;
use crate::db::{Error, LaneError, without_values};
use crate::domain::audit::seals::{self, KeepError};

/// Seals everything that is settled by now; each seal is told to the log, from where it is copied elsewhere.
pub async fn round(state: &AppState) {
    match seal(state).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => log::error!("the audit log can't be sealed: {}", without_values(&error)),
        Err(error) => log::warn!("sealing the audit log waits: {error}"),
    }
}

async fn seal(state: &AppState) -> Result<Result<(), Error>, LaneError> {
    let lanes = state.lanes();
    while !state.is_stopping() {
        state.heartbeats().beat(Worker::Sealing, state.now());
        let (key, now) = (state.audit_key().clone(), state.now());
        let seal = match lanes.read_slowly(move |conn| seals::next(conn, &key, now)).await? {
            Ok(Some(seal)) => seal,
            Ok(None) => break,
            Err(error) => return Ok(Err(error)),
        };
        let line = seal.line();
        match lanes.write(move |tx| seals::keep(tx, &seal)).await? {
            Ok(()) => log::info!("{line}"),
            // Another instance seals, too, and has told of it.
            Err(KeepError::SealedAlready) => {}
            Err(KeepError::Database(error)) => return Ok(Err(error)),
        }
    }
    Ok(Ok(()))
}
