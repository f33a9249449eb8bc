//! Proving again who one is, while signed in: the own password or a code, throttled like a sign-in.

use super::attempts;
use super::error::WebError;
use crate::app::AppState;
use crate::db::Error;
use crate::db::types::UserId;
use crate::domain::access::Actor;
use crate::domain::accounts::password_rules::LONGEST;
use crate::domain::accounts::throttle::{self, Attempt};
use crate::domain::accounts::{own, password, second_factor, sign_in};

/// Whether this is the password of the user.
///
/// # Errors
/// Too many wrong ones came before.
pub async fn password_is_right(state: &AppState, actor: &Actor, user: UserId, typed: String) -> Result<bool, WebError> {
    check(state, actor, user, typed, false).await
}

/// Whether this is the password of the user or a code of the second factor.
///
/// # Errors
/// Too many wrong ones came before.
pub async fn is_right(state: &AppState, actor: &Actor, user: UserId, typed: String) -> Result<bool, WebError> {
    check(state, actor, user, typed, true).await
}

async fn check(
    state: &AppState,
    actor: &Actor,
    user: UserId,
    typed: String,
    codes_count: bool,
) -> Result<bool, WebError> {
    let now = state.now();
    let (key, code, by) = (state.seal_key().clone(), typed.clone(), actor.clone());
    let (is_code, stored) = state
        .lanes()
        .write(move |tx| {
            if let Err(refused) = throttle::admit(tx, &Attempt::proof(user), now)? {
                let account = sign_in::candidate_by_id(tx, user)?.map(|candidate| candidate.user);
                sign_in::record_throttled(tx, &Attempt::proof(user), account.as_ref(), by.origin(), now)?;
                return Ok::<_, Error>(Err(refused));
            }
            let is_code = codes_count && second_factor::accept(tx, &key, user, &code, now)?;
            if is_code {
                throttle::succeeded(tx, &Attempt::proof(user))?;
            }
            Ok(Ok((is_code, own::password_hash(tx, user)?)))
        })
        .await??
        .map_err(|why| attempts::refused(why, now))?;
    if is_code {
        return Ok(true);
    }
    let (cost, length) = (state.password_cost(), typed.len());
    let verify = move || password::verify(&typed, stored.as_deref(), cost);
    let is_right = length <= LONGEST && attempts::check(state.lanes(), &Attempt::proof(user), verify).await?;
    let by = actor.clone();
    state
        .lanes()
        .write(move |tx| match is_right {
            true => throttle::succeeded(tx, &Attempt::proof(user)),
            false => sign_in::record_wrong_proof(tx, &by, user, now),
        })
        .await??;
    Ok(is_right)
}
