//! What happens to an account between the moment at which its password is read and the one at which a session begins.
//! The test holds the one thread that hashes until the other thing is done; nothing here waits for a time.

use std::sync::mpsc;

use diesel::prelude::*;
use leadgate::cli::demo::cast;
use leadgate::db::schema::sessions;
use leadgate::db::types::UserId;
use leadgate::domain::access::session::{self, NewSession};
use leadgate::domain::access::{Actor, Origin, SessionLimits};
use leadgate::domain::accounts::password::{self, Cost, NewPassword, fingerprint};
use leadgate::domain::accounts::{find_by_email, own, suspension};
use leadgate::domain::audit::Act;
use leadgate::domain::partners;

use crate::support::TestApp;
use crate::support::client::{Client, Page};
use crate::web::second_factor::enrol;
use crate::web::users::partner;

const NEW: &str = "tram sieve ochre quill";
const THIEFS: &str = "ochre quill tram sieve";

fn id(app: &TestApp, email: &str) -> UserId {
    find_by_email(&mut app.conn(), email).unwrap().unwrap().id
}

fn stored(app: &TestApp, email: &str) -> Option<String> {
    find_by_email(&mut app.conn(), email).unwrap().unwrap().password_hash
}

/// Sets a new password, as a mailed link does.
async fn reset(app: &TestApp, email: &str) {
    let (user, now) = (id(app, email), app.now());
    let new = NewPassword::of(NEW, Cost::CHEAPEST);
    let is_set = app
        .write(move |tx| {
            let actor = Actor::anonymous(Origin::default());
            own::set_password(tx, &actor, Act::PasswordReset, user, &new, None, now)
        })
        .await
        .unwrap();
    assert!(is_set);
}

async fn suspend_user(app: &TestApp, email: &str) {
    let (scope, now) = (app.admin_scope(), app.now());
    let reference = find_by_email(&mut app.conn(), email).unwrap().unwrap().reference;
    app.write(move |tx| suspension::suspend(tx, &scope, &reference, now))
        .await
        .unwrap();
}

async fn suspend_northwind(app: &TestApp) {
    let (scope, now) = (app.admin_scope(), app.now());
    let reference = leadgate::db::types::Reference::parse(&partner(app, "Northwind")).unwrap();
    app.write(move |tx| partners::suspension::suspend(tx, &scope, &reference, now))
        .await
        .unwrap();
}

/// Sends a form whose password must be hashed, and does `other` once the form's attempt is counted: its account was read
/// by then, and its password is looked at only afterwards.
async fn around(
    app: &TestApp,
    counter: &str,
    send: impl Future<Output = Page>,
    other: impl Future<Output = ()>,
) -> Page {
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let (release, released) = mpsc::channel::<()>();
    let lanes = app.state.lanes().clone();
    let held = actix_web::rt::spawn(async move {
        let hold = move || {
            begun.send(()).unwrap();
            released.recv().unwrap();
        };
        lanes.hash(hold).await.unwrap();
    });
    has_begun.await.unwrap();
    let counted = format!("SELECT COUNT(*) AS n FROM throttles WHERE key LIKE '{counter}:%'");
    let meanwhile = async {
        while app.count(&counted) == 0 {
            tokio::task::yield_now().await;
        }
        other.await;
        release.send(()).unwrap();
    };
    let (page, ()) = futures_util::future::join(send, meanwhile).await;
    held.await.unwrap();
    page
}

async fn sign_in(client: &Client, password: &str) -> Page {
    client
        .post("/sign-in", &[("email", cast::NORA), ("password", password)])
        .await
}

fn sessions_of(app: &TestApp, email: &str) -> i64 {
    let of_user = sessions::table.filter(sessions::user_id.eq(id(app, email)));
    of_user.count().get_result(&mut app.conn()).unwrap()
}

/// Begins a session with this fingerprint of a password, as the end of a request does.
async fn begin(app: &TestApp, email: &str, shown: String) -> bool {
    let (user, now) = (id(app, email), app.now());
    app.write(move |tx| {
        let new = NewSession {
            key_hash: "the hash of a key",
            user: Some(user),
            password: &shown,
            state: "{}",
            user_agent: "",
            address: "",
        };
        session::begin(tx, &new, SessionLimits::default(), now)
    })
    .await
    .unwrap()
}

db_test! {
    async fn a_stolen_password_does_not_survive_a_reset_that_it_meets(app) {
        let thief = app.anybody();

        let page = around(&app, "account", sign_in(&thief, cast::PASSWORD), reset(&app, cast::NORA)).await;

        assert_eq!(page.status(), 422);
        assert_eq!(thief.get("/account").await.status(), 303);
        assert_eq!(sessions_of(&app, cast::NORA), 0);
        assert_eq!(sign_in(&app.anybody(), cast::PASSWORD).await.status(), 422, "the old one stays dead");
        assert_eq!(sign_in(&app.anybody(), NEW).await.status(), 303);
    }

    async fn nobody_comes_in_who_is_suspended_meanwhile(app) {
        let nora = app.anybody();

        let page = around(&app, "account", sign_in(&nora, cast::PASSWORD), suspend_user(&app, cast::NORA)).await;

        assert_eq!(page.status(), 422);
        assert_eq!(sessions_of(&app, cast::NORA), 0);
        assert_eq!(app.audited("session.begun"), 0);
    }

    async fn nobody_comes_in_whose_partner_is_suspended_meanwhile(app) {
        let nora = app.anybody();

        let page = around(&app, "account", sign_in(&nora, cast::PASSWORD), suspend_northwind(&app)).await;

        assert_eq!(page.status(), 422);
        assert_eq!(sessions_of(&app, cast::NORA), 0);
    }

    async fn who_has_a_session_does_not_undo_a_reset_that_the_own_change_meets(app) {
        let thief = app.nora().await;
        let fields = [("current", cast::PASSWORD), ("new", THIEFS), ("again", THIEFS)];

        let page = around(&app, "proof", thief.post("/account/password", &fields), reset(&app, cast::NORA)).await;

        assert_ne!(page.status(), 303, "{}", page.text());
        assert_eq!(sign_in(&app.anybody(), THIEFS).await.status(), 422);
        assert_eq!(sign_in(&app.anybody(), NEW).await.status(), 303);
        assert_eq!(app.audited("password.changed"), 0);
    }

    async fn a_session_begins_only_with_the_password_of_that_moment(app) {
        let shown = fingerprint(stored(&app, cast::NORA).as_deref());
        reset(&app, cast::NORA).await;

        assert!(!begin(&app, cast::NORA, shown).await);
        assert_eq!(sessions_of(&app, cast::NORA), 0);
        let shown = fingerprint(stored(&app, cast::NORA).as_deref());
        assert!(begin(&app, cast::NORA, shown).await);
        assert_eq!(sessions_of(&app, cast::NORA), 1);
    }

    async fn a_session_begins_only_for_who_may_come_in_at_that_moment(app) {
        let (nora, nils) = (stored(&app, cast::NORA), stored(&app, cast::NILS));
        suspend_user(&app, cast::NORA).await;
        assert!(!begin(&app, cast::NORA, fingerprint(nora.as_deref())).await);

        suspend_northwind(&app).await;
        assert!(!begin(&app, cast::NILS, fingerprint(nils.as_deref())).await);

        assert_eq!(app.count("SELECT COUNT(*) AS n FROM sessions"), 0);
    }

    async fn a_hash_that_is_renewed_brings_no_old_password_back(app) {
        let (user, old) = (id(&app, cast::NORA), stored(&app, cast::NORA).unwrap());
        let renewed = password::hash(cast::PASSWORD, Cost::CHEAPEST);
        reset(&app, cast::NORA).await;
        let set = stored(&app, cast::NORA);

        app.write(move |tx| own::renew_hash(tx, user, &old, &renewed)).await.unwrap();

        assert_eq!(stored(&app, cast::NORA), set);
    }

    async fn a_session_that_is_ended_while_it_gets_another_key_stays_ended(app) {
        let client = app.nora().await;
        let key_hash: String = sessions::table.select(sessions::key_hash).first(&mut app.conn()).unwrap();
        client.post("/account/sign-out-everywhere", &[]).await;
        let now = app.now();

        app.write(move |tx| session::renew(tx, &key_hash, "the hash of another key", "{}", now)).await.unwrap();

        assert_eq!(app.count("SELECT COUNT(*) AS n FROM sessions"), 0);
    }

    async fn another_key_lengthens_no_session(app) {
        let client = app.nora().await;
        app.clock.advance(chrono::TimeDelta::minutes(9));
        let began = app.text("SELECT CAST(created_at AS TEXT) AS t FROM sessions");

        enrol(&app, &client).await;

        assert_eq!(app.text("SELECT CAST(created_at AS TEXT) AS t FROM sessions"), began);
    }
}
