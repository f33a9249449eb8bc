//! The whole job in a real browser: as an administrator, as staff, as a partner on a phone.

use std::time::Duration;

use leadgate::cli::demo::cast;

use super::driver::Browser;
use crate::support::TestApp;
use crate::support::database::Backend;

/// Between two looks at a page that is on its way.
const PAUSE: Duration = Duration::from_millis(50);

pub async fn sign_in(browser: &Browser, email: &str) {
    browser.visit("/sign-in").await;
    browser.fill("E-mail", email).await;
    browser.fill("Password", cast::PASSWORD).await;
    browser.press("Sign in").await;
    for _ in 0..100 {
        if browser.path().await != "/sign-in" {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("{email} does not come in: {}", browser.text().await);
}

async fn turn_on_tracking(browser: &Browser) {
    browser.visit("/settings/lead-distribution/module").await;
    browser.choose("Track permission to distribute Leads").await;
    browser
        .choose("Ask users to confirm permission when they create a Lead")
        .await;
    browser.press("Save").await;
    browser.press("Turn tracking on").await;
    wait_for(browser, "Version 1").await;
}

/// Looks until the page says so: a form that was sent takes its time.
pub async fn wait_for(browser: &Browser, words: &str) {
    for _ in 0..100 {
        if browser.text().await.contains(words) {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("the page never says {words:?}: {}", browser.text().await);
}

async fn enter_a_confirmed_lead(browser: &Browser) {
    browser.visit("/leads/new").await;
    browser.fill("First name (optional)", "Anna").await;
    browser.fill("Last name", "Öberg").await;
    browser.fill("E-mail", "anna.oberg@nordlicht.example").await;
    browser.fill("Phone (optional)", "+46 8 555 0100").await;
    browser.fill("Company (optional)", "Nordlicht GmbH").await;
    browser.select("Country (optional)", "Sweden").await;
    browser.fill("Product interest (optional)", "ERP Cloud").await;
    browser.choose("Permission to Distribute").await;
    browser.choose("Contract").await;
    browser.press("Create lead").await;
}

async fn the_main_job(staff: Browser, partner: Browser) {
    sign_in(&staff, cast::ADA).await;
    turn_on_tracking(&staff).await;
    enter_a_confirmed_lead(&staff).await;
    wait_for(&staff, "Lead: Anna Öberg, Nordlicht GmbH").await;

    staff.follow("Assign").await;
    staff.choose("Nora Lindqvist Partner manager , Northwind").await;
    staff.press("Assign").await;
    wait_for(&staff, "The lead is assigned.").await;

    sign_in(&partner, cast::NORA).await;
    assert!(!partner.text().await.contains("Öberg"));
    partner.press("Open lead : ERP Cloud, Sweden").await;
    wait_for(&partner, "Öberg").await;
    assert!(partner.text().await.contains("Öberg"));
    assert!(partner.text().await.contains("+46 8 555 0100"));
    assert!(partner.fits_the_screen().await);
    staff.screenshot("lead").await;
    partner.screenshot("portal-lead").await;
}

#[actix_web::test]
async fn the_main_job_with_javascript() {
    let app = TestApp::on(Backend::Sqlite).await;
    let (staff, partner) = (
        Browser::open(&app.origin).await,
        Browser::open(&app.origin).await.on_a_phone().await,
    );

    the_main_job(staff, partner).await;
}

#[actix_web::test]
async fn the_main_job_without_javascript() {
    let app = TestApp::on(Backend::Sqlite).await;
    let staff = Browser::open(&app.origin).await.without_javascript().await;
    let partner = Browser::open(&app.origin)
        .await
        .on_a_phone()
        .await
        .without_javascript()
        .await;

    the_main_job(staff, partner).await;
}

#[actix_web::test]
async fn a_lead_is_entered_by_keyboard_alone() {
    let app = TestApp::on(Backend::Sqlite).await;
    let browser = Browser::open(&app.origin).await;
    sign_in(&browser, cast::SOFIA).await;
    browser.visit("/leads").await;

    browser.tab_to("New lead").await;
    browser.enter().await;
    browser.tab_to("Last name").await;
    browser.fill("Last name", "Öberg").await;
    browser.tab_to("E-mail").await;
    browser.fill("E-mail", "anna.oberg@nordlicht.example").await;
    browser.enter().await;

    wait_for(&browser, "History").await;
    assert_eq!(browser.heading().await, "Lead: Öberg");
    assert!(browser.path().await.starts_with("/leads/"));
}
