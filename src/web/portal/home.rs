//! The start of the portal.

use crate::web::extract::PartnerUser;
use crate::web::respond::{Answer, see_other};

/// `GET /portal`
pub async fn show(_: PartnerUser) -> Answer {
    see_other("/portal/leads")
}
