//! The browser keeps nothing of anybody: no storage is used, and signing out empties what there might be
//! (ASVS 5.0 V14.3.1, V14.3.3).

use leadgate::cli::demo::cast;

use super::driver::Browser;
use super::journeys::{sign_in, wait_for};
use crate::support::TestApp;
use crate::support::database::Backend;

/// Everything that scripts of the site could have kept, by its place.
const DUMP: &str = "const done = arguments[arguments.length - 1];
    Promise.all([indexedDB.databases(), caches.keys(), navigator.serviceWorker.getRegistrations()]).then(
        ([databases, caches, workers]) => done([
            ...Object.entries(localStorage).map(entry => 'local ' + entry),
            ...Object.entries(sessionStorage).map(entry => 'session ' + entry),
            ...databases.map(database => 'database ' + database.name),
            ...caches.map(cache => 'cache ' + cache),
            ...workers.map(worker => 'worker ' + worker.scope),
            ...document.cookie.split('; ').filter(cookie => cookie).map(cookie => 'cookie ' + cookie),
        ]));";

async fn kept(browser: &Browser) -> Vec<String> {
    let kept = browser.script_with_answer(DUMP, Vec::new()).await;
    let kept = kept.as_array().cloned().unwrap_or_default();
    kept.iter().map(ToString::to_string).collect()
}

#[actix_web::test]
async fn nothing_of_a_days_work_stays_in_the_browser() {
    let app = TestApp::on(Backend::Sqlite).await;
    app.track_permission().await;
    let lead = app.a_lead().confirmed().assigned_to(cast::NORA).opened().create().await;
    let work = [
        (
            cast::SOFIA,
            vec!["/", "/leads?q=anna", "/leads/new", "/leads/import", "/tasks"],
            format!("/leads/{lead}"),
        ),
        (
            cast::NORA,
            vec!["/portal/leads", "/portal/notices", "/account"],
            format!("/portal/leads/{lead}"),
        ),
    ];
    for (email, pages, page_of_lead) in work {
        let browser = Browser::open(&app.origin).await;
        sign_in(&browser, email).await;
        for page in pages.into_iter().chain([page_of_lead.as_str()]) {
            browser.visit(page).await;
            assert_eq!(kept(&browser).await, Vec::<String>::new(), "{email} at {page}");
        }

        browser
            .script(
                "localStorage.draft = 'Anna Öberg'; sessionStorage.draft = 'Anna Öberg';",
                Vec::new(),
            )
            .await;
        assert_eq!(kept(&browser).await.len(), 2);
        browser.press("Sign out").await;
        wait_for(&browser, "You are signed out").await;
        assert_eq!(kept(&browser).await, Vec::<String>::new(), "{email} is out");
    }
}
