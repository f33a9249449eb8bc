//! Sending a test message. It goes through the outbox like any other: the request waits for no mail server.

use crate::domain::outbox;
use crate::web::error::WebError;
use crate::web::extract::Admin;
use crate::web::flash::Notice;
use crate::web::respond::{Answer, see_other_with};

/// `POST /outbox/test`
pub async fn create(admin: Admin) -> Answer {
    if admin.state().mailer().is_none() {
        return Err(WebError::conflict(
            "Mail is not set up",
            "No mail server is configured, so a test message would only wait. Set LEADGATE_SMTP_URL and \
             LEADGATE_MAIL_FROM, and start the program anew.",
            "/outbox",
            "Back to the outbox",
        ));
    }
    admin.write(outbox::queue_test).await??;
    see_other_with("/outbox", Notice::TestQueued)
}
