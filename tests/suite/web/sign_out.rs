//! The way out is on every page of somebody who is signed in (ASVS 5.0 V7.4.4), also where a request went wrong; and only
//! there.

use leadgate::cli::demo::cast;
use leadgate::web::{Audience, ROUTES};

use crate::support::client::Page;
use crate::support::records::one_of_each;
use crate::support::sql::execute;

fn has_way_out(page: &Page) -> bool {
    page.forms()
        .iter()
        .any(|form| form.action == "/sign-out" && form.method == "post")
        && page.has_button("Sign out")
}

fn is_page(page: &Page) -> bool {
    page.header("content-type")
        .is_some_and(|kind| kind.starts_with("text/html"))
}

db_test! {
    async fn every_page_of_somebody_signed_in_has_the_way_out(app) {
        let (ada, sofia, nora) = (app.ada().await, app.sofia().await, app.nora().await);
        let records = one_of_each(&app, &sofia).await;
        let mut pages = 0;
        for route in ROUTES.iter().filter(|route| route.methods.contains(&"get")) {
            let clients = match route.audience {
                Audience::Anybody => continue,
                Audience::SignedIn => vec![&ada, &sofia, &nora],
                Audience::Partner | Audience::PartnerManager => vec![&nora, &sofia],
                Audience::Staff => vec![&ada, &sofia, &nora],
                Audience::Administrator => vec![&ada, &sofia],
            };
            for client in clients {
                let page = client.get(&records.path(route)).await;
                if is_page(&page) {
                    pages += 1;
                    assert!(has_way_out(&page), "{} ({})", route.path, page.status());
                }
            }
        }
        assert!(pages > 100, "{pages}");
    }

    async fn whatever_goes_wrong_the_way_out_is_there(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let (nora, nils, ada) = (app.nora().await, app.nils().await, app.ada().await);
        let (note, wrong) = (format!("/portal/leads/{lead}/note"), format!("/portal/leads/{lead}/closing"));
        let held = app.a_lead().create().await;
        app.track_permission().await;
        let fields = [("recipient", &*app.reference_of(cast::NORA))];
        let mut pages = vec![
            (400, nora.get("/portal/leads?sort=nonsense").await),
            (403, nora.get("/leads").await),
            (404, nora.get("/nothing").await),
            (404, nora.get(&format!("/portal/leads/{held}")).await),
            (405, nora.request("PUT", "/portal/leads", &[("origin", &app.origin)], "").await),
            (409, app.sofia().await.post(&format!("/leads/{held}/assign"), &fields).await),
            (413, nora.post(&note, &[("status_note", &"x".repeat(300_000))]).await),
            (422, nora.post(&wrong, &[]).await),
        ];
        let guess = [("current", "wrong"), ("new", "tram sieve ochre quill"), ("again", "tram sieve ochre quill")];
        for _ in 0..6 {
            let page = nils.post("/account/password", &guess).await;
            if page.status() == 429 {
                pages.push((429, page));
                break;
            }
        }
        execute(&mut app.conn(), "ALTER TABLE closing_reasons RENAME TO out_of_reach").unwrap();
        pages.push((500, ada.get("/settings/lead-distribution/closing").await));
        assert_eq!(pages.len(), 10);

        for (status, page) in &pages {
            assert_eq!(page.status(), *status, "{}", page.text());
            assert!(has_way_out(page), "{status}: {}", page.source());
        }
        // What somebody else is told is the same, but for the way out.
        let (signed_in, signed_out) = (nora.get("/nothing").await, app.anybody().get("/nothing").await);
        assert!(!has_way_out(&signed_out));
        assert_eq!(signed_in.text().replace(" Sign out", ""), signed_out.text());
    }
}
