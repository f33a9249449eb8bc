//! Whether the program lives, and whether it can serve.

use actix_web::{HttpResponse, web};

use crate::app::AppState;
use crate::db::{Error, is_current};
use crate::web::error::ForMachines;

/// `GET /healthz`: the process answers.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("ok\n")
}

/// `GET /readyz`: the database answers and has the shape that this program needs, the background work goes on, and the
/// program is not about to stop.
pub async fn ready(state: web::Data<AppState>) -> HttpResponse {
    if state.is_stopping() {
        return not_ready("stopping");
    }
    let current = state
        .lanes()
        .read(|conn| Ok::<_, Error>(is_current(conn).unwrap_or(false)))
        .await;
    match current {
        Ok(Ok(true)) => {}
        Ok(Ok(false)) => return not_ready("the database has another shape than this program needs"),
        Ok(Err(_)) | Err(_) => return not_ready("the database does not answer"),
    }
    if let Some(worker) = state.heartbeats().dead(state.now()).first() {
        return not_ready(&format!("{} has stopped", worker.name()));
    }
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("ready\n")
}

fn not_ready(why: &str) -> HttpResponse {
    let mut response = HttpResponse::ServiceUnavailable()
        .content_type("text/plain; charset=utf-8")
        .body(format!("not ready: {why}\n"));
    response.extensions_mut().insert(ForMachines);
    response
}
