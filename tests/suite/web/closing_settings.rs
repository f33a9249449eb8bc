//! Settings › Lead Distribution › Closing leads: which ways of closing there are, and the list of reasons.

use leadgate::cli::demo::cast;

use super::life::{LOST, WON};
use crate::support::TestApp;
use crate::support::client::Client;

const HOME: &str = "/settings/lead-distribution/closing";

fn detail(app: &TestApp, action: &str) -> String {
    app.text(&format!(
        "SELECT detail AS t FROM audit_events WHERE action = '{action}' ORDER BY id DESC LIMIT 1"
    ))
}

async fn add(ada: &Client, outcome: &str, label: &str) -> crate::support::client::Page {
    let page = ada.get(HOME).await;
    ada.submit(&page, "Add reason", &[("outcome", outcome), ("label", label)])
        .await
}

db_test! {
    async fn the_mode_decides_what_partners_are_offered(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let (ada, nils) = (app.ada().await, app.nils().await);
        let page = format!("/portal/leads/{lead}");
        let (closing, conversion) = (format!("{page}/closing"), format!("{page}/conversion"));

        let form = ada.get(HOME).await;
        let saved = ada.submit(&form, "Save", &[("modes", "won")]).await;
        assert_eq!(ada.follow(&saved).await.flash(), "The ways of closing are saved.");
        assert_eq!(detail(&app, "closing.modes_changed"), "closing_modes: both -> won");
        assert!(!nils.get(&page).await.text().contains("Convert to deal"));
        assert_eq!(nils.get(&conversion).await.status(), 409);
        let fields = [("amount", "1"), ("currency", "EUR"), ("stage", "signed"), ("expected_on", "2026-09-30")];
        let refused = nils.post(&conversion, &fields).await;
        assert_eq!((refused.status(), refused.heading().as_str()), (409, "Leads are not closed like this here"));
        assert_eq!(app.audited("lead.converted"), 0);

        ada.post(HOME, &[("modes", "convert")]).await;
        assert!(nils.get(&page).await.text().contains("Close as lost"));
        let form = nils.get(&closing).await;
        assert!(!form.text().contains("Won:") && form.text().contains("Lost: Price"), "{}", form.text());
        let refused = nils.post(&closing, &[("choice", WON)]).await;
        assert_eq!(refused.errors(), ["Choose how it ended and why"]);
        assert_eq!(nils.post(&conversion, &fields).await.status(), 303);

        assert_eq!(ada.post(HOME, &[("modes", "none")]).await.status(), 422);
        assert_eq!(app.audited("closing.modes_changed"), 2);
    }

    async fn a_reason_is_added_renamed_retired_and_restored(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let (ada, nils) = (app.ada().await, app.nils().await);
        let form = format!("/portal/leads/{lead}/closing");

        assert_eq!(add(&ada, "", " ").await.errors().len(), 2);
        let page = ada.follow(&add(&ada, "lost", "Went bankrupt").await).await;
        assert_eq!(page.flash(), "The reason is added.");
        assert_eq!(detail(&app, "closing.reason_added"), "lost: Went bankrupt");
        assert_eq!(app.audited("closing.reason_added"), 1);
        assert!(add(&ada, "lost", "Went bankrupt").await.errors()[0].contains("already"));
        assert!(nils.get(&form).await.text().contains("Lost: Went bankrupt"));

        let reason = ada.get(&page.link("Went bankrupt")).await;
        let taken = ada.submit(&reason, "Rename", &[("label", "Price")]).await;
        assert!(taken.errors()[0].contains("already"), "{:?}", taken.errors());
        let page = ada.follow(&ada.submit(&reason, "Rename", &[("label", "Insolvent")]).await).await;
        assert_eq!(detail(&app, "closing.reason_renamed"), "lost: Went bankrupt -> Insolvent");
        assert_eq!(app.audited("closing.reason_renamed"), 1);

        let reason = ada.get(&page.link("Insolvent")).await;
        ada.submit(&reason, "Retire reason", &[]).await;
        assert_eq!(detail(&app, "closing.reason_retired"), "lost: Insolvent");
        assert_eq!(app.audited("closing.reason_retired"), 1);
        assert!(!nils.get(&form).await.text().contains("Insolvent"));
        let reason = ada.get(&page.link("Insolvent")).await;
        ada.submit(&reason, "Restore reason", &[]).await;
        assert_eq!(detail(&app, "closing.reason_restored"), "lost: Insolvent");
        assert_eq!(app.audited("closing.reason_restored"), 1);
        assert!(nils.get(&form).await.text().contains("Lost: Insolvent"));
    }

    async fn a_retired_reason_stays_on_old_leads_and_closes_no_new_one(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let next = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let (ada, nils) = (app.ada().await, app.nils().await);
        let close = async |lead| nils.post(&format!("/portal/leads/{lead}/closing"), &[("choice", LOST)]).await;
        assert_eq!(close(lead.clone()).await.status(), 303);

        ada.post(&format!("{HOME}/reasons/{LOST}/retirement"), &[]).await;

        assert!(nils.get(&format!("/portal/leads/{lead}")).await.text().contains("Lost: Price"));
        assert_eq!(close(next).await.errors(), ["Choose how it ended and why"]);
        assert_eq!(app.audited("lead.closed"), 1);
    }

    async fn without_any_reason_a_lead_is_closed_without_one(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        crate::support::sql::execute(
            &mut app.conn(),
            "UPDATE closing_reasons SET retired_at = '2026-05-04 10:00:00' WHERE outcome = 'lost'",
        )
        .unwrap();

        let closed = app.nils().await.post(&format!("/portal/leads/{lead}/closing"), &[("choice", "lost")]).await;

        assert_eq!(closed.status(), 303);
        assert_eq!(app.text("SELECT status AS t FROM leads"), "lost");
    }

    async fn the_settings_are_for_administrators(app) {
        let one = format!("{HOME}/reasons/{LOST}");
        for path in [HOME, one.as_str()] {
            assert_eq!(app.anybody().get(path).await.status(), 303, "{path}");
            assert_eq!(app.sofia().await.post(path, &[("modes", "won"), ("label", "x")]).await.status(), 403, "{path}");
            assert_eq!(app.nora().await.get(path).await.status(), 403, "{path}");
        }
        assert_eq!(app.audited("closing.modes_changed") + app.audited("closing.reason_renamed"), 0);
    }
}
