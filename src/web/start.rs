//! `/`: the start page of whoever asks. Staff and administrators have theirs here, partners in the portal.

use actix_web::{FromRequest, HttpRequest};

use super::extract::{Admin, Staff, Visitor};
use super::public::sessions::start_page;
use super::respond::{Answer, see_other};
use super::{admin, staff};
use crate::domain::accounts::Role;

/// `GET /`
pub async fn show(visitor: Visitor, request: HttpRequest) -> Answer {
    match visitor.principal() {
        Some(principal) if principal.role().is_partner() => see_other(start_page(principal.role())),
        Some(principal) if principal.role() == Role::Administrator => {
            admin::home::show(Admin::extract(&request).await?).await
        }
        _ => staff::home::show(Staff::extract(&request).await?).await,
    }
}
