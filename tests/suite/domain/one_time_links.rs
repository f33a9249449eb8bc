//! Links that work once.

use chrono::TimeDelta;
use leadgate::cli::demo::cast;
use leadgate::db::types::{LinkId, UserId};
use leadgate::domain::accounts::find_by_email;
use leadgate::domain::accounts::one_time_link::{self, Purpose, Token};

use crate::support::TestApp;

/// A link for Sofia.
async fn issue(app: &TestApp, purpose: Purpose) -> (LinkId, Token) {
    let (key, now, user) = (app.state.link_key().clone(), app.now(), sofia(app));
    let id = app
        .write(move |tx| one_time_link::issue(tx, &key, purpose, user, now))
        .await
        .unwrap();
    let token = one_time_link::token(&mut app.conn(), app.state.link_key(), id, now).unwrap();
    (id, token.expect("a new link has its token"))
}

fn sofia(app: &TestApp) -> UserId {
    find_by_email(&mut app.conn(), cast::SOFIA).unwrap().unwrap().id
}

async fn consume(app: &TestApp, purpose: Purpose, token: &Token) -> Option<UserId> {
    let (token, now) = (token.as_str().to_owned(), app.now());
    let link = app
        .write(move |tx| one_time_link::consume(tx, purpose, &token, now))
        .await
        .unwrap();
    link.map(|link| link.user.expect("the link of a user"))
}

fn works(app: &TestApp, purpose: Purpose, token: &Token) -> bool {
    one_time_link::find(&mut app.conn(), purpose, token.as_str(), app.now())
        .unwrap()
        .is_some()
}

db_test! {
    async fn a_link_works_once(app) {
        let (id, token) = issue(&app, Purpose::Invitation).await;
        assert!(works(&app, Purpose::Invitation, &token));

        assert_eq!(consume(&app, Purpose::Invitation, &token).await, Some(sofia(&app)));

        assert_eq!(consume(&app, Purpose::Invitation, &token).await, None);
        assert!(!works(&app, Purpose::Invitation, &token));
        assert_eq!(one_time_link::token(&mut app.conn(), app.state.link_key(), id, app.now()).unwrap(), None);
    }

    async fn a_link_works_for_its_purpose_alone(app) {
        let (_, token) = issue(&app, Purpose::Invitation).await;

        assert_eq!(consume(&app, Purpose::PasswordReset, &token).await, None);

        assert!(works(&app, Purpose::Invitation, &token));
    }

    async fn a_link_runs_out_at_its_time(app) {
        let (_, invitation) = issue(&app, Purpose::Invitation).await;
        let (_, reset) = issue(&app, Purpose::PasswordReset).await;

        app.clock.advance(TimeDelta::minutes(59));
        assert!(works(&app, Purpose::PasswordReset, &reset));
        app.clock.advance(TimeDelta::minutes(1));
        assert!(!works(&app, Purpose::PasswordReset, &reset));
        assert!(works(&app, Purpose::Invitation, &invitation));
        app.clock.advance(TimeDelta::hours(23));
        assert!(!works(&app, Purpose::Invitation, &invitation));
        assert_eq!(consume(&app, Purpose::Invitation, &invitation).await, None);
    }

    async fn a_new_link_replaces_the_one_before(app) {
        let (_, first) = issue(&app, Purpose::Invitation).await;
        let (_, reset) = issue(&app, Purpose::PasswordReset).await;
        let (_, second) = issue(&app, Purpose::Invitation).await;

        assert!(!works(&app, Purpose::Invitation, &first));
        assert!(works(&app, Purpose::Invitation, &second));
        assert!(works(&app, Purpose::PasswordReset, &reset));
    }

    async fn withdrawing_ends_every_link_of_a_user(app) {
        let (_, invitation) = issue(&app, Purpose::Invitation).await;
        let (_, reset) = issue(&app, Purpose::PasswordReset).await;
        let (user, now) = (sofia(&app), app.now());

        app.write(move |tx| one_time_link::withdraw_all(tx, user, now)).await.unwrap();

        assert!(!works(&app, Purpose::Invitation, &invitation));
        assert!(!works(&app, Purpose::PasswordReset, &reset));
    }

    async fn one_of_many_at_once_uses_a_link(app) {
        let (_, token) = issue(&app, Purpose::Invitation).await;

        let attempts: Vec<_> = (0..20).map(|_| consume(&app, Purpose::Invitation, &token)).collect();
        let used = futures_util::future::join_all(attempts).await;

        assert_eq!(used.iter().filter(|user| user.is_some()).count(), 1);
    }

    async fn a_database_with_people_has_no_first_run(app) {
        let (key, now) = (app.state.link_key().clone(), app.now());

        let token = app.write(move |tx| one_time_link::first_run(tx, &key, now)).await.unwrap();

        assert_eq!(token, None);
    }
}
