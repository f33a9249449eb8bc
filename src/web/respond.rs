//! Answers: a page, or the way to the next one.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, LOCATION};
use askama::Template;

use super::error::WebError;
use super::flash::Notice;

/// What handlers return.
pub type Answer = Result<HttpResponse, WebError>;

/// A page that was asked for.
pub fn page(template: &impl Template) -> Answer {
    page_with(StatusCode::OK, template)
}

/// A form that comes back with what was typed and what is wrong with it.
pub fn unprocessable(template: &impl Template) -> Answer {
    page_with(StatusCode::UNPROCESSABLE_ENTITY, template)
}

pub fn page_with(status: StatusCode, template: &impl Template) -> Answer {
    let body = template.render()?;
    Ok(HttpResponse::build(status)
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .body(body))
}

/// On to another page after something was done (303).
pub fn see_other(location: &str) -> Answer {
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, location)).finish())
}

/// The same, with a sentence about it there.
pub fn see_other_with(location: &str, notice: Notice) -> Answer {
    Ok(HttpResponse::SeeOther()
        .insert_header((LOCATION, location))
        .cookie(notice.cookie())
        .finish())
}
