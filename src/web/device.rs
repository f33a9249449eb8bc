//! The device on which accounts signed in before: a signed cookie, with a word for each account, good for nothing but its
//! own counter of failures and for knowing which sign-ins are from somewhere new.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, CookieJar, SameSite};
use sha2::{Digest, Sha256};

use crate::app::AppState;
use crate::db::types::random_text;
use crate::domain::accounts::email_key;

const REMEMBERED: Duration = Duration::days(180);

/// Random characters that tell one device of an account from another.
const LENGTH: usize = 26;

fn name(state: &AppState) -> &'static str {
    // Browsers take the __Host- prefix with TLS only.
    if state.base_url().is_secure() {
        "__Host-device"
    } else {
        "leadgate-device"
    }
}

/// A browser knows so many accounts; of more the oldest is forgotten.
const ACCOUNTS: usize = 5;

/// Between the words of two accounts.
const NEXT: char = '~';

/// The device that the request comes from, if this account signed in on it before.
pub fn known(state: &AppState, request: &HttpRequest, email: &str) -> Option<String> {
    let account = account_of(email);
    words(state, request).into_iter().find(|word| is_of(word, &account))
}

/// What we signed for this browser, a word for each account.
fn words(state: &AppState, request: &HttpRequest) -> Vec<String> {
    let mut jar = CookieJar::new();
    if let Some(cookie) = request.cookie(name(state)) {
        jar.add_original(cookie.into_owned());
    }
    let signed = jar.signed(state.cookie_key()).get(name(state));
    let value = signed.map(|cookie| cookie.value().to_owned()).unwrap_or_default();
    value
        .split(NEXT)
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn is_of(word: &str, account: &str) -> bool {
    word.split_once('.').is_some_and(|(known, _)| known == account)
}

/// The cookie that makes this device known to the account, and keeps it known to others.
pub fn remember(state: &AppState, request: &HttpRequest, email: &str) -> Option<Cookie<'static>> {
    let account = account_of(email);
    let mut words = words(state, request);
    words.retain(|word| !is_of(word, &account));
    words.push(format!("{account}.{}", random_text(LENGTH)));
    let kept = words.split_off(words.len().saturating_sub(ACCOUNTS));
    let cookie = Cookie::build(name(state), kept.join(&NEXT.to_string()))
        .path("/")
        .http_only(true)
        .secure(state.base_url().is_secure())
        .same_site(SameSite::Strict)
        .max_age(REMEMBERED)
        .finish();
    let mut jar = CookieJar::new();
    jar.signed_mut(state.cookie_key()).add(cookie);
    jar.get(name(state)).cloned()
}

/// The account as the cookie names it: the address itself stays out of cookies.
fn account_of(email: &str) -> String {
    let digest = Sha256::digest(email_key(email).as_bytes());
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
