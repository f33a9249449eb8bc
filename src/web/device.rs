//! The device on which an account signed in before: a signed cookie, bound to the account, good for nothing but its own
//! counter of failures and for knowing which sign-ins are from somewhere new.

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

/// The device that the request comes from, if this account signed in on it before.
pub fn known(state: &AppState, request: &HttpRequest, email: &str) -> Option<String> {
    let mut jar = CookieJar::new();
    jar.add_original(request.cookie(name(state))?.into_owned());
    let signed = jar.signed(state.cookie_key()).get(name(state))?;
    let (account, _) = signed.value().split_once('.')?;
    (account == account_of(email)).then(|| signed.value().to_owned())
}

/// The cookie that makes this device known to the account.
pub fn remember(state: &AppState, email: &str) -> Option<Cookie<'static>> {
    let value = format!("{}.{}", account_of(email), random_text(LENGTH));
    let cookie = Cookie::build(name(state), value)
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
