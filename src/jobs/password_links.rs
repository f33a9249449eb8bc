//! Answering who asked for a link to set a new password, apart from the request, so that its time tells nobody anything.

use super::Worker;
use crate::app::AppState;
use crate::db::{Error, LaneError, without_values};
use crate::domain::accounts::password_reset;

#[derive(Debug, thiserror::Error)]
enum RoundError {
    #[error(transparent)]
    Lane(#[from] LaneError),
    #[error("{}", without_values(.0))]
    Database(#[from] Error),
}

/// Answers everybody who waits.
pub async fn round(state: &AppState) {
    loop {
        state.heartbeats().beat(Worker::PasswordLinks, state.now());
        match answer_some(state).await {
            Ok(true) if !state.is_stopping() => {}
            Ok(_) => return,
            Err(error) => {
                log::warn!("links for new passwords wait: {error}");
                return;
            }
        }
    }
}

/// Answers some of them; `true` if there may be more.
async fn answer_some(state: &AppState) -> Result<bool, RoundError> {
    // Asked by a reader first, so that nothing to do costs no transaction.
    if !state.lanes().read(password_reset::is_asked).await?? {
        return Ok(false);
    }
    let (key, now) = (state.link_key().clone(), state.now());
    let answered = state
        .lanes()
        .write(move |tx| password_reset::answer(tx, &key, now))
        .await??;
    Ok(answered > 0)
}
