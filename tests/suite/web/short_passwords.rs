//! A password of eight characters is enough beside a second factor, and never alone.

use leadgate::cli::demo::cast;
use leadgate::domain::access::{Actor, Origin};
use leadgate::domain::accounts::password::{Cost, NewPassword};
use leadgate::domain::accounts::{find_by_email, own};
use leadgate::domain::audit::Act;

use crate::support::TestApp;
use crate::support::client::{Client, Page};
use crate::web::second_factor::enrol;
use crate::web::users::href;

const SHORT: &str = "q7!mfZpw";
const LONG: &str = "tram sieve ochre quill";
const COOKIE: &str = "leadgate-session";

async fn change(client: &Client, current: &str, new: &str) -> Page {
    let page = client.get("/account/password").await;
    client
        .submit(
            &page,
            "Change password",
            &[("current", current), ("new", new), ("again", new)],
        )
        .await
}

/// Nora with a second factor and a short password.
async fn nora_with_short_password(app: &TestApp) -> Client {
    let nora = app.nora().await;
    enrol(app, &nora).await;
    assert_eq!(change(&nora, cast::PASSWORD, SHORT).await.status(), 303);
    nora
}

async fn remove_factor(client: &Client) -> Page {
    client.post("/account/second-factor/remove", &[]).await
}

async fn is_in(client: &Client) -> bool {
    client.get("/account").await.status() == 200
}

db_test! {
    async fn a_second_factor_stays_on_until_the_password_can_stand_alone(app) {
        let nora = nora_with_short_password(&app).await;

        for page in [nora.get("/account/second-factor/remove").await, remove_factor(&nora).await] {
            assert_eq!((page.status(), page.heading().as_str()), (409, "Set a longer password first"));
            assert_eq!(page.link("Change the password"), "/account/password");
        }
        assert_eq!(app.audited("factor.removed"), 0);

        assert_eq!(change(&nora, SHORT, LONG).await.status(), 303);
        assert_eq!(remove_factor(&nora).await.location(), "/account");
        assert_eq!(app.audited("factor.removed"), 1);
    }

    async fn how_long_an_old_password_is_shows_when_it_is_used(app) {
        let nora = app.nora().await;
        enrol(&app, &nora).await;
        // As the migration leaves whoever had a second factor before.
        crate::support::sql::execute(&mut app.conn(), "UPDATE users SET password_is_short = TRUE").unwrap();
        assert_eq!(remove_factor(&nora).await.status(), 409);

        app.anybody().post("/sign-in", &[("email", cast::NORA), ("password", cast::PASSWORD)]).await;

        assert_eq!(remove_factor(&nora).await.status(), 303);
    }

    async fn a_short_password_is_not_set_when_the_factor_goes_at_the_same_moment(app) {
        let (user, now) = (find_by_email(&mut app.conn(), cast::NORA).unwrap().unwrap().id, app.now());
        let short = NewPassword::of(SHORT, Cost::CHEAPEST);

        let is_set = app.write(move |tx| {
            let actor = Actor::anonymous(Origin::default());
            own::set_password(tx, &actor, Act::PasswordReset, user, &short, None, now)
        })
        .await
        .unwrap();

        assert!(!is_set);
        app.nora().await;
    }

    async fn a_reset_factor_takes_a_short_password_along_and_mails_a_link(app) {
        let nora = nora_with_short_password(&app).await;
        let (ada, client) = (app.ada().await, app.anybody());

        assert_eq!(ada.post(&format!("{}/second-factor", href(&app, cast::NORA)), &[]).await.status(), 303);

        assert!(!is_in(&nora).await, "every session ended");
        let page = client.post("/sign-in", &[("email", cast::NORA), ("password", SHORT)]).await;
        assert_eq!(page.status(), 422);
        let told = app.messages_to(cast::NORA);
        assert!(told.ends_with(&["account.factor_reset".to_owned(), "account.reset".to_owned()]), "{told:?}");
        let token = app.mailed_token(cast::NORA).unwrap();
        let set = async |new: &str| client.post("/reset-password", &[("token", &token), ("new", new), ("again", new)]).await.status();
        assert_eq!(set(SHORT).await, 422);
        assert_eq!(set(LONG).await, 303);
        let page = client.post("/sign-in", &[("email", cast::NORA), ("password", LONG)]).await;
        assert_eq!(page.location(), "/portal");
    }

    async fn a_reset_factor_leaves_a_long_password_and_ends_every_session(app) {
        let nora = app.nora().await;
        enrol(&app, &nora).await;
        let ada = app.ada().await;

        assert_eq!(ada.post(&format!("{}/second-factor", href(&app, cast::NORA)), &[]).await.status(), 303);

        assert!(!is_in(&nora).await);
        assert!(!app.messages_to(cast::NORA).contains(&"account.reset".to_owned()));
        app.nora().await;
    }

    async fn the_old_cookie_is_dead_after_enrolling_and_after_removing_a_factor(app) {
        let nora = app.nora().await;
        let is_dead = async |cookie: String| {
            let thief = app.anybody();
            thief.set_cookie(COOKIE, &cookie);
            !is_in(&thief).await
        };

        let before = nora.cookie(COOKIE).unwrap();
        enrol(&app, &nora).await;
        assert!(is_dead(before).await && is_in(&nora).await);

        let before = nora.cookie(COOKIE).unwrap();
        assert_eq!(remove_factor(&nora).await.status(), 303);
        assert!(is_dead(before).await && is_in(&nora).await);
    }

    async fn removing_a_factor_ends_the_other_sessions(app) {
        let (here, there) = (app.nora().await, app.nora().await);
        enrol(&app, &here).await;

        assert_eq!(remove_factor(&here).await.status(), 303);

        assert!(is_in(&here).await);
        assert!(!is_in(&there).await);
    }
}
