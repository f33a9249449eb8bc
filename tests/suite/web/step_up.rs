//! Step-up: what weighs much needs a proof that is at most ten minutes old, given in the same session.

use chrono::TimeDelta;
use leadgate::cli::demo::cast;

db_test! {
    async fn weighty_settings_need_a_fresh_proof_and_keep_what_was_entered(app) {
        let ada = app.ada().await;
        app.clock.advance(TimeDelta::minutes(10));
        let page = ada.get("/settings/security").await;

        let refused = ada.submit(&page, "Save", &[("second_factor_required", "true")]).await;
        assert_eq!(refused.status(), 403);
        assert_eq!(refused.errors(), ["Enter your password again: this needs to be you"]);
        assert_eq!(refused.value("second_factor_required"), "true");
        let refused = ada.submit(&refused, "Save", &[("proof", "wrong")]).await;
        assert_eq!(refused.errors(), ["The password or the code is wrong"]);
        assert_eq!(app.audited("security.changed"), 0);

        let page = ada.submit(&refused, "Save", &[("proof", cast::PASSWORD)]).await;

        assert_eq!(page.location(), "/settings/security");
        assert_eq!(app.audited("security.changed"), 1);
    }

    async fn a_proof_counts_in_its_own_session_alone(app) {
        let (here, there) = (app.ada().await, app.ada().await);
        app.clock.advance(TimeDelta::minutes(10));
        let page = here.get("/step-up?next=/settings/security").await;
        assert_eq!(page.heading(), "Show that it is you");
        let page = here.submit(&page, "Go on", &[("proof", cast::PASSWORD)]).await;
        assert_eq!(page.location(), "/settings/security");

        assert_eq!(here.get("/settings/security").await.value("proof"), "");
        assert!(!here.get("/settings/security").await.text().contains("Your password, again"));
        assert!(there.get("/settings/security").await.text().contains("Your password, again"));
        assert_eq!(there.post("/settings/security", &[("seen", "0")]).await.status(), 403);
    }

    async fn the_gdpr_options_need_a_fresh_proof(app) {
        let ada = app.ada().await;
        app.clock.advance(TimeDelta::minutes(11));
        let path = "/settings/lead-distribution/module";
        let page = ada.get(path).await;

        let refused = ada.submit(&page, "Save", &[("text", "Words that must not be lost")]).await;

        assert_eq!(refused.status(), 403);
        assert!(refused.value("text").contains("Words that must not be lost"));
        let page = ada.submit(&refused, "Save", &[("proof", cast::PASSWORD)]).await;
        assert_eq!(page.status(), 303, "{}", page.text());
    }

    async fn changing_the_second_factor_needs_a_fresh_proof(app) {
        let nora = app.nora().await;
        app.clock.advance(TimeDelta::minutes(10));
        let page = nora.get("/account/second-factor").await;

        let refused = nora.submit(&page, "Turn on the second factor", &[("code", "123456")]).await;

        assert_eq!(refused.status(), 403);
        assert_eq!(refused.value("secret"), page.value("secret"));
    }

    async fn deleting_a_selection_needs_a_fresh_proof(app) {
        let lead = app.a_lead().create().await;
        let sofia = app.sofia().await;
        app.clock.advance(TimeDelta::minutes(10));
        let page = sofia.post("/leads/selection", &[("lead", lead.as_str()), ("act", "delete")]).await;

        let refused = sofia.submit(&page, "Delete 1 lead", &[("typed", "delete")]).await;
        assert_eq!(refused.status(), 403, "{}", refused.text());
        assert_eq!(sofia.get(&format!("/leads/{lead}")).await.status(), 200);

        let page = sofia.submit(&refused, "Delete 1 lead", &[("proof", cast::PASSWORD)]).await;
        assert_eq!(page.status(), 303, "{}", page.text());
        assert_eq!(sofia.get(&format!("/leads/{lead}")).await.status(), 404);
    }

    async fn guessing_the_proof_is_throttled(app) {
        let ada = app.ada().await;
        app.clock.advance(TimeDelta::minutes(10));
        for _ in 0..5 {
            assert_eq!(ada.post("/step-up", &[("proof", "wrong")]).await.status(), 403);
        }

        assert_eq!(ada.post("/step-up", &[("proof", cast::PASSWORD)]).await.status(), 429);
    }

    async fn the_way_on_stays_on_this_site(app) {
        let nora = app.nora().await;
        for next in ["//evil.example", "https://evil.example", "/\\evil.example"] {
            assert_eq!(nora.get(&format!("/step-up?next={next}")).await.location(), "/portal");
        }
        assert_eq!(app.anybody().get("/step-up").await.status(), 303);
    }
}
