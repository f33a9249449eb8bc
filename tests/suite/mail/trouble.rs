//! Mail servers that are down, slow, choosy or rude: no request waits, and what should arrive does when it can.

use std::time::Duration;

use chrono::TimeDelta;
use diesel::prelude::*;
use leadgate::cli::demo::cast;
use leadgate::db::schema::outbox as rows;
use leadgate::domain::outbox::Message::LeadWaiting;
use leadgate::domain::outbox::MessageState::{Failed, Sent, Waiting};
use leadgate::domain::outbox::delivery::{ATTEMPTS, LONGEST_OUTAGE_PAUSE};
use leadgate::jobs;

use super::{outbox, sending_by, states};
use crate::support::TestApp;
use crate::support::smtp::{Mood, SmtpServer};

fn last_error(app: &TestApp) -> String {
    rows::table
        .select(rows::last_error)
        .order(rows::id)
        .first(&mut app.conn())
        .unwrap()
}

/// How often each message found no mail server.
fn outages(app: &TestApp) -> Vec<i64> {
    let counts = rows::table.select(rows::outages).order(rows::id);
    counts.load(&mut app.conn()).unwrap()
}

db_test! {
    async fn a_weekend_without_a_mail_server_costs_no_message(app) {
        let mut server = SmtpServer::start().await;
        let state = sending_by(&app, server.mailer());
        server.go_down().await;
        for _ in 0..3 {
            app.a_lead().assigned_to(cast::NILS).create().await;
        }

        for _ in 0..72 {
            jobs::tick(&state).await;
            app.clock.advance(TimeDelta::hours(1));
        }
        assert_eq!(outbox(&app), [(LeadWaiting, Waiting, 0); 3]);
        assert!(outages(&app).iter().any(|count| *count > ATTEMPTS), "{:?}", outages(&app));
        let stuck = app.ada().await.get("/outbox?state=stuck").await;
        assert_eq!(stuck.rows().len(), 3, "{:?}", stuck.rows());
        assert!(stuck.rows().iter().any(|row| row.contains("can't be reached")), "{:?}", stuck.rows());

        server.come_back().await;
        app.clock.advance(LONGEST_OUTAGE_PAUSE);
        jobs::tick(&state).await;
        jobs::tick(&state).await;

        let arrived = server.taken();
        let mut ids: Vec<String> = arrived.iter().map(|message| message.header("Message-ID")).collect();
        ids.sort();
        ids.dedup();
        assert_eq!((arrived.len(), ids.len()), (3, 3), "each once");
        assert_eq!(states(&app), [Sent, Sent, Sent]);
    }

    async fn everything_arrives_once_when_the_server_is_back(app) {
        let mut server = SmtpServer::start().await;
        let state = sending_by(&app, server.mailer());
        server.go_down().await;
        for _ in 0..3 {
            app.a_lead().assigned_to(cast::NILS).create().await;
        }

        jobs::tick(&state).await;
        // One was tried; the others would have fared no better. No answer says nothing about a message.
        assert_eq!(outbox(&app), [(LeadWaiting, Waiting, 0); 3]);
        assert_eq!(outages(&app), [1, 0, 0]);
        assert!(last_error(&app).starts_with("the mail server can't be reached"), "{}", last_error(&app));

        server.come_back().await;
        jobs::tick(&state).await;
        assert_eq!(server.taken().len(), 0, "not before the pause is over");

        app.clock.advance(TimeDelta::minutes(1));
        jobs::tick(&state).await;
        jobs::tick(&state).await;
        assert_eq!(server.taken().len(), 3);
        assert_eq!(states(&app), [Sent, Sent, Sent]);
    }

    async fn one_refused_recipient_holds_up_nobody(app) {
        let server = SmtpServer::start().await;
        server.set_mood(Mood::Refuses(cast::NILS.to_owned()));
        app.a_lead().assigned_to(cast::NILS).create().await;
        app.a_lead().assigned_to(cast::NORA).create().await;

        jobs::tick(&sending_by(&app, server.mailer())).await;

        assert_eq!(outbox(&app), [(LeadWaiting, Failed, 1), (LeadWaiting, Sent, 1)]);
        assert!(last_error(&app).contains("no such mailbox"), "{}", last_error(&app));
        assert_eq!(server.taken()[0].recipients, [cast::NORA]);
    }

    async fn a_busy_server_is_asked_less_and_less_often_and_then_no_more(app) {
        let server = SmtpServer::start().await;
        server.set_mood(Mood::Busy);
        let state = sending_by(&app, server.mailer());
        app.a_lead().assigned_to(cast::NILS).create().await;

        for attempt in 1..ATTEMPTS {
            jobs::tick(&state).await;
            assert_eq!(outbox(&app), [(LeadWaiting, Waiting, attempt)]);
            app.clock.advance(TimeDelta::hours(6));
        }
        jobs::tick(&state).await;

        assert_eq!(outbox(&app), [(LeadWaiting, Failed, ATTEMPTS)]);
    }

    async fn a_message_that_broke_off_comes_again_under_the_same_id(app) {
        let server = SmtpServer::start().await;
        let state = sending_by(&app, server.mailer());
        app.a_lead().assigned_to(cast::NILS).create().await;

        server.set_mood(Mood::DropsWithin);
        jobs::tick(&state).await;
        assert_eq!(server.taken().len(), 0);

        app.clock.advance(TimeDelta::minutes(1));
        server.set_mood(Mood::DropsAfter);
        jobs::tick(&state).await;
        assert_eq!(server.taken().len(), 1);

        app.clock.advance(TimeDelta::minutes(2));
        server.set_mood(Mood::Good);
        jobs::tick(&state).await;
        let taken = server.taken();
        assert_eq!(taken.len(), 2, "nobody could know that it had arrived");
        assert_eq!(taken[0].header("Message-ID"), taken[1].header("Message-ID"));
        assert_eq!(taken[0].header("Date"), taken[1].header("Date"));
        assert_eq!(states(&app), [Sent]);
    }

    async fn no_request_waits_for_a_server_that_says_nothing(app) {
        let server = SmtpServer::start().await;
        server.set_mood(Mood::Silent);
        let state = sending_by(&app, server.mailer());
        app.a_lead().assigned_to(cast::NILS).create().await;
        let sender = actix_web::rt::spawn(async move { jobs::tick(&state).await });

        let sofia = app.sofia().await;
        app.a_lead().assigned_to(cast::NORA).create().await;
        assert_eq!(sofia.get("/leads").await.status(), 200);

        assert!(!sender.is_finished());
        sender.abort();
    }

    async fn a_silent_server_counts_as_one_that_is_down(app) {
        let server = SmtpServer::start().await;
        server.set_mood(Mood::Silent);
        app.a_lead().assigned_to(cast::NILS).create().await;

        let mailer = server.mailer().with_patience(Duration::from_millis(50));
        jobs::tick(&sending_by(&app, mailer)).await;

        assert_eq!(outbox(&app), [(LeadWaiting, Waiting, 0)]);
        assert_eq!(outages(&app), [1]);
    }

    async fn a_wrong_password_fails_no_message_for_good_and_is_not_shown(app) {
        let server = SmtpServer::start().await;
        server.set_mood(Mood::Locked);
        app.a_lead().assigned_to(cast::NILS).create().await;

        jobs::tick(&sending_by(&app, server.mailer_with_login("leadgate", "open-sesame"))).await;

        assert_eq!(outbox(&app), [(LeadWaiting, Waiting, 0)]);
        let error = last_error(&app);
        assert!(!error.contains("open-sesame"), "{error}");
        assert!(!error.contains("AGxlYWRnYXRlAG9wZW4tc2VzYW1l"), "{error}");
    }
}
