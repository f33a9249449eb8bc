//! Signing in and out.

use actix_session::Session;
use actix_web::HttpRequest;
use askama::Template;

use super::first_run;
use crate::db::Error;
use crate::domain::accounts::password::fingerprint;
use crate::domain::accounts::password_rules::{LONGEST, is_short};
use crate::domain::accounts::throttle::{self, Attempt};
use crate::domain::accounts::{Role, User, own, password, second_factor, sign_in};
use crate::domain::validation::FieldErrors;
use crate::domain::zone::Zone;
use crate::web::error::WebError;
use crate::web::extract::Visitor;
use crate::web::flash::Notice;
use crate::web::forms::{FormData, QueryData};
use crate::web::frame::PublicFrame;
use crate::web::respond::{Answer, page, see_other, see_other_with, unprocessable};
use crate::web::session::Pending;
use crate::web::{attempts, device, session};

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
    if first_run::is_due(&visitor).await? {
        return first_run::waiting(&visitor);
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
    let (email, typed) = (form.text("email").trim().to_owned(), form.text("password"));
    let next = local_path(&form.text("next"));
    let mut errors = FieldErrors::default();
    if email.is_empty() {
        errors.add("email", "Enter your e-mail address");
    }
    if typed.is_empty() {
        errors.add("password", "Enter your password");
    }
    if errors.is_empty() {
        let device = device::known(visitor.state(), &request, &email);
        let zone = Zone::parse(&form.text("time_zone"));
        match check(&visitor, &email, typed, device.as_deref(), zone).await? {
            Some(Passed::In(user)) => {
                return let_in(&visitor, &session, &request, &user, device.is_some(), next.as_deref());
            }
            Some(Passed::FactorNext(user)) => {
                let pending = Pending {
                    user: user.id,
                    password: fingerprint(user.password_hash.as_deref()),
                    device,
                    next,
                    zone,
                    since: visitor.state().now(),
                };
                session::await_second_factor(&session, &pending)?;
                return see_other("/sign-in/code");
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

/// How far a right password leads.
enum Passed {
    In(User),
    /// The second factor is still to be asked for.
    FactorNext(User),
}

/// Begins the session of somebody who proved who it is, and remembers the device.
pub fn let_in(
    visitor: &Visitor,
    session: &Session,
    request: &HttpRequest,
    user: &User,
    is_known_device: bool,
    next: Option<&str>,
) -> Answer {
    let agent = session::agent(request);
    let shown = fingerprint(user.password_hash.as_deref());
    session::begin(session, user.id, &shown, visitor.origin(), agent, visitor.state().now())?;
    let mut answer = see_other(onward(next, user.role))?;
    if let Some(cookie) = device::remember(visitor.state(), request, &user.email).filter(|_| !is_known_device) {
        answer
            .add_cookie(&cookie)
            .map_err(|error| WebError::Internal(error.to_string()))?;
    }
    Ok(answer)
}

/// Whose password it is, if it is somebody's who may enter. `device` is one on which the account signed in before.
async fn check(
    visitor: &Visitor,
    email: &str,
    typed: String,
    device: Option<&str>,
    zone: Option<Zone>,
) -> Result<Option<Passed>, WebError> {
    let (lanes, now) = (visitor.state().lanes(), visitor.state().now());
    let (address, origin) = (email.to_owned(), visitor.origin().clone());
    let known = device.map(str::to_owned);
    let (candidate, attempt) = lanes
        .write(move |tx| {
            let candidate = sign_in::candidate(tx, &address)?;
            let stored = candidate
                .as_ref()
                .and_then(|candidate| candidate.user.password_hash.as_deref());
            let attempt = match known {
                Some(device) => Attempt::sign_in_from_known_device(&device, &fingerprint(stored)),
                None => Attempt::sign_in(&address, &origin.address),
            };
            if let Err(refused) = throttle::admit(tx, &attempt, now)? {
                let user = candidate.as_ref().map(|candidate| &candidate.user);
                sign_in::record_throttled(tx, &attempt, user, &origin, now)?;
                return Ok(Err(refused));
            }
            Ok::<_, Error>(Ok((candidate, attempt)))
        })
        .await??
        .map_err(|why| attempts::refused(why, now))?;
    let stored = candidate
        .as_ref()
        .and_then(|candidate| candidate.user.password_hash.clone());
    let (cost, is_short) = (visitor.state().password_cost(), is_short(&typed));
    let (is_right, renewed) = if typed.len() <= LONGEST {
        let verify = move || {
            let is_right = password::verify(&typed, stored.as_deref(), cost);
            let is_outdated = stored.is_some_and(|stored| password::is_outdated(&stored, cost));
            let renewed = (is_right && is_outdated).then(|| password::hash(&typed, cost));
            (is_right, renewed)
        };
        attempts::check(lanes, &attempt, verify).await?
    } else {
        (false, None)
    };
    let (origin, is_new_device) = (visitor.origin().clone(), device.is_none());
    lanes
        .write(move |tx| {
            let verified = candidate.as_ref().filter(|candidate| is_right && candidate.may_enter);
            // Looked at again: hashing takes long enough for a password to be reset, or an account to be closed.
            let confirmed = match verified {
                Some(candidate) => sign_in::confirm(tx, &candidate.user)?,
                None => None,
            };
            let Some(mut user) = confirmed else {
                sign_in::record_failure(tx, candidate.as_ref().map(|candidate| &candidate.user), &origin, now)?;
                return Ok::<_, Error>(None);
            };
            throttle::succeeded(tx, &attempt)?;
            if let (Some(old), Some(new)) = (&user.password_hash, renewed) {
                own::renew_hash(tx, user.id, old, &new)?;
                user.password_hash = Some(new);
            }
            own::note_length(tx, user.id, is_short)?;
            if second_factor::enrolled_at(tx, user.id)?.is_some() {
                return Ok(Some(Passed::FactorNext(user)));
            }
            sign_in::record_success(tx, &user, is_new_device, zone, &origin, now)?;
            Ok(Some(Passed::In(user)))
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
    if role.is_partner() { "/portal" } else { "/" }
}

/// Where somebody of this role goes on after signing in: back to where the way led from, unless only others may go there.
fn onward(next: Option<&str>, role: Role) -> &str {
    let is_fitting = |next: &&str| next.starts_with("/account") || next.starts_with("/portal") == role.is_partner();
    next.filter(is_fitting).unwrap_or(start_page(role))
}

/// A path of this site, and nothing that a browser could take for another one (ASVS 5.0 V3.7.2).
pub fn local_path(text: &str) -> Option<String> {
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
