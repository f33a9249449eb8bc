//! A digest tells what single messages would have told, all of it, and nothing else.

use chrono::TimeDelta;
use diesel::RunQueryDsl;
use leadgate::cli::demo::cast;
use leadgate::db::types::UtcTime;
use leadgate::jobs;

use super::sending_by;
use crate::support::TestApp;
use crate::support::smtp::{Received, SmtpServer};

fn about(server: &SmtpServer, subject: &str) -> Vec<Received> {
    let taken = server.taken().into_iter();
    taken.filter(|message| message.header("Subject") == subject).collect()
}

async fn hourly(app: &TestApp, kind: &str) {
    let nils = app.nils().await;
    let page = nils.get("/account/notifications").await;
    assert_eq!(nils.submit(&page, "Save", &[(kind, "hourly")]).await.status(), 303);
}

db_test! {
    async fn deadlines_that_come_nearer_in_a_flood_are_all_told(app) {
        let server = SmtpServer::start().await;
        let ada = app.ada().await;
        ada.submit(&ada.get("/settings/deadlines").await, "Save", &[("open_within", "5")]).await;
        for _ in 0..25 {
            app.a_lead().assigned_to(cast::NILS).create().await;
        }

        // Half of five working days, from Monday, 09:30.
        let half = UtcTime::new("2026-05-06T21:30:00".parse().unwrap());
        app.clock.advance(half - app.now());
        jobs::tick(&sending_by(&app, server.mailer())).await;
        assert_eq!(about(&server, "A lead needs you soon").len(), 21);
        app.clock.advance(TimeDelta::hours(1));
        jobs::tick(&sending_by(&app, server.mailer())).await;

        let digests = about(&server, "News of the last hour");
        let last = digests.last().expect("a digest").text();
        assert!(last.contains("A deadline comes nearer: 4."), "{last}");
    }

    async fn a_digest_of_leads_that_are_gone_leads_to_those_that_are_left(app) {
        let server = SmtpServer::start().await;
        hourly(&app, "lead.gone").await;
        let sofia = app.sofia().await;
        for others in [false, true] {
            let lead = app.a_lead().assigned_to(cast::NILS).create().await;
            sofia.post(&format!("/leads/{lead}/recall"), &[]).await;
            if others {
                hourly(&app, "lead.waiting").await;
                app.a_lead().assigned_to(cast::NILS).create().await;
            }
            app.clock.advance(TimeDelta::hours(1));
            jobs::tick(&sending_by(&app, server.mailer())).await;
        }

        let digests = about(&server, "News of the last hour");
        let ways: Vec<bool> = digests.iter().map(|digest| digest.text().contains("/portal/notices")).collect();
        assert_eq!(ways, [false, true], "{digests:?}");
        assert!(digests[0].text().contains("/portal/leads"), "{}", digests[0].text());
    }

    async fn a_digest_of_more_than_a_thousand_tells_how_many(app) {
        let server = SmtpServer::start().await;
        hourly(&app, "lead.waiting").await;
        app.a_lead().assigned_to(cast::NILS).create().await;
        let opened = app.a_lead().assigned_to(cast::NILS).create().await;
        let more = "WITH RECURSIVE more (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM more WHERE number < 1200) \
                    INSERT INTO outbox (message_id, kind, recipient_id, assignment_id, state, digest_id, next_attempt_at, created_at) \
                    SELECT CAST(o.id AS TEXT) || '-' || CAST(number AS TEXT), o.kind, o.recipient_id, o.assignment_id, o.state, \
                    o.digest_id, o.next_attempt_at, o.created_at FROM outbox o, more WHERE o.state = 'collected'";
        diesel::sql_query(more).execute(&mut app.conn()).unwrap();
        let nils = app.nils().await;
        assert_eq!(nils.post(&format!("/portal/leads/{opened}/open"), &[]).await.status(), 303);

        app.clock.advance(TimeDelta::hours(1));
        jobs::tick(&sending_by(&app, server.mailer())).await;

        let digests = about(&server, "News of the last hour");
        assert_eq!(digests.len(), 1);
        assert!(digests[0].text().contains("A new lead is waiting: 1201."), "{}", digests[0].text());
    }

    async fn a_digest_that_nobody_could_take_keeps_what_it_says(app) {
        let mut server = SmtpServer::start().await;
        hourly(&app, "lead.waiting").await;
        app.a_lead().assigned_to(cast::NILS).create().await;
        server.go_down().await;
        app.clock.advance(TimeDelta::hours(1));
        jobs::tick(&sending_by(&app, server.mailer())).await;

        // It may have arrived all the same, under its id: what comes now is of the next one.
        app.a_lead().assigned_to(cast::NILS).create().await;
        server.come_back().await;
        app.clock.advance(TimeDelta::hours(1));
        jobs::tick(&sending_by(&app, server.mailer())).await;

        let told: Vec<Received> = about(&server, "News of the last hour");
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|digest| digest.text().contains("A new lead is waiting: 1.")), "{told:?}");
    }
}
