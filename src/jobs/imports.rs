//! Imports that run, and what they leave behind.

use std::io;

use tokio::runtime::Handle;

use super::Worker;
use crate::app::AppState;
use crate::db::{Error, LaneError, without_values};
use crate::domain::imports::run::{self, Batches, ReadError, StoreError};
use crate::domain::imports::stored::{self, Import, ImportState, StoredFile};

/// Carries every running import that nobody else works on to its end, then removes what is needed no more.
pub async fn round(state: &AppState) {
    if let Err(error) = work(state).await {
        log::warn!("imports wait for the next round: {error}");
    }
}

async fn work(state: &AppState) -> Result<(), Stop> {
    loop {
        let now = state.now();
        let Some(import) = state.lanes().write(move |tx| run::claim(tx, now)).await?? else {
            break;
        };
        carry_on(state, import).await?;
    }
    loop {
        let now = state.now();
        let is_more = state
            .lanes()
            .write(move |tx| {
                stored::remove_old_rejections(tx, now)?;
                stored::remove_pieces(tx, now)
            })
            .await??;
        if !is_more {
            return Ok(());
        }
    }
}

/// Why the worker stops for this round; the import is in the database as it was after its last batch.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error(transparent)]
    Lane(#[from] LaneError),
    #[error("{}", without_values(.0))]
    Database(#[from] Error),
    #[error("its file could not be read: {0}")]
    Unreadable(io::Error),
    #[error("the work panicked")]
    Panicked,
    #[error("the program ends")]
    Stopping,
}

/// Reading and checking rows takes a core: it has a thread of its own, which asks the lanes as requests do. Between
/// two batches everybody else has a turn.
async fn carry_on(state: &AppState, import: Import) -> Result<(), Stop> {
    let (worker, handle) = (state.clone(), Handle::current());
    let given_back = import.clone();
    let done = tokio::task::spawn_blocking(move || batches(&worker, &handle, import)).await;
    let outcome = done.unwrap_or(Err(Stop::Panicked));
    if outcome.is_err() {
        // The lease runs out by itself if this fails too.
        let _ = state.lanes().write(move |tx| run::release(tx, &given_back)).await;
    }
    outcome
}

fn batches(state: &AppState, handle: &Handle, mut import: Import) -> Result<(), Stop> {
    let (lanes, id) = (state.lanes().clone(), import.id);
    let file = StoredFile::new(|position| {
        handle
            .block_on(lanes.read(move |conn| stored::piece(conn, id, position)))
            .map_err(io::Error::other)?
            .map_err(|error| io::Error::other(without_values(&error)))
    });
    let end = |import: Import, end: ImportState| {
        let now = state.now();
        handle
            .block_on(state.lanes().write(move |tx| run::finish(tx, &import, end, now)))?
            .map_err(Stop::from)
    };
    let mut batches = match Batches::open(file, &import) {
        Ok(batches) => batches,
        Err(ReadError::Unfit) => {
            log::error!("import {}: {}", import.reference, ReadError::Unfit);
            return end(import, ImportState::Failed);
        }
        Err(ReadError::Unreadable(error)) => return Err(Stop::Unreadable(error)),
    };
    loop {
        if state.is_stopping() {
            return Err(Stop::Stopping);
        }
        state.heartbeats().beat(Worker::Imports, state.now());
        let batch = match batches.next_batch() {
            Ok(batch) => batch,
            Err(ReadError::Unreadable(error)) => return Err(Stop::Unreadable(error)),
            Err(ReadError::Unfit) => return end(import, ImportState::Failed),
        };
        if batch.row_count() == 0 {
            return end(import, ImportState::Done);
        }
        let now = state.now();
        let stored = handle.block_on(state.lanes().write(move |tx| {
            run::store(tx, &mut import, &batch, now)?;
            Ok::<_, StoreError>(import)
        }))?;
        import = match stored {
            Ok(import) => import,
            Err(StoreError::Lost) => return Ok(()),
            Err(StoreError::Database(error)) => return Err(Stop::Database(error)),
        };
    }
}
