//! Deleting one lead.

use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;
use leadgate::domain::leads::staff;

db_test! {
    async fn deleting_refuses_whoever_may_not(app) {
        let lead = app.a_lead().create().await;
        let path = format!("/leads/{lead}/delete");

        assert!(app.anybody().get(&path).await.location().starts_with("/sign-in"));
        assert!(app.anybody().post(&path, &[]).await.location().starts_with("/sign-in"));
        assert_eq!(app.nora().await.get(&path).await.status(), 403);
        assert_eq!(app.nora().await.post(&path, &[]).await.status(), 403);
        let unknown = format!("/leads/{}/delete", Reference::random());
        assert_eq!(app.sofia().await.get(&unknown).await.status(), 404);
        assert_eq!(app.sofia().await.post(&unknown, &[]).await.status(), 404);
        assert!(staff::find(&mut app.conn(), &app.staff_scope(), &lead).unwrap().is_some());
    }

    async fn a_lead_is_deleted_after_saying_who_had_it(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let sofia = app.sofia().await;

        let page = sofia.get(&format!("/leads/{lead}/delete")).await;
        assert_eq!(page.heading(), "Delete lead");
        assert!(page.text().contains("Anna Öberg, Nordlicht GmbH"));
        assert!(page.text().contains("Northwind has it (Nils Holm) since 4 May 2026"), "{}", page.text());
        assert!(page.text().contains("Nils Holm opened it"), "{}", page.text());
        assert!(page.text().contains("This can’t be undone."));

        let done = sofia.submit(&page, "Delete lead", &[]).await;
        assert_eq!(done.location(), "/leads");
        let list = sofia.follow(&done).await;
        assert_eq!(list.flash(), "The lead is deleted, with all its personal data here.");
        assert!(!list.text().contains("Öberg"));
        assert_eq!(sofia.get(&format!("/leads/{lead}/delete")).await.status(), 404);
        assert_eq!(sofia.submit(&page, "Delete lead", &[]).await.status(), 404);
    }

    async fn a_lead_that_nobody_had_says_so(app) {
        let lead = app.a_lead().create().await;

        let page = app.sofia().await.get(&format!("/leads/{lead}/delete")).await;

        assert!(page.text().contains("No partner: it was never assigned."));
    }

    async fn a_confirmed_lead_goes_with_its_confirmation(app) {
        app.track_permission().await;
        let lead = app.a_lead().confirmed().create().await;
        let sofia = app.sofia().await;

        let page = sofia.get(&format!("/leads/{lead}/delete?from=awaiting")).await;
        assert!(page.text().contains("the confirmation of permission, with its evidence"));
        let done = sofia.submit(&page, "Delete lead", &[]).await;

        assert_eq!(done.location(), "/leads/awaiting-permission");
        assert!(staff::find(&mut app.conn(), &app.staff_scope(), &lead).unwrap().is_none());
    }
}
