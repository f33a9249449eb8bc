//! The audit log: every act is written once, can be found, and names nothing of a lead.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::TimeDelta;
use diesel::prelude::*;
use leadgate::cli::demo::cast;
use leadgate::db::schema::audit_events;
use leadgate::db::types::Reference;
use leadgate::domain::assignments::note::{self, StatusNote};
use leadgate::domain::assignments::recall;
use leadgate::domain::audit::Act;
use leadgate::domain::leads::{erase, staff};
use leadgate::domain::outbox::{self, list};

use crate::support::TestApp;
use crate::support::builders::assign_to;

const CANARY: &str = "CANARY9b1d";

/// Does to one lead what can be done to it.
async fn a_life_of_a_lead(app: &TestApp) -> Reference {
    let lead = app
        .a_lead()
        .named(CANARY, CANARY)
        .with(|input| {
            input.email = format!("{CANARY}@nordlicht.example");
            input.company = CANARY.to_owned();
            input.need = CANARY.to_owned();
            input.internal_note = CANARY.to_owned();
        })
        .assigned_to(cast::NORA)
        .create()
        .await;
    assign_to(app, &lead, cast::NILS).await;
    let (nils, opened, now) = (app.partner_scope(cast::NILS), lead.clone(), app.now());
    app.write(move |tx| leadgate::domain::assignments::open::open(tx, &nils, &opened, now))
        .await
        .unwrap();
    let (nils, noted) = (app.partner_scope(cast::NILS), lead.clone());
    let words = StatusNote::parse(CANARY).unwrap();
    app.write(move |tx| note::put(tx, &nils, &noted, &words, now))
        .await
        .unwrap();
    let sofia = app.sofia().await;
    let form = sofia.get(&format!("/leads/{lead}/edit")).await;
    assert_eq!(
        sofia.submit(&form, "Save lead", &[("city", CANARY)]).await.status(),
        303
    );
    let scope = app.staff_scope();
    let id = staff::id_of(&mut app.conn(), &scope, &lead).unwrap().unwrap();
    app.write(move |tx| recall::recall(tx, &scope, id, now)).await.unwrap();
    let scope = app.staff_scope();
    app.write(move |tx| erase::erase(tx, &scope, id, now)).await.unwrap();
    lead
}

fn written(app: &TestApp) -> BTreeSet<Act> {
    let acts: Vec<Act> = audit_events::table
        .select(audit_events::action)
        .distinct()
        .load(&mut app.conn())
        .unwrap();
    acts.into_iter().collect()
}

/// Every source of the suite but this file.
fn other_tests(folder: &Path, sources: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            other_tests(&path, sources);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("web/audit.rs") {
            sources.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

/// Whether a test asserts that this act was written: so many times, or as one of those that some work leaves.
fn is_asserted(act: Act, sources: &str) -> bool {
    let counted = |times: char| sources.contains(&format!("assert_eq!(app.audited(\"{}\"), {times}", act.as_str()));
    let name = format!("Act::{act:?}");
    // In a list that is compared, and not as the beginning of a longer name.
    let is_listed = |statement: &str| {
        let list = statement
            .split_once("assert_eq!(")
            .and_then(|(_, compared)| compared.split_once("[Act::"));
        list.is_some_and(|(_, rest)| {
            format!("Act::{rest}")
                .split([',', ']', ';', ' '])
                .any(|word| word == name)
        })
    };
    ('1'..='9').any(counted) || sources.split(";\n").any(is_listed)
}

db_test! {
    async fn every_act_is_written(app) {
        a_life_of_a_lead(&app).await;
        app.track_permission().await;
        let lead = app.a_lead().confirmed().assigned_to(cast::NILS).create().await;
        let (scope, now) = (app.admin_scope(), app.now());
        let message = leadgate::db::schema::outbox::table
            .select(leadgate::db::schema::outbox::message_id)
            .filter(leadgate::db::schema::outbox::state.eq(outbox::MessageState::Waiting))
            .first::<Reference>(&mut app.conn())
            .unwrap();
        app.write(move |tx| {
            outbox::queue_test(tx, &scope, now)?;
            list::retry(tx, &scope, &message, now)?;
            list::cancel(tx, &scope, &message, now)
        })
        .await
        .unwrap();
        let anybody = app.anybody();
        anybody.post("/sign-in", &[("email", cast::ADA), ("password", "wrong")]).await;
        app.ada().await.post("/sign-out", &[]).await;
        assert_eq!(lead.as_str().len(), 26);

        let written = written(&app);

        // What this journey does not do must be asserted by another test: by its name alone, nothing is.
        let mut sources = String::new();
        other_tests(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite"), &mut sources);
        let missing: Vec<&Act> = Act::ALL
            .iter()
            .filter(|act| !written.contains(act) && !is_asserted(**act, &sources))
            .collect();
        assert!(missing.is_empty(), "no test asserts {missing:?} by `assert_eq!(app.audited(…), …)` or `assert_eq!(acts_of(…), [Act::…])`");
    }

    async fn the_log_says_who_did_what_to_which_record_from_where(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).create().await;
        let ada = app.ada().await;

        let page = ada.get(&format!("/audit?record={lead}")).await;

        assert_eq!(page.heading(), "Audit log");
        let rows = page.rows();
        assert_eq!(rows.len(), 2, "{rows:?}");
        assert!(rows[0].contains("Assigned a lead") && rows[0].contains("Northwind, Nils"), "{rows:?}");
        assert!(rows[1].contains("Created a lead") && rows[1].contains(cast::SOFIA), "{rows:?}");
        let address: Vec<String> = ada.get("/audit?act=session.begun").await.rows();
        assert!(address[0].contains("127.0.0.1"), "{address:?}");
    }

    async fn filters_narrow_the_log(app) {
        app.a_lead().create().await;
        app.clock.advance(TimeDelta::days(1));
        let ada = app.ada().await;
        app.a_lead().create().await;

        let count = async |query: &str| ada.get(&format!("/audit?{query}")).await.rows().len();

        assert_eq!(count("act=lead.created").await, 2);
        assert_eq!(count("act=lead.created&from=2026-05-05").await, 1);
        assert_eq!(count("act=lead.created&to=2026-05-04").await, 1);
        assert_eq!(count("act=lead.created&who=sofia").await, 2);
        assert_eq!(count("act=lead.created&who=nora").await, 0);
        assert_eq!(count("who=ada&act=session.begun").await, 1);
        assert!(ada.get("/audit?who=nobody-at-all").await.text().contains("No act matches"));
        assert_eq!(ada.get("/audit?act=nonsense").await.status(), 400);
        assert_eq!(ada.get("/audit?from=nonsense").await.status(), 400);
    }

    async fn acts_of_the_program_name_its_part_and_those_of_nobody_say_so(app) {
        app.write(|tx| {
            for part in ["deadlines", "admin create"] {
                let scope = leadgate::domain::access::SystemScope::new(part);
                let nothing = leadgate::domain::audit::Subject::nothing();
                leadgate::domain::audit::record(tx, scope.actor(), Act::LeadExpired, &nothing, "", crate::support::database::beginning())?;
            }
            Ok::<_, leadgate::db::Error>(())
        })
        .await
        .unwrap();
        app.anybody().post("/sign-in", &[("email", cast::ADA), ("password", "wrong")]).await;
        let ada = app.ada().await;

        let rows = ada.get("/audit?act=lead.expired").await.rows();
        assert!(rows[0].contains("Command line") && rows[1].contains("Leadgate (deadlines)"), "{rows:?}");
        assert!(ada.get("/audit?act=session.refused").await.rows()[0].contains("Nobody signed in"));
        let file = ada.get("/audit/download?act=lead.expired").await.source();
        assert!(file.contains("Command line") && file.contains("Leadgate (deadlines)"), "{file}");
    }

    async fn taking_the_log_out_takes_a_fresh_proof_and_leads_back_to_the_list(app) {
        let ada = app.ada().await;
        app.clock.advance(TimeDelta::minutes(11));

        let refused = ada.get("/audit/download?act=lead.created").await;

        assert_eq!((refused.status(), refused.location().as_str()), (303, "/step-up?next=%2Faudit%3Fact%3Dlead.created"));
        assert_eq!(app.audited("audit.downloaded"), 0);
        let page = ada.follow(&refused).await;
        let page = ada.submit(&page, "Go on", &[("proof", cast::PASSWORD)]).await;
        let list = ada.follow(&page).await;
        assert_eq!(ada.get(&list.link("Download (CSV)")).await.status(), 200);
    }

    async fn the_log_is_read_in_pages(app) {
        for _ in 0..60 {
            app.a_lead().create().await;
        }
        let ada = app.ada().await;

        let first = ada.get("/audit?act=lead.created").await;
        let second = ada.get(&first.link("Next")).await;

        assert_eq!((first.rows().len(), second.rows().len()), (50, 10));
        assert_eq!(ada.get(&second.link("Previous")).await.rows(), first.rows());
    }

    async fn the_log_names_nothing_of_a_lead(app) {
        a_life_of_a_lead(&app).await;
        let ada = app.ada().await;

        assert!(!ada.get("/audit").await.source().contains(CANARY));
        assert!(!ada.get("/audit/download").await.source().contains(CANARY));
    }

    async fn the_download_holds_what_the_filters_select_and_no_formula(app) {
        use leadgate::db::schema::users;
        diesel::update(users::table.filter(users::email.eq(cast::SOFIA)))
            .set(users::name.eq("=HYPERLINK(\"http://evil.example\")"))
            .execute(&mut app.conn())
            .unwrap();
        for _ in 0..3 {
            app.a_lead().create().await;
        }
        let ada = app.ada().await;

        let file = ada.get("/audit/download?act=lead.created").await;

        assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
        assert!(file.header("content-disposition").unwrap().starts_with("attachment"));
        let source = file.source();
        let lines: Vec<&str> = source.lines().collect();
        assert_eq!(lines.len(), 4, "{source}");
        assert!(lines[0].starts_with("time (UTC),name"));
        assert!(lines[1].contains("\"'=HYPERLINK("), "{source}");
    }

    async fn a_long_download_is_whole(app) {
        app.write(|tx| {
            let scope = leadgate::domain::access::SystemScope::new("test");
            for _ in 0..2_500 {
                leadgate::domain::audit::record(
                    tx, scope.actor(), Act::MailTested, &leadgate::domain::audit::Subject::nothing(), "",
                    crate::support::database::beginning(),
                )?;
            }
            Ok::<_, leadgate::db::Error>(())
        })
        .await
        .unwrap();

        let file = app.ada().await.get("/audit/download?act=mail.tested").await;

        assert_eq!(file.source().lines().count(), 2_501);
    }

    async fn the_log_is_for_administrators(app) {
        for path in ["/audit", "/audit/download"] {
            assert_eq!(app.anybody().get(path).await.status(), 303, "{path}");
            assert_eq!(app.sofia().await.get(path).await.status(), 403, "{path}");
            assert_eq!(app.nora().await.get(path).await.status(), 403, "{path}");
        }
    }

    async fn nobody_can_rewrite_the_log(app) {
        app.a_lead().create().await;

        let changed = diesel::update(audit_events::table)
            .set(audit_events::detail.eq("nothing happened"))
            .execute(&mut app.conn());
        let emptied = diesel::delete(audit_events::table).execute(&mut app.conn());

        assert!(changed.is_err() && emptied.is_err());
    }
}
