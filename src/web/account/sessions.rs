//! Signing other devices out.

use actix_session::Session;

use crate::db::types::Reference;
use crate::domain::accounts::own;
use crate::web::error::WebError;
use crate::web::extract::SignedIn;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::respond::{Answer, see_other_with};

/// `POST /account/sessions/end`
pub async fn end(person: SignedIn, form: FormData) -> Answer {
    let session = Reference::parse(&form.text("session")).ok_or(WebError::NotFound)?;
    let user = person.principal().user();
    let ended = person
        .write(move |tx, scope, now| own::end_session(tx, scope.actor(), user, &session, now))
        .await??;
    if !ended {
        return Err(WebError::NotFound);
    }
    see_other_with("/account", Notice::SessionEnded)
}

/// `POST /account/sign-out-everywhere`
pub async fn end_all(person: SignedIn, session: Session) -> Answer {
    let user = person.principal().user();
    person
        .write(move |tx, scope, now| own::sign_out_everywhere(tx, scope.actor(), user, now))
        .await??;
    session.purge();
    see_other_with("/sign-in", Notice::SignedOutEverywhere)
}
