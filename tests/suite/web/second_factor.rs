//! The second factor: setting it up, signing in with it, losing it, being obliged to have it.

use chrono::TimeDelta;
use leadgate::cli::demo::cast;
use leadgate::domain::accounts::second_factor::secret::Secret;

use crate::support::TestApp;
use crate::support::client::{Client, Page};

/// Sets a second factor up; gives the secret and the recovery codes.
pub async fn enrol(app: &TestApp, client: &Client) -> (Secret, Vec<String>) {
    let page = client.get("/account/second-factor").await;
    assert_eq!(page.heading(), "Set up a second factor");
    let secret = Secret::parse(&page.value("secret")).expect("the page offers a secret");
    let code = secret.code_at(app.now());
    let page = client
        .submit(&page, "Turn on the second factor", &[("code", &code)])
        .await;
    assert_eq!(page.heading(), "Your recovery codes", "{}", page.text());
    let codes: Vec<String> = page
        .text()
        .split_whitespace()
        .filter(|word| word.len() == 27 && word.matches('-').count() == 3)
        .map(str::to_owned)
        .collect();
    assert_eq!(codes.len(), 10, "{}", page.text());
    app.clock.advance(TimeDelta::seconds(30));
    (secret, codes)
}

/// The first step, with the right password.
async fn password(app: &TestApp, email: &str) -> Client {
    let client = app.anybody();
    let page = client
        .post("/sign-in", &[("email", email), ("password", cast::PASSWORD)])
        .await;
    assert_eq!(page.location(), "/sign-in/code");
    client
}

async fn code(client: &Client, code: &str) -> Page {
    client.post("/sign-in/code", &[("code", code)]).await
}

pub async fn require(app: &TestApp, client: &Client) {
    let page = client.get("/settings/security").await;
    let page = client
        .submit(&page, "Save", &[("second_factor_required", "true")])
        .await;
    assert_eq!(page.location(), "/settings/security");
    assert_eq!(app.audited("security.changed"), 1);
}

fn wrong(secret: &Secret, app: &TestApp) -> &'static str {
    let now = app.now();
    ["000000", "111111", "222222", "333333"]
        .into_iter()
        .find(|code| secret.step_of(code, now).is_none())
        .unwrap()
}

db_test! {
    async fn with_a_second_factor_the_password_alone_opens_nothing(app) {
        let (secret, _) = enrol(&app, &app.nora().await).await;

        let client = password(&app, cast::NORA).await;
        assert_eq!(client.get("/account").await.status(), 303);
        assert_eq!(client.get("/sign-in/code").await.heading(), "Enter the code");
        let page = code(&client, wrong(&secret, &app)).await;
        assert_eq!(page.status(), 422);
        assert!(page.errors()[0].starts_with("This code is wrong"));
        assert_eq!(client.get("/account").await.status(), 303);

        let page = code(&client, &secret.code_at(app.now())).await;

        assert_eq!(page.location(), "/portal");
        assert_eq!(client.get("/account").await.status(), 200);
        assert_eq!(app.audited("factor.enrolled"), 1);
        assert_eq!(app.audited("factor.refused"), 1);
        assert!(app.messages_to(cast::NORA).contains(&"account.factor_changed".to_owned()));
    }

    async fn a_code_is_good_once_on_every_instance(app) {
        let (secret, _) = enrol(&app, &app.nora().await).await;
        let code_now = secret.code_at(app.now());
        let (first, second, third) = (password(&app, cast::NORA).await, password(&app, cast::NORA).await, password(&app, cast::NORA).await);

        assert_eq!(code(&first, &code_now).await.status(), 303);
        assert_eq!(code(&second, &code_now).await.status(), 422);
        let instance = app.another_instance(None, "");
        let elsewhere = instance.anybody();
        elsewhere.post("/sign-in", &[("email", cast::NORA), ("password", cast::PASSWORD)]).await;
        assert_eq!(code(&elsewhere, &code_now).await.status(), 422);
        // A code of the step before is older than the one that was used.
        let earlier = secret.code_at(app.now() - TimeDelta::seconds(30));
        assert_eq!(code(&third, &earlier).await.status(), 422);

        app.clock.advance(TimeDelta::seconds(30));
        assert_eq!(code(&second, &secret.code_at(app.now())).await.status(), 303);
    }

    async fn of_two_uses_of_a_code_at_once_one_succeeds(app) {
        let (secret, _) = enrol(&app, &app.nora().await).await;
        let code_now = secret.code_at(app.now());
        let clients = [password(&app, cast::NORA).await, password(&app, cast::NORA).await, password(&app, cast::NORA).await];

        let answers = futures_util::future::join_all(clients.iter().map(|client| code(client, &code_now))).await;

        assert_eq!(answers.iter().filter(|page| page.status() == 303).count(), 1);
    }

    async fn a_recovery_code_is_good_once(app) {
        let (_, codes) = enrol(&app, &app.sofia().await).await;

        let client = password(&app, cast::SOFIA).await;
        assert_eq!(code(&client, &codes[3].to_uppercase()).await.location(), "/");
        assert!(client.get("/account/second-factor").await.text().contains("9 of 10 left"));
        assert_eq!(code(&password(&app, cast::SOFIA).await, &codes[3]).await.status(), 422);
        assert_eq!(code(&password(&app, cast::SOFIA).await, &codes[4]).await.status(), 303);
    }

    async fn secrets_and_codes_are_not_stored_as_they_are(app) {
        use diesel::prelude::*;
        use leadgate::db::schema::{recovery_codes, second_factors};
        let (secret, codes) = enrol(&app, &app.sofia().await).await;

        let sealed: Vec<u8> = second_factors::table.select(second_factors::sealed_secret).first(&mut app.conn()).unwrap();
        let hashes: Vec<String> = recovery_codes::table.select(recovery_codes::code_hash).load(&mut app.conn()).unwrap();

        assert_eq!(Secret::from_bytes(&sealed), None);
        assert!(!String::from_utf8_lossy(&sealed).contains(&secret.text()));
        assert!(hashes.iter().all(|hash| !codes.iter().any(|code| hash.contains(&code.replace('-', "")))));
    }

    async fn guessing_codes_is_throttled_and_the_known_device_is_not_locked_out(app) {
        let owner = app.nora().await;
        let (secret, _) = enrol(&app, &owner).await;
        owner.post("/sign-out", &[]).await;
        let stranger = password(&app, cast::NORA).await;
        for _ in 0..5 {
            assert_eq!(code(&stranger, wrong(&secret, &app)).await.status(), 422);
        }
        assert_eq!(code(&stranger, &secret.code_at(app.now())).await.status(), 429);
        // Giving the password again begins nothing anew.
        assert_eq!(code(&password(&app, cast::NORA).await, &secret.code_at(app.now())).await.status(), 429);

        owner.post("/sign-in", &[("email", cast::NORA), ("password", cast::PASSWORD)]).await;
        assert_eq!(code(&owner, &secret.code_at(app.now())).await.status(), 303);
    }

    async fn the_second_step_waits_ten_minutes_and_ends_with_the_password(app) {
        let here = app.nora().await;
        let (secret, _) = enrol(&app, &here).await;
        let late = password(&app, cast::NORA).await;
        app.clock.advance(TimeDelta::minutes(10));
        assert_eq!(code(&late, &secret.code_at(app.now())).await.location(), "/sign-in");
        assert_eq!(late.get("/sign-in/code").await.location(), "/sign-in");

        let thief = password(&app, cast::NORA).await;
        let page = here.get("/account/password").await;
        let new = "tram sieve ochre quill";
        here.submit(&page, "Change password", &[("current", cast::PASSWORD), ("new", new), ("again", new)]).await;
        app.clock.advance(TimeDelta::seconds(30));
        assert_eq!(code(&thief, &secret.code_at(app.now())).await.location(), "/sign-in");
        assert_eq!(thief.get("/account").await.status(), 303);
    }

    async fn a_reset_password_does_not_skip_the_second_factor(app) {
        let (secret, _) = enrol(&app, &app.nora().await).await;
        let client = app.anybody();
        client.post("/forgotten-password", &[("email", cast::NORA)]).await;
        let token = app.mailed_token(cast::NORA).unwrap();
        // With a second factor eight characters are enough.
        let new = "q7!mfZpw";
        client.post("/reset-password", &[("token", &token), ("new", new), ("again", new)]).await;

        let page = client.post("/sign-in", &[("email", cast::NORA), ("password", new)]).await;

        assert_eq!(page.location(), "/sign-in/code");
        assert_eq!(client.get("/account").await.status(), 303);
        assert_eq!(code(&client, &secret.code_at(app.now())).await.status(), 303);
    }

    async fn a_wrong_code_enrols_nobody_and_the_secret_stays(app) {
        let client = app.sofia().await;
        let page = client.get("/account/second-factor").await;
        let secret = Secret::parse(&page.value("secret")).unwrap();

        let again = client.submit(&page, "Turn on the second factor", &[("code", wrong(&secret, &app))]).await;

        assert_eq!(again.status(), 422);
        assert_eq!(again.value("secret"), secret.text());
        assert_eq!(client.submit(&again, "Turn on the second factor", &[("code", "")]).await.status(), 422);
        assert_eq!(app.audited("factor.enrolled"), 0);
        let source = again.source();
        assert!(source.contains("<svg"), "the picture is inline");
        assert!(!source.contains("data:") && !source.contains("style="), "nothing that the content policy forbids");
    }

    async fn required_and_not_there_only_the_enrolment_can_be_reached(app) {
        let (ada, sofia, nils) = (app.ada().await, app.sofia().await, app.nils().await);
        require(&app, &ada).await;

        for client in [&ada, &sofia] {
            for path in ["/", "/leads", "/account", "/account/password", "/settings/security", "/account/second-factor/remove"] {
                assert_eq!(client.get(path).await.location(), "/account/second-factor", "{path}");
            }
            assert_eq!(client.post("/settings/security", &[("seen", "1")]).await.location(), "/account/second-factor");
        }
        assert_eq!(nils.get("/account").await.status(), 200, "partners need none");
        assert_eq!(sofia.get("/account/second-factor").await.status(), 200);

        enrol(&app, &sofia).await;
        assert_eq!(sofia.get("/leads").await.status(), 200);
        let page = sofia.post("/account/second-factor/remove", &[]).await;
        assert_eq!(page.status(), 409);
        assert_eq!(page.heading(), "The second factor stays on");
    }

    async fn new_recovery_codes_replace_the_old_ones(app) {
        let client = app.sofia().await;
        let (_, old) = enrol(&app, &client).await;

        let page = client.get("/account/second-factor/codes").await;
        let page = client.submit(&page, "Make new codes", &[]).await;

        assert_eq!(page.heading(), "Your recovery codes");
        assert_eq!(code(&password(&app, cast::SOFIA).await, &old[0]).await.status(), 422);
    }

    async fn the_owner_turns_it_off_again(app) {
        let client = app.nora().await;
        enrol(&app, &client).await;

        let page = client.get("/account/second-factor/remove").await;
        let page = client.submit(&page, "Turn off the second factor", &[]).await;

        assert_eq!(page.location(), "/account");
        app.nora().await;
        assert_eq!(app.audited("factor.removed"), 1);
        assert_eq!(client.get("/account/second-factor/remove").await.status(), 404);
    }

    async fn an_administrator_resets_a_lost_factor_and_the_owner_is_told(app) {
        enrol(&app, &app.nora().await).await;
        let path = format!("/users/{}/second-factor", app.reference_of(cast::NORA));
        let ada = app.ada().await;

        let page = ada.get(&path).await;
        assert!(page.text().contains("Nora Lindqvist"));
        let page = ada.submit(&page, "Reset the second factor", &[]).await;

        assert_eq!(page.status(), 303);
        app.nora().await;
        assert_eq!(app.audited("factor.reset"), 1);
        assert!(app.messages_to(cast::NORA).contains(&"account.factor_reset".to_owned()));
        assert_eq!(ada.post(&path, &[]).await.status(), 409);
    }

    async fn only_administrators_reset_factors_and_change_security_settings(app) {
        let path = format!("/users/{}/second-factor", app.reference_of(cast::NORA));
        for path in [path.as_str(), "/settings/security"] {
            for client in [app.sofia().await, app.nora().await] {
                assert_eq!(client.get(path).await.status(), 403);
                assert_eq!(client.post(path, &[]).await.status(), 403);
            }
            assert_eq!(app.anybody().post(path, &[]).await.location(), "/sign-in");
        }
        let ada = app.ada().await;
        for unknown in ["nonsense", "00000000000000000000000000"] {
            assert_eq!(ada.get(&format!("/users/{unknown}/second-factor")).await.status(), 404);
            assert_eq!(ada.post(&format!("/users/{unknown}/second-factor"), &[]).await.status(), 404);
        }
    }
}
