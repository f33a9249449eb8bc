//! Whether the program lives, and whether it can serve.

use actix_web::{HttpResponse, web};

use crate::app::AppState;
use crate::db::{Error, is_current};

/// `GET /healthz`: the process answers.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("ok\n")
}

/// `GET /readyz`: the database answers and has the shape that this program needs.
pub async fn ready(state: web::Data<AppState>) -> HttpResponse {
    let current = state
        .lanes()
        .read(|conn| Ok::<_, Error>(is_current(conn).unwrap_or(false)))
        .await;
    match current {
        Ok(Ok(true)) => HttpResponse::Ok()
            .content_type("text/plain; charset=utf-8")
            .body("ready\n"),
        Ok(Ok(false) | Err(_)) | Err(_) => HttpResponse::ServiceUnavailable()
            .content_type("text/plain; charset=utf-8")
            .body("not ready\n"),
    }
}
