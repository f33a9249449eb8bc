//! Views of the list of leads: kept under a name, opened again, renamed, deleted; and everybody's own.

use leadgate::db::types::Reference;

use crate::support::TestApp;
use crate::support::builders::delete;
use crate::support::client::{Client, Page};
use crate::support::sql::{execute, texts};

const COUNT: &str = "SELECT COUNT(*) AS n FROM lead_views";

/// Saves a list as a view, by the link of the list and the form behind it.
async fn save(client: &Client, list: &str, name: &str) -> Page {
    let page = client.get(&format!("/leads?{list}")).await;
    let form = client.get(&page.link("Save as view")).await;
    assert_eq!(form.heading(), "Save as view");
    client.submit(&form, "Save view", &[("name", name)]).await
}

fn reference(app: &TestApp) -> String {
    app.text("SELECT reference AS t FROM lead_views")
}

db_test! {
    async fn a_view_brings_the_list_back_as_it_was(app) {
        for (name, country) in [("Zoe", "SE"), ("Anna", "SE"), ("Ben", "DE")] {
            app.a_lead().named(name, name).with(|lead| lead.country = country.to_owned()).create().await;
        }
        let sofia = app.sofia().await;
        assert!(!sofia.get("/leads").await.text().contains("Save as view"), "there is nothing to save");

        let saved = save(&sofia, "country=SE&q=nordlicht&sort=name", "Swedes").await;

        let list = sofia.follow(&saved).await;
        assert_eq!(list.flash(), "The view is saved.");
        assert_eq!(list.rows().len(), 2);
        assert!(list.rows()[0].contains("Anna") && list.rows()[1].contains("Zoe"), "{:?}", list.rows());
        assert!(!list.text().contains("Save as view"), "it is saved");
        assert!(list.source().contains("aria-current=\"page\">Swedes</a>"), "{}", list.source());
        let all = sofia.get("/leads").await;
        assert_eq!(all.link("Swedes"), saved.location());
        assert_eq!(sofia.get(&all.link("Swedes")).await.rows(), list.rows());
        assert!(!all.source().contains("aria-current=\"page\">Swedes</a>"));
        assert_eq!(app.audited("view.saved"), 1);
        assert_eq!(app.text("SELECT detail AS t FROM audit_events WHERE action = 'view.saved'"), "");
    }

    async fn a_view_keeps_no_page_and_any_page_of_it_is_the_view(app) {
        for number in 0..51 {
            app.a_lead().named("Anna", &format!("Öberg {number:02}")).create().await;
        }
        let sofia = app.sofia().await;
        let second = sofia.get("/leads?sort=name").await.link("Next");

        let form = sofia.get(&sofia.get(&second).await.link("Save as view")).await;
        let list = sofia.follow(&sofia.submit(&form, "Save view", &[("name", "By name")]).await).await;

        assert_eq!(list.rows().len(), 50);
        assert_eq!(app.text("SELECT query AS t FROM lead_views"), "sort=name");
        assert!(!sofia.get(&second).await.text().contains("Save as view"));
    }

    async fn a_view_is_renamed_and_deleted_after_a_question(app) {
        let sofia = app.sofia().await;
        save(&sofia, "status=open", "Opn").await;
        let views = sofia.get(&sofia.get("/leads").await.link("Change views")).await;
        assert!(views.rows()[0].contains("Status: Open"), "{:?}", views.rows());

        let form = sofia.get(&views.link("Rename Opn")).await;
        let renamed = sofia.follow(&sofia.submit(&form, "Rename", &[("name", "Open")]).await).await;
        assert_eq!(renamed.flash(), "The view is renamed.");
        assert_eq!(app.text("SELECT name AS t FROM lead_views"), "Open");

        let question = sofia.get(&renamed.link("Delete Open")).await;
        assert!(question.text().contains("Status: Open"), "{}", question.text());
        assert_eq!(app.count(COUNT), 1, "asking deletes nothing");
        let deleted = sofia.follow(&sofia.submit(&question, "Delete view", &[]).await).await;
        assert_eq!(deleted.flash(), "The view is deleted. The leads stay.");
        assert!(deleted.text().contains("No views yet"));
        assert_eq!(app.count(COUNT), 0);
        assert_eq!((app.audited("view.renamed"), app.audited("view.deleted")), (1, 1));
        assert_eq!(app.audited("view.renamed"), 1);
    }

    async fn a_view_of_somebody_else_is_as_unknown_as_none(app) {
        let sofia = app.sofia().await;
        save(&sofia, "status=open", "Open").await;
        let view = format!("/leads/views/{}", reference(&app));
        let unknown = format!("/leads/views/{}", Reference::random());
        let ada = app.ada().await;
        assert!(!ada.get("/leads").await.text().contains("Change views"));
        assert!(ada.get("/leads/views").await.text().contains("No views yet"));

        for path in ["", "/delete"] {
            let (foreign, none) = (format!("{view}{path}"), format!("{unknown}{path}"));
            assert_eq!(ada.get(&foreign).await.status(), 404, "{path}");
            assert_eq!(ada.get(&foreign).await.text(), ada.get(&none).await.text());
            assert_eq!(ada.post(&foreign, &[("name", "Mine")]).await.status(), 404, "{path}");
            assert_eq!(app.nora().await.post(&foreign, &[("name", "Mine")]).await.status(), 403, "{path}");
            assert_eq!(app.anybody().post(&foreign, &[("name", "Mine")]).await.status(), 303, "{path}");
        }

        assert_eq!(app.text("SELECT name AS t FROM lead_views"), "Open");
        assert_eq!(app.audited("view.renamed") + app.audited("view.deleted"), 0);
    }

    async fn a_name_is_needed_and_once_for_each_person(app) {
        let sofia = app.sofia().await;
        save(&sofia, "status=open", "Öppna leads").await;

        let taken = save(&sofia, "status=won", "oppna  LEADS").await;
        assert_eq!((taken.status(), taken.errors()), (422, vec!["You have a view of this name already".to_owned()]));
        assert_eq!(taken.value("name"), "oppna  LEADS");
        assert_eq!(taken.value("list"), "status=won");
        assert_eq!(save(&sofia, "status=won", " ").await.errors(), ["Enter a name for the view"]);
        let long = save(&sofia, "status=won", &"x".repeat(61)).await;
        assert_eq!(long.errors(), ["Name must be 60 characters or fewer"]);
        assert_eq!(app.count(COUNT), 1);

        save(&sofia, "status=won", "Won").await;
        let form = sofia.get(&sofia.get("/leads/views").await.link("Rename Won")).await;
        let taken = sofia.submit(&form, "Rename", &[("name", "Oppna leads")]).await;
        assert_eq!((taken.status(), taken.value("name")), (422, "Oppna leads".to_owned()));
        assert_eq!(app.audited("view.renamed"), 0);
        assert_eq!(save(&app.ada().await, "status=open", "Öppna leads").await.status(), 303, "for somebody else");
    }

    async fn nobody_keeps_more_than_thirty(app) {
        let sofia = app.sofia().await;
        for number in 0..30 {
            let name = format!("View {number}");
            let fields = [("list", "status=open"), ("name", name.as_str())];
            assert_eq!(sofia.post("/leads/views", &fields).await.status(), 303);
        }

        let refused = sofia.post("/leads/views", &[("list", "status=won"), ("name", "One more")]).await;

        assert_eq!((refused.status(), refused.heading()), (409, "You have 30 views already".to_owned()));
        assert_eq!(sofia.get("/leads/views/new?status=won").await.status(), 409);
        assert_eq!((app.count(COUNT), app.audited("view.saved")), (30, 30));
        assert_eq!(sofia.get("/leads/views").await.rows().len(), 30);
        assert_eq!(sofia.post("/leads/views", &[("list", ""), ("name", "Everything")]).await.status(), 400);
        assert_eq!(sofia.post("/leads/views", &[("list", "status=x"), ("name", "Nonsense")]).await.status(), 400);
    }

    async fn a_view_opens_without_what_the_list_no_longer_offers(app) {
        app.a_lead().create().await;
        app.a_lead().with(|lead| lead.country = "DE".to_owned()).create().await;
        let sofia = app.sofia().await;
        save(&sofia, "country=SE", "Old").await;
        execute(&mut app.conn(), "UPDATE lead_views SET query = 'status=gone&country=SE&q=%FF&nothing=1'").unwrap();

        let list = sofia.get(&sofia.get("/leads").await.link("Old")).await;

        assert_eq!((list.status(), list.rows().len()), (200, 1));
        assert!(sofia.get("/leads/views").await.rows()[0].contains("the list no longer offers some of it"));

        let gone = format!("UPDATE lead_views SET query = 'partner={}'", Reference::random());
        execute(&mut app.conn(), &gone).unwrap();
        let list = sofia.get(&sofia.get("/leads").await.link("Old")).await;
        assert!(list.text().contains("Partner: unknown") && list.text().contains("No lead matches"), "{}", list.text());
    }

    async fn a_view_that_names_an_erased_person_goes_with_the_lead(app) {
        let lead = app.a_lead().create().await;
        let sofia = app.sofia().await;
        for (list, name) in [
            ("q=%C3%96berg%20anna", "By name"),
            ("q=anna.oberg%40nordlicht.example", "By address"),
            ("q=%2B46%208%20555%200100", "By phone"),
            ("status=open", "What Anna Öberg waits for"),
            ("q=nordlicht", "Nordlicht"),
            ("q=anna", "All Annas"),
        ] {
            assert_eq!(save(&sofia, list, name).await.status(), 303, "{name}");
        }

        delete(&app, &lead).await;

        let left = texts(&mut app.conn(), "SELECT name AS answer FROM lead_views ORDER BY name_key");
        assert_eq!(left, ["All Annas", "Nordlicht"]);
        assert_eq!(app.audited("view.deleted"), 4);
    }
}
