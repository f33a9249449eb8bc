//! Deadlines: reminded at half and at four fifths, then taken back like a recall; by the clock of the tests alone.

use chrono::TimeDelta;
use diesel::prelude::*;
use leadgate::cli::demo::cast;
use leadgate::db::schema::{deadlines, outbox};
use leadgate::db::types::UtcTime;
use leadgate::domain::outbox::Message;
use leadgate::jobs;

use crate::support::TestApp;
use crate::support::builders::assign_to;
use crate::support::client::Page;

const SETTINGS: &str = "/settings/deadlines";

async fn set(app: &TestApp, open: &str, first: &str, every: &str) -> Page {
    let ada = app.ada().await;
    let page = ada.get(SETTINGS).await;
    let typed = [
        ("open_within", open),
        ("first_update_within", first),
        ("update_every", every),
    ];
    ada.submit(&page, "Save", &typed).await
}

async fn at(app: &TestApp, moment: &str) {
    let moment = UtcTime::new(moment.parse().unwrap());
    app.clock.advance(moment - app.now());
    jobs::tick(&app.state).await;
}

fn mailed(app: &TestApp) -> Vec<Message> {
    outbox::table
        .select(outbox::kind)
        .order(outbox::id)
        .load(&mut app.conn())
        .unwrap()
}

fn reminders(app: &TestApp) -> usize {
    mailed(app).iter().filter(|kind| **kind == Message::LeadDue).count()
}

fn running(app: &TestApp) -> Vec<(String, i64, UtcTime)> {
    deadlines::table
        .select((deadlines::duty, deadlines::days, deadlines::due_at))
        .order(deadlines::assignment_id)
        .load(&mut app.conn())
        .unwrap()
}

fn moment(text: &str) -> UtcTime {
    UtcTime::new(text.parse().unwrap())
}

/// What stands behind the deadline of the one lead.
fn mark(page: &Page) -> &'static str {
    let text = page.text();
    let (_, rest) = text
        .split_once("Open by 11 May 2026")
        .unwrap_or_else(|| panic!("no deadline: {text}"));
    let rest = [", 11:30 CEST", ", 09:30 UTC"]
        .into_iter()
        .find_map(|time| rest.strip_prefix(time))
        .unwrap_or(rest)
        .trim_start();
    let marks = ["Due soon", "Overdue"];
    marks.into_iter().find(|mark| rest.starts_with(mark)).unwrap_or("")
}

db_test! {
    async fn a_lead_that_nobody_opens_is_reminded_of_twice_and_taken_back(app) {
        set(&app, "5", "", "").await;
        // Monday, 4 May 2026, 09:30: five working days end on Monday the 11th.
        let lead = app.a_lead().assigned_to(cast::NILS).create().await;
        assert_eq!(running(&app), [("open".to_owned(), 5, moment("2026-05-11T09:30:00"))]);

        at(&app, "2026-05-06T21:29:59").await;
        assert_eq!(mailed(&app), [Message::LeadWaiting]);
        at(&app, "2026-05-06T21:30:00").await;
        assert_eq!(mailed(&app), [Message::LeadWaiting, Message::LeadDue]);
        at(&app, "2026-05-08T09:30:00").await;
        at(&app, "2026-05-11T09:29:59").await;
        assert_eq!(mailed(&app), [Message::LeadWaiting, Message::LeadDue, Message::LeadDue]);
        let nils = app.nils().await;
        let path = format!("/portal/leads/{lead}");
        assert_eq!(nils.get(&path).await.status(), 200);

        at(&app, "2026-05-11T09:30:00").await;

        assert_eq!(nils.get(&path).await.status(), 404);
        assert_eq!(mailed(&app).last(), Some(&Message::LeadExpired));
        assert_eq!(running(&app), []);
        assert_eq!(app.audited("lead.expired"), 1);
        let sofia = app.sofia().await;
        let page = sofia.get(&format!("/leads/{lead}")).await;
        assert!(page.text().contains("Unassigned"), "{}", page.text());
        // And it can go to the next one.
        assign_to(&app, &lead, cast::SAM).await;
        assert_eq!(running(&app).len(), 1);
    }

    async fn a_lead_that_nobody_speaks_of_is_reminded_of_twice_and_taken_back(app) {
        set(&app, "", "5", "10").await;
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let path = format!("/portal/leads/{lead}");
        assert_eq!(running(&app), [("first_update".to_owned(), 5, moment("2026-05-11T09:30:00"))]);

        at(&app, "2026-05-06T21:30:00").await;
        at(&app, "2026-05-08T09:30:00").await;
        assert_eq!(reminders(&app), 2);
        at(&app, "2026-05-11T09:29:59").await;
        assert_eq!(app.nils().await.get(&path).await.status(), 200);
        at(&app, "2026-05-11T09:30:00").await;

        assert_eq!(app.nils().await.get(&path).await.status(), 404);
        assert_eq!((reminders(&app), app.audited("lead.expired")), (2, 1));
        assert_eq!(running(&app), []);
    }

    async fn a_lead_of_which_there_is_no_more_news_is_taken_back(app) {
        set(&app, "", "", "5").await;
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let path = format!("/portal/leads/{lead}");
        app.clock.advance(TimeDelta::hours(24));
        let nils = app.nils().await;
        nils.submit(&nils.get(&path).await, "Save note", &[("status_note", "Called")]).await;
        // From Tuesday, 5 May, 09:30.
        assert_eq!(running(&app), [("update".to_owned(), 5, moment("2026-05-12T09:30:00"))]);

        at(&app, "2026-05-07T21:30:00").await;
        at(&app, "2026-05-11T09:30:00").await;
        assert_eq!(reminders(&app), 2);
        at(&app, "2026-05-12T09:29:59").await;
        assert_eq!(app.nils().await.get(&path).await.status(), 200);
        at(&app, "2026-05-12T09:30:00").await;

        assert_eq!(app.nils().await.get(&path).await.status(), 404);
        assert_eq!((reminders(&app), app.audited("lead.expired")), (2, 1));
    }

    async fn deadlines_that_cannot_be_followed_keep_no_other_waiting(app) {
        set(&app, "1", "", "").await;
        for _ in 0..51 {
            app.a_lead().assigned_to(cast::NILS).create().await;
        }
        let last = app.count("SELECT MAX(id) AS n FROM assignments");
        at(&app, "2026-05-04T21:30:00").await;
        at(&app, "2026-05-04T21:30:01").await;
        at(&app, "2026-05-05T04:42:00").await;
        at(&app, "2026-05-05T04:42:01").await;
        let broken = format!(
            "ALTER TABLE assignments ADD CONSTRAINT assignments_broken CHECK (id = {last} OR ending IS NULL OR ending <> 'expired')"
        );
        diesel::sql_query(broken).execute(&mut app.conn()).unwrap();

        at(&app, "2026-05-05T09:30:00").await;
        assert_eq!(app.audited("lead.expired"), 0, "the others come first");
        at(&app, "2026-05-05T09:30:01").await;

        assert_eq!(app.audited("lead.expired"), 1);
        let mended = "ALTER TABLE assignments DROP CONSTRAINT assignments_broken";
        diesel::sql_query(mended).execute(&mut app.conn()).unwrap();
        at(&app, "2026-05-05T10:30:01").await;
        assert_eq!(app.audited("lead.expired"), 51, "nothing is lost");
    }

    async fn whoever_holds_a_lead_sees_until_when_and_so_do_staff(app) {
        set(&app, "5", "10", "").await;
        diesel::sql_query("UPDATE partners SET time_zone = 'Europe/Stockholm' WHERE name = 'Northwind'")
            .execute(&mut app.conn())
            .unwrap();
        let lead = app.a_lead().assigned_to(cast::NILS).create().await;
        let (portal, staff) = (format!("/portal/leads/{lead}"), format!("/leads/{lead}"));

        // Each by the own clock: that of the partner, and UTC.
        let words = "Open by 11 May 2026, 11:30 CEST";
        let text = app.nils().await.get(&portal).await.text();
        assert!(text.contains(&format!("Deadline {words} ")) && !text.contains("Due soon"), "{text}");
        assert!(app.nils().await.get("/portal/leads").await.text().contains("Open by 11 May 2026"));
        assert!(app.sofia().await.get(&staff).await.text().contains("Deadline Open by 11 May 2026, 09:30 UTC"));

        // No job runs meanwhile: what is shown is what the clock says.
        app.clock.advance(moment("2026-05-08T09:30:00") - app.now());
        for (client, path) in [(app.nils().await, &portal), (app.nils().await, &"/portal/leads".to_owned()), (app.sofia().await, &staff)] {
            assert_eq!(mark(&client.get(path).await), "Due soon", "{path}");
        }
        app.clock.advance(moment("2026-05-11T09:30:00") - app.now());
        for (client, path) in [(app.nils().await, &portal), (app.nils().await, &"/portal/leads".to_owned()), (app.sofia().await, &staff)] {
            assert_eq!(mark(&client.get(path).await), "Overdue", "{path}");
        }

        app.nils().await.post(&format!("{portal}/open"), &[]).await;
        let words = "Say how it stands by 25 May 2026, 11:30 CEST";
        let text = app.nils().await.get(&portal).await.text();
        assert!(text.contains(words) && !text.contains("Overdue") && !text.contains("Due soon"), "{text}");
        let rows = app.nils().await.get("/portal/leads").await.rows();
        assert!(rows[0].contains("Say how it stands by 25 May 2026"), "{rows:?}");
        // Who closed it owes nothing.
        let lost = [("choice", crate::web::life::LOST)];
        app.nils().await.post(&format!("{portal}/closing"), &lost).await;
        assert!(!app.nils().await.get(&portal).await.text().contains("Say how it stands by"));
        assert!(!app.sofia().await.get(&staff).await.text().contains("Deadline"));
    }

    async fn each_duty_follows_the_one_before(app) {
        set(&app, "1", "3", "10").await;
        let lead = app.a_lead().assigned_to(cast::NILS).create().await;
        let nils = app.nils().await;
        nils.post(&format!("/portal/leads/{lead}/open"), &[]).await;
        assert_eq!(running(&app), [("first_update".to_owned(), 3, moment("2026-05-07T09:30:00"))]);

        app.clock.advance(TimeDelta::hours(1));
        let page = app.nils().await.get(&format!("/portal/leads/{lead}")).await;
        app.nils().await.submit(&page, "Save note", &[("status_note", "Called")]).await;

        assert_eq!(running(&app), [("update".to_owned(), 10, moment("2026-05-18T10:30:00"))]);
    }

    async fn turning_deadlines_on_lets_nothing_expire_at_once(app) {
        let old = app.a_lead().assigned_to(cast::NILS).create().await;
        let opened = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        at(&app, "2026-08-03T09:30:00").await;

        set(&app, "2", "4", "").await;
        at(&app, "2026-08-03T09:31:00").await;

        assert_eq!(running(&app), [
            ("open".to_owned(), 2, moment("2026-08-05T09:31:00")),
            ("first_update".to_owned(), 4, moment("2026-08-07T09:31:00")),
        ]);
        assert_eq!(app.nils().await.get(&format!("/portal/leads/{old}")).await.status(), 200);
        assert_eq!(app.nora().await.get(&format!("/portal/leads/{opened}")).await.status(), 200);
    }

    async fn a_running_deadline_keeps_its_days_and_ends_when_its_kind_is_turned_off(app) {
        set(&app, "5", "", "").await;
        app.a_lead().assigned_to(cast::NILS).create().await;

        set(&app, "2", "", "").await;
        at(&app, "2026-05-04T09:31:00").await;
        assert_eq!(running(&app), [("open".to_owned(), 5, moment("2026-05-11T09:30:00"))]);

        set(&app, "", "", "").await;
        assert_eq!(running(&app), []);
        assert_eq!(app.audited("deadlines.changed"), 3);
    }

    async fn after_a_standstill_a_reminder_comes_before_the_end(app) {
        set(&app, "5", "", "").await;
        let lead = app.a_lead().assigned_to(cast::NILS).create().await;

        at(&app, "2026-07-06T09:30:00").await;
        assert_eq!(mailed(&app).last(), Some(&Message::LeadDue));
        at(&app, "2026-07-06T09:31:00").await;
        at(&app, "2026-07-07T09:30:00").await;
        assert_eq!(app.nils().await.get(&format!("/portal/leads/{lead}")).await.status(), 200);

        at(&app, "2026-07-08T09:30:00").await;
        assert_eq!(app.nils().await.get(&format!("/portal/leads/{lead}")).await.status(), 404);
    }

    async fn a_lead_that_its_partner_cannot_see_is_not_late(app) {
        set(&app, "1", "", "").await;
        app.a_lead().assigned_to(cast::NILS).create().await;
        app.track_permission().await;

        at(&app, "2026-06-01T09:30:00").await;

        assert_eq!(app.count("SELECT COUNT(*) AS n FROM assignments WHERE ended_at IS NULL"), 1);
        assert_eq!(mailed(&app), [Message::LeadWaiting]);
    }

    async fn settings_that_make_no_sense_come_back_with_what_was_typed(app) {
        for wrong in ["0", "91", "-1", "two", "1.5"] {
            let page = set(&app, wrong, "3", "").await;
            assert_eq!(page.status(), 422, "{wrong}");
            assert_eq!(page.value("open_within"), wrong);
            assert_eq!(page.value("first_update_within"), "3");
            assert_eq!(page.errors().len(), 1, "{:?}", page.errors());
        }
        assert_eq!(app.audited("deadlines.changed"), 0);
    }

    async fn the_form_of_an_older_version_saves_nothing(app) {
        let ada = app.ada().await;
        let page = ada.get(SETTINGS).await;
        ada.submit(&page, "Save", &[("open_within", "3")]).await;

        let late = ada.submit(&page, "Save", &[("open_within", "9")]).await;

        assert_eq!(late.status(), 409);
        assert_eq!(app.count("SELECT open_within AS n FROM deadline_settings"), 3);
    }
}
