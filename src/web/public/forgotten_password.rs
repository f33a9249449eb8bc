//! Asking for a link that sets a forgotten password anew. The answer is the same for every address.

use askama::Template;

use crate::domain::accounts::password_reset;
use crate::domain::text::email_is_valid;
use crate::domain::validation::FieldErrors;
use crate::web::attempts;
use crate::web::extract::Visitor;
use crate::web::forms::FormData;
use crate::web::frame::PublicFrame;
use crate::web::respond::{Answer, page, unprocessable};

#[derive(Template)]
#[template(path = "public/forgotten_password.html")]
struct ForgottenPage {
    frame: PublicFrame,
    email: String,
    errors: FieldErrors,
}

#[derive(Template)]
#[template(path = "public/link_mailed.html")]
struct MailedPage {
    frame: PublicFrame,
}

/// `GET /forgotten-password`
pub async fn new(visitor: Visitor) -> Answer {
    page(&ForgottenPage {
        frame: visitor.frame(),
        email: String::new(),
        errors: FieldErrors::default(),
    })
}

/// `POST /forgotten-password`
pub async fn create(visitor: Visitor, form: FormData) -> Answer {
    let email = form.text("email").trim().to_owned();
    let mut errors = FieldErrors::default();
    if email.is_empty() {
        errors.add("email", "Enter your e-mail address");
    } else if !email_is_valid(&email) {
        errors.add("email", "Enter an e-mail address in the format name@example.com");
    }
    if !errors.is_empty() {
        return unprocessable(&ForgottenPage {
            frame: visitor.frame(),
            email,
            errors,
        });
    }
    let (state, now) = (visitor.state(), visitor.state().now());
    let origin = visitor.origin().clone();
    state
        .lanes()
        .write(move |tx| password_reset::ask(tx, &email, &origin, now))
        .await??
        .map_err(|why| attempts::refused(why, now))?;
    page(&MailedPage { frame: visitor.frame() })
}
