//! The list of leads narrowed by their hand-over: who holds a lead, how long nothing happened, when it was closed.

use chrono::TimeDelta;
use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;

use crate::support::TestApp;
use crate::support::builders::assign_to_partner;
use crate::support::client::{Client, Page};

const NAMES: [&str; 6] = ["Alma", "Bodil", "Cecil", "Dagny", "Edvin", "Frans"];

/// The leads of a page by their first names, in the order of the alphabet.
fn names(page: &Page) -> Vec<&'static str> {
    let rows = page.rows();
    NAMES
        .into_iter()
        .filter(|name| rows.iter().any(|row| row.contains(name)))
        .collect()
}

async fn of(client: &Client, filters: &str) -> Vec<&'static str> {
    let page = client.get(&format!("/leads?{filters}")).await;
    assert_eq!(page.status(), 200, "{filters}: {}", page.text());
    let found = names(&page);
    assert_eq!(page.rows().len(), found.len(), "{filters}");
    let leads = if found.len() == 1 { "lead" } else { "leads" };
    assert!(
        page.text().contains(&format!("Leads {} {leads}", found.len())),
        "{filters}: {}",
        page.text()
    );
    found
}

fn reference_of(app: &TestApp, email: &str) -> String {
    app.text(&format!("SELECT reference AS t FROM users WHERE email = '{email}'"))
}

fn partner(app: &TestApp, name: &str) -> String {
    app.text(&format!("SELECT reference AS t FROM partners WHERE name = '{name}'"))
}

async fn close(app: &TestApp, lead: &Reference) {
    let nora = app.nora().await;
    let page = nora
        .post(&format!("/portal/leads/{lead}/closing"), &[("choice", &reason(app))])
        .await;
    assert_eq!(page.status(), 303, "{}", page.text());
}

fn reason(app: &TestApp) -> String {
    app.text("SELECT reference AS t FROM closing_reasons WHERE outcome = 'lost' AND label = 'Price'")
}

db_test! {
    async fn leads_that_nothing_happens_to_are_found_by_their_age(app) {
        app.a_lead().named("Alma", "").assigned_to(cast::NORA).create().await;
        app.a_lead().named("Bodil", "").assigned_to(cast::NORA).opened().create().await;
        let noted = app.a_lead().named("Cecil", "").assigned_to(cast::NORA).opened().create().await;
        let closed = app.a_lead().named("Dagny", "").assigned_to(cast::NORA).opened().create().await;
        close(&app, &closed).await;
        app.clock.advance(TimeDelta::days(6));
        app.a_lead().named("Edvin", "").assigned_to(cast::NORA).create().await;
        app.nora().await.post(&format!("/portal/leads/{noted}/note"), &[("status_note", "Called")]).await;
        app.clock.advance(TimeDelta::days(4));
        app.a_lead().named("Frans", "").create().await;
        let sofia = app.sofia().await;

        for (filters, expected) in [
            ("unopened=3", vec!["Alma", "Edvin"]),
            ("unopened=7", vec!["Alma"]),
            ("unopened=14", vec![]),
            ("silent=3", vec!["Bodil", "Cecil"]),
            ("silent=7", vec!["Bodil"]),
            ("unopened=3&silent=3", vec![]),
            ("unopened=3&status=unopened&sort=name", vec!["Alma", "Edvin"]),
            ("unopened=3&status=open", vec![]),
        ] {
            assert_eq!(of(&sofia, filters).await, expected, "{filters}");
        }
        assert!(of(&sofia, "question=waiting").await.is_empty());
        sofia.post(&format!("/leads/{noted}/question"), &[]).await;
        assert_eq!(of(&sofia, "question=waiting").await, ["Cecil"]);
        let page = sofia.get("/leads?unopened=7").await;
        assert_eq!(page.link("Remove filter Not opened for more than 7 days"), "/leads");
        assert!(sofia.get("/leads?silent=3").await.text().contains("Without update for more than 3 days"));
        for nonsense in ["unopened=5", "silent=x", "closed=never", "closed_from=monday", "holder=nora"] {
            assert_eq!(sofia.get(&format!("/leads?{nonsense}")).await.status(), 400, "{nonsense}");
        }
    }

    async fn leads_are_found_by_when_they_were_closed(app) {
        let may = app.a_lead().named("Alma", "").assigned_to(cast::NORA).opened().create().await;
        app.a_lead().named("Bodil", "").assigned_to(cast::NORA).opened().create().await;
        close(&app, &may).await;
        app.clock.advance(TimeDelta::days(30));
        let june = app.a_lead().named("Cecil", "").assigned_to(cast::NORA).opened().create().await;
        close(&app, &june).await;
        let sofia = app.sofia().await;

        for (filters, expected) in [
            ("closed=this_month", vec!["Cecil"]),
            ("closed=last_month", vec!["Alma"]),
            ("closed=this_year", vec!["Alma", "Cecil"]),
            ("closed=last_year", vec![]),
            ("closed_from=2026-05-04&closed_to=2026-05-04", vec!["Alma"]),
            ("closed_from=2026-05-05", vec!["Cecil"]),
            ("closed_to=2026-06-02", vec!["Alma"]),
            ("closed=this_year&closed_from=2026-06-01", vec!["Cecil"]),
        ] {
            assert_eq!(of(&sofia, filters).await, expected, "{filters}");
        }
        sofia.post(&format!("/leads/{june}/reopening"), &[]).await;
        assert!(of(&sofia, "closed=this_month").await.is_empty());
    }

    async fn leads_are_found_by_who_of_a_partner_holds_them(app) {
        app.a_lead().named("Alma", "").assigned_to(cast::NORA).create().await;
        app.a_lead().named("Bodil", "").assigned_to(cast::NILS).opened().create().await;
        let shared = app.a_lead().named("Cecil", "").create().await;
        assign_to_partner(&app, &shared, cast::NORA).await;
        app.a_lead().named("Dagny", "").assigned_to(cast::SAM).create().await;
        let sofia = app.sofia().await;
        let (northwind, southgate) = (partner(&app, "Northwind"), partner(&app, "Southgate"));
        let (nora, nils) = (reference_of(&app, cast::NORA), reference_of(&app, cast::NILS));

        for (filters, expected) in [
            (format!("partner={northwind}&holder={nora}"), vec!["Alma"]),
            (format!("partner={northwind}&holder={nils}"), vec!["Bodil"]),
            (format!("partner={northwind}&holder={nils}&status=unopened"), vec![]),
            (format!("partner={northwind}&holder=everybody"), vec!["Cecil"]),
            // Whoever is not of the chosen partner is of no effect, and without a partner nobody is.
            (format!("partner={southgate}&holder={nora}"), vec!["Dagny"]),
            (format!("holder={nora}"), vec!["Alma", "Bodil", "Cecil", "Dagny"]),
        ] {
            assert_eq!(of(&sofia, &filters).await, expected, "{filters}");
        }
        let page = sofia.get(&format!("/leads?partner={northwind}&holder={nils}")).await;
        assert_eq!(page.link("Remove filter Held by: Nils Holm"), format!("/leads?partner={northwind}"));
        assert_eq!(page.link("Remove filter Partner: Northwind"), "/leads");
        assert_eq!(page.value("holder"), nils);
    }

    async fn leads_that_nothing_happens_to_are_paged_both_ways_without_loss(app) {
        for number in 0..60 {
            app.a_lead().named(&format!("Lead{number:02}"), "").assigned_to(cast::NORA).create().await;
        }
        app.clock.advance(TimeDelta::days(4));
        let sofia = app.sofia().await;

        for sort in ["newest", "oldest", "name", "name_backwards"] {
            let first = sofia.get(&format!("/leads?unopened=3&sort={sort}")).await;
            let second = sofia.get(&first.link("Next")).await;
            let back = sofia.get(&second.link("Previous")).await;

            assert!(first.text().contains("60 leads"), "{}", first.text());
            assert_eq!((first.rows().len(), second.rows().len()), (50, 10), "{sort}");
            assert_eq!(back.rows(), first.rows(), "{sort}");
            let mut all = [first.rows(), second.rows()].concat();
            all.sort();
            all.dedup();
            assert_eq!(all.len(), 60, "{sort}");
        }
    }
}
