//! Partners: the list, one partner, entering, changing, suspending.

use diesel::prelude::*;
use leadgate::cli::demo::cast;
use leadgate::db::schema::{audit_events, partners, sessions};
use leadgate::db::types::Reference;

use crate::support::TestApp;
use crate::support::client::Client;

/// The address of a partner of the cast.
fn href(app: &TestApp, name: &str) -> String {
    let reference: Reference = partners::table
        .filter(partners::name.eq(name))
        .select(partners::reference)
        .first(&mut app.conn())
        .unwrap();
    format!("/partners/{reference}")
}

/// Whether the sign-in page sends this person on to the start page.
async fn is_signed_in(client: &Client) -> bool {
    client.get("/sign-in").await.status() == 303
}

fn acts(app: &TestApp, act: &str) -> i64 {
    audit_events::table
        .filter(audit_events::action.eq(act))
        .count()
        .get_result(&mut app.conn())
        .unwrap()
}

db_test! {
    async fn staff_look_at_the_partners_and_what_they_hold(app) {
        app.a_lead().assigned_to(cast::NILS).create().await;
        app.a_lead().named("Ole", "Dahl").assigned_to(cast::NORA).opened().create().await;
        let sofia = app.sofia().await;

        let page = sofia.get("/partners").await;

        assert_eq!(page.heading(), format!("Partners {} partners", page.rows().len()));
        for row in ["Northwind Sweden Active 2 1 1", "Southgate United Kingdom Active 1 0 0"] {
            assert!(page.rows().contains(&row.to_owned()), "{:?}", page.rows());
        }
        assert!(!page.text().contains("New partner"));

        let page = sofia.get(&page.link("Northwind")).await;
        assert_eq!(page.heading(), "Partner: Northwind");
        assert!(page.rows()[0].starts_with("Nils Holm nils@northwind.example Partner member Active"), "{:?}", page.rows());
        assert_eq!(sofia.get(&page.link("2")).await.heading(), "Leads 2 leads");
        assert!(!page.text().contains("Suspend"));
    }

    async fn the_list_is_searched_and_filtered(app) {
        let sofia = app.sofia().await;

        let page = sofia.get("/partners?q=NORTH").await;
        assert_eq!(page.heading(), "Partners 1 partner");
        assert!(page.text().contains("Search: NORTH"));
        assert_eq!(sofia.get("/partners?country=GB").await.rows().len(), 1);

        let none = sofia.get("/partners?q=%25").await;
        assert!(none.text().contains("No partner matches"));
        assert_eq!(sofia.get("/partners?state=asleep").await.status(), 400);
    }

    async fn the_list_goes_on_page_by_page(app) {
        let ada = app.ada().await;
        for number in 0..60 {
            let name = format!("Partner {number:02}");
            let answer = ada.post("/partners/new", &[("name", &name), ("country", "SE")]).await;
            assert_eq!(answer.status(), 303);
        }

        let first = ada.get("/partners?q=Partner").await;
        let second = ada.get(&first.link("Next")).await;

        assert_eq!(first.heading(), "Partners 60 partners");
        assert_eq!((first.rows().len(), second.rows().len()), (50, 10));
        assert!(first.rows()[0].starts_with("Partner 00"));
        assert!(second.rows()[0].starts_with("Partner 50"));
        assert_eq!(ada.get(&second.link("Previous")).await.rows(), first.rows());
    }

    async fn a_partner_is_entered_once_even_when_the_form_is_sent_twice(app) {
        let ada = app.ada().await;
        let form = ada.get("/partners/new").await;
        let fields = [("name", "Marlin Consulting"), ("country", "NL")];

        let first = ada.submit(&form, "Create partner", &fields).await;
        let second = ada.submit(&form, "Create partner", &fields).await;

        assert_eq!(first.status(), 303);
        assert_eq!(second.location(), first.location());
        let page = ada.follow(&first).await;
        assert_eq!(page.heading(), "Partner: Marlin Consulting");
        assert!(page.flash().contains("entered"));
        assert!(page.text().contains("Nobody here yet"));
        let entered: i64 = partners::table
            .filter(partners::name.eq("Marlin Consulting"))
            .count()
            .get_result(&mut app.conn())
            .unwrap();
        assert_eq!(entered, 1);
    }

    async fn a_partner_needs_a_name_of_its_own_and_a_country(app) {
        let ada = app.ada().await;

        let empty = ada.post("/partners/new", &[]).await;
        assert_eq!(empty.status(), 422);
        assert_eq!(empty.errors(), ["Enter the name of the company", "Choose the country of the company"]);
        assert!(empty.title().starts_with("Error: "));

        let taken = ada.post("/partners/new", &[("name", "  NORTHWIND "), ("country", "NO")]).await;
        assert_eq!(taken.status(), 422);
        assert_eq!(taken.errors(), ["There is a partner with this name already: enter another name, or edit that partner"]);
        assert_eq!((taken.value("name").as_str(), taken.value("country").as_str()), ("  NORTHWIND ", "NO"));

        let long = "x".repeat(200);
        assert_eq!(ada.post("/partners/new", &[("name", &long), ("country", "NO")]).await.status(), 422);
    }

    async fn two_administrators_change_a_partner_and_nothing_typed_is_lost(app) {
        let (ada, other) = (app.ada().await, app.ada().await);
        let edit = format!("{}/edit", href(&app, "Northwind"));
        let (first, second) = (ada.get(&edit).await, other.get(&edit).await);

        assert_eq!(ada.submit(&first, "Save partner", &[("country", "NO")]).await.status(), 303);
        let stale = other.submit(&second, "Save partner", &[("name", "Northwind AB")]).await;

        assert_eq!(stale.status(), 409);
        assert!(stale.text().contains("Somebody else changed this partner meanwhile"));
        assert!(stale.text().contains("Norway"));
        assert_eq!(stale.value("name"), "Northwind AB");
        let saved = other.submit(&stale, "Save partner", &[]).await;
        assert_eq!(saved.status(), 303);
        assert_eq!(other.follow(&saved).await.heading(), "Partner: Northwind AB");
    }

    async fn suspending_a_partner_closes_the_portal_on_the_next_request(app) {
        app.a_lead().assigned_to(cast::NILS).create().await;
        let (ada, nora, nils, sam) = (app.ada().await, app.nora().await, app.nils().await, app.sam().await);
        let northwind = href(&app, "Northwind");

        let page = ada.get(&format!("{northwind}/suspend")).await;
        assert_eq!(page.heading(), "Suspend Northwind");
        assert!(page.text().contains("2 active users can’t sign in any more; 2 open sessions are ended"), "{}", page.text());
        assert!(page.text().contains("Leads that stay assigned: 1 (1 unopened)"), "{}", page.text());
        let done = ada.submit(&page, "Suspend partner", &[]).await;

        assert!(ada.follow(&done).await.flash().contains("suspended"));
        assert!(!is_signed_in(&nora).await);
        assert!(!is_signed_in(&nils).await);
        assert!(is_signed_in(&sam).await);
        let left: i64 = sessions::table.count().get_result(&mut app.conn()).unwrap();
        assert_eq!(left, 2, "Ada's and Sam's");
        let refused = app.anybody().post("/sign-in", &[("email", cast::NORA), ("password", cast::PASSWORD)]).await;
        assert_eq!(refused.status(), 422);
        assert_eq!(acts(&app, "partner.suspended"), 1);

        let again = ada.post(&format!("{northwind}/suspend"), &[]).await;
        assert_eq!((again.status(), acts(&app, "partner.suspended")), (303, 1));

        let page = ada.get(&format!("{northwind}/resume")).await;
        ada.submit(&page, "Resume partner", &[]).await;
        assert!(is_signed_in(&app.nora().await).await);
        assert!(!is_signed_in(&nora).await, "the old session stays ended");
    }

    async fn an_administrator_signs_a_partner_out(app) {
        let (ada, nora, sam) = (app.ada().await, app.nora().await, app.sam().await);
        let page = ada.get(&format!("{}/sign-out", href(&app, "Northwind"))).await;

        let done = ada.submit(&page, "Sign them out", &[]).await;

        assert_eq!(ada.follow(&done).await.flash(), "1 session is ended.");
        assert!(!is_signed_in(&nora).await);
        assert!(is_signed_in(&sam).await);
    }

    async fn nobody_gets_in_who_should_not(app) {
        let northwind = href(&app, "Northwind");
        let (anybody, sofia, nora, ada) = (app.anybody(), app.sofia().await, app.nora().await, app.ada().await);
        let unknown = format!("/partners/{}", Reference::random());

        for path in ["/partners", &northwind] {
            assert_eq!(anybody.get(path).await.status(), 303, "{path}");
            assert_eq!(nora.get(path).await.status(), 403, "{path}");
        }
        for what in ["edit", "suspend", "resume", "sign-out"] {
            let path = format!("{northwind}/{what}");
            assert_eq!(anybody.post(&path, &[]).await.status(), 303, "{path}");
            for person in [&sofia, &nora] {
                assert_eq!(person.get(&path).await.status(), 403, "{path}");
                assert_eq!(person.post(&path, &[]).await.status(), 403, "{path}");
            }
            let path = format!("{unknown}/{what}");
            assert_eq!(ada.get(&path).await.status(), 404, "{path}");
        }
        assert_eq!(sofia.post("/partners/new", &[("name", "X"), ("country", "SE")]).await.status(), 403);
        assert_eq!(sofia.get(&unknown).await.status(), 404);
        assert_eq!(sofia.get("/partners/northwind").await.status(), 404);
        assert_eq!(ada.post(&format!("{unknown}/suspend"), &[]).await.status(), 404);
    }
}
