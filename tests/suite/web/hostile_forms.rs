//! What forms bring that no page asked for: markup in names, fields twice, fields that are none. And what their password
//! fields tell a browser.

use leadgate::cli::demo::cast;

use crate::support::TestApp;
use crate::support::client::Page;
use crate::web::users::{href, partner};

const MARKUP: [&str; 5] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onfocus='alert(1)' autofocus='",
    "</title></textarea><svg onload=alert(1)>",
    "--><b>{{7*7}}</b>",
];

/// What a request can't name: columns of a lead and what hangs on it.
const FIELDS_OF_NO_LEAD: &[(&str, &str)] = &[
    ("id", "1"),
    ("reference", "00000000000000000000000000"),
    ("status", "open"),
    ("state", "open"),
    ("partner_id", "1"),
    ("partner", "1"),
    ("recipient", "1"),
    ("owner_id", "1"),
    ("opened_at", "2026-01-01 00:00:00"),
    ("confirmed", "1"),
    ("is_confirmed", "1"),
    ("confirmation_id", "1"),
    ("permission[]", "1"),
    ("created_at", "2001-01-01 00:00:00"),
    ("lock_version", "99"),
];

/// The opening tags of the fields that take a secret.
fn secret_fields(page: &Page) -> Vec<String> {
    let source = page.source();
    let tags = source
        .split("<input")
        .skip(1)
        .map(|rest| rest[..rest.find('>').unwrap()].to_owned());
    tags.filter(|tag| {
        tag.contains("type=\"password\"") || tag.contains("one-time-code") || tag.contains("name=\"password")
    })
    .collect()
}

/// Everything about a user that a form must not change on the side.
fn account(app: &TestApp, email: &str) -> String {
    app.text(&format!(
        "SELECT role || ' ' || state || ' ' || COALESCE(partner_id, 0) || ' ' || id || ' ' || reference || ' ' || \
         COALESCE(password_hash, '') AS t FROM users WHERE email = '{email}'"
    ))
}

fn leads(app: &TestApp) -> i64 {
    app.count("SELECT COUNT(*) AS n FROM leads")
}

db_test! {
    async fn markup_in_the_names_of_people_and_partners_is_shown_as_text(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let (ada, sofia, nora) = (app.ada().await, app.sofia().await, app.nora().await);
        let (person, company) = (href(&app, cast::NORA), format!("/partners/{}", partner(&app, "Northwind")));
        for markup in MARKUP {
            let edit = ada.get(&format!("{person}/edit")).await;
            assert_eq!(ada.submit(&edit, "Save user", &[("name", markup)]).await.status(), 303, "{markup}");
            let edit = ada.get(&format!("{company}/edit")).await;
            assert_eq!(ada.submit(&edit, "Save partner", &[("name", markup)]).await.status(), 303, "{markup}");

            for path in [
                "/users", &person, &format!("{person}/edit"), &format!("{person}/suspend"), "/partners", &company,
                &format!("{company}/edit"), &format!("{company}/suspend"), "/leads", &format!("/leads/{lead}"),
                &format!("/leads/{lead}/assign"),
            ] {
                let page = ada.get(path).await;
                assert_eq!(page.status(), 200, "{path}");
                assert!(page.text().contains(markup) || page.value("name") == markup, "{path}: {}", page.text());
                assert!(!page.source().contains(markup), "{path}: {markup}");
            }
            for path in ["/audit", "/tasks", "/leads/selection", "/"] {
                assert!(!ada.get(path).await.source().contains(markup), "{path}: {markup}");
                assert!(!sofia.get(path).await.source().contains(markup), "{path}: {markup}");
            }
            for path in ["/portal/leads", &format!("/portal/leads/{lead}"), "/portal/people", "/account"] {
                let page = nora.get(path).await;
                assert!(page.text().contains(markup), "{path}: {}", page.text());
                assert!(!page.source().contains(markup), "{path}: {markup}");
            }
        }
    }

    async fn a_field_that_comes_twice_is_refused_and_changes_nothing(app) {
        app.track_permission().await;
        let (ada, sofia) = (app.ada().await, app.sofia().await);
        let acts = || app.count("SELECT COUNT(*) AS n FROM audit_events WHERE action <> 'request.refused'");
        let before = (leads(&app), account(&app, cast::NILS), acts());
        for body in [
            "last_name=%C3%96berg&email=anna@nordlicht.example&permission=1&permission=0",
            "last_name=%C3%96berg&email=anna@nordlicht.example&permission=0&permission=1",
            "last_name=%C3%96berg&last_name=Berg&email=anna@nordlicht.example",
        ] {
            assert_eq!(sofia.post_raw("/leads", body.into()).await.status(), 400, "{body}");
        }
        let page = format!("{}/edit", href(&app, cast::NILS));
        for body in ["role=partner_member&role=administrator", "name=Nils&email=nils@northwind.example&role=staff&role=staff"] {
            assert_eq!(ada.post_raw(&page, body.into()).await.status(), 400, "{body}");
        }

        assert_eq!((leads(&app), account(&app, cast::NILS), acts()), before);
        assert_eq!(app.audited("request.refused"), 5);
    }

    async fn fields_that_the_form_of_a_lead_does_not_have_change_nothing(app) {
        app.track_permission().await;
        let sofia = app.sofia().await;
        let form = sofia.get("/leads/new").await;
        let fields = [&[("last_name", "Öberg"), ("email", "anna@nordlicht.example")], FIELDS_OF_NO_LEAD].concat();

        let done = sofia.submit(&form, "Save on hold", &fields).await;

        assert_eq!(done.status(), 303, "{}", done.text());
        assert!(!done.location().contains("00000000000000000000000000"));
        let page = sofia.get(done.location().split('?').next().unwrap()).await;
        assert!(page.text().contains("On hold"), "{}", page.text());
        for table in ["assignments", "confirmations", "disclosures"] {
            assert_eq!(app.count(&format!("SELECT COUNT(*) AS n FROM {table}")), 0, "{table}");
        }
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM leads WHERE partner_id IS NOT NULL OR created_at < '2002-01-01'"), 0);
    }

    async fn fields_that_the_form_of_a_user_does_not_have_change_nothing(app) {
        let ada = app.ada().await;
        let before = account(&app, cast::NILS);
        let edit = ada.get(&format!("{}/edit", href(&app, cast::NILS))).await;

        let done = ada.submit(&edit, "Save user", &[
            ("name", "Nils Holmgren"), ("id", "1"), ("reference", "00000000000000000000000000"), ("state", "suspended"),
            ("password", "tram sieve ochre quill"), ("password_hash", "x"), ("is_administrator", "1"), ("partner_id", "2"),
            ("role[]", "administrator"), ("user[role]", "administrator"),
        ]).await;

        assert_eq!(done.status(), 303, "{}", done.text());
        assert_eq!(account(&app, cast::NILS), before);
        assert_eq!(app.text("SELECT name AS t FROM users WHERE email = 'nils@northwind.example'"), "Nils Holmgren");
        assert_eq!(app.nils().await.get("/users").await.status(), 403);
    }

    async fn password_managers_are_told_what_each_secret_field_is_for(app) {
        let (anybody, nora, ada) = (app.anybody(), app.nora().await, app.ada().await);
        anybody.post("/forgotten-password", &[("email", cast::NORA)]).await;
        let reset = format!("/reset-password?token={}", app.mailed_token(cast::NORA).unwrap());
        app.clock.advance(chrono::TimeDelta::minutes(11));
        let (current, new, code) = ("current-password", "new-password", "one-time-code");

        for (page, expected) in [
            (anybody.get("/sign-in").await, vec![current]),
            (anybody.get(&reset).await, vec![new, new]),
            (nora.get("/account/password").await, vec![current, new, new]),
            (nora.get("/account/second-factor").await, vec![code, current]),
            (ada.get("/step-up").await, vec![current]),
        ] {
            let fields = secret_fields(&page);
            assert_eq!(fields.len(), expected.len(), "{}: {fields:?}", page.path);
            for (field, purpose) in fields.iter().zip(expected) {
                assert!(field.contains(&format!("autocomplete=\"{purpose}\"")), "{}: {field}", page.path);
                assert_eq!(field.contains("type=\"password\""), purpose != code, "{}: {field}", page.path);
                // Nothing stands in the way of pasting, or cuts off what is pasted.
                for hindrance in [" on", "maxlength", "readonly", "pattern"] {
                    assert!(!field.contains(hindrance), "{}: {field}", page.path);
                }
                assert!(field.contains("value=\"\""), "a secret is never sent back: {field}");
            }
        }
    }
}
