//! Proving again who one is, while signed in: the own password, throttled like a sign-in.

use super::attempts;
use super::error::WebError;
use crate::app::AppState;
use crate::db::Error;
use crate::db::types::UserId;
use crate::domain::accounts::password_rules::LONGEST;
use crate::domain::accounts::throttle::{self, Attempt};
use crate::domain::accounts::{own, password};

/// Whether this is the password of the user.
///
/// # Errors
/// Too many wrong ones came before.
pub async fn password_is_right(state: &AppState, user: UserId, typed: String) -> Result<bool, WebError> {
    let now = state.now();
    let stored = state
        .lanes()
        .write(move |tx| match throttle::admit(tx, &Attempt::proof(user), now)? {
            Ok(()) => Ok::<_, Error>(Ok(own::password_hash(tx, user)?)),
            Err(refused) => Ok(Err(refused)),
        })
        .await??
        .map_err(|why| attempts::refused(why, now))?;
    let cost = state.password_cost();
    let is_right = typed.len() <= LONGEST
        && state
            .lanes()
            .hash(move || password::verify(&typed, stored.as_deref(), cost))
            .await?;
    if is_right {
        state
            .lanes()
            .write(move |tx| throttle::succeeded(tx, &Attempt::proof(user)))
            .await??;
    }
    Ok(is_right)
}
