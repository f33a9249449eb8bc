//! Notices inside the application: the same events as by mail.

use leadgate::cli::demo::cast;
use leadgate::domain::assignments::recall;
use leadgate::domain::leads::staff;

use crate::support::TestApp;
use crate::support::client::Client;

/// The words of the navigation's item, with its counter.
async fn item(client: &Client, path: &str) -> String {
    let page = client.get(path).await;
    let links = page.links_with_words();
    let found = links.iter().find(|(_, words)| words.starts_with("Notices"));
    found.expect("the navigation names the notices").1.clone()
}

async fn take_back(app: &TestApp, lead: &leadgate::db::types::Reference) {
    let (scope, now) = (app.staff_scope(), app.now());
    let id = staff::id_of(&mut app.conn(), &scope, lead).unwrap().unwrap();
    app.write(move |tx| recall::recall(tx, &scope, id, now)).await.unwrap();
}

db_test! {
    async fn a_partner_user_is_told_of_a_lead_until_it_is_read(app) {
        let nils = app.nils().await;
        let page = nils.get("/portal/notices").await;
        assert!(page.text().contains("No notices"), "{}", page.text());
        let lead = app.a_lead().assigned_to(cast::NILS).create().await;

        let page = nils.get("/portal/notices").await;
        assert_eq!(page.heading(), "Notices 1 unread");
        assert_eq!(page.link("A new lead for you"), format!("/portal/leads/{lead}"));
        assert!(page.rows()[0].contains("ERP Cloud, Sweden"), "{:?}", page.rows());
        assert_eq!(item(&nils, "/portal/notices").await, "Notices 1 unread");
        assert_eq!(item(&nils, "/portal/notices").await, "Notices 1 unread", "looking changes nothing");

        let done = nils.submit(&page, "Mark all as read", &[]).await;
        let page = nils.follow(&done).await;
        assert_eq!(page.flash(), "All notices are marked as read.");
        assert_eq!(page.heading(), "Notices");
        assert_eq!(page.rows().len(), 1);
        assert_eq!(item(&nils, "/portal/notices").await, "Notices");
    }

    async fn a_notice_goes_with_the_access_to_its_lead(app) {
        let nils = app.nils().await;
        let lead = app.a_lead().assigned_to(cast::NILS).create().await;
        app.a_lead().assigned_to(cast::NILS).create().await;
        assert_eq!(nils.get("/portal/notices").await.rows().len(), 2);

        take_back(&app, &lead).await;

        let page = nils.get("/portal/notices").await;
        assert_eq!(page.rows().len(), 1);
        assert_eq!(page.heading(), "Notices 1 unread");

        // On hold: as if there were none.
        app.track_permission().await;
        let page = nils.get("/portal/notices").await;
        assert!(page.text().contains("No notices"), "{}", page.text());
        assert_eq!(page.heading(), "Notices");
    }

    async fn a_lead_that_was_opened_waits_no_longer(app) {
        app.a_lead().assigned_to(cast::NILS).opened().create().await;

        assert_eq!(app.nils().await.get("/portal/notices").await.heading(), "Notices");
    }

    async fn whoever_assigned_a_lead_is_told_when_it_is_opened(app) {
        let sofia = app.sofia().await;
        assert_eq!(item(&sofia, "/leads").await, "Notices");
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;

        assert_eq!(item(&sofia, "/leads").await, "Notices 1 unread");
        let page = sofia.get("/notices").await;
        assert_eq!(page.link("Northwind opened a lead that you assigned"), format!("/leads/{lead}"));
        assert_eq!(item(&app.ada().await, "/leads").await, "Notices", "somebody else assigned it");

        let done = sofia.submit(&page, "Mark all as read", &[]).await;
        assert_eq!(sofia.follow(&done).await.heading(), "Notices");
    }

    async fn a_notice_names_nothing_of_a_lead(app) {
        app.a_lead().named("CANARY", "CANARY").with(|input| input.company = "CANARY".to_owned())
            .assigned_to(cast::NILS).create().await;

        assert!(!app.nils().await.get("/portal/notices").await.source().contains("CANARY"));
    }

    async fn many_notices_are_read_in_pages(app) {
        for _ in 0..51 {
            app.a_lead().assigned_to(cast::NILS).create().await;
        }
        let nils = app.nils().await;

        let first = nils.get("/portal/notices").await;
        let second = nils.get(&first.link("Next")).await;

        assert_eq!((first.rows().len(), second.rows().len()), (50, 1));
        assert_eq!(nils.get(&second.link("Previous")).await.rows(), first.rows());
    }

    async fn notices_are_for_those_who_are_told(app) {
        assert_eq!(app.anybody().get("/notices").await.location(), "/sign-in?next=%2Fnotices");
        assert_eq!(app.anybody().get("/portal/notices").await.location(), "/sign-in?next=%2Fportal%2Fnotices");
        assert_eq!(app.nora().await.get("/notices").await.status(), 403);
        assert_eq!(app.nora().await.post("/notices/read", &[]).await.status(), 403);
        assert_eq!(app.sofia().await.get("/portal/notices").await.status(), 403);
        assert_eq!(app.sofia().await.post("/portal/notices/read", &[]).await.status(), 403);
    }
}
