//! A partner whose people must all have a second factor: who sets it, and what it closes.

use chrono::TimeDelta;
use leadgate::cli::demo::cast;

use super::second_factor::enrol;
use super::users::partner;
use crate::support::TestApp;
use crate::support::client::Client;

const ENROLMENT: &str = "/account/second-factor";

fn path(app: &TestApp) -> String {
    format!("/partners/{}/second-factor", partner(app, "Northwind"))
}

/// Ada makes the second factor a duty at Northwind, or takes the duty back.
async fn set(app: &TestApp, ada: &Client, is_required: bool) {
    let page = ada.get(&path(app)).await;
    assert_eq!(page.heading(), "Second factor at Northwind");
    let ticked = if is_required { "true" } else { "" };
    let saved = ada.submit(&page, "Save", &[("second_factor_required", ticked)]).await;
    assert_eq!(saved.status(), 303, "{}", saved.text());
}

db_test! {
    async fn from_the_next_request_on_nobody_there_reaches_anything_without_one(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let (ada, nora, nils, sam) = (app.ada().await, app.nora().await, app.nils().await, app.sam().await);
        enrol(&app, &nora).await;
        let page = ada.get(&path(&app)).await;
        assert!(page.text().contains("Now 1 active user has none."), "{}", page.text());

        set(&app, &ada, true).await;

        for path in ["/portal", "/portal/leads", &format!("/portal/leads/{lead}"), "/portal/notices", "/account", "/account/password", "/account/second-factor/remove", "/step-up"] {
            assert_eq!(nils.get(path).await.location(), ENROLMENT, "{path}");
        }
        assert_eq!(nils.post(&format!("/portal/leads/{lead}/note"), &[("status_note", "x")]).await.location(), ENROLMENT);
        assert_eq!(nils.post("/portal/leads/download", &[]).await.location(), ENROLMENT);
        let page = nils.get(ENROLMENT).await;
        assert!(page.text().contains("everybody at Northwind needs a second factor"), "{}", page.text());
        // Whoever comes anew, too.
        assert_eq!(app.nils().await.get("/portal/leads").await.location(), ENROLMENT);
        assert_eq!(nora.get("/portal/leads").await.status(), 200, "who has one goes on");
        assert_eq!(sam.get("/portal/leads").await.status(), 200, "others are not meant");
        assert_eq!(ada.get("/leads").await.status(), 200);

        enrol(&app, &nils).await;
        assert_eq!(nils.get("/portal/leads").await.status(), 200);
        let refused = nils.post("/account/second-factor/remove", &[]).await;
        assert_eq!((refused.status(), refused.heading().as_str()), (409, "The second factor stays on"));
        assert!(refused.text().contains("everybody at Northwind"), "{}", refused.text());

        set(&app, &ada, false).await;
        let again = app.anybody().post("/sign-in", &[("email", cast::NORA), ("password", cast::PASSWORD)]).await;
        assert_eq!(again.location(), "/sign-in/code", "a factor stays until its owner removes it");
        let page = nils.get("/account/second-factor/remove").await;
        assert_eq!(nils.submit(&page, "Turn off the second factor", &[]).await.location(), "/account");
    }

    async fn an_invited_colleague_sets_one_up_before_anything_else(app) {
        let ada = app.ada().await;
        set(&app, &ada, true).await;
        let northwind = partner(&app, "Northwind");
        let fields = [("name", "Jan Brandt"), ("email", "jan@northwind.example"), ("role", "partner_member"), ("partner", northwind.as_str())];
        assert_eq!(ada.post("/users", &fields).await.status(), 303);
        let token = app.mailed_token("jan@northwind.example").unwrap();
        let (jan, password) = (app.anybody(), "seven herons walk home");
        jan.post("/invitation", &[("token", token.as_str()), ("password", password), ("password_again", password)]).await;

        jan.post("/sign-in", &[("email", "jan@northwind.example"), ("password", password)]).await;

        assert_eq!(jan.get("/portal/leads").await.location(), ENROLMENT);
    }

    async fn it_is_set_by_an_administrator_with_a_fresh_proof_and_written_down(app) {
        let (ada, path) = (app.ada().await, path(&app));
        app.clock.advance(TimeDelta::minutes(10));
        let page = ada.get(&path).await;

        let refused = ada.submit(&page, "Save", &[("second_factor_required", "true")]).await;
        assert_eq!((refused.status(), refused.value("second_factor_required")), (403, "true".to_owned()));
        assert_eq!(app.audited("partner.security_changed"), 0);
        assert_eq!(app.nils().await.get("/portal/leads").await.status(), 200);

        let saved = ada.submit(&refused, "Save", &[("proof", cast::PASSWORD)]).await;
        assert!(ada.follow(&saved).await.text().contains("Required of everybody"));
        let detail = app.text("SELECT detail AS t FROM audit_events WHERE action = 'partner.security_changed'");
        assert_eq!(detail, "second_factor_required: off -> on");
        assert_eq!(app.audited("partner.security_changed"), 1);

        let stale = ada.submit(&page, "Save", &[("second_factor_required", "")]).await;
        assert_eq!(stale.status(), 409);
        let again = ada.submit(&ada.get(&path).await, "Save", &[]).await;
        assert_eq!((again.status(), app.audited("partner.security_changed")), (303, 1), "nothing was changed");
    }

    async fn the_refusal_trio_for_the_duty(app) {
        let path = path(&app);
        for client in [app.sofia().await, app.nora().await] {
            assert_eq!((client.get(&path).await.status(), client.post(&path, &[("seen", "0")]).await.status()), (403, 403));
        }
        assert_eq!(app.anybody().post(&path, &[]).await.location(), "/sign-in");
        let ada = app.ada().await;
        for unknown in ["nonsense", "00000000000000000000000000"] {
            let path = format!("/partners/{unknown}/second-factor");
            assert_eq!((ada.get(&path).await.status(), ada.post(&path, &[("seen", "0")]).await.status()), (404, 404));
        }
        assert_eq!(app.audited("partner.security_changed"), 0);
        assert_eq!(app.count("SELECT count(*) AS n FROM partners WHERE second_factor_required"), 0);
    }
}
