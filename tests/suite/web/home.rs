//! The start pages: each number is that of the list that it leads to, for everybody who has one.

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;

use crate::support::TestApp;
use crate::support::builders::{assign_to_partner, delete};
use crate::support::client::{Client, Page};

/// What a counter says it counts, and where it leads.
struct Counter {
    number: usize,
    words: String,
    href: String,
}

/// The counters of a start page; each begins with its number.
fn counters(page: &Page) -> Vec<Counter> {
    page.links_with_words()
        .into_iter()
        .filter_map(|(href, text)| {
            let (number, words) = text.split_once(' ')?;
            Some(Counter {
                number: number.parse().ok()?,
                words: words.to_owned(),
                href,
            })
        })
        .collect()
}

fn number(page: &Page, words: &str) -> usize {
    let counters = counters(page);
    let counter = counters.iter().find(|counter| counter.words == words);
    counter
        .unwrap_or_else(|| panic!("no counter {words:?} in {}", page.text()))
        .number
}

/// Every counter of a start page leads to a list of as many rows, which tells the same number.
#[track_caller]
fn assert_equal(counter: &Counter, list: &Page, rows: usize) {
    let Counter { number, words, href } = counter;
    assert_eq!(list.status(), 200, "{href}");
    assert_eq!(rows, *number, "{words} at {href}: {}", list.text());
}

async fn assert_staff_counters(client: &Client) -> Page {
    let page = client.get("/").await;
    assert_eq!(page.status(), 200, "{}", page.text());
    for counter in counters(&page) {
        let list = client.get(&counter.href).await;
        assert_equal(&counter, &list, list.rows().len());
        if counter.href.starts_with("/leads") {
            let leads = if counter.number == 1 { "lead" } else { "leads" };
            assert!(
                list.text().contains(&format!("{} {leads}", counter.number)),
                "{}",
                counter.href
            );
        }
    }
    page
}

async fn assert_partner_counters(client: &Client) -> Page {
    let page = client.get("/portal").await;
    assert_eq!(page.status(), 200, "{}", page.text());
    for counter in counters(&page)
        .iter()
        .filter(|counter| counter.href.starts_with("/portal"))
    {
        let list = client.get(&counter.href).await;
        let cards = list.source().matches("class=\"lead-card\"").count();
        assert_equal(counter, &list, list.rows().len() + cards);
    }
    page
}

fn reason(app: &TestApp, outcome: &str) -> String {
    app.text(&format!(
        "SELECT reference AS t FROM closing_reasons WHERE outcome = '{outcome}' ORDER BY id LIMIT 1"
    ))
}

async fn close(app: &TestApp, lead: &Reference, outcome: &str) {
    let path = format!("/portal/leads/{lead}/closing");
    let page = app.nora().await.post(&path, &[("choice", &reason(app, outcome))]).await;
    assert_eq!(page.status(), 303, "{}", page.text());
}

/// Leads in every state, over 22 days; deadlines run for those of the last day.
async fn furnish(app: &TestApp) {
    let opened = || app.a_lead().assigned_to(cast::NORA).opened();
    for _ in 0..3 {
        app.a_lead().assigned_to(cast::NORA).create().await;
        opened().create().await;
    }
    close(app, &opened().create().await, "lost").await;
    app.clock.advance(TimeDelta::days(22));
    for outcome in ["won", "lost"] {
        close(app, &opened().create().await, outcome).await;
    }
    let declined = app.a_lead().assigned_to(cast::NORA).create().await;
    let path = format!("/portal/leads/{declined}/decline");
    app.nora().await.post(&path, &[("reason", "no_capacity")]).await;
    let settings = app.ada().await;
    let page = settings.get("/settings/deadlines").await;
    let days = [
        ("open_within", "2"),
        ("first_update_within", "10"),
        ("update_every", ""),
    ];
    assert_eq!(settings.submit(&page, "Save", &days).await.status(), 303);
    let shared = app.a_lead().create().await;
    assign_to_partner(app, &shared, cast::NORA).await;
    app.a_lead().assigned_to(cast::NILS).create().await;
    let asked = app.a_lead().assigned_to(cast::NILS).opened().create().await;
    let answer = app.sofia().await.post(&format!("/leads/{asked}/question"), &[]).await;
    assert_eq!(answer.status(), 303);
    app.a_lead().assigned_to(cast::SAM).create().await;
    for _ in 0..2 {
        let gone = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        delete(app, &gone).await;
    }
    app.a_lead().create().await;
}

db_test! {
    async fn what_staff_count_is_what_the_lists_hold(app) {
        furnish(&app).await;
        let sofia = app.sofia().await;

        let page = assert_staff_counters(&sofia).await;

        for (words, expected) in [
            ("unassigned", 2),
            ("unopened for more than 7 days", 3),
            ("open without update for more than 14 days", 3),
            ("waiting for an answer", 1),
            ("closed this month", 3),
        ] {
            assert_eq!(number(&page, words), expected, "{words}");
        }
        assert!(!page.text().contains("on hold") && !page.text().contains("messages failed"), "{}", page.text());
        app.track_permission().await;
        assert_eq!(number(&assert_staff_counters(&sofia).await, "on hold"), 15);
    }

    async fn administrators_count_what_they_look_after_too(app) {
        furnish(&app).await;
        app.conn()
            .batch_execute(
                "UPDATE outbox SET state = 'sent' WHERE id NOT IN (SELECT id FROM outbox ORDER BY id LIMIT 10); \
                 UPDATE outbox SET state = 'failed' WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT 2); \
                 UPDATE users SET state = 'invited' WHERE email = 'sam@southgate.example'",
            )
            .unwrap();
        app.clock.advance(TimeDelta::hours(3));
        let ada = app.ada().await;

        let page = assert_staff_counters(&ada).await;

        for (words, expected) in [
            ("messages failed", 2),
            ("messages stuck", 8),
            ("destroy tasks open", 2),
            ("invited, not arrived", 1),
            ("unassigned", 2),
        ] {
            assert_eq!(number(&page, words), expected, "{words}");
        }
        let outbox = ada.get("/outbox").await;
        assert!(outbox.text().contains("2 failed, 8 stuck"), "{}", outbox.text());
    }

    async fn what_a_partner_counts_is_what_its_lists_hold(app) {
        furnish(&app).await;
        let all = [("waiting for you", 5), ("open", 4), ("due within 3 days", 2), ("tasks", 3)];
        let own = [("waiting for you", 1), ("open", 1), ("due within 3 days", 1), ("tasks", 3)];
        let other = [("waiting for you", 1), ("open", 0), ("due within 3 days", 1), ("tasks", 0)];

        for (client, expected) in [(app.nora().await, all), (app.nils().await, own), (app.sam().await, other)] {
            let page = assert_partner_counters(&client).await;
            for (words, expected) in expected {
                assert_eq!(number(&page, words), expected, "{words}: {}", page.text());
            }
            assert_eq!(page.source().contains("Open lead"), expected[0].1 > 0);
        }
        app.track_permission().await;
        let page = assert_partner_counters(&app.nora().await).await;
        assert_eq!((number(&page, "waiting for you"), number(&page, "open")), (0, 4), "{}", page.text());
    }

    async fn a_lead_that_is_due_soon_stands_on_the_start_page_of_its_partner(app) {
        let ada = app.ada().await;
        let form = ada.get("/settings/deadlines").await;
        ada.submit(&form, "Save", &[("open_within", ""), ("first_update_within", "2"), ("update_every", "")]).await;
        let lead = app.a_lead().named("Anna", "Öberg").assigned_to(cast::NILS).opened().create().await;

        let (nils, nora, sam) = (app.nils().await, app.nora().await, app.sam().await);
        let page = nils.get("/portal").await;

        assert_eq!(page.link("Anna Öberg, Nordlicht GmbH"), format!("/portal/leads/{lead}"));
        assert!(page.text().contains("Say how it stands 6 May 2026"), "{}", page.text());
        assert!(nora.get("/portal").await.text().contains("Anna Öberg"));
        assert!(!sam.get("/portal").await.source().contains("Öberg"));
        nils.post(&format!("/portal/leads/{lead}/note"), &[("status_note", "Called")]).await;
        assert!(!nils.get("/portal").await.text().contains("Due soon"), "nothing is owed after the first update");
    }

    async fn the_figures_tell_what_became_of_leads_by_partner(app) {
        let opened = || app.a_lead().assigned_to(cast::NORA).opened();
        opened().create().await;
        close(&app, &opened().create().await, "won").await;
        close(&app, &opened().create().await, "lost").await;
        app.a_lead().assigned_to(cast::NORA).create().await;
        app.a_lead().assigned_to(cast::SAM).create().await;
        app.a_lead().create().await;
        let sofia = app.sofia().await;

        let page = sofia.get("/").await;

        let rows = page.rows();
        for expected in [
            "Handed over 5 100 %",
            "Opened 3 60 %",
            "Closed 2 40 %",
            "Won or converted 1 20 %",
            "Northwind 4 3 1 0 0 minutes",
            "Southgate 1 0 0 0 –",
        ] {
            assert!(rows.iter().any(|row| row == expected), "{expected}: {rows:#?}");
        }
        let source = page.source();
        assert!(source.contains("Of the leads: handed over 5, opened 3, closed 2, won or converted 1."));
        assert!(source.contains("Northwind: 3 opened, 1 won, 0 declined; Southgate: 0 opened"));
        assert!(page.text().contains("Leads handed over in the last 90 days."), "{}", page.text());
        assert!(!source.contains("style="), "no style of its own");
        app.clock.advance(TimeDelta::days(91));
        let page = app.sofia().await.get("/").await;
        assert!(page.text().contains("Nothing was handed over."), "{}", page.text());
        assert_eq!(page.link("Assign leads"), "/leads?status=unassigned");
    }

    async fn an_empty_start_page_says_what_to_do(app) {
        let page = app.sofia().await.get("/").await;
        for words in ["Nothing was handed over", "No lead came in", "No partner has an unopened lead"] {
            assert!(page.text().contains(words), "{words}: {}", page.text());
        }
        let portal = app.nora().await.get("/portal").await;
        assert!(portal.text().contains("No lead waits. New ones appear here"), "{}", portal.text());
        assert_eq!(portal.heading(), "Home of Northwind");
    }
}
