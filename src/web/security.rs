//! What every request passes through: a request id, the host and same-origin rules, and the headers of every answer.

use std::panic::AssertUnwindSafe;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::cookie::{Cookie, time};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, ResponseError, web};
use futures_util::FutureExt;

use super::ROUTES;
use super::assets;
use super::denials;
use super::error::{self, WebError};
use super::flash;
use super::frame::PublicFrame;
use super::session::Presence;
use crate::app::AppState;
use crate::db::types::{Reference, random_text};
use crate::domain::access::{Actor, Origin};
use crate::domain::audit::Act;

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; \
     frame-ancestors 'none'; manifest-src 'self'";

const HEADERS: &[(&str, &str)] = &[
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), geolocation=(), microphone=(), payment=()",
    ),
];

/// Of a refused request so many characters are written down.
const LONGEST_NOTE: usize = 120;

/// The outermost layer: names the request, answers errors with pages, sets the headers, writes one line to the log.
pub async fn outermost<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let state = AppState::clone(
        request
            .app_data::<web::Data<AppState>>()
            .expect("the application has its state"),
    );
    let origin = Origin {
        address: client_address(&state, &request),
        request_id: random_text(12),
    };
    request.extensions_mut().insert(origin.clone());
    let presence = Presence::default();
    request.extensions_mut().insert(presence.clone());
    let (method, path) = (request.method().clone(), loggable(request.path()));
    let had_flash = request.cookie(flash::COOKIE).is_some();
    let frame = PublicFrame::new(&state, None);
    let is_plain = is_plain_http(&state, &request);

    let answered = match admit(&state, &request, is_plain) {
        Ok(()) => {
            let handled = AssertUnwindSafe(next.call(request)).catch_unwind().await;
            let Ok(handled) = handled else {
                log::error!("request {}: its handler panicked", origin.request_id);
                let mut response = error::fault(frame, &presence, &origin);
                add_headers(&state, is_plain, response.headers_mut());
                log::info!("{} {method} {path} 500", origin.request_id);
                return Err(InternalError::from_response("a handler panicked", response).into());
            };
            handled.map(|response| response.map_into_boxed_body())
        }
        Err(refusal) => {
            if matches!(refusal, WebError::ForeignOrigin) {
                let asked: String = format!("foreign origin: {method} {path}")
                    .chars()
                    .take(LONGEST_NOTE)
                    .collect();
                denials::note(&state, Actor::anonymous(origin.clone()), Act::RequestRefused, asked).await;
            }
            Ok(ServiceResponse::new(request.into_parts().0, refusal.error_response()))
        }
    };
    // Handlers answer with responses; an error that comes as one is the session store's: no answer from the database.
    let response = match answered {
        Ok(response) => response,
        Err(error) => {
            log::error!("request {}: {error}", origin.request_id);
            let mut response = error::unavailable(frame, &presence);
            add_headers(&state, is_plain, response.headers_mut());
            return Err(InternalError::from_response(error, response).into());
        }
    };
    let mut response = error::render(response, frame, &presence, &origin);
    let consumes_flash = had_flash && method == Method::GET && is_html(response.headers());
    if consumes_flash && response.status() == StatusCode::OK {
        // An age of nothing, and no date: the cookie's own way to remove itself reads the wall clock.
        let gone = Cookie::build(flash::COOKIE, "")
            .path("/")
            .http_only(true)
            .max_age(time::Duration::ZERO)
            .finish();
        let _ = response.response_mut().add_cookie(&gone);
    }
    add_headers(&state, is_plain, response.headers_mut());
    if state.is_stopping() {
        // Whoever keeps connections open goes elsewhere before this one is closed under the next request.
        response
            .response_mut()
            .head_mut()
            .set_connection_type(ConnectionType::Close);
    }
    log::info!("{} {method} {path} {}", origin.request_id, response.status().as_u16());
    Ok(response)
}

/// A path as the log may hold it: words of our routes and references; whatever else somebody typed may be personal.
fn loggable(path: &str) -> String {
    let is_ours = |segment: &str| {
        segment.is_empty()
            || Reference::parse(segment).is_some()
            || ROUTES
                .iter()
                .any(|route| route.path.split('/').any(|word| word == segment))
            || assets::is_known(segment)
    };
    let segments = path
        .split('/')
        .map(|segment| if is_ours(segment) { segment } else { "…" });
    segments.collect::<Vec<_>>().join("/")
}

/// Where the request came from; of `X-Forwarded-For` only what our own proxies added counts.
fn client_address(state: &AppState, request: &ServiceRequest) -> String {
    let Some(peer) = request.peer_addr() else {
        return String::new();
    };
    let lines = lines(request, "x-forwarded-for");
    state.trusted_proxies().client(peer.ip(), lines.into_iter()).to_string()
}

/// Whether the request crossed the net without TLS although we are reached by TLS (ASVS 5.0 V4.1.2).
fn is_plain_http(state: &AppState, request: &ServiceRequest) -> bool {
    let is_plain = |peer: std::net::SocketAddr| {
        let (hops, schemes) = (lines(request, "x-forwarded-for"), lines(request, "x-forwarded-proto"));
        let proxies = state.trusted_proxies();
        proxies.is_plain_http(peer.ip(), hops.into_iter(), schemes.into_iter())
    };
    state.base_url().is_secure() && request.peer_addr().is_some_and(is_plain)
}

/// The values of a header. One that is no text says nothing: a search among them ends there.
fn lines<'a>(request: &'a ServiceRequest, name: &str) -> Vec<&'a str> {
    let values = request.headers().get_all(name);
    values.map(|line| line.to_str().unwrap_or("?")).collect()
}

/// Whether the request came by TLS if we have it, is meant for us and, if it changes anything, comes from one of our
/// pages (ASVS 5.0 V3.5.1).
fn admit(state: &AppState, request: &ServiceRequest, is_plain: bool) -> Result<(), WebError> {
    let headers = request.headers();
    let is_probe = matches!(request.path(), "/healthz" | "/readyz");
    if is_plain && !is_probe {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let page = asks_for_page(request).then(|| format!("{}{path}", state.base_url().origin()));
        return Err(WebError::PlainHttp { page });
    }
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    if !is_probe && !state.base_url().accepts_host(host) {
        return Err(WebError::BadRequest(
            "This site has another name. Use the address that you were given.",
        ));
    }
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let is_ours = match headers.get("sec-fetch-site") {
        Some(site) => matches!(site.as_bytes(), b"same-origin" | b"none"),
        None => headers
            .get(header::ORIGIN)
            .and_then(|origin| origin.to_str().ok())
            .is_some_and(|origin| state.base_url().accepts_origin(origin)),
    };
    if is_ours { Ok(()) } else { Err(WebError::ForeignOrigin) }
}

/// Whether somebody's browser asks to see something, rather than a program or a page for its parts.
fn asks_for_page(request: &ServiceRequest) -> bool {
    let accept = request.headers().get(header::ACCEPT);
    let takes_pages = accept.is_none_or(|kinds| {
        let kinds = String::from_utf8_lossy(kinds.as_bytes());
        kinds.contains("text/html") || kinds.contains("*/*")
    });
    matches!(*request.method(), Method::GET | Method::HEAD) && takes_pages && !request.path().starts_with("/static/")
}

fn is_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

fn add_headers(state: &AppState, is_plain: bool, headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    // Not over plain HTTP, where browsers must not heed it (RFC 6797, 7.2).
    if state.base_url().is_secure() && !is_plain {
        let value = HeaderValue::from_static("max-age=63072000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
