//! Sessions: how they begin, how long they last, how they end, and what their cookie says.

use chrono::TimeDelta;
use leadgate::cli::demo::cast;
use leadgate::domain::access::{SessionLimits, ending, session};

use crate::support::TestApp;

const COOKIE: &str = "leadgate-session";

/// A cookie that is sent back still works for nobody.
async fn is_dead(app: &TestApp, cookie: &str) -> bool {
    let thief = app.anybody();
    thief.set_cookie(COOKIE, cookie);
    thief.get("/account").await.status() == 303
}

db_test! {
    async fn signing_in_begins_a_new_session_and_kills_the_one_before(app) {
        let client = app.sofia().await;
        let before = client.cookie(COOKIE).unwrap();

        client.post("/sign-in", &[("email", cast::NORA), ("password", cast::PASSWORD)]).await;

        assert_ne!(client.cookie(COOKIE).unwrap(), before);
        assert!(is_dead(&app, &before).await);
        assert!(client.get("/account").await.text().contains(cast::NORA));
    }

    async fn a_session_that_somebody_else_chose_is_not_taken_over(app) {
        let client = app.anybody();
        client.set_cookie(COOKIE, "chosen-by-somebody-else");

        client.post("/sign-in", &[("email", cast::SOFIA), ("password", cast::PASSWORD)]).await;

        assert_ne!(client.cookie(COOKIE).as_deref(), Some("chosen-by-somebody-else"));
        assert!(is_dead(&app, "chosen-by-somebody-else").await);
    }

    async fn a_session_runs_out_when_nobody_uses_it(app) {
        let client = app.sofia().await;
        for _ in 0..3 {
            app.clock.advance(TimeDelta::minutes(50));
            assert_eq!(client.get("/account").await.status(), 200);
            // The use is written down beside the answer; a write of our own goes after it on the same lane.
            wait_for_touch(&app).await;
        }
        app.clock.advance(TimeDelta::minutes(60));

        assert_eq!(client.get("/account").await.status(), 303);
    }

    async fn an_administrators_session_runs_out_after_half_an_hour(app) {
        let (ada, sofia) = (app.ada().await, app.sofia().await);
        app.clock.advance(TimeDelta::minutes(29));
        assert_eq!(ada.get("/account").await.status(), 200);
        wait_for_touch(&app).await;
        app.clock.advance(TimeDelta::minutes(30));

        let now = app.now();
        let limits = SessionLimits::default();
        assert_eq!(ending::count_of_everybody(&mut app.conn(), limits, now).unwrap(), (1, 1));
        assert_eq!(ada.get("/account").await.status(), 303);
        assert_eq!(sofia.get("/account").await.status(), 200, "others have an hour");
        assert_eq!(app.write(move |tx| session::purge(tx, limits, now)).await.unwrap(), 1);
    }

    async fn sessions_last_as_long_as_is_configured(app) {
        let limits = SessionLimits {
            idle: TimeDelta::minutes(10),
            idle_of_administrators: TimeDelta::minutes(5),
            absolute: TimeDelta::hours(1),
            ..SessionLimits::default()
        };
        let instance = app.another_instance_with(limits);
        let (ada, nora, nils) = (instance.anybody(), instance.anybody(), instance.anybody());
        for (client, email) in [(&ada, cast::ADA), (&nora, cast::NORA), (&nils, cast::NILS)] {
            assert_eq!(client.post("/sign-in", &[("email", email), ("password", cast::PASSWORD)]).await.status(), 303);
        }

        app.clock.advance(TimeDelta::minutes(5));
        assert_eq!(ada.get("/account").await.status(), 303);
        assert_eq!(nora.get("/account").await.status(), 200);
        wait_for_touch(&app).await;
        app.clock.advance(TimeDelta::minutes(5));
        assert_eq!(nils.get("/account").await.status(), 303, "idle for ten minutes");
        for _ in 0..7 {
            assert_eq!(nora.get("/account").await.status(), 200);
            wait_for_touch(&app).await;
            app.clock.advance(TimeDelta::minutes(7));
        }
        assert_eq!(nora.get("/account").await.status(), 200, "after 59 minutes");
        wait_for_touch(&app).await;
        app.clock.advance(TimeDelta::minutes(1));

        assert_eq!(nora.get("/account").await.status(), 303);
    }

    async fn a_session_runs_out_after_twelve_hours_in_any_case(app) {
        let client = app.sofia().await;
        for _ in 0..14 {
            app.clock.advance(TimeDelta::minutes(50));
            assert_eq!(client.get("/account").await.status(), 200);
            wait_for_touch(&app).await;
        }
        app.clock.advance(TimeDelta::minutes(20));

        assert_eq!(client.get("/account").await.status(), 303);
    }

    async fn signing_out_kills_the_session_on_the_server(app) {
        let client = app.sofia().await;
        let cookie = client.cookie(COOKIE).unwrap();

        let page = client.post("/sign-out", &[]).await;

        assert_eq!(page.header("clear-site-data"), Some("\"cache\", \"storage\""));
        assert!(is_dead(&app, &cookie).await);
    }

    async fn a_session_is_stored_as_a_hash_only(app) {
        use diesel::prelude::*;
        use leadgate::db::schema::sessions;
        let client = app.sofia().await;
        let cookie = client.cookie(COOKIE).unwrap();

        let stored: Vec<(String, String)> = sessions::table.select((sessions::key_hash, sessions::state)).load(&mut app.conn()).unwrap();

        assert!(stored.iter().all(|(hash, state)| !cookie.contains(hash) && !state.contains("key_hash") && !state.contains("principal")));
        let thief = app.anybody();
        thief.set_cookie(COOKIE, &stored[0].0);
        assert_eq!(thief.get("/account").await.status(), 303);
    }

    async fn the_cookies_are_for_this_site_alone_and_not_for_scripts(app) {
        let client = app.anybody();
        let page = client.post("/sign-in", &[("email", cast::SOFIA), ("password", cast::PASSWORD)]).await;

        let cookies: Vec<&str> = page.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).collect();

        assert_eq!(cookies.len(), 2, "{cookies:?}");
        for cookie in cookies {
            assert!(cookie.contains("HttpOnly"), "{cookie}");
            assert!(cookie.contains("Path=/"), "{cookie}");
            assert!(cookie.contains("SameSite="), "{cookie}");
            assert!(!cookie.contains("Domain"), "{cookie}");
        }
        assert!(page.body.is_empty());
    }

    async fn a_session_that_was_ended_is_not_brought_back_by_a_request_on_its_way(app) {
        let client = app.sofia().await;
        client.post("/account/sign-out-everywhere", &[]).await;
        let now = app.now();

        app.write(move |tx| session::change(tx, "a key that is gone", "{}", now)).await.unwrap();

        use diesel::prelude::*;
        use leadgate::db::schema::sessions::dsl;
        let left: Vec<String> = dsl::sessions.select(dsl::key_hash).load(&mut app.conn()).unwrap();
        assert_eq!(left, Vec::<String>::new());
    }

    async fn with_tls_every_cookie_insists_on_it(app) {
        let instance = app.another_instance(Some("https://leads.vendor.example"), "");
        let client = instance.anybody();
        let headers = [
            ("host", "leads.vendor.example"),
            ("origin", "https://leads.vendor.example"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let body = format!("email={}&password={}", cast::SOFIA, cast::PASSWORD);

        let page = client.request("POST", "/sign-in", &headers, &body).await;

        assert_eq!(page.status(), 303, "{}", page.text());
        let cookies: Vec<&str> = page.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).collect();
        let session = cookies.iter().find(|cookie| cookie.starts_with("__Host-session=")).unwrap();
        for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(session.contains(attribute), "{session}");
        }
        assert!(!session.contains("Domain"), "{session}");
        let device = cookies.iter().find(|cookie| cookie.starts_with("__Host-device=")).unwrap();
        assert!(device.contains("Secure") && device.contains("HttpOnly") && device.contains("SameSite=Strict"), "{device}");
        assert_eq!(page.header("strict-transport-security"), Some("max-age=63072000; includeSubDomains"));
    }

    async fn a_session_that_ends_on_one_instance_ends_on_all(app) {
        let other = app.another_instance(None, "");
        let client = app.sofia().await;
        let there = other.anybody();
        there.set_cookie(COOKIE, &client.cookie(COOKIE).unwrap());
        assert_eq!(there.get("/account").await.status(), 200);

        client.post("/sign-out", &[]).await;

        assert_eq!(there.get("/account").await.status(), 303);
    }

    async fn whoever_is_turned_away_is_written_down(app) {
        let client = app.anybody();
        client.post("/sign-in", &[("email", cast::SOFIA), ("password", "wrong")]).await;
        client.post("/sign-in", &[("email", "nobody@vendor.example"), ("password", "wrong")]).await;
        assert_eq!(app.audited("session.refused"), 2);

        assert_eq!(app.nora().await.get("/leads").await.status(), 403);

        assert_eq!(app.audited("access.denied"), 1);
    }
}

async fn wait_for_touch(app: &TestApp) {
    use diesel::prelude::*;
    use leadgate::db::schema::sessions::dsl;
    for _ in 0..2_000 {
        app.write(|_| Ok::<_, leadgate::db::Error>(())).await.unwrap();
        let seen: Vec<leadgate::db::types::UtcTime> =
            dsl::sessions.select(dsl::last_seen_at).load(&mut app.conn()).unwrap();
        if seen.contains(&app.now()) {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the use of the session was never written down");
}
