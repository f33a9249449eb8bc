//! Attempts to prove who one is: the check of a password, and the page for whoever tried too often: how long to wait,
//! and what can be done at once.

use super::error::{Refused, WebError};
use crate::db::Lanes;
use crate::db::types::UtcTime;
use crate::domain::accounts::throttle::{self, Attempt};

/// Checks a password for an attempt that was let in. One that nobody had time for is taken back: a storm must not lock
/// out whoever came in it.
///
/// # Errors
/// There was no time for it.
pub async fn check<T: Send + 'static>(
    lanes: &Lanes,
    attempt: &Attempt,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, WebError> {
    match lanes.hash(work).await {
        Ok(checked) => Ok(checked),
        Err(unchecked) => {
            let attempt = attempt.clone();
            let taken_back = lanes.write(move |tx| throttle::unchecked(tx, &attempt)).await;
            if !matches!(taken_back, Ok(Ok(()))) {
                log::warn!("an attempt that was not checked counts as failed");
            }
            Err(unchecked.into())
        }
    }
}

/// What is told when an attempt is not looked at; the same for accounts that exist and those that don't.
pub fn refused(why: throttle::Refused, now: UtcTime) -> WebError {
    let (seconds, sentence) = match why {
        throttle::Refused::Wait(until) => {
            let seconds = (until - now).num_seconds().max(1);
            let wait = if seconds < 90 {
                counted(seconds, "second")
            } else {
                counted((seconds + 59) / 60, "minute")
            };
            let sentence = format!("Nothing was checked this time. Wait {wait}, then try again.");
            (seconds, sentence)
        }
        throttle::Refused::ResetNeeded => {
            let sentence = "There were so many wrong attempts that a new password must be set first.".to_owned();
            (86_400, sentence)
        }
    };
    WebError::TooManyAttempts {
        seconds,
        refused: Box::new(Refused {
            heading: "Too many attempts".to_owned(),
            sentences: vec![
                sentence,
                "If you forgot your password, you can set a new one without waiting.".to_owned(),
            ],
            ways: vec![
                ("/sign-in".to_owned(), "Sign in".to_owned()),
                ("/forgotten-password".to_owned(), "Set a new password".to_owned()),
            ],
        }),
    }
}

/// What is told to somebody who did too much of a thing within its time; nothing was done.
pub fn too_many(heading: &str, why: throttle::Refused, now: UtcTime, (href, way): (&str, &str)) -> WebError {
    let until = match why {
        throttle::Refused::Wait(until) => until,
        throttle::Refused::ResetNeeded => now,
    };
    let seconds = (until - now).num_seconds().max(1);
    let minutes = counted((seconds + 59) / 60, "minute");
    WebError::TooManyAttempts {
        seconds,
        refused: Box::new(Refused {
            heading: heading.to_owned(),
            sentences: vec![format!("Nothing was done this time. Wait {minutes}, then try again.")],
            ways: vec![(href.to_owned(), way.to_owned())],
        }),
    }
}

fn counted(count: i64, unit: &str) -> String {
    if count == 1 {
        format!("1 {unit}")
    } else {
        format!("{count} {unit}s")
    }
}
