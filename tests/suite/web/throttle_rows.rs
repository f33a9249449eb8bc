//! How many counters strangers can leave behind, and how they are forgotten.

use chrono::TimeDelta;
use leadgate::cli::demo::cast;
use leadgate::domain::accounts::throttle;
use leadgate::jobs;

use crate::support::TestApp;
use crate::support::client::{Client, encoded};
use crate::support::instance::Instance;
use crate::support::sql::execute;

fn rows(app: &TestApp) -> i64 {
    app.count("SELECT COUNT(*) AS n FROM throttles")
}

/// A guess at an account that nobody has.
async fn guess(client: &Client, number: usize) -> u16 {
    let email = format!("invented{number}@evil.example");
    let page = client
        .post("/sign-in", &[("email", &email), ("password", "wrong")])
        .await;
    page.status()
}

/// The same from an address of its own, behind a proxy.
async fn guess_from(instance: &Instance, number: usize) -> u16 {
    let address = format!("2001:db8:{:x}:{:x}::1", number / 200, number % 200);
    let headers = [
        ("origin", instance.origin()),
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-forwarded-for", address.as_str()),
    ];
    let email = format!("invented{number}@evil.example");
    let body = encoded(&[("email", &email), ("password", "wrong")]);
    instance
        .anybody()
        .request("POST", "/sign-in", &headers, &body)
        .await
        .status()
}

db_test! {
    async fn a_thousand_refused_sign_ins_with_invented_addresses_leave_few_rows(app) {
        let stranger = app.anybody();
        for number in 0..20 {
            assert_eq!(guess(&stranger, number).await, 422);
        }
        let before = (rows(&app), app.count("SELECT COUNT(*) AS n FROM audit_events"));

        for number in 20..1_020 {
            assert_eq!(guess(&stranger, number).await, 429);
        }

        let after = (rows(&app), app.count("SELECT COUNT(*) AS n FROM audit_events"));
        assert!(after.0 - before.0 <= 2, "{before:?} {after:?}: that it was told from there, and in all");
        assert_eq!(after.1 - before.1, 1);
    }

    async fn refused_sign_ins_from_a_thousand_addresses_leave_few_rows(app) {
        let instance = app.another_instance(None, "127.0.0.1");
        for number in 0..120 {
            assert_eq!(guess_from(&instance, number).await, 422, "{number}");
        }
        let before = rows(&app);

        for number in 120..1_120 {
            assert_eq!(guess_from(&instance, number).await, 429);
        }

        assert!(rows(&app) - before <= 61, "{} rows: a minute's refusals that are told", rows(&app) - before);
        assert_eq!(app.audited("session.throttled"), 60);
    }

    async fn who_must_wait_uses_up_nothing_that_others_share(app) {
        let stranger = app.anybody();
        for _ in 0..5 {
            stranger.post("/sign-in", &[("email", cast::SOFIA), ("password", "wrong")]).await;
        }
        for _ in 0..30 {
            let page = stranger.post("/sign-in", &[("email", cast::SOFIA), ("password", "wrong")]).await;
            assert_eq!(page.status(), 429);
        }

        assert_eq!(guess(&stranger, 1).await, 422, "five of twenty are used up");
    }

    async fn asking_for_links_with_invented_addresses_leaves_no_counter_for_each(app) {
        let stranger = app.anybody();
        for number in 0..20 {
            let email = format!("invented{number}@evil.example");
            assert_eq!(stranger.post("/forgotten-password", &[("email", &email)]).await.status(), 200);
        }

        app.answer_requests();

        assert_eq!(rows(&app), 1, "that of the address they came from");
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM link_requests"), 0);
    }

    async fn few_failures_are_forgotten_after_a_day_and_many_are_not(app) {
        let stranger = app.anybody();
        guess(&stranger, 1).await;
        for _ in 0..5 {
            stranger.post("/sign-in", &[("email", cast::SOFIA), ("password", "wrong")]).await;
        }
        app.clock.advance(TimeDelta::hours(25));
        let now = app.now();

        app.write(move |tx| throttle::purge(tx, now)).await.unwrap();

        assert_eq!(app.count("SELECT COUNT(*) AS n FROM throttles WHERE key LIKE 'account:%'"), 1, "Sofia's");
    }

    async fn many_counters_are_forgotten_a_batch_at_a_time(app) {
        let at = app.now() - TimeDelta::days(40);
        for number in 0..1_100 {
            let row = format!("INSERT INTO throttles (key, failures, counted_since, free_at) VALUES ('old:{number}', 1, '{0}', '{0}')", at.iso().replace('T', " ").replace('Z', ""));
            execute(&mut app.conn(), &row).unwrap();
        }
        let now = app.now();

        let first = app.write(move |tx| throttle::purge(tx, now)).await.unwrap();
        jobs::tick(&app.state).await;

        assert_eq!((first, rows(&app)), (throttle::FORGOTTEN_AT_ONCE, 0));
    }
}
