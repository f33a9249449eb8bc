//! `/`: the start page of whoever asks. Staff and administrators have theirs here, partners in the portal.

use actix_web::{FromRequest, HttpRequest};

use super::extract::{Staff, Visitor};
use super::public::sessions::start_page;
use super::respond::{Answer, see_other};
use super::staff;

/// `GET /`
pub async fn show(visitor: Visitor, request: HttpRequest) -> Answer {
    match visitor.principal() {
        Some(principal) if principal.role().is_partner() => see_other(start_page(principal.role())),
        _ => staff::home::show(Staff::extract(&request).await?).await,
    }
}
