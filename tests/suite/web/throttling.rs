//! Guessing: how far it gets, and whom it must not lock out.

use chrono::TimeDelta;
use leadgate::cli::demo::cast;
use leadgate::domain::accounts::throttle::{self, Attempt};

use crate::support::TestApp;
use crate::support::client::{Client, Page, encoded};
use crate::support::instance::Instance;
use crate::web::second_factor::enrol;

const NEW: &str = "tram sieve ochre quill";

async fn guess(client: &Client, email: &str, password: &str) -> Page {
    client
        .post("/sign-in", &[("email", email), ("password", password)])
        .await
}

/// A wrong guess at an account of its own, from this address behind a proxy.
async fn guess_from(instance: &Instance, address: &str, number: usize) -> Page {
    let headers = [
        ("origin", instance.origin()),
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-forwarded-for", address),
    ];
    let email = format!("somebody{number}@vendor.example");
    let body = encoded(&[("email", &email), ("password", "wrong")]);
    instance.anybody().request("POST", "/sign-in", &headers, &body).await
}

/// Sets another password with a mailed link.
async fn set_new_password(app: &TestApp, email: &str) {
    let client = app.anybody();
    client.post("/forgotten-password", &[("email", email)]).await;
    let token = app.mailed_token(email).expect("a link is on its way");
    let page = client
        .post("/reset-password", &[("token", &token), ("new", NEW), ("again", NEW)])
        .await;
    assert_eq!(page.status(), 303, "{}", page.text());
}

fn hashed(app: &TestApp) -> u64 {
    app.state.lanes().hashed()
}

db_test! {
    async fn of_two_attempts_at_the_same_moment_the_earlier_may_come_second(app) {
        let attempt = Attempt::sign_in(cast::NORA, "192.0.2.7");
        let earlier = app.now();
        for now in [earlier + TimeDelta::milliseconds(5), earlier] {
            let attempt = attempt.clone();
            let admitted = app.write(move |tx| throttle::admit(tx, &attempt, now)).await.unwrap();
            assert!(admitted.is_ok(), "{admitted:?}");
        }
    }

    async fn of_a_thousand_guesses_in_ten_minutes_few_are_looked_at_while_the_owner_signs_in(app) {
        let owner = app.nora().await;
        owner.post("/sign-out", &[]).await;
        let stranger = app.anybody();
        let before = hashed(&app);

        for number in 0..1_000 {
            guess(&stranger, cast::NORA, &format!("guess number {number}")).await;
            app.clock.advance(TimeDelta::milliseconds(600));
            if number == 500 {
                let page = guess(&owner, cast::NORA, cast::PASSWORD).await;
                assert_eq!(page.location(), "/portal");
            }
        }

        let looked_at = hashed(&app) - before - 1;
        assert!((10..=30).contains(&looked_at), "{looked_at} guesses reached the password check");
    }

    async fn a_right_guess_is_not_looked_at_while_it_must_wait(app) {
        let stranger = app.anybody();
        for _ in 0..5 {
            assert_eq!(guess(&stranger, cast::SOFIA, "wrong").await.status(), 422);
        }

        let page = guess(&stranger, cast::SOFIA, cast::PASSWORD).await;

        assert_eq!(page.status(), 429);
        assert_eq!(page.heading(), "Too many attempts");
        assert_eq!(page.header("retry-after"), Some("1"));
        assert!(page.text().contains("Wait 1 second, then try again."), "{}", page.text());
        assert_eq!(page.link("Set a new password"), "/forgotten-password");

        app.clock.advance(TimeDelta::seconds(1));
        assert_eq!(guess(&stranger, cast::SOFIA, cast::PASSWORD).await.status(), 303);
        assert_eq!(guess(&app.anybody(), cast::SOFIA, "wrong").await.status(), 422, "it begins anew");
    }

    async fn known_and_unknown_accounts_are_throttled_alike(app) {
        let before = hashed(&app);
        let mut answers = Vec::new();
        for email in [cast::SOFIA, "nobody@vendor.example"] {
            let stranger = app.anybody();
            let mut pages = Vec::new();
            for _ in 0..8 {
                let page = guess(&stranger, email, "wrong").await;
                pages.push((page.status(), page.source().replace(email, "E")));
            }
            answers.push((pages, hashed(&app) - before));
        }

        assert_eq!(answers[0].0, answers[1].0);
        assert_eq!(answers[0].1 * 2, answers[1].1, "as much was hashed for the one as for the other");
    }

    async fn every_spelling_and_every_claimed_origin_has_one_counter(app) {
        let stranger = app.anybody();
        let spellings = ["sofia@vendor.example", "SOFIA@vendor.example", " sofia@vendor.example ", "ｓｏｆｉａ@vendor.example", "Sófia@vendor.example"];
        for (number, spelling) in spellings.iter().enumerate() {
            let headers = [
                ("origin", app.origin.as_str()),
                ("content-type", "application/x-www-form-urlencoded"),
                ("x-forwarded-for", &format!("198.51.100.{number}")),
                ("forwarded", "for=198.51.100.1"),
                ("x-real-ip", "198.51.100.1"),
            ];
            let body = format!("email={spelling}&password=wrong&throttle={number}&address=203.0.113.{number}");
            let page = stranger.request("POST", "/sign-in", &headers, &body).await;
            assert_eq!(page.status(), 422, "{}", page.text());
        }

        assert_eq!(guess(&stranger, cast::SOFIA, cast::PASSWORD).await.status(), 429);
    }

    async fn one_address_has_twenty_failures_in_five_minutes_even_on_this_machine(app) {
        let stranger = app.anybody();
        for number in 0..20 {
            let page = guess(&stranger, &format!("somebody{number}@vendor.example"), "wrong").await;
            assert_eq!(page.status(), 422);
        }

        let page = guess(&stranger, "one.more@vendor.example", "wrong").await;
        assert_eq!(page.status(), 429);
        assert_eq!(page.header("retry-after"), Some("300"));

        app.clock.advance(TimeDelta::minutes(5));
        assert_eq!(guess(&stranger, "one.more@vendor.example", "wrong").await.status(), 422);
    }

    async fn guesses_from_everywhere_are_held_up_together_and_known_devices_are_not(app) {
        let owner = app.nora().await;
        owner.post("/sign-out", &[]).await;
        let instance = app.another_instance(None, "127.0.0.1");
        let address = |number: usize| format!("198.51.{}.{}", number / 200, number % 200 + 1);
        for number in 0..120 {
            assert_eq!(guess_from(&instance, &address(number), number).await.status(), 422, "{number}");
        }

        let page = guess_from(&instance, &address(120), 120).await;
        assert_eq!(page.status(), 429);
        assert_eq!(page.header("retry-after"), Some("60"));
        assert_eq!(guess(&app.anybody(), cast::SOFIA, cast::PASSWORD).await.status(), 429, "on all instances");
        assert_eq!(guess(&owner, cast::NORA, cast::PASSWORD).await.status(), 303, "a known device is let in");
        for number in 121..200 {
            assert_eq!(guess_from(&instance, &address(number), number).await.status(), 429);
        }
        assert_eq!(app.audited("session.throttled"), 60, "a flood does not fill the audit log");

        app.clock.advance(TimeDelta::minutes(1));
        assert_eq!(guess(&app.anybody(), cast::SOFIA, cast::PASSWORD).await.status(), 303);
    }

    async fn one_address_does_not_use_up_what_all_have_together(app) {
        let instance = app.another_instance(None, "127.0.0.1");
        for number in 0..130 {
            let expected = if number < 20 { 422 } else { 429 };
            assert_eq!(guess_from(&instance, "2001:db8:1:2::7", number).await.status(), expected);
        }

        assert_eq!(guess_from(&instance, "2001:db8:1:2:ffff::8", 200).await.status(), 429, "the same /64");
        assert_eq!(guess_from(&instance, "2001:db8:1:3::7", 201).await.status(), 422, "another one");
    }

    async fn many_who_sign_in_from_one_address_are_not_held_up(app) {
        for _ in 0..25 {
            app.sofia().await;
        }
    }

    async fn a_device_cookie_is_good_for_its_own_account_and_only_as_it_was_signed(app) {
        let nils = app.nils().await;
        for _ in 0..5 {
            guess(&app.anybody(), cast::NORA, "wrong").await;
        }

        assert_eq!(guess(&nils, cast::NORA, cast::PASSWORD).await.status(), 429);

        let forged = app.anybody();
        forged.set_cookie("leadgate-device", "0123456789abcdef0123456789abcdef.device");
        assert_eq!(guess(&forged, cast::NORA, cast::PASSWORD).await.status(), 429);
    }

    async fn a_browser_is_known_to_every_account_that_signed_in_on_it(app) {
        let browser = app.anybody();
        for email in [cast::NORA, cast::NILS, cast::SAM] {
            assert_eq!(guess(&browser, email, cast::PASSWORD).await.status(), 303);
            browser.post("/sign-out", &[]).await;
        }
        for email in [cast::NORA, cast::NILS] {
            for _ in 0..6 {
                guess(&app.anybody(), email, "wrong").await;
            }
            assert_eq!(guess(&app.anybody(), email, cast::PASSWORD).await.status(), 429);
        }

        assert_eq!(guess(&browser, cast::NORA, cast::PASSWORD).await.status(), 303);
        assert_eq!(guess(&browser, cast::NILS, cast::PASSWORD).await.status(), 303);
        assert!(!app.messages_to(cast::NORA).contains(&"account.new_device".to_owned()));
    }

    async fn after_a_hundred_failures_in_a_row_only_a_new_password_helps(app) {
        let stranger = app.anybody();
        for _ in 0..100 {
            assert_eq!(guess(&stranger, cast::SOFIA, "wrong").await.status(), 422);
            app.clock.advance(TimeDelta::minutes(16));
        }

        let page = guess(&stranger, cast::SOFIA, cast::PASSWORD).await;

        assert_eq!(page.status(), 429);
        assert!(page.text().contains("a new password must be set first"), "{}", page.text());
        set_new_password(&app, cast::SOFIA).await;
        assert_eq!(guess(&stranger, cast::SOFIA, NEW).await.status(), 303);
    }

    async fn a_new_password_helps_a_known_device_too(app) {
        let device = app.sofia().await;
        device.post("/sign-out", &[]).await;
        for _ in 0..100 {
            assert_eq!(guess(&device, cast::SOFIA, "wrong").await.status(), 422);
            app.clock.advance(TimeDelta::minutes(16));
        }
        let page = guess(&device, cast::SOFIA, cast::PASSWORD).await;
        assert!(page.text().contains("a new password must be set first"), "{}", page.text());

        set_new_password(&app, cast::SOFIA).await;

        assert_eq!(guess(&device, cast::SOFIA, NEW).await.status(), 303);
    }

    async fn a_new_password_helps_who_failed_at_the_code_too(app) {
        let (secret, _) = enrol(&app, &app.sofia().await).await;
        let stranger = app.anybody();
        for _ in 0..100 {
            assert_eq!(guess(&stranger, cast::SOFIA, cast::PASSWORD).await.location(), "/sign-in/code");
            assert_eq!(stranger.post("/sign-in/code", &[("code", "no code")]).await.status(), 422);
            app.clock.advance(TimeDelta::minutes(16));
        }
        guess(&stranger, cast::SOFIA, cast::PASSWORD).await;
        let page = stranger.post("/sign-in/code", &[("code", &secret.code_at(app.now()))]).await;
        assert!(page.text().contains("a new password must be set first"), "{}", page.text());

        set_new_password(&app, cast::SOFIA).await;

        assert_eq!(guess(&stranger, cast::SOFIA, NEW).await.location(), "/sign-in/code");
        assert_eq!(stranger.post("/sign-in/code", &[("code", &secret.code_at(app.now()))]).await.status(), 303);
    }

    async fn who_accepts_an_invitation_pays_for_no_guess_before(app) {
        let (ada, email) = (app.ada().await, "jan@vendor.example");
        assert_eq!(ada.post("/users", &[("name", "Jan Brandt"), ("email", email), ("role", "staff")]).await.status(), 303);
        let stranger = app.anybody();
        for _ in 0..5 {
            assert_eq!(guess(&stranger, email, "wrong").await.status(), 422);
        }
        assert_eq!(guess(&stranger, email, "wrong").await.status(), 429);
        let token = app.mailed_token(email).unwrap();

        stranger.post("/invitation", &[("token", token.as_str()), ("password", NEW), ("password_again", NEW)]).await;

        assert_eq!(guess(&stranger, email, NEW).await.status(), 303);
    }

    async fn guesses_at_one_moment_get_no_further_than_slow_ones(app) {
        let strangers: Vec<Client> = (0..12).map(|_| app.anybody()).collect();
        let before = hashed(&app);

        let guesses = strangers.iter().map(|stranger| guess(stranger, cast::SOFIA, "wrong"));
        futures_util::future::join_all(guesses).await;

        assert_eq!(hashed(&app) - before, 5);
    }

    async fn all_instances_count_together(app) {
        let other = app.another_instance(None, "");
        for number in 0..5 {
            let client = if number % 2 == 0 { app.anybody() } else { other.anybody() };
            assert_eq!(guess(&client, cast::SOFIA, "wrong").await.status(), 422);
        }

        assert_eq!(guess(&other.anybody(), cast::SOFIA, cast::PASSWORD).await.status(), 429);
    }

    async fn behind_a_proxy_its_last_word_counts_and_not_what_the_client_claims(app) {
        let instance = app.another_instance(Some("https://leads.vendor.example"), "127.0.0.1");
        let client = instance.anybody();
        let knock = async |claimed: String, number: usize| {
            let headers = [
                ("host", "leads.vendor.example"),
                ("origin", "https://leads.vendor.example"),
                ("content-type", "application/x-www-form-urlencoded"),
                ("x-forwarded-for", claimed.as_str()),
            ];
            let body = format!("email=somebody{number}@vendor.example&password=wrong");
            client.request("POST", "/sign-in", &headers, &body).await.status()
        };
        for number in 0..20 {
            assert_eq!(knock(format!("203.0.113.{number}, 198.51.100.7"), number).await, 422);
        }

        assert_eq!(knock("203.0.113.99, 198.51.100.7".to_owned(), 99).await, 429);
        assert_eq!(knock("198.51.100.8".to_owned(), 99).await, 422, "another client of the same proxy");
    }

    async fn old_counters_are_forgotten(app) {
        guess(&app.anybody(), cast::SOFIA, "wrong").await;
        app.clock.advance(TimeDelta::days(31));
        let now = app.now();

        let forgotten = app.write(move |tx| throttle::purge(tx, now)).await.unwrap();

        assert_eq!(forgotten, 3, "the account's, the address's and that of all together");
    }
}
