//! The list as a file: exactly what is seen, harmless to a spreadsheet, written down in the ledger.

use chrono::TimeDelta;
use leadgate::cli::demo::cast;

use crate::support::TestApp;
use crate::support::builders::assign_to;
use crate::support::client::Page;
use crate::support::database::Backend;
use crate::support::sql::{execute, number};

const PATH: &str = "/portal/leads/download";

fn lines(page: &Page) -> Vec<String> {
    let text = String::from_utf8(page.body.clone()).unwrap();
    text.strip_prefix('\u{FEFF}')
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

fn written_down(app: &TestApp) -> (i64, i64) {
    (
        app.count("SELECT COUNT(*) AS n FROM disclosures WHERE act = 'downloaded'"),
        app.count("SELECT COUNT(*) AS n FROM audit_events WHERE action = 'leads.downloaded'"),
    )
}

db_test! {
    async fn a_file_holds_the_rows_and_columns_of_the_list_and_is_written_down(app) {
        app.a_lead().assigned_to(cast::NORA).opened().create().await;
        app.a_lead().named("Zoltan", "Waiting").assigned_to(cast::NORA).create().await;
        app.a_lead().named("Nils's", "Own").assigned_to(cast::NILS).opened().create().await;
        app.a_lead().named("Sam's", "Own").assigned_to(cast::SAM).opened().create().await;
        let nora = app.nora().await;
        let list = nora.get("/portal/leads").await;

        let file = nora.submit(&list, "Download CSV", &[("format", "csv")]).await;

        assert_eq!(file.status(), 200);
        assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
        assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"leads-2026-05-04.csv\""));
        let lines = lines(&file);
        assert_eq!(lines.len(), 4, "{lines:#?}");
        assert_eq!(lines[1], "Unopened,,,,,Sweden,ERP Cloud,,,,,,,2026-05-04 09:30,Nora Lindqvist");
        assert!(lines[2..].iter().any(|line| line.starts_with(
            "Open,Anna Öberg,Nordlicht GmbH,+46 8 555 0100,anna.oberg@nordlicht.example,Sweden,ERP Cloud,")), "{lines:#?}");
        assert!(!file.source().contains("Zoltan") && !file.source().contains("Sam's"));
        assert_eq!(written_down(&app), (2, 1));
        let detail = app.text("SELECT detail AS t FROM audit_events WHERE action = 'leads.downloaded'");
        assert_eq!(detail, "csv; opened 2, waiting 1");
        assert_eq!(app.audited("leads.downloaded"), 1);
        let whose = "SELECT COUNT(*) AS n FROM disclosures d JOIN users u ON u.id = d.user_id JOIN assignments a ON a.id = d.assignment_id \
            WHERE d.act = 'downloaded' AND u.email = 'nora@northwind.example' AND a.lead_id = d.lead_id";
        assert_eq!(app.count(whose), 2);
        assert_eq!(app.nils().await.post(PATH, &[]).await.source().lines().count(), 2);
    }

    async fn a_file_has_the_columns_of_the_page(app) {
        let ada = app.ada().await;
        let limits = ada.get("/settings/deadlines").await;
        let days = [("open_within", "5"), ("first_update_within", "5"), ("update_every", "20")];
        assert_eq!(ada.submit(&limits, "Save", &days).await.status(), 303);
        app.a_lead().assigned_to(cast::NILS).create().await;
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        app.sofia().await.post(&format!("/leads/{lead}/question"), &[]).await;

        for client in [app.nora().await, app.nils().await] {
            let page = client.get("/portal/leads").await;
            let file = lines(&client.submit(&page, "Download CSV", &[("format", "csv")]).await);

            // The headings of the sections tell the status; a cell of the page may show two things.
            let mut columns = vec!["Status"];
            for heading in page.column_headings() {
                columns.extend::<&[&str]>(match heading.as_str() {
                    "Lead" => &["Name", "Company"],
                    "Contact" => &["Phone", "E-mail"],
                    "Country" => &["Country"],
                    "Product" => &["Product"],
                    "Next step" => &["Next step", "Until"],
                    "Newest note" => &["Newest note", "Deadline", "Deadline (UTC)", "Question"],
                    "Received" => &["Received (UTC)"],
                    "With" => &["With"],
                    other => panic!("{other} is not in the file"),
                });
            }
            let mut headings: Vec<&str> = file[0].split(',').collect();
            headings.sort_unstable();
            columns.sort_unstable();
            assert_eq!(headings, columns);
            for (shown, line, owed) in [("Open by", &file[1], "Open it"), ("Say how it stands by", &file[2], "Say how it stands")] {
                assert!(page.text().contains(shown), "{}", page.text());
                assert!(line.contains(&format!(",{owed},2026-05-11 ")), "{line}");
            }
            assert!(page.text().contains("Question for you") && file[2].contains(",Question for you,"), "{file:?}");
        }
    }

    async fn a_file_follows_the_filter_and_the_order(app) {
        for name in ["Berta", "Anna", "Carla"] {
            app.a_lead().named(name, "").assigned_to(cast::NORA).opened().create().await;
        }
        app.a_lead().assigned_to(cast::NORA).create().await;
        let nora = app.nora().await;
        let list = nora.get("/portal/leads?state=open&sort=name").await;

        let file = nora.submit(&list, "Download CSV", &[]).await;
        let names: Vec<String> = lines(&file)[1..].iter().map(|line| line.split(',').nth(1).unwrap().to_owned()).collect();
        assert_eq!(names, ["Anna", "Berta", "Carla"]);

        assert_eq!(lines(&nora.post(PATH, &[("q", "carla")]).await).len(), 2);
        assert_eq!(lines(&nora.post(PATH, &[("state", "waiting")]).await).len(), 2);
        assert_eq!(lines(&nora.post(PATH, &[("state", "won")]).await).len(), 1);
        for nonsense in [("state", "zzz"), ("format", "exe"), ("sort", "permission"), ("country", "ZZ")] {
            assert_eq!(nora.post(PATH, &[nonsense]).await.status(), 400, "{nonsense:?}");
        }
    }

    async fn no_cell_is_a_formula_and_excel_gets_texts(app) {
        let bad = "=HYPERLINK(\"https://evil.example\")";
        app.a_lead().named(bad, "+cmd|' /C calc'!A0")
            .with(|lead| { lead.company = "@SUM(A1)".to_owned(); lead.phone = "+4685550100".to_owned(); })
            .assigned_to(cast::NORA).opened().create().await;
        let nora = app.nora().await;

        let text = nora.post(PATH, &[]).await.source();
        assert!(text.contains("\"'=HYPERLINK("), "{text}");
        assert!(text.contains("'@SUM(A1)") && text.contains(",+4685550100,"), "{text}");
        assert!(!text.lines().any(|line| line.split(',').any(|cell| cell.starts_with(['=', '@']))), "{text}");

        let list = nora.get("/portal/leads").await;
        let file = nora.submit(&list, "Download for Excel", &[("format", "xlsx")]).await;
        assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"leads-2026-05-04.xlsx\""));
        assert!(file.body.starts_with(b"PK\x03\x04"));
        assert_eq!(nora.post(PATH, &[("format", "xlsx")]).await.body, file.body, "the same rows make the same bytes");
        assert_eq!(written_down(&app), (3, 3));
    }

    async fn what_is_gone_from_the_list_is_gone_from_the_file(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let nora = app.nora().await;
        assert_eq!(lines(&nora.post(PATH, &[]).await).len(), 2);

        assign_to(&app, &lead, cast::SAM).await;

        assert_eq!(lines(&nora.post(PATH, &[]).await).len(), 1);
        assert_eq!(written_down(&app), (1, 2));
        assert_eq!(app.anybody().post(PATH, &[]).await.location(), "/sign-in");
        assert_eq!(app.sofia().await.post(PATH, &[]).await.status(), 403);
    }

    async fn downloads_have_a_limit(app) {
        let nora = app.nora().await;
        for _ in 0..20 {
            assert_eq!(nora.post(PATH, &[]).await.status(), 200);
        }

        let page = nora.post(PATH, &[]).await;

        assert_eq!(page.status(), 429);
        assert_eq!(page.heading(), "Too many downloads");
        assert_eq!(written_down(&app), (0, 20));
        app.clock.advance(TimeDelta::hours(1));
        assert_eq!(app.nora().await.post(PATH, &[]).await.status(), 200);
    }
}

/// On SQLite there is one writer, so nothing can come between.
#[actix_web::test]
async fn a_lead_that_is_erased_while_a_file_is_made_is_in_neither_file_nor_ledger() {
    let app = TestApp::on(Backend::Postgres).await;
    app.a_lead()
        .named("Anna", "Stays")
        .assigned_to(cast::NORA)
        .opened()
        .create()
        .await;
    let lead = app
        .a_lead()
        .named("Bert", "Goes")
        .assigned_to(cast::NORA)
        .opened()
        .create()
        .await;
    let nora = app.nora().await;
    let mut eraser = app.conn();
    // The rows are read by now; what each rests on is asked next.
    execute(&mut eraser, "BEGIN; LOCK TABLE confirmations IN ACCESS EXCLUSIVE MODE").unwrap();
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'confirmations'::regclass";

    let (file, ()) = tokio::join!(nora.post(PATH, &[]), async {
        while number(&mut eraser, waiting) == 0 {
            tokio::task::yield_now().await;
        }
        execute(
            &mut eraser,
            &format!("DELETE FROM leads WHERE reference = '{lead}'; COMMIT"),
        )
        .unwrap();
    });

    assert_eq!(lines(&file).len(), 2, "{}", file.source());
    assert!(
        file.source().contains("Stays") && !file.source().contains("Goes"),
        "{}",
        file.source()
    );
    assert_eq!(written_down(&app), (1, 1));
}
