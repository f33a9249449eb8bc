//! Deadlines that come nearer or have passed, each in a transaction of its own.

use super::Worker;
use crate::app::AppState;
use crate::db::{Error, LaneError, without_values};
use crate::domain::access::SystemScope;
use crate::domain::deadlines;

/// Does everything that deadlines ask for now.
pub async fn round(state: &AppState) {
    match work(state).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => log::error!("deadlines: {}", without_values(&error)),
        Err(error) => log::warn!("deadlines wait: {error}"),
    }
}

async fn work(state: &AppState) -> Result<Result<(), Error>, LaneError> {
    let lanes = state.lanes();
    match lanes.read(deadlines::must_catch_up).await? {
        Ok(true) => {}
        Ok(false) => return follow(state).await,
        Err(error) => return Ok(Err(error)),
    }
    loop {
        state.heartbeats().beat(Worker::Deadlines, state.now());
        let now = state.now();
        match lanes.write(move |tx| deadlines::catch_up(tx, now)).await? {
            Ok(true) if !state.is_stopping() => {}
            Ok(_) => return follow(state).await,
            Err(error) => return Ok(Err(error)),
        }
    }
}

async fn follow(state: &AppState) -> Result<Result<(), Error>, LaneError> {
    let lanes = state.lanes();
    let now = state.now();
    let due = match lanes.read(move |conn| deadlines::due(conn, now)).await? {
        Ok(due) => due,
        Err(error) => return Ok(Err(error)),
    };
    for assignment in due {
        if state.is_stopping() {
            break;
        }
        state.heartbeats().beat(Worker::Deadlines, state.now());
        let scope = SystemScope::new("deadlines");
        let now = state.now();
        let stepped = lanes
            .write(move |tx| deadlines::step(tx, &scope, assignment, now))
            .await?;
        if let Err(error) = stepped {
            // One that can't be followed keeps no other waiting.
            log::error!(
                "deadline of assignment {}: {}",
                assignment.get(),
                without_values(&error)
            );
            if let Err(error) = lanes.write(move |tx| deadlines::put_off(tx, assignment, now)).await? {
                return Ok(Err(error));
            }
        }
    }
    Ok(Ok(()))
}
