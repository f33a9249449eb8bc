//! Who has seen a lead, for staff.

use leadgate::cli::demo::cast;

use crate::support::builders::assign_to;

db_test! {
    async fn every_disclosure_has_its_person_time_channel_and_fields(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        assign_to(&app, &lead, cast::SAM).await;
        let sofia = app.sofia().await;

        let lead_page = sofia.get(&format!("/leads/{lead}")).await;
        let page = sofia.get(&lead_page.link("Who has seen this lead")).await;

        assert_eq!(page.heading(), "Who has seen this lead");
        let rows = page.rows();
        assert_eq!(rows.len(), 3);
        assert!(rows[0].starts_with("Sam Okafor Southgate Waits in the portal 4 May 2026, 09:30 UTC Country, product"), "{:?}", rows[0]);
        assert!(rows[1].starts_with("Nils Holm Northwind Opened in the portal"), "{:?}", rows[1]);
        assert!(rows[1].contains("First name, last name, e-mail, phone"), "{:?}", rows[1]);
    }

    async fn a_lead_that_nobody_had_says_so_and_an_unknown_one_is_not_found(app) {
        let lead = app.a_lead().create().await;
        let sofia = app.sofia().await;

        assert!(sofia.get(&format!("/leads/{lead}/disclosures")).await.text().contains("Nobody yet"));
        assert_eq!(sofia.get("/leads/00000000000000000000000000/disclosures").await.status(), 404);
        assert_eq!(app.nils().await.get(&format!("/leads/{lead}/disclosures")).await.status(), 403);
    }
}
