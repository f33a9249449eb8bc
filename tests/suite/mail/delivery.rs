//! Everything arrives once, whatever happens on the way.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use leadgate::cli::demo::cast;
use leadgate::domain::assignments::recall;
use leadgate::domain::leads::staff;
use leadgate::domain::outbox::MessageState::{Cancelled, Sent, Waiting};
use leadgate::domain::outbox::delivery::{self, Failure, HELD_FOR, Lease};
use leadgate::jobs;

use super::{sending_by, states};
use crate::support::TestApp;
use crate::support::smtp::{Received, SmtpServer};

/// How often each message arrived, by its id.
fn arrivals(messages: &[Received]) -> BTreeMap<String, usize> {
    let mut arrivals = BTreeMap::new();
    for message in messages {
        *arrivals.entry(message.header("Message-ID")).or_default() += 1;
    }
    arrivals
}

/// Slowly enough for a message each.
async fn assign_to_nils(app: &TestApp, count: usize) {
    for _ in 0..count {
        app.clock.advance(TimeDelta::minutes(3));
        app.a_lead().assigned_to(cast::NILS).create().await;
    }
}

db_test! {
    async fn what_is_no_longer_true_is_not_sent(app) {
        let server = SmtpServer::start().await;
        app.a_lead().assigned_to(cast::NILS).create().await;
        let recalled = app.a_lead().assigned_to(cast::NILS).create().await;
        let (scope, now) = (app.staff_scope(), app.now());
        let id = staff::id_of(&mut app.conn(), &scope, &recalled).unwrap().unwrap();
        app.write(move |tx| recall::recall(tx, &scope, id, now)).await.unwrap();

        jobs::tick(&sending_by(&app, server.mailer())).await;

        assert_eq!(states(&app), [Sent, Cancelled, Sent]);
        let subjects: Vec<String> = server.taken().iter().map(|message| message.header("Subject")).collect();
        assert_eq!(subjects, ["A new lead is waiting", "A lead is no longer with you"]);
    }

    async fn a_lead_that_was_put_on_hold_is_not_told_of(app) {
        let server = SmtpServer::start().await;
        app.a_lead().assigned_to(cast::NILS).create().await;
        app.track_permission().await;

        jobs::tick(&sending_by(&app, server.mailer())).await;

        assert_eq!(states(&app), [Cancelled]);
        assert_eq!(server.taken().len(), 0);
    }

    async fn who_waits_for_a_link_is_not_behind_a_thousand_others(app) {
        let server = SmtpServer::start().await;
        assign_to_nils(&app, 12).await;
        app.anybody().post("/forgotten-password", &[("email", cast::SOFIA)]).await;

        jobs::tick(&sending_by(&app, server.mailer())).await;

        let sent: Vec<String> = server.taken().iter().map(|message| message.header("Subject")).collect();
        assert_eq!(sent.len(), 13);
        assert_eq!(sent[0], "Set a new password");
    }

    async fn what_a_dead_worker_held_is_taken_over_after_its_time(app) {
        let server = SmtpServer::start().await;
        let state = sending_by(&app, server.mailer());
        assign_to_nils(&app, 1).await;
        let (dead, now) = (Lease::new(), app.now());
        let token = dead.clone();
        let taken = app.write(move |tx| delivery::take(tx, &token, now)).await.unwrap();

        jobs::tick(&state).await;
        assert_eq!(server.taken().len(), 0);

        app.clock.advance(HELD_FOR);
        jobs::tick(&state).await;
        assert_eq!(server.taken().len(), 1);

        // When the dead one wakes, it has no say any more.
        let (message, now) = (taken[0].clone(), app.now());
        let token = dead.clone();
        let had_a_say = app
            .write(move |tx| delivery::refused(tx, &message, &token, "late", Failure::ForGood, now))
            .await
            .unwrap();
        assert!(!had_a_say);
        let look = delivery::look(&mut app.conn(), app.state.link_key(), &taken[0], &dead, app.now()).unwrap();
        assert!(matches!(look, delivery::Look::NotOurs));
        assert_eq!(states(&app), [Sent]);
    }

    async fn two_workers_at_once_send_each_message_once(app) {
        let server = SmtpServer::start().await;
        let (one, other) = (sending_by(&app, server.mailer()), sending_by(&app, server.mailer()));
        assign_to_nils(&app, 40).await;

        while states(&app).contains(&Waiting) {
            futures_util::future::join(jobs::tick(&one), jobs::tick(&other)).await;
        }

        let arrivals = arrivals(&server.taken());
        assert_eq!(arrivals.len(), 40);
        assert!(arrivals.values().all(|times| *times == 1), "{arrivals:?}");
    }

    async fn nothing_is_lost_when_the_sender_is_killed_again_and_again(app) {
        const MESSAGES: usize = 200;
        const KILLS: usize = 10;
        let server = SmtpServer::start().await;
        assign_to_nils(&app, MESSAGES).await;

        for kill in 1..=KILLS {
            let state = sending_by(&app, server.mailer());
            let sender = actix_web::rt::spawn(async move { jobs::tick(&state).await });
            server.took(server.taken().len() + 1 + kill % 5).await;
            sender.abort();
            let _ = sender.await;
            app.clock.advance(HELD_FOR);
        }
        let state = sending_by(&app, server.mailer());
        jobs::tick(&state).await;

        let arrivals = arrivals(&server.taken());
        assert_eq!(arrivals.len(), MESSAGES, "some were lost");
        let again: usize = arrivals.values().map(|times| times - 1).sum();
        assert!(again <= KILLS, "{again} came again after {KILLS} kills");
        assert!(states(&app).iter().all(|state| *state == Sent));
    }

    async fn a_round_that_stops_hands_back_what_it_did_not_send(app) {
        let server = SmtpServer::start().await;
        let state = sending_by(&app, server.mailer());
        assign_to_nils(&app, 3).await;

        state.begin_stopping();
        jobs::tick(&state).await;

        assert_eq!(server.taken().len(), 0);
        assert_eq!(states(&app), [Waiting, Waiting, Waiting]);
        let now = app.now();
        let is_due = app
            .state
            .lanes()
            .read(move |conn| delivery::is_due(conn, now))
            .await
            .unwrap()
            .unwrap();
        assert!(is_due, "the next worker need not wait for the lease");
    }

    async fn what_ran_out_is_removed(app) {
        use diesel::prelude::*;
        use leadgate::db::schema::sessions;
        app.sofia().await;
        app.clock.advance(TimeDelta::hours(13));

        jobs::tick(&app.state).await;

        let left: i64 = sessions::table.count().get_result(&mut app.conn()).unwrap();
        assert_eq!(left, 0);
    }
}
