//! What happens without anybody asking: deadlines are followed, messages are delivered, imports and bulk acts run, the
//! audit log is sealed, what ran out is removed. `serve` and `work` drive it, tests call [`tick`].

mod bulk;
mod deadlines;
mod deliver;
mod heartbeat;
mod imports;
mod password_links;
mod purge;
mod remind;
mod scrub;
mod seal;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join5;

use crate::app::AppState;

pub use heartbeat::{DEAD_AFTER, Heartbeats, Worker};

/// How long a worker rests when nothing is left to do.
const REST: Duration = Duration::from_secs(1);

/// How often it is asked whether somebody must be reminded.
const REMIND_EVERY: Duration = Duration::from_secs(60);

/// How often what ran out is looked for.
const PURGE_EVERY: Duration = Duration::from_secs(600);

/// How often it is asked whether a deadline comes nearer.
const DEADLINES_EVERY: Duration = Duration::from_secs(10);

/// How often it is asked whether an erasure left something in the files.
const SCRUB_EVERY: Duration = Duration::from_secs(5);

/// How often the audit log is sealed.
const SEAL_EVERY: Duration = Duration::from_secs(60);

/// One round of everything that is due now.
pub async fn tick(state: &AppState) {
    deadlines::round(state).await;
    remind::round(state).await;
    password_links::round(state).await;
    deliver::round(state).await;
    imports::round(state).await;
    bulk::round(state).await;
    seal::round(state).await;
    purge::round(state).await;
    scrub::round(state).await;
}

/// Works until the program stops; what is under way is finished.
pub async fn run(state: AppState) {
    let delivery = every(&state, Worker::Delivery, REST, || deliver::round(&state));
    // Apart from delivery: a slow mail server keeps nobody's link out of the outbox.
    let links = every(&state, Worker::PasswordLinks, REST, || password_links::round(&state));
    // Apart from delivery: a long import keeps no message waiting.
    let imports = every(&state, Worker::Imports, REST, || imports::round(&state));
    let bulk_acts = every(&state, Worker::BulkActs, REST, || bulk::round(&state));
    let purge = every(&state, Worker::Purge, PURGE_EVERY, || purge::round(&state));
    let scrubbing = every(&state, Worker::Scrubbing, SCRUB_EVERY, || scrub::round(&state));
    let deadlines = every(&state, Worker::Deadlines, DEADLINES_EVERY, || deadlines::round(&state));
    let reminders = every(&state, Worker::Reminders, REMIND_EVERY, || remind::round(&state));
    let sealing = every(&state, Worker::Sealing, SEAL_EVERY, || seal::round(&state));
    let others = join5(deadlines, reminders, bulk_acts, sealing, links);
    join5(delivery, imports, purge, scrubbing, others).await;
}

/// Runs rounds with pauses between them. A round that panics is told and does not end the worker.
async fn every<F: Future<Output = ()>>(state: &AppState, worker: Worker, pause: Duration, round: impl Fn() -> F) {
    while !state.is_stopping() {
        state.heartbeats().beat(worker, state.now());
        if AssertUnwindSafe(round()).catch_unwind().await.is_err() {
            log::error!("a round of {} panicked", worker.name());
        }
        let mut rested = Duration::ZERO;
        while rested < pause && !state.is_stopping() {
            state.heartbeats().beat(worker, state.now());
            tokio::time::sleep(REST).await;
            rested += REST;
        }
    }
    state.heartbeats().rest(worker);
}
