//! Acting on many leads at once: each decided by itself, in the background, with a result for every one.

use chrono::TimeDelta;
use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;
use leadgate::domain::bulk::run;
use leadgate::jobs;

use crate::support::TestApp;
use crate::support::client::{Client, Page};

const LIVE: &str = "SELECT COUNT(*) AS n FROM assignments WHERE ended_at IS NULL";

/// Sends the form of the list for all that match, and the page that it asks.
async fn all(client: &Client, list: &str, act: &str, changes: &[(&str, &str)]) -> Page {
    let asked = client
        .post("/leads/selection", &[("all", "true"), ("list", list), ("act", act)])
        .await;
    assert_eq!(asked.status(), 200, "{}", asked.text());
    let mut fields = vec![("all", "true"), ("list", list), ("act", act)];
    fields.extend(changes);
    let begun = client.post("/leads/bulk", &fields).await;
    client.follow(&begun).await
}

async fn finished(app: &TestApp, client: &Client, page: &Page) -> Page {
    jobs::tick(&app.state).await;
    client.get(&page.path).await
}

async fn leads(app: &TestApp, count: usize) -> Vec<Reference> {
    let mut references = Vec::new();
    for _ in 0..count {
        references.push(app.a_lead().create().await);
    }
    references
}

db_test! {
    async fn all_that_match_are_assigned_in_the_background_and_each_has_a_result(app) {
        leads(&app, 3).await;
        app.track_permission().await;
        for name in ["Bea", "Cem"] {
            app.a_lead().named(name, "Ready").confirmed().create().await;
        }
        app.a_lead().named("Other", "Country").with(|input| input.country = "DE".to_owned()).confirmed().create().await;
        let sofia = app.sofia().await;
        let nils = app.reference_of(cast::NILS);

        let page = all(&sofia, "country=SE", "assign", &[("recipient", &nils)]).await;

        assert_eq!(page.heading(), "Assign 5 leads to Nils Holm, Northwind");
        assert!(page.text().contains("0 of 5 leads"), "{}", page.text());
        assert_eq!(app.count(LIVE), 0, "nothing before the worker");
        let page = finished(&app, &sofia, &page).await;
        assert!(page.text().contains("Done 2") && page.text().contains("Left as they are 3"), "{}", page.text());
        assert_eq!(page.rows().len(), 3);
        assert!(page.rows()[0].contains("permission"), "{:?}", page.rows());
        assert_eq!(app.count(LIVE), 2);
        assert_eq!(app.audited("lead.distribution_refused"), 3);
        assert_eq!((app.audited("bulk.started"), app.audited("bulk.ended")), (1, 1));
        assert_eq!(app.audited("bulk.started"), 1);
        assert_eq!(app.audited("bulk.ended"), 1);
        let file = sofia.get(&page.link("Download every lead as CSV")).await;
        assert!(file.header("content-disposition").unwrap().starts_with("attachment"));
        let file = file.source();
        let lines: Vec<&str> = file.lines().collect();
        assert_eq!(lines.len(), 6, "{file}");
        assert_eq!(lines[0].trim_start_matches('\u{feff}'), "Lead,Name,Outcome,Reason,Address");
        assert!(lines[1..4].iter().all(|line| line.contains(",Left as it is,") && line.contains("permission")), "{file}");
        assert!(lines[4].contains("Bea Ready, Nordlicht GmbH\",Done,,") && lines[5].contains("Cem Ready, Nordlicht GmbH\",Done,,"), "{file}");
        assert!(lines[5].ends_with(&format!("/leads/{}", &lines[5][..26])), "{file}");
        assert_eq!(sofia.get("/leads/bulk").await.rows().len(), 1);
    }

    async fn ticked_leads_are_taken_back_and_others_stay(app) {
        let held = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let free = app.a_lead().create().await;
        let stays = app.a_lead().assigned_to(cast::NILS).create().await;
        let sofia = app.sofia().await;
        let (held_text, free_text) = (held.to_string(), free.to_string());

        let begun = sofia
            .post("/leads/bulk", &[("act", "recall"), ("lead", &held_text), ("lead", &free_text)])
            .await;
        let page = sofia.follow(&begun).await;
        let page = finished(&app, &sofia, &page).await;

        assert!(page.text().contains("Done 1") && page.text().contains("Left as they are 1"), "{}", page.text());
        let nils = app.nils().await;
        assert_eq!(nils.get(&format!("/portal/leads/{held}")).await.status(), 404);
        assert_eq!(nils.get(&format!("/portal/leads/{stays}")).await.status(), 200);
    }

    async fn holders_are_reminded_once_a_day(app) {
        app.a_lead().assigned_to(cast::NILS).create().await;
        let sofia = app.sofia().await;

        for done in [1, 0] {
            let page = all(&sofia, "", "remind", &[]).await;
            let page = finished(&app, &sofia, &page).await;
            assert!(page.text().contains(&format!("Done {done}")), "{}", page.text());
        }

        assert_eq!(app.count("SELECT COUNT(*) AS n FROM outbox WHERE kind = 'lead.reminder'"), 1);
        assert_eq!(app.audited("lead.reminded"), 1);
        assert!(app.nils().await.get("/portal/notices").await.text().contains("A lead still waits"));
        app.clock.advance(TimeDelta::hours(25));
        let sofia = app.sofia().await;
        let page = all(&sofia, "", "remind", &[]).await;
        assert!(finished(&app, &sofia, &page).await.text().contains("Done 1"));
    }

    async fn what_was_killed_in_the_middle_goes_on_where_it_was(app) {
        leads(&app, 25).await;
        let sofia = app.sofia().await;
        let nils = app.reference_of(cast::NILS);
        let page = all(&sofia, "", "assign", &[("recipient", &nils)]).await;
        // A worker that has done one batch and is gone, with its lease still running.
        let now = app.now();
        let held = app.write(move |tx| run::claim(tx, now)).await.unwrap().expect("it waits");
        app.write(move |tx| run::step(tx, &held, run::BATCH, now)).await.unwrap();

        jobs::tick(&app.state).await;
        assert_eq!(app.count(LIVE), run::BATCH, "its lease runs");
        app.clock.advance(run::LEASE + TimeDelta::seconds(1));
        let page = finished(&app, &sofia, &page).await;

        assert!(page.text().contains("Done 25"), "{}", page.text());
        assert_eq!(app.count(LIVE), 25);
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM disclosures WHERE act = 'assigned'"), 25);
        assert_eq!(app.audited("lead.assigned"), 25);
    }

    async fn a_bulk_act_can_be_stopped_and_ends_with_the_rights_of_its_user(app) {
        leads(&app, 12).await;
        let sofia = app.sofia().await;
        let nils = app.reference_of(cast::NILS);
        let page = all(&sofia, "", "assign", &[("recipient", &nils)]).await;
        let stopped = sofia.submit(&page, "Stop", &[]).await;
        assert_eq!(sofia.follow(&stopped).await.flash(), "It is stopped. What was done stays as it is.");
        jobs::tick(&app.state).await;
        assert_eq!(app.count(LIVE), 0);
        let file = sofia.get(&format!("{}/results.csv", page.path)).await.source();
        assert_eq!(file.matches(",Not reached,,").count(), 12, "{file}");

        let page = all(&sofia, "", "assign", &[("recipient", &nils)]).await;
        let ada = app.ada().await;
        let sofias = app.reference_of(cast::SOFIA);
        let question = ada.get(&format!("/users/{sofias}/suspend")).await;
        ada.submit(&question, "Suspend user", &[]).await;
        jobs::tick(&app.state).await;

        assert_eq!(app.count(LIVE), 0);
        let page = ada.get(&page.path).await;
        assert!(page.text().contains("Halted") && page.text().contains("may not act any more"), "{}", page.text());
    }

    async fn nothing_and_too_much_are_refused_with_a_way_back(app) {
        let sofia = app.sofia().await;

        let none = sofia.post("/leads/bulk", &[("act", "recall"), ("all", "true"), ("list", "status=open")]).await;
        assert_eq!(none.status(), 409);
        assert!(none.links().contains(&"/leads?status=open".to_owned()), "{:?}", none.links());
        let unknown = sofia.post("/leads/bulk", &[("act", "sell"), ("all", "true")]).await;
        assert_eq!(unknown.status(), 400);
        let nobody = {
            leads(&app, 1).await;
            sofia.post("/leads/bulk", &[("act", "assign"), ("all", "true"), ("recipient", "nobody")]).await
        };
        assert_eq!(nobody.status(), 422);
        assert_eq!(nobody.errors(), ["Choose who receives the leads"]);
        assert_eq!(app.audited("bulk.started"), 0);
    }

    async fn a_small_act_does_not_wait_for_a_large_one(app) {
        leads(&app, 60).await;
        let sofia = app.sofia().await;
        let (nils, nora) = (app.reference_of(cast::NILS), app.reference_of(cast::NORA));
        let large = all(&sofia, "", "assign", &[("recipient", &nils)]).await;
        app.a_lead().with(|input| input.country = "FI".to_owned()).create().await;
        let small = all(&sofia, "country=FI", "assign", &[("recipient", &nora)]).await;
        let now = app.now();

        let mut held = app.write(move |tx| run::claim(tx, now)).await.unwrap();
        for _ in 0..4 {
            let ours = held.expect("both wait");
            held = app.write(move |tx| run::step(tx, &ours, run::BATCH, now)).await.unwrap();
        }

        assert!(sofia.get(&small.path).await.text().contains("Done 1"), "the small one has ended");
        assert!(sofia.get(&large.path).await.text().contains("20 of 60 leads"), "the large one has had two turns");
        let mut turns = 0;
        while let Some(ours) = held {
            held = app.write(move |tx| run::step(tx, &ours, run::BATCH, now)).await.unwrap();
            turns += 1;
        }
        assert_eq!(turns, 5, "four turns, and the end");
        assert!(sofia.get(&large.path).await.text().contains("Done 60"));
    }

    async fn a_file_of_results_computes_nothing(app) {
        let lead = app.a_lead().named("=1+1", "@SUM").create().await.to_string();
        let sofia = app.sofia().await;
        let begun = sofia.post("/leads/bulk", &[("act", "recall"), ("lead", &lead)]).await;
        let page = sofia.follow(&begun).await;
        let page = finished(&app, &sofia, &page).await;

        let file = sofia.get(&page.link("Download every lead as CSV")).await.source();

        assert!(file.contains(&format!("\r\n{lead},\"'=1+1 @SUM, Nordlicht GmbH\",Left as it is,")), "{file}");
    }
}
