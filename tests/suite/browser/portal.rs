//! A partner on a small phone, 360 pixels wide: from the link of the mail to the call.

use leadgate::cli::demo::cast;
use serde_json::Value;

use super::driver::Browser;
use super::journeys::{sign_in, wait_for};
use crate::support::TestApp;
use crate::support::database::Backend;

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

async fn suits_a_thumb(browser: &Browser, what: &str) {
    assert!(browser.fits_the_screen().await, "{what} scrolls sideways");
    let small = too_small(browser, EVERYTHING, 24).await;
    assert!(small.is_empty(), "{what}: lower than 24 pixels: {small:#?}");
    let small = too_small(browser, MAIN, 44).await;
    assert!(small.is_empty(), "{what}: lower than 44 pixels: {small:#?}");
}

#[actix_web::test]
async fn a_lead_is_opened_and_called_with_two_taps_from_the_mail() {
    let app = TestApp::on(Backend::Sqlite).await;
    let lead = app.a_lead().assigned_to(cast::NORA).create().await;
    let phone = Browser::open(&app.origin).await.on_a_small_phone().await;
    sign_in(&phone, cast::NORA).await;

    phone.visit(&format!("/portal/leads/{lead}")).await;
    suits_a_thumb(&phone, "the lead that waits").await;
    phone.press("Open lead").await;
    wait_for(&phone, "Öberg").await;

    let call = "const call = document.querySelector('a[href^=\"tel:\"]').getBoundingClientRect();
        return call.top >= 0 && call.bottom <= window.innerHeight;";
    assert_eq!(phone.script(call, Vec::new()).await, true, "the call is on the screen");
    suits_a_thumb(&phone, "the opened lead").await;
    phone.screenshot("portal-lead-small").await;
}

#[actix_web::test]
async fn the_portal_suits_a_thumb() {
    let app = TestApp::on(Backend::Sqlite).await;
    app.a_lead().assigned_to(cast::NORA).create().await;
    let opened = app.a_lead().assigned_to(cast::NILS).opened().create().await;
    let nora = app.nora().await;
    let path = format!("/portal/leads/{opened}");
    nora.post(&format!("{path}/note"), &[("status_note", "Offer sent")])
        .await;
    let step = [("next_step", "Call about the offer"), ("next_step_on", "2026-05-01")];
    nora.post(&format!("{path}/next-step"), &step).await;
    nora.upload(
        &format!("{path}/attachments"),
        "file",
        "an-offer-with-a-very-long-name-that-has-no-blank.txt",
        b"text".to_vec(),
    )
    .await;
    let phone = Browser::open(&app.origin).await.on_a_small_phone().await;
    sign_in(&phone, cast::NORA).await;

    for page in [
        "/portal",
        "/portal/leads",
        "/portal/leads?state=open&product=ERP%20Cloud&sort=next_step",
        path.as_str(),
        "/portal/people",
        "/portal/people/new",
        "/portal/people?q=nils",
    ] {
        phone.visit(page).await;
        suits_a_thumb(&phone, page).await;
        let found = phone.axe().await;
        assert!(found.is_empty(), "{page}: {found}");
    }
    phone.visit("/portal/leads").await;
    phone.screenshot("portal-small").await;
    phone.visit(&path).await;
    phone.screenshot("portal-worked-lead-small").await;
}
