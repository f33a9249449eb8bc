//! Writing down that somebody asked for what is not theirs: a few times a minute at the most, whatever they try.

use actix_session::SessionExt;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};

use super::session;
use crate::app::AppState;
use crate::domain::access::{Actor, Origin};
use crate::domain::accounts::sign_in;

/// Notes each answer "there is nothing here" to somebody at a partner who named a record: it may be one of another
/// partner, and whether it is shows nowhere.
pub async fn of_partners(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let principal = session::principal(&request.get_session());
    let response = next.call(request).await?;
    if response.status() != StatusCode::NOT_FOUND {
        return Ok(response);
    }
    let request = response.request();
    let pattern = request.match_pattern().filter(|pattern| pattern.contains('{'));
    let partner = principal.filter(|principal| principal.role().is_partner());
    if let (Some(pattern), Some(principal)) = (pattern, partner) {
        let state = request.app_data::<web::Data<AppState>>().cloned();
        let state = state.expect("the application is built with its state");
        let origin = request.extensions().get::<Origin>().cloned().unwrap_or_default();
        let actor = principal.scope(origin).actor().clone();
        note(&state, actor, format!("{} {pattern}", request.method())).await;
    }
    Ok(response)
}

/// Writes it down. The refusal stands, written down or not.
pub async fn note(state: &AppState, actor: Actor, asked: String) {
    let (now, request_id) = (state.now(), actor.origin().request_id.clone());
    let written = state
        .lanes()
        .write(move |tx| sign_in::record_denied(tx, &actor, &asked, now))
        .await;
    match written {
        Ok(Ok(())) => {}
        Ok(Err(_)) | Err(_) => log::error!("request {request_id}: a refusal was not written down"),
    }
}
