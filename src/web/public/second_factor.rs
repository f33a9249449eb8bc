//! The second step of signing in: a code of the app, or a recovery code.

use actix_session::Session;
use actix_web::HttpRequest;
use askama::Template;

use super::sessions::let_in;
use crate::db::Error;
use crate::domain::accounts::password::fingerprint;
use crate::domain::accounts::throttle::{self, Attempt};
use crate::domain::accounts::{User, second_factor, sign_in};
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::Visitor;
use crate::web::forms::FormData;
use crate::web::frame::PublicFrame;
use crate::web::respond::{Answer, page, see_other, unprocessable};
use crate::web::session::Pending;
use crate::web::{attempts, session};

#[derive(Template)]
#[template(path = "public/second_factor.html")]
struct CodePage {
    frame: PublicFrame,
    errors: FieldErrors,
}

/// `GET /sign-in/code`
pub async fn new(visitor: Visitor, session: Session) -> Answer {
    if session::pending(&session, visitor.state().now()).is_none() {
        return see_other("/sign-in");
    }
    page(&CodePage {
        frame: visitor.frame(),
        errors: FieldErrors::default(),
    })
}

/// `POST /sign-in/code`
pub async fn create(visitor: Visitor, session: Session, request: HttpRequest, form: FormData) -> Answer {
    let Some(pending) = session::pending(&session, visitor.state().now()) else {
        return see_other("/sign-in");
    };
    let code = form.text("code");
    let mut errors = FieldErrors::default();
    if code.trim().is_empty() {
        errors.add("code", "Enter the code that your app shows, or a recovery code");
    } else {
        match check(&visitor, &pending, code).await? {
            Outcome::In(user) => {
                let is_known = pending.device.is_some();
                return let_in(&visitor, &session, &request, &user, is_known, pending.next.as_deref());
            }
            Outcome::StartOver => {
                session.purge();
                return see_other("/sign-in");
            }
            Outcome::WrongCode => errors.add(
                "code",
                "This code is wrong, too old, or was used already: wait for the next one your app shows",
            ),
        }
    }
    unprocessable(&CodePage {
        frame: visitor.frame(),
        errors,
    })
}

enum Outcome {
    In(Box<User>),
    WrongCode,
    /// The account was closed, or its password or factor changed, since the password was given.
    StartOver,
}

async fn check(visitor: &Visitor, pending: &Pending, code: String) -> Result<Outcome, WebError> {
    let (state, now) = (visitor.state(), visitor.state().now());
    let (key, origin) = (state.seal_key().clone(), visitor.origin().clone());
    let pending = pending.clone();
    let checked = state
        .lanes()
        .write(move |tx| {
            let attempt = Attempt::code(pending.user, pending.device.as_deref(), &pending.password);
            let candidate = sign_in::candidate_by_id(tx, pending.user)?;
            if let Err(refused) = throttle::admit(tx, &attempt, now)? {
                let user = candidate.as_ref().map(|candidate| &candidate.user);
                sign_in::record_throttled(tx, &attempt, user, &origin, now)?;
                return Ok::<_, Error>(Err(refused));
            }
            let candidate = candidate.filter(|candidate| {
                candidate.may_enter && fingerprint(candidate.user.password_hash.as_deref()) == pending.password
            });
            let Some(candidate) = candidate else {
                return Ok(Ok(Outcome::StartOver));
            };
            if second_factor::enrolled_at(tx, pending.user)?.is_none() {
                return Ok(Ok(Outcome::StartOver));
            }
            if !second_factor::accept(tx, &key, pending.user, &code, now)? {
                sign_in::record_wrong_code(tx, &candidate.user, &origin, now)?;
                return Ok(Ok(Outcome::WrongCode));
            }
            throttle::succeeded(tx, &attempt)?;
            let is_new_device = pending.device.is_none();
            sign_in::record_success(tx, &candidate.user, is_new_device, pending.zone, &origin, now)?;
            Ok(Ok(Outcome::In(Box::new(candidate.user))))
        })
        .await??;
    checked.map_err(|why| attempts::refused(why, now))
}
