//! Times and days by the clock of whoever reads.

use chrono::TimeDelta;
use diesel::prelude::*;
use leadgate::cli::demo::cast;
use leadgate::db::schema::users;
use leadgate::db::types::UtcTime;

use super::second_factor::enrol;
use crate::support::TestApp;
use crate::support::client::{Client, Page};
use crate::support::sql::execute;

const PAGE: &str = "/account/time-zone";

async fn choose(client: &Client, zone: &str) -> Page {
    let page = client.get(PAGE).await;
    client.submit(&page, "Save", &[("time_zone", zone)]).await
}

fn store(app: &TestApp, email: &str, zone: &str) {
    diesel::update(users::table.filter(users::email.eq(email)))
        .set(users::time_zone.eq(zone))
        .execute(&mut app.conn())
        .unwrap();
}

fn move_northwind_to(app: &TestApp, zone: &str) {
    let statement = format!("UPDATE partners SET time_zone = '{zone}' WHERE name = 'Northwind'");
    execute(&mut app.conn(), &statement).unwrap();
}

fn set_clock(app: &TestApp, moment: &str) {
    let moment = UtcTime::new(moment.parse().unwrap());
    app.clock.advance(moment - app.now());
}

/// How many leads a list shows.
async fn found(client: &Client, path: &str) -> usize {
    let page = client.get(path).await;
    assert_eq!(page.status(), 200, "{path}: {}", page.text());
    page.rows().len()
}

db_test! {
    async fn two_readers_see_the_same_moment_each_by_the_own_clock(app) {
        assert_eq!(choose(&app.sofia().await, "Europe/Berlin").await.location(), "/account");
        assert_eq!(choose(&app.ada().await, "America/New_York").await.location(), "/account");
        for (now, berlin, new_york) in [
            ("2026-05-04T21:30:00", ("4 May 2026", "23:30 CEST"), ("4 May 2026", "17:30 EDT")),
            ("2026-12-01T23:30:00", ("2 December 2026", "00:30 CET"), ("1 December 2026", "18:30 EST")),
        ] {
            set_clock(&app, now);
            let lead = app.a_lead().create().await;

            for (client, (day, time)) in [(app.sofia().await, berlin), (app.ada().await, new_york)] {
                let list = client.get("/leads").await.source();
                assert!(list.contains(&format!("<time datetime=\"{now}Z\" title=\"{day}, {time}\">")), "{day}, {time}");
                let shown = client.get(&format!("/leads/{lead}")).await;
                assert!(shown.source().contains(&format!("<time datetime=\"{now}Z\"")));
                let text = shown.text();
                assert!(text.contains(&format!("{day}, {time}")), "{text}");
                // The history stands under the reader's day.
                assert!(text.contains(&format!("{day} {time} Sofia Lind created the lead.")), "{text}");
            }
        }
    }

    async fn a_day_in_a_filter_is_a_day_of_the_reader(app) {
        store(&app, cast::SOFIA, "Europe/Berlin");
        store(&app, cast::ADA, "America/New_York");
        set_clock(&app, "2026-05-04T23:30:00");
        app.a_lead().create().await;
        let (berlin, new_york) = (app.sofia().await, app.ada().await);
        assert!(berlin.get("/leads").await.source().contains("5 May 2026, 01:30 CEST"));

        let (fourth, fifth) = ("/leads?from=2026-05-04&to=2026-05-04", "/leads?from=2026-05-05&to=2026-05-05");
        assert_eq!((found(&berlin, fourth).await, found(&berlin, fifth).await), (0, 1));
        assert_eq!((found(&new_york, fourth).await, found(&new_york, fifth).await), (1, 0));

        let (fourth, fifth) = ("from=2026-05-04&to=2026-05-04", "from=2026-05-05&to=2026-05-05");
        let audited = async |path: &str| new_york.get(path).await.source().matches("Created a lead").count();
        for path in ["/audit?act=lead.created&", "/audit/download?act=lead.created&"] {
            // The list names the act in its filter too.
            let besides = usize::from(path.starts_with("/audit?"));
            assert_eq!(audited(&format!("{path}{fourth}")).await, 1 + besides, "{path}");
            assert_eq!(audited(&format!("{path}{fifth}")).await, besides, "{path}");
        }
        let file = new_york.get("/audit/download?act=lead.created").await.source();
        assert!(file.contains("2026-05-04T23:30:00Z"), "a download keeps UTC: {file}");
        for far in ["+262142-12-31", "-0044-03-15", "0000-01-01"] {
            assert_eq!(new_york.get(&format!("/leads?from={far}")).await.status(), 400, "{far}");
        }
    }

    async fn a_closed_lead_is_found_in_the_readers_month(app) {
        store(&app, cast::SOFIA, "Europe/Berlin");
        set_clock(&app, "2026-05-31T23:30:00");
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let reason = app.text("SELECT reference AS t FROM closing_reasons WHERE outcome = 'lost' AND label = 'Price'");
        app.nora().await.post(&format!("/portal/leads/{lead}/closing"), &[("choice", &reason)]).await;

        let (berlin, utc) = (app.sofia().await, app.ada().await);
        for (filter, of_berlin, of_utc) in [
            ("closed=this_month", 1, 1),
            ("closed_from=2026-06-01", 1, 0),
            ("closed_to=2026-05-31", 0, 1),
        ] {
            let path = format!("/leads?{filter}");
            assert_eq!((found(&berlin, &path).await, found(&utc, &path).await), (of_berlin, of_utc), "{filter}");
        }
        app.clock.advance(TimeDelta::hours(1));
        assert_eq!(found(&app.ada().await, "/leads?closed=last_month").await, 1);
        assert_eq!(found(&app.sofia().await, "/leads?closed=last_month").await, 0);
    }

    async fn a_week_of_the_start_page_begins_where_the_reader_is(app) {
        store(&app, cast::SOFIA, "Europe/Berlin");
        // A Sunday in London, and a Monday in Berlin.
        set_clock(&app, "2026-05-10T23:30:00");
        app.a_lead().create().await;

        for (client, week) in [(app.sofia().await, "11 May 1"), (app.ada().await, "4 May 1")] {
            let rows = client.get("/").await.rows();
            let weeks: Vec<&String> = rows.iter().filter(|row| row.split(' ').count() == 3).collect();
            assert_eq!(weeks.last().map(|row| row.as_str()), Some(week), "{rows:?}");
        }
    }

    async fn people_at_a_partner_read_by_its_clock_until_they_choose_their_own(app) {
        move_northwind_to(&app, "Asia/Dubai");
        app.a_lead().assigned_to(cast::NILS).create().await;
        let nils = app.nils().await;
        let shows = async |time: &str| nils.get("/portal/leads").await.source().contains(&format!("4 May 2026, {time}"));
        assert!(shows("13:30 UTC+4").await);
        assert!(nils.get(PAGE).await.text().contains("Not chosen: Asia/Dubai, as for your company"));

        choose(&nils, "America/New_York").await;
        assert!(shows("05:30 EDT").await);
        assert!(nils.get("/account").await.text().contains("Time zone America/New_York"));
        let file = nils.post("/portal/leads/download", &[]).await.source();
        assert!(file.contains("2026-05-04 09:30"), "a download keeps UTC: {file}");

        choose(&nils, "").await;
        assert!(shows("13:30 UTC+4").await);
        choose(&nils, "").await;
        assert_eq!(app.audited("time_zone.chosen"), 2, "the same choice again is no act");
        assert!(app.nora().await.get("/account").await.text().contains("Time zone Asia/Dubai"), "nobody else's changed");
    }

    async fn a_next_step_is_overdue_when_the_readers_day_has_passed(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let step = [("next_step", "Call again"), ("next_step_on", "2026-05-04")];
        let nora = app.nora().await;
        assert_eq!(nora.post(&format!("/portal/leads/{lead}/next-step"), &step).await.status(), 303);
        set_clock(&app, "2026-05-04T23:30:00");

        for (zone, mark, overdue) in [("Europe/Berlin", "Overdue", 1), ("America/New_York", "Today", 0)] {
            store(&app, cast::NORA, zone);
            let nora = app.nora().await;
            let text = nora.get(&format!("/portal/leads/{lead}")).await.text();
            assert!(text.contains(&format!("4 May 2026 {mark}")), "{zone}: {text}");
            assert_eq!(found(&nora, "/portal/leads?state=overdue").await, overdue, "{zone}");
        }
    }

    async fn who_has_chosen_none_begins_with_the_zone_of_the_device(app) {
        let sign_in = async |zone: &str| {
            let fields = [("email", cast::NILS), ("password", cast::PASSWORD), ("time_zone", zone)];
            let client = app.anybody();
            assert_eq!(client.post("/sign-in", &fields).await.status(), 303, "{zone}");
            client.get("/account").await.text()
        };

        for unknown in ["", "Europe/Nowhere", "<script>"] {
            assert!(sign_in(unknown).await.contains("Time zone UTC"), "{unknown}");
        }
        assert_eq!(app.audited("time_zone.chosen"), 0);
        assert!(sign_in("Europe/Berlin").await.contains("Time zone Europe/Berlin"));
        assert!(sign_in("America/New_York").await.contains("Time zone Europe/Berlin"));
        assert_eq!(app.audited("time_zone.chosen"), 1);
        let refused = [("email", cast::SAM), ("password", "wrong"), ("time_zone", "Europe/Berlin")];
        assert_eq!(app.anybody().post("/sign-in", &refused).await.status(), 422);
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM users WHERE time_zone IS NOT NULL"), 1);
    }

    async fn the_zone_of_the_device_is_kept_over_the_second_factor(app) {
        let (secret, _) = enrol(&app, &app.nils().await).await;
        let client = app.anybody();
        let fields = [("email", cast::NILS), ("password", cast::PASSWORD), ("time_zone", "Europe/Berlin")];
        assert_eq!(client.post("/sign-in", &fields).await.location(), "/sign-in/code");
        assert_eq!(app.audited("time_zone.chosen"), 0, "nobody is signed in yet");

        client.post("/sign-in/code", &[("code", &secret.code_at(app.now()))]).await;

        assert!(client.get("/account").await.text().contains("Time zone Europe/Berlin"));
    }

    async fn a_zone_that_does_not_exist_is_refused_beside_its_field(app) {
        let sofia = app.sofia().await;

        for typed in ["Europe/Nowhere", "europe/berlin", "+02:00", "<script>"] {
            let page = sofia.post(PAGE, &[("time_zone", typed)]).await;
            assert_eq!(page.status(), 422, "{typed}");
            assert_eq!(page.errors(), ["Choose a time zone from the list, such as Europe/Stockholm"]);
            assert!(page.title().starts_with("Error: "));
        }

        assert_eq!(app.count("SELECT COUNT(*) AS n FROM users WHERE time_zone IS NOT NULL"), 0);
        assert_eq!(app.audited("time_zone.chosen"), 0);
        assert_eq!(app.anybody().post(PAGE, &[("time_zone", "Europe/Berlin")]).await.location(), "/sign-in");
    }

    async fn a_stored_zone_that_is_no_longer_known_reads_as_utc(app) {
        store(&app, cast::NILS, "Europe/Nowhere");
        move_northwind_to(&app, "Europe/Stockholm");
        app.a_lead().assigned_to(cast::NILS).create().await;

        let nils = app.nils().await;

        assert!(nils.get("/portal/leads").await.source().contains("4 May 2026, 09:30 UTC"));
        assert_eq!(nils.get(PAGE).await.status(), 200);
    }
}
