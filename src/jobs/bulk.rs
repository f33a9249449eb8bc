//! Bulk acts that run: a few leads at a time, with a pause between them that leaves the others their turn.

use std::time::Instant;

use super::Worker;
use crate::app::AppState;
use crate::db::{Error, LaneError, without_values};
use crate::domain::bulk::run::{self, BATCH, Held, Progress};

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
    loop {
        let now = state.now();
        let Some(held) = state.lanes().write(move |tx| run::claim(tx, now)).await?? else {
            return Ok(());
        };
        let given_back = held.clone();
        if let Err(stop) = carry_on(state, held).await {
            // The lease runs out by itself if this fails too.
            let _ = state.lanes().write(move |tx| run::release(tx, &given_back)).await;
            return Err(stop);
        }
    }
}

async fn carry_on(state: &AppState, held: Held) -> Result<(), Stop> {
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
            .write(move |tx| run::batch(tx, &ours, at_once, now))
            .await?;
        match done {
            Ok(Progress::Ended) => return Ok(()),
            Ok(Progress::More) => at_once = BATCH,
            // One of them met an error, and all were undone: one by one, it meets it alone.
            Err(_) if at_once > 1 => at_once = 1,
            Err(error) => {
                log::error!("bulk act {}: {}", held.act.reference, without_values(&error));
                let ours = held.clone();
                state.lanes().write(move |tx| run::pass_over(tx, &ours, now)).await??;
            }
        }
        // As long as it worked, it rests: pages of other people have the machine at least half of the time.
        tokio::time::sleep(began.elapsed()).await;
    }
}
