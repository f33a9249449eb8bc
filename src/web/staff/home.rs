//! The start page of staff: what waits for somebody, as links to the lists.

use crate::web::extract::Staff;
use crate::web::respond::{Answer, see_other};

/// `GET /`
pub async fn show(staff: Staff) -> Answer {
    let _ = staff;
    see_other("/leads")
}
