//! Bulk acts that run: a few leads at a time, with a pause between them that leaves the others their turn.

use std::time::Instant;

use super::Worker;
use crate::app::AppState;
use crate::db::{Error, LaneError, without_values};
use crate::domain::bulk::run::{self, BATCH, Held};

/// Carries every bulk act that nobody else works on to its end.
pub async fn round(state: &AppState) {
    if let Err(error) = work(state).await {
        log::warn!("bulk acts wait for the next round: {error}");
    }
}

/// Why the worker stops for this round; the bulk act is in the database as it was after its last batch.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error(transparent)]
    Lane(#[from] LaneError),
    #[error("{}", without_values(.0))]
    Database(#[from] Error),
    #[error("the program ends")]
    Stopping,
}

async fn work(state: &AppState) -> Result<(), Stop> {
    let now = state.now();
    let mut held = state.lanes().write(move |tx| run::claim(tx, now)).await??;
    while let Some(act) = held {
        let given_back = act.clone();
        held = match step(state, act).await {
            Ok(next) => next,
            Err(stop) => {
                // The lease runs out by itself if this fails too.
                let _ = state.lanes().write(move |tx| run::release(tx, &given_back)).await;
                return Err(stop);
            }
        };
    }
    Ok(())
}

/// One turn of a bulk act, and a rest; the one whose turn is next.
async fn step(state: &AppState, held: Held) -> Result<Option<Held>, Stop> {
    let mut at_once = BATCH;
    loop {
        if state.is_stopping() {
            return Err(Stop::Stopping);
        }
        let now = state.now();
        state.heartbeats().beat(Worker::BulkActs, now);
        let (began, ours) = (Instant::now(), held.clone());
        let done = state
            .lanes()
            .write(move |tx| run::step(tx, &ours, at_once, now))
            .await?;
        let next = match done {
            Ok(next) => Some(next),
            // One of them met an error, and all were undone: one by one, it meets it alone.
            Err(_) if at_once > 1 => {
                at_once = 1;
                None
            }
            Err(error) => {
                log::error!("bulk act {}: {}", held.act.reference, without_values(&error));
                let ours = held.clone();
                state.lanes().write(move |tx| run::pass_over(tx, &ours, now)).await??;
                None
            }
        };
        // As long as it worked, it rests: pages of other people have the machine at least half of the time.
        tokio::time::sleep(began.elapsed()).await;
        if let Some(next) = next {
            return Ok(next);
        }
    }
}
