//! Everything that a request can end in but what was asked for, each with its status, its sentence and the way on.

use std::fmt;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use askama::Template;

use super::frame::PublicFrame;
use super::session::Presence;
use crate::db::LaneError;
use crate::domain::access::Origin;

/// Why a request was not answered with what it asked for.
#[derive(Debug)]
pub enum WebError {
    /// Nobody is signed in; afterwards the way leads back to `next`.
    SignInNeeded {
        next: Option<String>,
    },
    /// A second factor must be set up before anything else.
    EnrolmentNeeded,
    /// Who is signed in must prove it again first; the way then leads to `next`.
    StepUpNeeded {
        next: String,
    },
    /// The request can't be understood.
    BadRequest(&'static str),
    /// It names a field twice: no page of ours does that.
    RepeatedField,
    /// Signed in, but as somebody who may not do this.
    Forbidden,
    /// The request did not come from one of our pages.
    ForeignOrigin,
    /// The request came without TLS where we are reached by TLS; a page is found at `page`, nothing else is answered.
    PlainHttp {
        page: Option<String>,
    },
    /// There is no such thing, or it is not for this person: the same answer for both.
    NotFound,
    /// Allowed, but the state of things forbids it.
    Conflict(Box<Refused>),
    TooLarge(&'static str),
    /// Tried too often in vain; the next attempt is looked at after so many seconds.
    TooManyAttempts {
        seconds: i64,
        refused: Box<Refused>,
    },
    /// The database gave no answer; nothing was saved.
    Busy(LaneError),
    /// There is no room for this now, told in words of its own.
    Full(Box<Refused>),
    /// The database did not tell whether it saved what was sent.
    Unsure,
    /// A fault of ours, written to the log with the request's id.
    Internal(String),
}

/// A refusal for people: what is the matter, what to do, where to go.
#[derive(Debug, Clone)]
pub struct Refused {
    pub heading: String,
    pub sentences: Vec<String>,
    /// Where to go on: address and words of each link.
    pub ways: Vec<(String, String)>,
}

impl WebError {
    pub fn conflict(
        heading: impl Into<String>,
        sentence: impl Into<String>,
        href: impl Into<String>,
        way: &str,
    ) -> Self {
        WebError::Conflict(Box::new(Refused {
            heading: heading.into(),
            sentences: vec![sentence.into()],
            ways: vec![(href.into(), way.to_owned())],
        }))
    }
}

impl fmt::Display for WebError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status_code())
    }
}

impl From<crate::db::Error> for WebError {
    fn from(error: crate::db::Error) -> Self {
        match error {
            crate::db::Error::NotFound => WebError::NotFound,
            other => WebError::Internal(crate::db::without_values(&other)),
        }
    }
}

impl From<LaneError> for WebError {
    fn from(error: LaneError) -> Self {
        match error {
            LaneError::Panicked => WebError::Internal("the work panicked".to_owned()),
            LaneError::Unsure => WebError::Unsure,
            LaneError::Busy | LaneError::Late | LaneError::Unreachable => WebError::Busy(error),
        }
    }
}

impl From<askama::Error> for WebError {
    fn from(error: askama::Error) -> Self {
        WebError::Internal(error.to_string())
    }
}

impl ResponseError for WebError {
    fn status_code(&self) -> StatusCode {
        match self {
            WebError::SignInNeeded { .. } | WebError::EnrolmentNeeded | WebError::StepUpNeeded { .. } => {
                StatusCode::SEE_OTHER
            }
            WebError::BadRequest(_) | WebError::RepeatedField => StatusCode::BAD_REQUEST,
            WebError::PlainHttp { page: Some(_) } => StatusCode::PERMANENT_REDIRECT,
            WebError::Forbidden | WebError::ForeignOrigin | WebError::PlainHttp { page: None } => StatusCode::FORBIDDEN,
            WebError::NotFound => StatusCode::NOT_FOUND,
            WebError::Conflict(_) => StatusCode::CONFLICT,
            WebError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            WebError::TooManyAttempts { .. } => StatusCode::TOO_MANY_REQUESTS,
            WebError::Busy(_) | WebError::Full(_) | WebError::Unsure => StatusCode::SERVICE_UNAVAILABLE,
            WebError::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// An empty answer that carries what its page will say; [`render`] writes the page.
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status_code());
        match self {
            WebError::SignInNeeded { next } => {
                let location = match next {
                    Some(next) => format!("/sign-in?next={}", super::forms::encode(next)),
                    None => "/sign-in".to_owned(),
                };
                if let Ok(location) = HeaderValue::from_str(&location) {
                    response.headers_mut().insert(header::LOCATION, location);
                }
            }
            WebError::StepUpNeeded { next } => {
                response.extensions_mut().insert(WrittenDown("no fresh proof"));
                let location = format!("/step-up?next={}", super::forms::encode(next));
                if let Ok(location) = HeaderValue::from_str(&location) {
                    response.headers_mut().insert(header::LOCATION, location);
                }
            }
            WebError::EnrolmentNeeded => {
                let location = HeaderValue::from_static(super::extract::ENROLMENT);
                response.headers_mut().insert(header::LOCATION, location);
            }
            WebError::BadRequest(sentence) | WebError::TooLarge(sentence) => {
                response.extensions_mut().insert(Words { sentence });
            }
            WebError::RepeatedField => {
                response.extensions_mut().insert(WrittenDown("repeated field"));
                let sentence = "The form names one of its fields twice, so that it can't be told what was meant.";
                response.extensions_mut().insert(Words { sentence });
            }
            WebError::ForeignOrigin => {
                let sentence = "The request did not come from a page of this site, so nothing was changed. \
                     Open the page here and send it again.";
                response.extensions_mut().insert(Words { sentence });
            }
            WebError::PlainHttp { page: Some(page) } => {
                if let Ok(location) = HeaderValue::from_str(page) {
                    response.headers_mut().insert(header::LOCATION, location);
                }
            }
            WebError::PlainHttp { page: None } => {
                let sentence =
                    "The request was not encrypted, so nothing was changed. Use the https address of this site.";
                response.extensions_mut().insert(Words { sentence });
            }
            WebError::Conflict(refused) | WebError::Full(refused) => {
                response.extensions_mut().insert(Refused::clone(refused));
            }
            WebError::TooManyAttempts { seconds, refused } => {
                let seconds = HeaderValue::from(*seconds);
                response.headers_mut().insert(header::RETRY_AFTER, seconds);
                response.extensions_mut().insert(Refused::clone(refused));
            }
            WebError::Unsure => {
                response.extensions_mut().insert(Refused {
                    heading: "The answer took too long".to_owned(),
                    sentences: vec!["It may have been saved: look before you send it again.".to_owned()],
                    ways: vec![("/".to_owned(), "Go to the start page".to_owned())],
                });
            }
            WebError::Internal(what) => {
                response.extensions_mut().insert(Fault(what.clone()));
            }
            WebError::Forbidden | WebError::NotFound | WebError::Busy(_) => {}
        }
        response
    }
}

/// Marks an answer that is read by programs and needs no page.
pub struct ForMachines;

/// Why a refusal is written down in the audit log.
#[derive(Debug, Clone, Copy)]
pub struct WrittenDown(pub &'static str);

struct Words {
    sentence: &'static str,
}

struct Fault(String);

#[derive(Template)]
#[template(path = "errors/error.html")]
struct ErrorPage {
    frame: PublicFrame,
    is_signed_in: bool,
    status: u16,
    heading: String,
    sentences: Vec<String>,
    ways: Vec<(String, String)>,
    incident: Option<String>,
}

/// Writes the page of an answer that has none yet: our own errors, and those of the framework.
pub fn render(
    response: ServiceResponse<BoxBody>,
    frame: PublicFrame,
    presence: &Presence,
    origin: &Origin,
) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if response.response().extensions().contains::<ForMachines>() {
        return response;
    }
    let is_empty = matches!(response.response().body().size(), actix_web::body::BodySize::Sized(0));
    let is_told = response.headers().contains_key(header::CONTENT_TYPE)
        && response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !(status.is_client_error() || status.is_server_error()) || (is_told && !is_empty) {
        return response;
    }
    let mut page = page_of(status, frame, presence);
    {
        let extensions = response.response().extensions();
        if let Some(words) = extensions.get::<Words>() {
            page.sentences = vec![words.sentence.to_owned()];
        }
        if let Some(refused) = extensions.get::<Refused>() {
            page.heading = refused.heading.clone();
            page.sentences = refused.sentences.clone();
            page.ways = refused.ways.clone();
        }
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            let what = extensions
                .get::<Fault>()
                .map_or("the framework gave up", |fault| fault.0.as_str());
            log::error!("request {} failed: {what}", origin.request_id);
            page.incident = Some(origin.request_id.clone());
        }
    }
    let body = page.render().unwrap_or_else(|_| page.heading.clone());
    let (request, mut old) = response.into_parts();
    old.headers_mut().remove(header::CONTENT_LENGTH);
    let mut new = old.set_body(BoxBody::new(body));
    new.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    if status == StatusCode::SERVICE_UNAVAILABLE {
        new.headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
    ServiceResponse::new(request, new)
}

/// The page that says that the database gave no answer, for where there is nothing else to answer with.
pub fn unavailable(frame: PublicFrame, presence: &Presence) -> HttpResponse {
    let page = page_of(StatusCode::SERVICE_UNAVAILABLE, frame, presence);
    HttpResponse::ServiceUnavailable()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::RETRY_AFTER, "2"))
        .body(page.render().unwrap_or_else(|_| page.heading.clone()))
}

/// The page about a handler that gave up in the middle, with the id by which the log knows it.
pub fn fault(frame: PublicFrame, presence: &Presence, origin: &Origin) -> HttpResponse {
    let mut page = page_of(StatusCode::INTERNAL_SERVER_ERROR, frame, presence);
    page.incident = Some(origin.request_id.clone());
    HttpResponse::InternalServerError()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .body(page.render().unwrap_or_else(|_| page.heading.clone()))
}

fn page_of(status: StatusCode, frame: PublicFrame, presence: &Presence) -> ErrorPage {
    let (heading, sentence) = match status {
        StatusCode::BAD_REQUEST => (
            "This request can't be understood",
            "Go back, look at what you entered, and try again.",
        ),
        StatusCode::FORBIDDEN => (
            "You are not allowed to do this",
            "Ask an administrator if you need it for your work.",
        ),
        StatusCode::NOT_FOUND => (
            "There is nothing here",
            "The address may be wrong, or what was here is no longer available.",
        ),
        StatusCode::METHOD_NOT_ALLOWED => (
            "This address does not do that",
            "Go back and use the buttons of the page.",
        ),
        StatusCode::CONFLICT => (
            "This can't be done now",
            "Something changed meanwhile. Look again and decide anew.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => ("This is too large", "Send less at once."),
        StatusCode::TOO_MANY_REQUESTS => ("Too many attempts", "Wait a little, then try again."),
        StatusCode::SERVICE_UNAVAILABLE => (
            "Too busy at the moment",
            "Nothing was saved. Go back in a few seconds and send it again.",
        ),
        _ => (
            "Something went wrong here",
            "It is our fault, and it has been written down. Nothing was saved.",
        ),
    };
    ErrorPage {
        frame,
        is_signed_in: presence.is_signed_in(),
        status: status.as_u16(),
        heading: heading.to_owned(),
        sentences: vec![sentence.to_owned()],
        ways: vec![("/".to_owned(), "Go to the start page".to_owned())],
        incident: None,
    }
}
