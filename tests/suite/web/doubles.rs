//! A form that is sent twice, by an impatient hand or because no answer came, takes effect once, and every sending leads
//! to the same place. What was changed before it was sent again is another form.

use std::time::Duration;

use futures_util::future::join_all;
use leadgate::cli::demo::cast;
use leadgate::db::LanesConfig;

use crate::support::TestApp;
use crate::support::client::{Client, Page};
use crate::support::database::{Backend, TestDatabase};
use crate::support::sql::execute;

/// A double click, and a crowd.
const TIMES: [usize; 2] = [2, 20];

/// Presses the button of a page so many times at once; where they all lead to.
async fn press(client: &Client, page: &Page, button: &str, typed: &[(&str, &str)], times: usize) -> String {
    let client = client.again();
    let sent = join_all((0..times).map(|_| client.submit(page, button, typed))).await;
    led_to(&sent)
}

fn led_to(sent: &[Page]) -> String {
    for page in sent {
        assert_eq!(page.status(), 303, "{}", page.text());
        assert_eq!(page.location(), sent[0].location());
        assert_eq!(page.header("set-cookie"), sent[0].header("set-cookie"));
    }
    sent[0].location()
}

fn rows(app: &TestApp, table: &str, which: &str) -> i64 {
    app.count(&format!("SELECT COUNT(*) AS n FROM {table} WHERE {which}"))
}

db_test! {
    async fn a_note_of_a_partner_is_written_once(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let (nils, path) = (app.nils().await, format!("/portal/leads/{lead}"));

        for times in TIMES {
            let page = nils.get(&path).await;
            let note = format!("Called, {times}");
            assert_eq!(press(&nils, &page, "Save note", &[("status_note", &note)], times).await, path);

            assert_eq!(rows(&app, "partner_notes", &format!("body = '{note}'")), 1);
        }
        assert_eq!(app.audited("lead.noted"), 2);
    }

    async fn what_was_changed_before_it_was_sent_again_is_kept_too(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let nils = app.nils().await;
        let page = nils.get(&format!("/portal/leads/{lead}")).await;

        for note in ["Called", "Called and met"] {
            nils.submit(&page, "Save note", &[("status_note", note)]).await;
        }

        assert_eq!(rows(&app, "partner_notes", "body LIKE 'Called%'"), 2);
    }

    async fn notes_of_staff_are_written_once(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).create().await;
        let (sofia, path) = (app.sofia().await, format!("/leads/{lead}"));

        for times in TIMES {
            let page = sofia.get(&path).await;
            let note = format!("Valid until July, {times}");
            assert_eq!(press(&sofia, &page, "Send to the partner", &[("vendor_note", &note)], times).await, path);
            assert_eq!(press(&sofia, &page, "Save internal note", &[("internal_note", &note)], times).await, path);

            assert_eq!(rows(&app, "partner_notes", &format!("body = '{note}'")), 1);
            assert_eq!(rows(&app, "internal_notes", &format!("body = '{note}'")), 1);
        }
        assert_eq!(app.messages_to(cast::NILS), ["lead.waiting", "lead.written", "lead.written"]);
    }

    async fn a_file_is_kept_once(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let (nils, path) = (app.nils().await, format!("/portal/leads/{lead}"));

        for times in TIMES {
            let (action, fields) = nils.get(&path).await.form("Add file");
            let fields: Vec<_> = fields.into_iter().filter(|(name, _)| name != "file").collect();
            let name = format!("offer {times}.pdf");
            let hurried = nils.again();
            let content = b"%PDF-1.7\nan offer".to_vec();
            let uploads = (0..times).map(|_| hurried.upload_with(&action, &fields, "file", &name, content.clone()));
            let sent = join_all(uploads).await;
            // So many files at once have no room; whoever is sent away may come again with the same form.
            let (taken, full): (Vec<Page>, Vec<Page>) = sent.into_iter().partition(|page| page.status() == 303);
            assert!(full.iter().all(|page| page.heading() == "Too many files at once"));
            assert_eq!(led_to(&taken), path);
            let again = nils.upload_with(&action, &fields, "file", &name, content.clone()).await;
            assert_eq!(led_to(&[again]), path);

            assert_eq!(rows(&app, "attachments", &format!("title = '{name}'")), 1);
        }
    }

    async fn a_bulk_act_begins_once(app) {
        for _ in 0..3 {
            app.a_lead().create().await;
        }
        let (sofia, nils) = (app.sofia().await, app.reference_of(cast::NILS));

        for (begun, times) in (1..).zip(TIMES) {
            let asked = [("all", "true"), ("act", "assign"), ("list", "status=unassigned")];
            let page = sofia.post("/leads/selection", &asked).await;
            let place = press(&sofia, &page, "Assign 3 leads", &[("recipient", &nils)], times).await;

            assert!(place.starts_with("/leads/bulk/"), "{place}");
            assert_eq!(rows(&app, "bulk_acts", "kind = 'assign'"), begun);
        }
        // It leads there also when nothing is left that matches.
        let page = sofia.post("/leads/selection", &[("all", "true"), ("act", "assign"), ("list", "status=unassigned")]).await;
        let place = press(&sofia, &page, "Assign 3 leads", &[("recipient", &nils)], 1).await;
        leadgate::jobs::tick(&app.state).await;
        assert_eq!(press(&sofia, &page, "Assign 3 leads", &[("recipient", &nils)], 1).await, place);
        assert_eq!(app.audited("bulk.started"), 3);
    }

    async fn a_partner_is_asked_once(app) {
        let sofia = app.sofia().await;

        for (asked, times) in (1..).zip(TIMES) {
            let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
            let path = format!("/leads/{lead}");
            let page = sofia.get(&path).await;
            assert_eq!(press(&sofia, &page, "Ask the partner", &[], times).await, path);

            assert_eq!(app.audited("lead.asked"), asked);
        }
    }
}

/// Waits longer for a row that somebody else holds than a page waits for its answer.
async fn a_note_that_takes_too_long(app: &TestApp, sofia: &Client, lead: &str) -> Page {
    let mut other = app.conn();
    execute(&mut other, "BEGIN").unwrap();
    execute(
        &mut other,
        &format!("SELECT id FROM leads WHERE reference = '{lead}' FOR UPDATE"),
    )
    .unwrap();
    let page = sofia.get(&format!("/leads/{lead}")).await;
    let told = sofia
        .submit(&page, "Save internal note", &[("internal_note", "Call again")])
        .await;
    execute(&mut other, "ROLLBACK").unwrap();
    // It is under way still, and comes through.
    while rows(app, "internal_notes", "body = 'Call again'") == 0 {
        tokio::task::yield_now().await;
    }
    sofia
        .submit(&page, "Save internal note", &[("internal_note", "Call again")])
        .await;
    told
}

#[actix_web::test]
async fn what_may_have_been_saved_is_not_called_unsaved() {
    let lanes = LanesConfig {
        readers: 2,
        writers: 2,
        queue: 64,
        hashers: 1,
        patience: Duration::from_secs(1),
    };
    let app = TestApp::with_lanes(TestDatabase::new(Backend::Postgres), Backend::Postgres, lanes).await;
    let lead = app.a_lead().create().await.to_string();
    let sofia = app.sofia().await;

    let told = a_note_that_takes_too_long(&app, &sofia, &lead).await;

    assert_eq!(told.status(), 503);
    assert_eq!(told.heading(), "The answer took too long");
    assert!(
        told.text()
            .contains("It may have been saved: look before you send it again."),
        "{}",
        told.text()
    );
    assert!(!told.text().contains("Nothing was saved"), "{}", told.text());
    assert_eq!(
        rows(&app, "internal_notes", "body = 'Call again'"),
        1,
        "sent again, and there once"
    );
}
