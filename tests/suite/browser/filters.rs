//! The filters of the lead list: whatever is changed there can be sent, by keyboard, mouse or finger, with scripts or not.

use leadgate::cli::demo::cast;

use super::driver::Browser;
use super::journeys::{sign_in, wait_for};
use crate::support::TestApp;
use crate::support::database::Backend;

/// Types a day, as a British keyboard writes it, and nothing of it is sent before it is whole.
async fn type_day(browser: &Browser, label: &str) {
    browser.visit("/leads").await;
    browser.tab_to(label).await;
    browser.keys("05052026").await;
    assert_eq!(browser.path().await, "/leads");
}

#[actix_web::test]
async fn a_day_is_typed_and_sent_by_keyboard_alone() {
    let app = TestApp::on(Backend::Sqlite).await;
    app.a_lead().create().await;
    let browser = Browser::open(&app.origin).await;
    sign_in(&browser, cast::SOFIA).await;

    type_day(&browser, "Created from").await;
    browser.enter().await;
    wait_for(&browser, "Created from 2026-05-05").await;
    assert!(!browser.text().await.contains("Öberg"));

    // Or by the button, which shows once there is something to send.
    type_day(&browser, "until").await;
    browser.go("Filter").await;
    wait_for(&browser, "Created until 2026-05-05").await;
    assert!(browser.text().await.contains("Öberg"));
}

#[actix_web::test]
async fn a_day_is_chosen_on_a_phone() {
    let app = TestApp::on(Backend::Sqlite).await;
    app.a_lead().create().await;
    let browser = Browser::open(&app.origin).await.on_a_phone().await;
    sign_in(&browser, cast::SOFIA).await;

    browser.visit("/leads").await;
    browser.press("Filters").await;
    browser.fill("Created from", "2026-05-05").await;
    assert_eq!(browser.path().await, "/leads");
    browser.press("Filter").await;
    wait_for(&browser, "Created from 2026-05-05").await;

    // A list is sent as it is chosen.
    browser.press("Filters").await;
    browser.select("Status", "Unassigned").await;
    wait_for(&browser, "Status: Unassigned").await;
    assert!(browser.fits_the_screen().await);
}

#[actix_web::test]
async fn a_day_is_sent_without_javascript() {
    let app = TestApp::on(Backend::Sqlite).await;
    app.a_lead().create().await;
    let browser = Browser::open(&app.origin).await.without_javascript().await;
    sign_in(&browser, cast::SOFIA).await;

    type_day(&browser, "Created from").await;
    browser.go("Filter").await;
    wait_for(&browser, "Created from 2026-05-05").await;
}
