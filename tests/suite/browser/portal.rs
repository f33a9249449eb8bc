//! A partner on a small phone, 360 pixels wide: from the link of the mail to the call.

use std::sync::Arc;

use leadgate::cli::demo::cast;
use serde_json::Value;

use super::driver::Browser;
use super::journeys::{sign_in, wait_for};
use super::set_up::mailed_link;
use crate::support::TestApp;
use crate::support::database::{Backend, TestDatabase};
use crate::support::smtp::SmtpServer;

/// What a finger can't hit: everything to press that is visible and lower than so many pixels, with its words. Links
/// within a sentence are left out, as WCAG 2.2 (2.5.8) leaves them.
const TOO_SMALL: &str = "const [css, least] = arguments;
    return [...document.querySelectorAll(css)]
        .filter(e => e.checkVisibility() && !e.closest('.visually-hidden, .skip, p.hint'))
        .filter(e => { const box = e.getBoundingClientRect(); return box.height < least || box.width < 24; })
        .map(e => e.tagName + ' ' + e.textContent.trim().slice(0, 40) + ' ' + e.getBoundingClientRect().height);";

const EVERYTHING: &str = "a, button, summary, select, input:not([type=hidden]), textarea";
const MAIN: &str = ".contact > a, .button-main, .lead-card button, .more > summary";

async fn too_small(browser: &Browser, css: &str, least: i64) -> Vec<Value> {
    let found = browser.script(TOO_SMALL, vec![css.into(), least.into()]).await;
    found.as_array().cloned().unwrap_or_default()
}

/// Everything to press that is lower than 24 pixels, and what is pressed most below 44.
pub async fn too_small_for_a_thumb(browser: &Browser) -> Vec<Value> {
    let mut small = too_small(browser, EVERYTHING, 24).await;
    small.extend(too_small(browser, MAIN, 44).await);
    small
}

async fn suits_a_thumb(browser: &Browser, what: &str) {
    assert!(browser.fits_the_screen().await, "{what} scrolls sideways");
    let small = too_small_for_a_thumb(browser).await;
    assert!(small.is_empty(), "{what}: too small: {small:#?}");
}

#[actix_web::test]
async fn a_lead_is_opened_and_called_with_three_taps_from_the_mail() {
    let server = SmtpServer::start().await;
    let database = TestDatabase::new(Backend::Sqlite);
    let app = TestApp::with_mailer(database, Backend::Sqlite, Some(Arc::new(server.mailer()))).await;
    app.a_lead().assigned_to(cast::NORA).create().await;
    let phone = Browser::open(&app.origin).await.on_a_small_phone().await;
    sign_in(&phone, cast::NORA).await;

    // The first tap is the one in the mail, the second opens the lead, the third calls.
    let link = mailed_link(&app, &server, cast::NORA, "/portal/leads/").await;
    phone.visit(&link).await;
    suits_a_thumb(&phone, "the lead that waits").await;
    phone.press("Open lead").await;
    wait_for(&phone, "Öberg").await;

    let call = "const call = document.querySelector('a[href^=\"tel:\"]').getBoundingClientRect();
        return call.top >= 0 && call.bottom <= window.innerHeight;";
    assert_eq!(phone.script(call, Vec::new()).await, true, "the call is on the screen");
    suits_a_thumb(&phone, "the opened lead").await;
    phone.screenshot("portal-lead-small").await;
}
