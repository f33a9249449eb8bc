//! Step-up: what weighs much is done only by somebody who proved a short while ago who it is, with the password or a
//! code, in this very session. A form that needs it asks for the proof in a field of its own, so that nothing that was
//! typed is lost; `components/step_up.html` writes that field.

use actix_session::Session;
use actix_web::http::StatusCode;
use chrono::TimeDelta;

use super::error::WebError;
use super::forms::FormData;
use super::{denials, proof, session};
use crate::app::AppState;
use crate::db::types::{UserId, UtcTime};
use crate::domain::access::Actor;
use crate::domain::audit::Act;
use crate::domain::validation::FieldErrors;

/// How long a proof counts (ASVS 5.0 V7.5.3).
pub const FRESH_FOR: TimeDelta = TimeDelta::minutes(10);

/// The name of the field.
pub const FIELD: &str = "proof";

/// Whether the proof that a form needs is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    Given,
    /// The errors say what to enter.
    Missing,
}

impl Proof {
    /// How a form is answered that comes back: refused for want of a proof, or for what was typed.
    pub fn status(self) -> StatusCode {
        match self {
            Proof::Given => StatusCode::UNPROCESSABLE_ENTITY,
            Proof::Missing => StatusCode::FORBIDDEN,
        }
    }
}

/// Whether the form must ask for a proof.
pub fn is_needed(session: &Session, now: UtcTime) -> bool {
    session::proved_at(session).is_none_or(|proved_at| now - proved_at >= FRESH_FOR)
}

/// Looks at the proof that a form brings, unless an earlier one still counts. Call it when nothing else is wrong with
/// the form.
///
/// # Errors
/// Too many wrong proofs came before.
pub async fn prove(
    state: &AppState,
    session: &Session,
    actor: &Actor,
    user: UserId,
    form: &FormData,
    errors: &mut FieldErrors,
) -> Result<Proof, WebError> {
    let now = state.now();
    if !is_needed(session, now) {
        return Ok(Proof::Given);
    }
    let typed = form.text(FIELD);
    if typed.is_empty() {
        denials::note(state, actor.clone(), Act::RequestRefused, "no fresh proof".to_owned()).await;
        errors.add(FIELD, "Enter your password again: this needs to be you");
        return Ok(Proof::Missing);
    }
    if !proof::is_right(state, actor, user, typed).await? {
        errors.add(FIELD, "The password or the code is wrong");
        return Ok(Proof::Missing);
    }
    session::proved(session, now)?;
    Ok(Proof::Given)
}

/// For what has no form of its own to ask in: leads to the page that asks, and from there to `next`.
///
/// # Errors
/// The proof is too old.
pub fn require(session: &Session, now: UtcTime, next: &str) -> Result<(), WebError> {
    if is_needed(session, now) {
        return Err(WebError::StepUpNeeded { next: next.to_owned() });
    }
    Ok(())
}
