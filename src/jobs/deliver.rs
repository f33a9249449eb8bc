//! Delivering the outbox: take, look once more, send outside of any transaction, say what became of it.

use chrono::TimeDelta;

use super::Worker;
use crate::app::AppState;
use crate::db::types::UtcTime;
use crate::db::{Error, LaneError, Tx, without_values};
use crate::domain::outbox::delivery::{self, Failure, Lease, Look, Taken};
use crate::mail::{Mailer, SendError, render};

/// When the mail server can't be reached, what was not tried is due again after this.
const SERVER_REST: TimeDelta = TimeDelta::minutes(1);

/// Why a round ended early. Messages that are still held come back when the lease has run out.
#[derive(Debug, thiserror::Error)]
enum RoundError {
    #[error(transparent)]
    Lane(#[from] LaneError),
    #[error("{}", without_values(.0))]
    Database(#[from] Error),
}

/// Sends everything that is due, if there is a mail server to send it by.
pub async fn round(state: &AppState) {
    let Some(mailer) = state.mailer() else { return };
    loop {
        match send_some(state, mailer).await {
            Ok(true) if !state.is_stopping() => {}
            Ok(_) => return,
            Err(error) => {
                log::warn!("delivery pauses: {error}");
                return;
            }
        }
    }
}

/// Takes some messages and sends them; `true` if there may be more.
async fn send_some(state: &AppState, mailer: &dyn Mailer) -> Result<bool, RoundError> {
    let now = state.now();
    // Asked by a reader first, so that an empty outbox costs no transaction.
    if !state.lanes().read(move |conn| delivery::is_due(conn, now)).await?? {
        return Ok(false);
    }
    let lease = Lease::new();
    let (token, held) = (lease.clone(), state.now());
    let taken = write(state, move |tx, _| delivery::take(tx, &token, held)).await?;
    for (index, message) in taken.iter().enumerate() {
        state.heartbeats().beat(Worker::Delivery, state.now());
        if state.is_stopping() {
            hand_back(state, &taken[index..], &lease, TimeDelta::zero()).await?;
            return Ok(false);
        }
        if let Attempt::ServerIsDown = attempt(state, mailer, message, &lease).await? {
            hand_back(state, &taken[index + 1..], &lease, SERVER_REST).await?;
            return Ok(false);
        }
    }
    Ok(!taken.is_empty())
}

enum Attempt {
    Done,
    ServerIsDown,
}

async fn attempt(state: &AppState, mailer: &dyn Mailer, taken: &Taken, lease: &Lease) -> Result<Attempt, RoundError> {
    let (message, token) = (taken.clone(), lease.clone());
    let (key, looked) = (state.link_key().clone(), state.now());
    let look = state
        .lanes()
        .read(move |conn| delivery::look(conn, &key, &message, &token, looked))
        .await??;
    let (message, token) = (taken.clone(), lease.clone());
    let letter = match look {
        Look::Send(letter) => letter,
        Look::NotOurs => return Ok(Attempt::Done),
        Look::Untrue => {
            write(state, move |tx, _| delivery::untrue(tx, &message, &token)).await?;
            return Ok(Attempt::Done);
        }
    };
    let outcome = match render::render(&letter, state.base_url()) {
        Ok(email) => mailer.send(&email).await,
        Err(error) => Err(SendError::Temporary(error.to_string())),
    };
    let Err(error) = outcome else {
        write(state, move |tx, now| delivery::sent(tx, &message, &token, now)).await?;
        return Ok(Attempt::Done);
    };
    log::warn!("message {}: {}", letter.reference, kind_of(&error));
    let failure = match &error {
        SendError::Unreachable(_) => Failure::Outage,
        SendError::Temporary(_) => Failure::ForNow,
        SendError::Permanent(_) => Failure::ForGood,
    };
    let words = error.to_string();
    write(state, move |tx, now| {
        delivery::refused(tx, &message, &token, &words, failure, now)
    })
    .await?;
    Ok(match failure {
        Failure::Outage => Attempt::ServerIsDown,
        Failure::ForNow | Failure::ForGood => Attempt::Done,
    })
}

/// For the log, which holds no addresses: the words of the mail server are for the outbox page alone.
fn kind_of(error: &SendError) -> &'static str {
    match error {
        SendError::Unreachable(_) => "the mail server can't be reached",
        SendError::Temporary(_) => "not taken for now",
        SendError::Permanent(_) => "refused for good",
    }
}

async fn hand_back(state: &AppState, taken: &[Taken], lease: &Lease, pause: TimeDelta) -> Result<(), RoundError> {
    let (taken, lease) = (taken.to_vec(), lease.clone());
    write(state, move |tx, now| {
        delivery::hand_back(tx, &taken, &lease, now + pause)
    })
    .await?;
    Ok(())
}

async fn write<T: Send + 'static>(
    state: &AppState,
    work: impl for<'t> FnOnce(&mut Tx<'t>, UtcTime) -> Result<T, Error> + Send + 'static,
) -> Result<T, RoundError> {
    let now = state.now();
    Ok(state.lanes().write(move |tx| work(tx, now)).await??)
}
