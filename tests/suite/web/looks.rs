//! Whoever reads a lead that a colleague opened is in the ledger too: with the first look, before the page is answered.

use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;

use crate::support::TestApp;
use crate::support::builders::assign_to;
use crate::support::database::Backend;
use crate::support::sql::{execute, texts};

const TITLE: &str = "first_name last_name company";
const LIST: &str = "first_name last_name email phone company country product";
const PAGE: &str =
    "first_name last_name email phone company job_title street city postal_code region country product need";

/// Who looked how, and at which fields.
fn looks(app: &TestApp) -> Vec<String> {
    texts(
        &mut app.conn(),
        "SELECT d.act || ' ' || u.name || ': ' || d.fields AS answer FROM disclosures d JOIN users u ON u.id = d.user_id \
         WHERE d.act IN ('viewed', 'listed') ORDER BY d.id",
    )
}

async fn opened_by_nils(app: &TestApp) -> Reference {
    app.a_lead().assigned_to(cast::NILS).opened().create().await
}

db_test! {
    async fn the_first_look_of_each_person_is_written_down_once(app) {
        let lead = opened_by_nils(&app).await;
        app.a_lead().assigned_to(cast::NILS).create().await;
        let (nora, nils, sofia) = (app.nora().await, app.nils().await, app.sofia().await);
        let page = format!("/portal/leads/{lead}");

        for client in [&nils, &nora, &nora] {
            assert_eq!(client.get("/portal/leads").await.status(), 200);
        }
        assert_eq!(looks(&app), [format!("listed Nora Lindqvist: {LIST}")]);
        for client in [&nils, &nora, &nora] {
            assert_eq!(client.get(&page).await.status(), 200);
        }

        assert_eq!(looks(&app), [format!("listed Nora Lindqvist: {LIST}"), format!("viewed Nora Lindqvist: {PAGE}")]);
        let rows = sofia.get(&format!("/leads/{lead}/disclosures")).await.rows();
        assert!(rows[0].starts_with("Nora Lindqvist Northwind Read in the portal"), "{rows:?}");
        assert!(rows[1].starts_with("Nora Lindqvist Northwind Seen in a list of the portal"), "{rows:?}");
        assert!(rows[2].starts_with("Nils Holm Northwind Opened in the portal"), "{rows:?}");
    }

    async fn a_title_above_a_form_shows_less_than_the_list_and_the_list_less_than_the_page(app) {
        let lead = opened_by_nils(&app).await;
        let nora = app.nora().await;
        let form = format!("/portal/leads/{lead}/reassignment");

        for path in [form.as_str(), "/portal/leads", form.as_str(), &format!("/portal/leads/{lead}"), "/portal/leads", "/portal"] {
            assert_eq!(nora.get(path).await.status(), 200, "{path}");
        }

        assert_eq!(looks(&app), [
            format!("listed Nora Lindqvist: {TITLE}"),
            format!("listed Nora Lindqvist: {LIST}"),
            format!("viewed Nora Lindqvist: {PAGE}"),
        ]);
    }

    async fn who_took_a_lead_out_in_a_file_has_seen_the_list(app) {
        let lead = opened_by_nils(&app).await;
        let nora = app.nora().await;
        assert_eq!(nora.post("/portal/leads/download", &[]).await.status(), 200);

        nora.get("/portal/leads").await;
        assert_eq!(looks(&app), Vec::<String>::new());
        nora.get(&format!("/portal/leads/{lead}")).await;

        assert_eq!(looks(&app), [format!("viewed Nora Lindqvist: {PAGE}")]);
    }

    async fn another_hand_over_is_looked_at_anew_and_rests_on_its_confirmation(app) {
        app.track_permission().await;
        let lead = app.a_lead().confirmed().assigned_to(cast::NILS).opened().create().await;
        let (nora, nils) = (app.nora().await, app.nils().await);
        let page = format!("/portal/leads/{lead}");
        nora.get(&page).await;
        assign_to(&app, &lead, cast::SAM).await;
        assign_to(&app, &lead, cast::NILS).await;
        nora.get(&page).await;
        assert_eq!(looks(&app).len(), 1, "nobody there opened it");

        nils.post(&format!("{page}/open"), &[]).await;
        nora.get(&page).await;

        let look = format!("viewed Nora Lindqvist: {PAGE}");
        assert_eq!(looks(&app), [look.clone(), look]);
        let rests = "SELECT COUNT(*) AS n FROM disclosures WHERE act = 'viewed' AND ground = 'consent' AND text_version = 1 \
            AND confirmation_id IS NOT NULL AND lead_reference <> ''";
        assert_eq!(app.count(rests), 2);
    }

    async fn of_two_first_looks_at_once_one_is_written_down(app) {
        let lead = opened_by_nils(&app).await;
        let nora = app.nora().await;
        let page = format!("/portal/leads/{lead}");

        let answers = futures_util::future::join_all((0..8).map(|_| nora.get(&page))).await;

        assert!(answers.iter().all(|answer| answer.status() == 200));
        assert_eq!(looks(&app), [format!("viewed Nora Lindqvist: {PAGE}")]);
    }

    async fn what_can_not_be_written_down_is_not_shown(app) {
        let lead = opened_by_nils(&app).await;
        let (nora, nils) = (app.nora().await, app.nils().await);
        let refuse = match app.backend {
            Backend::Sqlite => "CREATE TRIGGER fault BEFORE INSERT ON disclosures BEGIN SELECT RAISE(ABORT, 'a fault'); END",
            Backend::Postgres => "CREATE TRIGGER fault BEFORE INSERT ON disclosures FOR EACH ROW \
                EXECUTE FUNCTION leadgate_refuse('a fault')",
        };
        execute(&mut app.conn(), refuse).unwrap();

        for path in ["/portal/leads".to_owned(), format!("/portal/leads/{lead}")] {
            let page = nora.get(&path).await;
            assert_eq!(page.status(), 500, "{path}");
            assert!(!page.source().contains("berg"), "{}", page.source());
            assert_eq!(nils.get(&path).await.status(), 200, "whoever opened it has seen it");
        }
    }

    async fn many_first_looks_need_no_more_statements_than_one(app) {
        let nora = app.nora().await;
        let mut costs = Vec::new();
        for count in [1, 40] {
            for _ in 0..count {
                opened_by_nils(&app).await;
            }
            let (_, first) = app.statements_of(nora.get("/portal/leads")).await;
            let (_, second) = app.statements_of(nora.get("/portal/leads")).await;
            costs.push((first, second));
        }

        assert_eq!(costs[0], costs[1]);
        assert!(costs[0].1 < costs[0].0, "{costs:?}");
        assert_eq!(looks(&app).len(), 41);
    }
}
