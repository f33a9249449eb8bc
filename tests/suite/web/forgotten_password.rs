//! A forgotten password, from asking to signing in.

use chrono::TimeDelta;
use leadgate::cli::demo::cast;

use crate::support::TestApp;
use crate::support::client::{Client, Page};

const NEW: &str = "tram sieve ochre quill";

async fn ask(client: &Client, email: &str) -> Page {
    client.post("/forgotten-password", &[("email", email)]).await
}

async fn link(app: &TestApp, email: &str) -> String {
    assert_eq!(ask(&app.anybody(), email).await.status(), 200);
    format!(
        "/reset-password?token={}",
        app.mailed_token(email).expect("a link is on its way")
    )
}

db_test! {
    async fn a_mailed_link_sets_a_new_password_once(app) {
        let elsewhere = app.nora().await;
        let client = app.anybody();
        let link = link(&app, cast::NORA).await;

        for _ in 0..2 {
            assert_eq!(client.get(&link).await.heading(), "Set a new password", "looking does not use it up");
        }
        let page = client.get(&link).await;
        let page = client.submit(&page, "Set the password", &[("new", NEW), ("again", NEW)]).await;

        assert_eq!(page.location(), "/sign-in");
        assert_eq!(client.follow(&page).await.flash(), "Your new password is set. Sign in with it.");
        assert_eq!(client.get("/account").await.status(), 303, "a reset signs nobody in");
        assert_eq!(elsewhere.get("/account").await.status(), 303, "and everybody out");
        let page = client.post("/sign-in", &[("email", cast::NORA), ("password", NEW)]).await;
        assert_eq!(page.status(), 303);
        assert_eq!(app.audited("password.reset"), 1);
        assert!(app.messages_to(cast::NORA).contains(&"account.password_changed".to_owned()));

        let token = link.split_once('=').unwrap().1;
        assert_eq!(client.get(&link).await.status(), 410);
        let again = client.post("/reset-password", &[("token", token), ("new", NEW), ("again", NEW)]).await;
        assert_eq!(again.status(), 410);
        assert_eq!(again.heading(), "This link works no longer");
    }

    async fn the_answer_is_the_same_for_every_address(app) {
        let client = app.anybody();
        let known = ask(&client, cast::SOFIA).await;
        let unknown = ask(&client, "nobody@vendor.example").await;

        assert_eq!(known.status(), 200);
        assert_eq!(known.heading(), "Look into your mail");
        assert_eq!(known.source(), unknown.source());
        assert_eq!(app.messages_to(cast::SOFIA), ["account.reset"]);
    }

    async fn only_the_stored_address_gets_a_mail_however_it_was_asked_for(app) {
        let client = app.anybody();
        let mine = "attacker@evil.example";
        for body in [
            format!("email={}&email={mine}", cast::NORA),
            format!("email[]={}&email[]={mine}", cast::NORA),
            format!("email={},{mine}", cast::NORA),
            format!("email={}%0A{mine}", cast::NORA),
            format!("email={}%0D%0ABcc:%20{mine}", cast::NORA),
            format!("email={}%20{mine}", cast::NORA),
            format!("email={};{mine}", cast::NORA),
        ] {
            let page = client.post_raw("/forgotten-password", body.clone().into_bytes()).await;
            assert!([400, 422].contains(&page.status()), "{body}: {}", page.status());
        }
        let json = format!(r#"{{"email":["{}","{mine}"]}}"#, cast::NORA);
        for kind in ["application/json", "application/x-www-form-urlencoded", "text/plain"] {
            let headers = [("origin", app.origin.as_str()), ("content-type", kind)];
            let page = client.request("POST", "/forgotten-password", &headers, &json).await;
            assert!([400, 422].contains(&page.status()), "{kind}: {}", page.status());
        }
        assert_eq!(app.messages_to(cast::NORA), Vec::<String>::new());
        assert_eq!(app.messages_to(mine), Vec::<String>::new());

        assert_eq!(ask(&client, "  NORA@northwind.example ").await.status(), 200);
        assert_eq!(app.messages_to(cast::NORA), ["account.reset"]);
    }

    async fn a_request_for_another_host_gets_no_link(app) {
        let client = app.anybody();
        let body = format!("email={}", cast::NORA);
        let form = ("content-type", "application/x-www-form-urlencoded");

        let page = client.request("POST", "/forgotten-password", &[form, ("host", "evil.example"), ("origin", "http://evil.example")], &body).await;
        assert_eq!(page.status(), 400);
        assert_eq!(app.messages_to(cast::NORA), Vec::<String>::new());

        // What a proxy is said to have been asked for is not looked at: links are made of the configured address.
        let page = client.request("POST", "/forgotten-password", &[form, ("x-forwarded-host", "evil.example"), ("origin", &app.origin)], &body).await;
        assert_eq!(page.status(), 200);
        assert!(!page.source().contains("evil.example"));
    }

    async fn three_links_an_hour_are_mailed_and_the_answer_stays_the_same(app) {
        let client = app.anybody();
        for _ in 0..5 {
            assert_eq!(ask(&client, cast::NORA).await.heading(), "Look into your mail");
        }
        assert_eq!(app.messages_to(cast::NORA).len(), 3);

        app.clock.advance(TimeDelta::minutes(61));
        ask(&client, cast::NORA).await;
        assert_eq!(app.messages_to(cast::NORA).len(), 4);
    }

    async fn one_address_may_not_ask_without_end(app) {
        let client = app.anybody();
        for number in 0..20 {
            assert_eq!(ask(&client, &format!("somebody{number}@vendor.example")).await.status(), 200);
        }

        let page = ask(&client, cast::NORA).await;

        assert_eq!(page.status(), 429);
        assert_eq!(page.header("retry-after"), Some("300"));
    }

    async fn a_link_works_for_an_hour_and_only_the_newest(app) {
        let client = app.anybody();
        let first = link(&app, cast::SOFIA).await;
        let second = link(&app, cast::SOFIA).await;

        assert_eq!(client.get(&first).await.status(), 410);
        assert_eq!(client.get(&second).await.status(), 200);
        app.clock.advance(TimeDelta::minutes(60));
        assert_eq!(client.get(&second).await.status(), 410);
        assert_eq!(client.get("/reset-password?token=guessed").await.status(), 410);
        assert_eq!(client.get("/reset-password").await.status(), 410);
    }

    async fn a_weak_password_is_refused_and_the_link_still_works(app) {
        let client = app.anybody();
        let page = client.get(&link(&app, cast::NORA).await).await;

        let refused = client.submit(&page, "Set the password", &[("new", "northwind-nora-1"), ("again", "northwind-nora-1")]).await;

        assert_eq!(refused.status(), 422);
        assert_eq!(refused.errors().len(), 1);
        let page = client.submit(&refused, "Set the password", &[("new", NEW), ("again", NEW)]).await;
        assert_eq!(page.status(), 303);
    }

    async fn a_reset_opens_an_account_that_was_guessed_at_too_often(app) {
        let stranger = app.anybody();
        for _ in 0..5 {
            stranger.post("/sign-in", &[("email", cast::SOFIA), ("password", "wrong")]).await;
        }
        let page = stranger.get(&link(&app, cast::SOFIA).await).await;
        stranger.submit(&page, "Set the password", &[("new", NEW), ("again", NEW)]).await;

        let page = app.anybody().post("/sign-in", &[("email", cast::SOFIA), ("password", NEW)]).await;

        assert_eq!(page.status(), 303);
    }

    async fn no_token_is_stored(app) {
        let link = link(&app, cast::NORA).await;
        let token = link.split_once('=').unwrap().1.to_owned();

        use diesel::prelude::*;
        use leadgate::db::schema::one_time_links::dsl;
        let stored: Vec<(String, String)> = dsl::one_time_links.select((dsl::seed, dsl::token_hash)).load(&mut app.conn()).unwrap();

        assert!(stored.iter().all(|(seed, hash)| *seed != token && *hash != token));
    }
}
