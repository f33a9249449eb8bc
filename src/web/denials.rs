//! Writing down that somebody asked for what is not theirs, or in a way that no page of ours does: a few times a minute at
//! the most, whatever they try.

use actix_session::SessionExt;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};

use super::error::WrittenDown;
use super::session::{self, Presence};
use crate::app::AppState;
use crate::domain::access::{Actor, Origin};
use crate::domain::accounts::sign_in;
use crate::domain::audit::Act;

/// Notes refusals that an honest browser does not meet. Of partners also each answer "there is nothing here" where they
/// named a record: it may be one of another partner, and whether it is shows nowhere.
pub async fn of_everybody(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let principal = session::principal(&request.get_session());
    if principal.is_some() {
        Presence::tell(&request);
    }
    let response = next.call(request).await?;
    let refusal = response.response().extensions().get::<WrittenDown>().copied();
    let request = response.request();
    let pattern = request.match_pattern().unwrap_or_default();
    let asked = format!("{} {pattern}", request.method());
    let is_partner = principal
        .as_ref()
        .is_some_and(|principal| principal.role().is_partner());
    let (act, asked) = match refusal {
        Some(WrittenDown(why)) => (Act::RequestRefused, format!("{why}: {asked}")),
        None if is_partner && response.status() == StatusCode::NOT_FOUND && pattern.contains('{') => {
            (Act::AccessDenied, asked)
        }
        None => return Ok(response),
    };
    let state = request.app_data::<web::Data<AppState>>().cloned();
    let state = state.expect("the application is built with its state");
    let origin = request.extensions().get::<Origin>().cloned().unwrap_or_default();
    let actor = match principal {
        Some(principal) => principal.scope(origin).actor().clone(),
        None => Actor::anonymous(origin),
    };
    note(&state, actor, act, asked).await;
    Ok(response)
}

/// Writes it down. The refusal stands, written down or not.
pub async fn note(state: &AppState, actor: Actor, act: Act, asked: String) {
    let (now, request_id) = (state.now(), actor.origin().request_id.clone());
    let written = state
        .lanes()
        .write(move |tx| sign_in::record_denied(tx, &actor, act, &asked, now))
        .await;
    match written {
        Ok(Ok(())) => {}
        Ok(Err(_)) | Err(_) => log::error!("request {request_id}: a refusal was not written down"),
    }
}
