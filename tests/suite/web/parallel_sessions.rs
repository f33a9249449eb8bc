//! How many sessions one person may have at the same time: a new one ends the oldest.

use chrono::TimeDelta;
use futures_util::future::join_all;
use leadgate::cli::demo::cast;
use leadgate::domain::access::SessionLimits;

use super::second_factor::enrol;
use crate::support::client::Client;
use crate::support::instance::Instance;

fn at_most(per_user: usize) -> SessionLimits {
    SessionLimits {
        per_user,
        ..SessionLimits::default()
    }
}

async fn sign_in(instance: &Instance, email: &str) -> Client {
    let client = instance.anybody();
    let page = client
        .post("/sign-in", &[("email", email), ("password", cast::PASSWORD)])
        .await;
    assert_eq!(page.status(), 303, "{}", page.text());
    client
}

/// Which of these browsers are signed in.
async fn open(clients: &[Client]) -> Vec<bool> {
    let mut open = Vec::new();
    for client in clients {
        open.push(client.get("/account").await.status() == 200);
    }
    open
}

db_test! {
    async fn the_eleventh_session_ends_the_first_unless_configured_otherwise(app) {
        let sam = app.sam().await;
        let mut clients = Vec::new();
        for _ in 0..11 {
            clients.push(app.nora().await);
            app.clock.advance(TimeDelta::seconds(1));
        }

        assert_eq!(open(&clients).await, [[false].as_slice(), &[true; 10]].concat());
        assert_eq!(clients[0].get("/portal/leads").await.location(), "/sign-in?next=%2Fportal%2Fleads", "told as of any other end");
        assert_eq!(sam.get("/account").await.status(), 200, "others have their own");
        assert_eq!(app.count("SELECT count(*) AS n FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email = 'nora@northwind.example'"), 10);
    }

    async fn as_many_stay_as_configured_and_what_ran_out_counts_for_nothing(app) {
        let instance = app.another_instance_with(at_most(2));
        let idle = sign_in(&instance, cast::SOFIA).await;
        app.clock.advance(TimeDelta::minutes(40));
        let used = sign_in(&instance, cast::SOFIA).await;
        app.clock.advance(TimeDelta::minutes(40));
        let newest = sign_in(&instance, cast::SOFIA).await;
        assert_eq!(open(&[idle, used, newest]).await, [false, true, true], "one ran out, two are left");

        let alone = app.another_instance_with(at_most(1));
        let clients = [sign_in(&alone, cast::NILS).await, sign_in(&alone, cast::NILS).await];
        assert_eq!(open(&clients).await, [false, true]);
    }

    async fn of_many_who_sign_in_at_once_no_more_stay_than_may(app) {
        let (here, there) = (app.another_instance_with(at_most(2)), app.another_instance_with(at_most(2)));
        let stored = "SELECT count(*) AS n FROM sessions WHERE user_id IS NOT NULL";

        for _ in 0..4 {
            // More at once would be taken for guesses.
            let attempts = (0..5).map(|number| sign_in(if number % 2 == 0 { &here } else { &there }, cast::NORA));
            let clients = join_all(attempts).await;

            assert_eq!(open(&clients).await.iter().filter(|is_open| **is_open).count(), 2);
            assert_eq!(app.count(stored), 2);
        }
    }

    async fn whoever_gave_the_password_alone_ends_nobodys_session(app) {
        let instance = app.another_instance_with(at_most(1));
        let owner = sign_in(&instance, cast::NORA).await;
        enrol(&app, &owner).await;

        let thief = instance.anybody();
        let page = thief.post("/sign-in", &[("email", cast::NORA), ("password", cast::PASSWORD)]).await;

        assert_eq!(page.location(), "/sign-in/code");
        assert_eq!(owner.get("/account").await.status(), 200);
    }
}
