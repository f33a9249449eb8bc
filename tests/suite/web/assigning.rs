//! Assigning, reassigning, recalling; one lead and many.

use diesel::prelude::*;
use leadgate::cli::demo::cast;
use leadgate::db::schema::{assignments, audit_events, disclosures, outbox};
use leadgate::domain::accounts;

use crate::support::TestApp;

/// The value of the radio button of somebody of the cast.
fn recipient(app: &TestApp, email: &str) -> String {
    accounts::find_by_email(&mut app.conn(), email)
        .unwrap()
        .unwrap()
        .reference
        .to_string()
}

db_test! {
    async fn a_lead_is_assigned_to_a_user_of_a_partner(app) {
        let lead = app.a_lead().create().await;
        let sofia = app.sofia().await;
        let form = sofia.get(&format!("/leads/{lead}/assign")).await;
        assert_eq!(form.heading(), "Assign Anna Öberg, Nordlicht GmbH");

        let done = sofia.submit(&form, "Assign", &[("recipient", &recipient(&app, cast::NORA))]).await;

        let page = sofia.follow(&done).await;
        assert_eq!(page.flash(), "The lead is assigned.");
        assert!(page.text().contains("Partner Northwind User Nora Lindqvist"), "{}", page.text());
        let mut conn = app.conn();
        assert_eq!(disclosures::table.count().get_result::<i64>(&mut conn).unwrap(), 1);
        assert_eq!(outbox::table.count().get_result::<i64>(&mut conn).unwrap(), 1);
    }

    async fn a_lead_on_hold_cannot_be_assigned(app) {
        app.track_permission().await;
        let lead = app.a_lead().create().await;
        let sofia = app.sofia().await;

        let form = sofia.get(&format!("/leads/{lead}/assign")).await;
        let page = sofia.post(&format!("/leads/{lead}/assign"), &[("recipient", &recipient(&app, cast::NORA))]).await;

        assert_eq!(form.heading(), "This lead is on hold");
        assert!(!form.has_button("Assign"));
        assert_eq!(page.status(), 409);
        assert_eq!(page.heading(), "This lead is on hold");
        assert_eq!(page.link("Confirm permission"), format!("/leads/{lead}/confirm"));
        let mut conn = app.conn();
        assert_eq!(assignments::table.count().get_result::<i64>(&mut conn).unwrap(), 0);
        assert_eq!(outbox::table.count().get_result::<i64>(&mut conn).unwrap(), 0);
        let refusals = audit_events::table.filter(audit_events::action.eq("lead.distribution_refused"));
        assert_eq!(refusals.count().get_result::<i64>(&mut conn).unwrap(), 1);
    }

    async fn after_a_refusal_the_same_form_goes_to_somebody_else(app) {
        let lead = app.a_lead().create().await;
        let (sofia, nils) = (app.sofia().await, recipient(&app, cast::NILS));
        let form = sofia.get(&format!("/leads/{lead}/assign")).await;
        app.ada().await.post(&format!("/users/{nils}/suspend"), &[]).await;

        let refused = sofia.submit(&form, "Assign", &[("recipient", &nils)]).await;
        let done = sofia.submit(&form, "Assign", &[("recipient", &recipient(&app, cast::NORA))]).await;

        assert_eq!(refused.status(), 409);
        assert_eq!(done.status(), 303, "{}", done.text());
    }

    async fn recipients_are_found_by_name_and_by_partner(app) {
        let lead = app.a_lead().create().await;
        let sofia = app.sofia().await;

        let by_name = sofia.get(&format!("/leads/{lead}/assign?q=nils")).await;
        let by_partner = sofia.get(&format!("/leads/{lead}/assign?q=SOUTHGATE")).await;
        let nobody = sofia.get(&format!("/leads/{lead}/assign?q=%25")).await;

        assert!(by_name.text().contains("Nils Holm") && !by_name.text().contains("Sam Okafor"));
        assert!(by_partner.text().contains("Sam Okafor") && !by_partner.text().contains("Nils Holm"));
        assert!(nobody.text().contains("Nobody matches"));
    }

    async fn who_holds_the_lead_is_greyed_with_the_reason(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).create().await;

        let page = app.sofia().await.get(&format!("/leads/{lead}/assign")).await;

        assert!(page.text().contains("Has this lead already."), "{}", page.text());
        assert!(page.text().contains("Nora Lindqvist, Northwind has this lead now"));
    }

    async fn a_reassigned_lead_is_unopened_again_and_gone_for_the_old_partner(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let sofia = app.sofia().await;
        let form = sofia.get(&format!("/leads/{lead}/assign")).await;

        let done = sofia.submit(&form, "Assign", &[("recipient", &recipient(&app, cast::SAM))]).await;

        let page = sofia.follow(&done).await;
        assert!(page.text().contains("Unopened"));
        assert!(page.text().contains("reassigned the lead to Southgate, Sam Okafor."), "{}", page.text());
    }

    async fn a_stale_page_assigns_nothing(app) {
        let lead = app.a_lead().create().await;
        let (sofia, ada) = (app.sofia().await, app.ada().await);
        let (first, second) =
            (sofia.get(&format!("/leads/{lead}/assign")).await, ada.get(&format!("/leads/{lead}/assign")).await);

        let (to_nora, to_sam) = (recipient(&app, cast::NORA), recipient(&app, cast::SAM));
        let (to_nora, to_sam) = ([("recipient", to_nora.as_str())], [("recipient", to_sam.as_str())]);
        let (won, lost) =
            tokio::join!(sofia.submit(&first, "Assign", &to_nora), ada.submit(&second, "Assign", &to_sam));

        let mut statuses = [won.status(), lost.status()];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 409]);
        let mut conn = app.conn();
        assert_eq!(assignments::table.count().get_result::<i64>(&mut conn).unwrap(), 1);
    }

    async fn choosing_nobody_is_told_beside_the_field(app) {
        let lead = app.a_lead().create().await;
        let sofia = app.sofia().await;

        let page = sofia.post(&format!("/leads/{lead}/assign"), &[("recipient", "somebody")]).await;

        assert_eq!(page.status(), 422);
        assert_eq!(page.errors(), ["Choose who receives the lead"]);
    }

    async fn a_recalled_lead_is_unassigned(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let sofia = app.sofia().await;
        let page = sofia.get(&format!("/leads/{lead}")).await;

        let done = sofia.submit(&page, "Recall", &[]).await;
        let again = sofia.post(&format!("/leads/{lead}/recall"), &[]).await;

        assert!(sofia.follow(&done).await.text().contains("Nobody has this lead yet."));
        assert_eq!(again.status(), 409);
        assert_eq!(again.heading(), "There is nothing to take back");
    }

    async fn a_selection_is_assigned_with_a_result_for_each(app) {
        app.track_permission().await;
        let mut leads = Vec::new();
        for number in 0..6 {
            let lead = app.a_lead().named("Lead", &format!("Number{number}"));
            leads.push(if number % 2 == 0 { lead.confirmed().create().await } else { lead.create().await }.to_string());
        }
        let sofia = app.sofia().await;
        let nora = recipient(&app, cast::NORA);
        let mut fields: Vec<(&str, &str)> = leads.iter().map(|lead| ("lead", lead.as_str())).collect();
        fields.push(("recipient", &nora));

        let page = sofia.post("/leads/selection/assign", &fields).await;

        assert_eq!(page.heading(), "3 leads assigned");
        let left_out = page.rows().iter().filter(|row| row.contains("nobody has confirmed permission")).count();
        assert_eq!(left_out, 3, "{:?}", page.rows());
        let mut conn = app.conn();
        assert_eq!(assignments::table.count().get_result::<i64>(&mut conn).unwrap(), 3);
    }

    async fn the_refusal_trio_for_leads(app) {
        let lead = app.a_lead().create().await;
        let (anybody, nora, sofia) = (app.anybody(), app.nora().await, app.sofia().await);
        let unknown = "0".repeat(26);

        for page in ["", "/edit", "/assign"] {
            let path = format!("/leads/{lead}{page}");
            assert_eq!(anybody.get(&path).await.status(), 303, "{path}");
            assert_eq!(nora.get(&path).await.status(), 403, "{path}");
            assert_eq!(sofia.get(&format!("/leads/{unknown}{page}")).await.status(), 404, "{path}");
        }
        for act in ["edit", "assign", "recall"] {
            assert_eq!(anybody.post(&format!("/leads/{lead}/{act}"), &[]).await.status(), 303, "{act}");
            assert_eq!(nora.post(&format!("/leads/{lead}/{act}"), &[]).await.status(), 403, "{act}");
            assert_eq!(sofia.post(&format!("/leads/{unknown}/{act}"), &[]).await.status(), 404, "{act}");
        }
    }
}
