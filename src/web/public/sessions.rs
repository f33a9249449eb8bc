//! Signing in and out.

use actix_session::Session;
use actix_web::HttpRequest;
use askama::Template;

use crate::db::Error;
use crate::domain::accounts::{Role, password, sign_in};
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::Visitor;
use crate::web::flash::Notice;
use crate::web::forms::{FormData, QueryData};
use crate::web::frame::PublicFrame;
use crate::web::respond::{Answer, page, see_other, see_other_with, unprocessable};
use crate::web::session;

/// The longest password that is looked at, in bytes: hashing longer ones would cost the server, not the guesser.
const LONGEST_PASSWORD: usize = 1_024;

#[derive(Template)]
#[template(path = "public/sign_in.html")]
struct SignInPage {
    frame: PublicFrame,
    email: String,
    next: String,
    errors: FieldErrors,
}

/// `GET /sign-in`
pub async fn new(visitor: Visitor, query: QueryData) -> Answer {
    if let Some(principal) = visitor.principal() {
        return see_other(start_page(principal.role()));
    }
    page(&SignInPage {
        frame: visitor.frame(),
        email: String::new(),
        next: local_path(&query.text("next")).unwrap_or_default(),
        errors: FieldErrors::default(),
    })
}

/// `POST /sign-in`: the same answer, after the same work, for a wrong password, an unknown account and a closed one.
pub async fn create(visitor: Visitor, session: Session, request: HttpRequest, form: FormData) -> Answer {
    let (email, typed) = (form.text("email"), form.text("password"));
    let next = local_path(&form.text("next"));
    let mut errors = FieldErrors::default();
    if email.trim().is_empty() {
        errors.add("email", "Enter your e-mail address");
    }
    if typed.is_empty() {
        errors.add("password", "Enter your password");
    }
    if errors.is_empty() {
        match check(&visitor, email.trim(), typed).await? {
            Some((user, role)) => {
                let agent = request
                    .headers()
                    .get("user-agent")
                    .and_then(|agent| agent.to_str().ok())
                    .unwrap_or_default();
                session::begin(&session, user, visitor.origin(), agent)?;
                return see_other(next.as_deref().unwrap_or(start_page(role)));
            }
            None => errors.add("email", "The e-mail address or the password is wrong"),
        }
    }
    let next = next.unwrap_or_default();
    unprocessable(&SignInPage {
        frame: visitor.frame(),
        email,
        next,
        errors,
    })
}

async fn check(
    visitor: &Visitor,
    email: &str,
    typed: String,
) -> Result<Option<(crate::db::types::UserId, Role)>, WebError> {
    let lanes = visitor.state().lanes();
    let email = email.to_owned();
    let candidate = lanes.read(move |conn| sign_in::candidate(conn, &email)).await??;
    let stored = candidate
        .as_ref()
        .and_then(|candidate| candidate.user.password_hash.clone());
    let cost = visitor.state().password_cost();
    let is_right = typed.len() <= LONGEST_PASSWORD
        && lanes
            .hash(move || password::verify(&typed, stored.as_deref(), cost))
            .await?;
    let (origin, now) = (visitor.origin().clone(), visitor.state().now());
    lanes
        .write(move |tx| match candidate {
            Some(candidate) if is_right && candidate.may_enter => {
                sign_in::record_success(tx, &candidate.user, &origin, now)?;
                Ok(Some((candidate.user.id, candidate.user.role)))
            }
            other => {
                sign_in::record_failure(tx, other.as_ref().map(|candidate| &candidate.user), &origin, now)?;
                Ok::<_, Error>(None)
            }
        })
        .await?
        .map_err(WebError::from)
}

/// `POST /sign-out`
pub async fn destroy(visitor: Visitor, session: Session) -> Answer {
    if let Some(principal) = visitor.principal() {
        let (scope, user) = (principal.scope(visitor.origin().clone()), principal.user());
        let now = visitor.state().now();
        visitor
            .state()
            .lanes()
            .write(move |tx| sign_in::record_end(tx, scope.actor(), user, now))
            .await??;
    }
    session.purge();
    let mut answer = see_other_with("/sign-in", Notice::SignedOut)?;
    let clear = actix_web::http::header::HeaderValue::from_static("\"cache\", \"storage\"");
    answer.headers_mut().insert(
        actix_web::http::header::HeaderName::from_static("clear-site-data"),
        clear,
    );
    Ok(answer)
}

/// Where somebody of this role begins.
pub fn start_page(role: Role) -> &'static str {
    if role.is_partner() { "/portal/leads" } else { "/" }
}

/// A path of this site, and nothing that a browser could take for another one (ASVS 5.0 V3.7.2).
fn local_path(text: &str) -> Option<String> {
    let is_local = text.starts_with('/')
        && !text.starts_with("//")
        && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && !text.to_ascii_lowercase().contains("%2f%2f");
    is_local.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_stays_on_this_site() {
        for foreign in [
            "//evil.example",
            "/\\evil.example",
            "https:evil.example",
            "%2f%2fevil",
            "/%2f%2fevil",
            "",
            "/a\nb",
        ] {
            assert_eq!(local_path(foreign), None, "{foreign}");
        }
        assert_eq!(local_path("/leads?status=open").as_deref(), Some("/leads?status=open"));
    }
}
