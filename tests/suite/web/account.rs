//! The own account: password, devices, sign-ins.

use leadgate::cli::demo::cast;

const NEW: &str = "tram sieve ochre quill";

async fn change(client: &crate::support::client::Client, fields: &[(&str, &str)]) -> crate::support::client::Page {
    let page = client.get("/account/password").await;
    client.submit(&page, "Change password", fields).await
}

db_test! {
    async fn staff_and_partners_see_their_own_account_in_their_own_frame(app) {
        let staff = app.sofia().await.get("/account").await;
        assert_eq!(staff.heading(), "Your account");
        assert!(staff.text().contains("sofia@vendor.example"));
        assert!(staff.links().contains(&"/leads".to_owned()));

        let partner = app.nils().await.get("/account").await;
        assert_eq!(partner.heading(), "Your account");
        assert!(partner.text().contains("Partner member"));
        assert!(partner.text().contains("Northwind"));
        assert!(!partner.links().contains(&"/leads".to_owned()));
        for word in ["staff", "permission", "vendor.example"] {
            assert!(!partner.source().to_lowercase().contains(word), "{word} on a partner's page");
        }
    }

    async fn who_is_not_signed_in_is_led_to_sign_in(app) {
        let nobody = app.anybody();
        for path in ["/account", "/account/password"] {
            assert_eq!(nobody.get(path).await.status(), 303);
        }
        for path in ["/account/password", "/account/sessions/end", "/account/sign-out-everywhere"] {
            assert_eq!(nobody.post(path, &[]).await.location(), "/sign-in");
        }
    }

    async fn a_changed_password_ends_every_other_session_at_once(app) {
        let (here, there) = (app.nora().await, app.nora().await);

        let page = change(&here, &[("current", cast::PASSWORD), ("new", NEW), ("again", NEW)]).await;

        assert_eq!(page.location(), "/account");
        assert!(here.follow(&page).await.flash().starts_with("Your password is changed."));
        assert_eq!(there.get("/account").await.status(), 303);
        let old = app.anybody().post("/sign-in", &[("email", cast::NORA), ("password", cast::PASSWORD)]).await;
        assert_eq!(old.status(), 422);
        let new = app.anybody().post("/sign-in", &[("email", cast::NORA), ("password", NEW)]).await;
        assert_eq!(new.status(), 303);
        assert!(app.messages_to(cast::NORA).contains(&"account.password_changed".to_owned()));
        assert_eq!(app.audited("password.changed"), 1);
    }

    async fn a_password_is_not_changed_without_the_current_one_or_to_a_weak_one(app) {
        let client = app.sofia().await;

        let page = change(&client, &[("current", "wrong"), ("new", NEW), ("again", NEW)]).await;
        assert_eq!(page.status(), 422);
        assert_eq!(page.errors(), ["The current password is wrong"]);

        let page = change(&client, &[("current", ""), ("new", "short"), ("again", "short")]).await;
        assert_eq!(page.errors().len(), 2);
        assert!(page.errors()[1].starts_with("Enter a password of 15 characters or more"));

        let page = change(&client, &[("current", cast::PASSWORD), ("new", "passwordpassword"), ("again", "passwordpassword")]).await;
        assert_eq!(page.errors(), ["Choose another password: this one is among those that are guessed first"]);

        let page = change(&client, &[("current", cast::PASSWORD), ("new", "sofia-lind-2026-!"), ("again", "sofia-lind-2026-!")]).await;
        assert_eq!(page.status(), 422);

        let page = change(&client, &[("current", cast::PASSWORD), ("new", NEW), ("again", "another one")]).await;
        assert_eq!(page.errors(), ["The two new passwords differ: enter the same one twice"]);
        assert!(!page.source().contains(NEW), "a password is never sent back");
        assert_eq!(app.audited("password.changed"), 0);
    }

    async fn guessing_the_current_password_in_an_open_session_is_throttled(app) {
        let client = app.sofia().await;
        for _ in 0..5 {
            assert_eq!(change(&client, &[("current", "wrong"), ("new", NEW), ("again", NEW)]).await.status(), 422);
        }

        assert_eq!(change(&client, &[("current", cast::PASSWORD), ("new", NEW), ("again", NEW)]).await.status(), 429);
    }

    async fn a_password_is_taken_exactly_as_it_was_typed(app) {
        let client = app.sofia().await;
        let typed = "  Tram sieve OCHRE quill und nog een stuk langer dan voorheen!  ";
        assert_eq!(change(&client, &[("current", cast::PASSWORD), ("new", typed), ("again", typed)]).await.status(), 303);

        for other in [typed.trim(), &typed.to_lowercase(), &typed[..40]] {
            let page = app.anybody().post("/sign-in", &[("email", cast::SOFIA), ("password", other)]).await;
            assert_eq!(page.status(), 422, "{other:?}");
        }
        let page = app.anybody().post("/sign-in", &[("email", cast::SOFIA), ("password", typed)]).await;
        assert_eq!(page.status(), 303);
    }

    async fn a_password_of_64_characters_with_a_space_at_its_end_works_only_exactly(app) {
        let client = app.sofia().await;
        let typed = "Tram sieve ochre quill, lantern Öland marble forty-two kestrels ";
        assert_eq!(typed.chars().count(), 64);
        assert_eq!(change(&client, &[("current", cast::PASSWORD), ("new", typed), ("again", typed)]).await.status(), 303);

        for other in [typed.trim_end(), &format!("{typed} "), &typed.replace('Ö', "O"), &typed.to_uppercase()] {
            let page = app.anybody().post("/sign-in", &[("email", cast::SOFIA), ("password", other)]).await;
            assert_eq!(page.status(), 422, "{other:?}");
        }
        let page = app.anybody().post("/sign-in", &[("email", cast::SOFIA), ("password", typed)]).await;
        assert_eq!(page.status(), 303);
    }

    async fn one_device_can_be_signed_out_from_another(app) {
        let (here, there) = (app.sofia().await, app.sofia().await);
        let page = here.get("/account").await;
        assert!(page.rows()[0].contains("This device"), "{:?}", page.rows());

        let page = here.submit(&page, "Sign out Unknown device, 127.0.0.1", &[]).await;

        assert_eq!(page.location(), "/account");
        assert_eq!(there.get("/account").await.status(), 303);
        assert_eq!(here.get("/account").await.status(), 200);
    }

    async fn somebody_elses_session_can_not_be_ended(app) {
        let (sofia, nora) = (app.sofia().await, app.nora().await);
        app.sofia().await;
        let theirs = sofia.get("/account").await.value("session");
        assert_eq!(theirs.len(), 26);

        for name in [theirs.as_str(), "00000000000000000000000000", "nonsense"] {
            assert_eq!(nora.post("/account/sessions/end", &[("session", name)]).await.status(), 404);
        }
        assert_eq!(sofia.get("/account").await.status(), 200);
    }

    async fn signing_out_everywhere_ends_this_session_too(app) {
        let (here, there) = (app.nils().await, app.nils().await);
        let page = here.get("/account").await;

        let page = here.submit(&page, "Sign out everywhere", &[]).await;

        assert_eq!(page.location(), "/sign-in");
        assert_eq!(here.follow(&page).await.flash(), "You are signed out on every device.");
        assert_eq!(here.get("/account").await.status(), 303);
        assert_eq!(there.get("/account").await.status(), 303);
    }

    async fn recent_sign_ins_show_who_was_refused_too(app) {
        app.anybody().post("/sign-in", &[("email", cast::SOFIA), ("password", "wrong")]).await;
        let page = app.sofia().await.get("/account").await;

        let rows = page.rows();
        assert!(rows[1].contains("Signed in 127.0.0.1"), "{rows:?}");
        assert!(rows[2].contains("Refused 127.0.0.1"), "{rows:?}");
    }

    async fn what_a_browser_calls_itself_is_not_repeated(app) {
        let client = app.anybody();
        let headers = [
            ("origin", app.origin.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
            ("user-agent", "<script>alert('agent')</script>"),
        ];
        let body = format!("email={}&password={}", cast::SOFIA, cast::PASSWORD);
        assert_eq!(client.request("POST", "/sign-in", &headers, &body).await.status(), 303);

        assert!(!client.get("/account").await.source().contains("alert("));
    }

    async fn a_device_that_was_never_seen_is_told_to_the_owner(app) {
        let first = app.nora().await;
        assert_eq!(app.messages_to(cast::NORA), Vec::<String>::new(), "the first of all is no news");
        first.post("/sign-out", &[]).await;
        first.post("/sign-in", &[("email", cast::NORA), ("password", cast::PASSWORD)]).await;
        assert_eq!(app.messages_to(cast::NORA), Vec::<String>::new());

        app.nora().await;

        assert_eq!(app.messages_to(cast::NORA), ["account.new_device"]);
    }
}
