//! Correcting a lead that a partner has: what it reads of the change is a disclosure, and one that needs permission.

use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;

use crate::support::TestApp;
use crate::support::client::{Client, Page};

async fn correct(client: &Client, lead: &Reference, changes: &[(&str, &str)]) -> Page {
    let form = client.get(&format!("/leads/{lead}/edit")).await;
    client.submit(&form, "Save lead", changes).await
}

/// The fields of the changes that the ledger knows.
fn written_down(app: &TestApp) -> Vec<String> {
    crate::support::sql::texts(
        &mut app.conn(),
        "SELECT fields AS answer FROM disclosures WHERE act = 'updated' ORDER BY id",
    )
}

const JANE: &[(&str, &str)] = &[
    ("first_name", "Jane"),
    ("last_name", "Doe"),
    ("email", "jane@doe.example"),
];

db_test! {
    async fn nobody_is_passed_on_by_a_change_of_a_lead_on_hold(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        app.track_permission().await;
        let (sofia, nora) = (app.sofia().await, app.nora().await);
        let read = nora.get(&format!("/portal/leads/{lead}")).await.body;

        for change in [JANE, &[("phone", "+46 8 555 0199")], &[("city", "Kiel")], &[("need", "Another one")], &[("country", "DE")]] {
            let refused = correct(&sofia, &lead, change).await;
            assert_eq!(refused.status(), 409, "{change:?}");
            assert!(refused.text().contains("This lead is on hold, and Northwind has opened it"), "{}", refused.text());
            assert_eq!(refused.value(change[0].0).trim(), change[0].1, "nothing that was typed is lost");
            assert_eq!(refused.link("Confirm permission"), format!("/leads/{lead}/confirm"));
            let again = sofia.submit(&refused, "Save lead", &[]).await;
            assert!(again.text().contains("This lead is on hold"), "the form is as good as before: {}", again.text());
        }

        assert_eq!(nora.get(&format!("/portal/leads/{lead}")).await.body, read);
        assert_eq!(written_down(&app), Vec::<String>::new());
        assert_eq!(app.audited("lead.edited"), 0);
        assert_eq!(app.audited("lead.edit_refused"), 10);
        let history = sofia.get(&format!("/leads/{lead}")).await.text();
        assert!(history.contains("tried to change phone of the lead on hold, and it was refused."), "{history}");
        let own = [("internal_note", "Rings in the evening"), ("source", "Fair")];
        assert_eq!(correct(&sofia, &lead, &own).await.status(), 303, "what no partner reads can be changed");

        sofia.post(&format!("/leads/{lead}/recall"), &[]).await;
        assert_eq!(correct(&sofia, &lead, JANE).await.status(), 303, "taken back, nobody reads it");
        assert_eq!(nora.get(&format!("/portal/leads/{lead}")).await.status(), 404);
    }

    async fn a_lead_on_hold_that_was_moved_after_it_was_opened_is_kept_as_it_is(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        app.track_permission().await;
        let (sofia, nora, nils) = (app.sofia().await, app.nora().await, app.nils().await);
        let fields = [("colleague", &*app.reference_of(cast::NILS))];
        assert_eq!(nora.post(&format!("/portal/leads/{lead}/reassignment"), &fields).await.status(), 303);

        let refused = correct(&sofia, &lead, JANE).await;

        assert_eq!(refused.status(), 409);
        nils.post(&format!("/portal/leads/{lead}/open"), &[]).await;
        assert_eq!(nils.get(&format!("/portal/leads/{lead}")).await.heading(), "Anna Öberg, Nordlicht GmbH");
    }

    async fn a_lead_on_hold_that_nobody_opened_can_be_changed(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).create().await;
        app.track_permission().await;

        assert_eq!(correct(&app.sofia().await, &lead, JANE).await.status(), 303);

        assert_eq!(written_down(&app), Vec::<String>::new());
        assert_eq!(app.nora().await.get(&format!("/portal/leads/{lead}")).await.status(), 404);
    }

    async fn what_a_partner_reads_of_a_change_is_written_down(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let waiting = app.a_lead().assigned_to(cast::NORA).create().await;
        let sofia = app.sofia().await;

        let fields = [("phone", "+46 8 555 0199"), ("city", "Kiel"), ("source", "Fair")];
        assert_eq!(correct(&sofia, &lead, &fields).await.status(), 303);
        assert_eq!(correct(&sofia, &lead, &[("internal_note", "Rings in the evening")]).await.status(), 303);
        assert_eq!(correct(&sofia, &waiting, JANE).await.status(), 303);

        assert_eq!(written_down(&app), ["phone city"]);
        let rows = sofia.get(&format!("/leads/{lead}/disclosures")).await.rows();
        assert!(rows[0].starts_with("Nora Lindqvist Northwind Changed by staff after it was opened"), "{rows:?}");
        assert!(rows[0].contains("Phone, city"), "{rows:?}");
        app.track_permission().await;
        app.set_tracking(false, false).await;
        assert_eq!(correct(&sofia, &lead, &[("city", "Lund")]).await.status(), 303);
        assert_eq!(written_down(&app), ["phone city", "city"]);
    }

    async fn another_number_or_company_of_a_confirmed_lead_needs_a_reason(app) {
        app.track_permission().await;
        let lead = app.a_lead().confirmed().assigned_to(cast::NORA).opened().create().await;
        let sofia = app.sofia().await;

        for (field, value) in [("phone", "+46 8 555 0199"), ("company", "Südlicht GmbH"), ("first_name", "Jane")] {
            let refused = correct(&sofia, &lead, &[(field, value)]).await;
            assert_eq!(refused.status(), 422, "{field}");
            assert_eq!(
                refused.errors(),
                ["Say why the name, e-mail address, phone number or company of a confirmed lead changes"]
            );
        }
        assert_eq!(correct(&sofia, &lead, &[("city", "Kiel")]).await.status(), 303);
        let done = correct(&sofia, &lead, &[("phone", "+46 8 555 0199"), ("identity_change", "completed")]).await;

        assert!(sofia.follow(&done).await.text().contains("changed phone (something was missing about the same person)."));
        assert_eq!(written_down(&app), ["city", "phone"]);
    }
}
