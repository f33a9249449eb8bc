//! Importing leads, from the upload to the file of rejected rows.

use std::path::Path;

use leadgate::cli::demo::cast;
use leadgate::jobs;

use crate::support::client::{Client, Page};
use crate::support::sql::execute;

/// A file of tests/data.
fn own(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)).unwrap()
}

async fn upload(client: &Client, name: &str, bytes: &[u8]) -> Page {
    client.upload("/leads/import", "file", name, bytes.to_vec()).await
}

/// Uploads a file that is taken, and shows its preview.
pub async fn preview(client: &Client, name: &str, bytes: &[u8]) -> Page {
    let answer = upload(client, name, bytes).await;
    assert_eq!(answer.status(), 303, "{}", answer.text());
    client.follow(&answer).await
}

fn start_button(page: &Page) -> String {
    let text = page.text();
    let begin = text.rfind(" Import ").unwrap() + 1;
    text[begin..].split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// Starts an import from its preview.
pub async fn start(client: &Client, preview: &Page) -> Page {
    let button = start_button(preview);
    let answer = client.submit(preview, &button, &[]).await;
    assert_eq!(answer.status(), 303, "{}", answer.text());
    answer
}

const TWO_OF_FOUR: &str = "First name,Last name,E-mail,Country,Permission to Distribute\r\n\
    Åsa,Lindqvist,asa@nordwind.example,Sverige,Yes\r\n\
    Nobody,Nowhere,,Sweden,TRUE\r\n\
    李,明,li.ming@nordwind.example,中国,1\r\n\
    Wide,Row,wide@nordwind.example,SE,1,more\r\n";

db_test! {
    async fn a_file_becomes_leads_on_hold_and_a_file_of_rejected_rows(app) {
        // Given a file with two good rows and two bad ones
        app.track_permission().await;
        let sofia = app.sofia().await;
        let preview = preview(&sofia, "fair.csv", TWO_OF_FOUR.as_bytes()).await;
        assert_eq!(preview.heading(), "Import leads fair.csv, 4 rows");
        assert!(preview.text().contains("A column of permission values is not a confirmation: all rows arrive on hold"));
        assert_eq!(preview.value("column_0"), "first_name");
        assert_eq!(preview.rows().len(), 4);

        // When it is imported
        let run = start(&sofia, &preview).await;
        let running = sofia.follow(&run).await;
        assert!(running.source().contains("<progress"), "{}", running.text());
        assert!(running.link("Refresh").ends_with("/run"));
        jobs::tick(&app.state).await;

        // Then the sum adds up
        let done = sofia.follow(&sofia.get(&run.location()).await).await;
        assert_eq!(done.rows(), ["Imported 2", "Rejected 2", "Rows in the file 4"]);

        // And the leads are there, on hold
        let leads = sofia.get(&done.link("See the leads")).await;
        assert_eq!(leads.rows().len(), 2);
        assert!(leads.rows().iter().all(|row| row.contains("On hold")), "{:?}", leads.rows());
        assert!(leads.text().contains("Åsa Lindqvist"));
        assert!(leads.text().contains("China"));

        // And the rejected rows can be loaded with their reasons
        let file = sofia.get(&done.link("File of rejected rows")).await;
        assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"rejected-rows.csv\""));
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
        let text = file.source();
        let lines: Vec<&str> = text.trim_end().split("\r\n").collect();
        assert_eq!(lines[0], "\u{FEFF}First name,Last name,E-mail,Country,Permission to Distribute,Row,Reason");
        assert!(lines[1].starts_with("Nobody,Nowhere,,Sweden,TRUE,3,\"The row has neither an e-mail address"), "{}", lines[1]);
        assert!(lines[2].starts_with("Wide,Row,wide@nordwind.example,SE,1,5,"), "{}", lines[2]);
        assert_eq!(lines.len(), 3);

        // And they go when they are removed
        let removed = sofia.submit(&done, "Remove the rejected rows", &[]).await;
        assert_eq!(sofia.follow(&removed).await.flash(), "The rejected rows are removed.");
        assert_eq!(sofia.get(&done.link("File of rejected rows")).await.status(), 404);
    }

    async fn a_refused_file_leaves_nothing_and_says_why_beside_the_field(app) {
        let sofia = app.sofia().await;
        let png = b"\x89PNG\r\n\x1a\n0000".as_slice();
        let excel = own("excel_named.csv");
        let cases: [(&str, &[u8], &str); 6] = [
            ("leads.csv", b"", "The file is empty. Choose a file with a row of headings and at least one lead"),
            ("leads.csv", &excel, "This is an Excel file, not a CSV file: in Excel choose Save as, CSV UTF-8, and upload that file"),
            ("leads.csv", png, "This is a picture, not a CSV file: ask for the list as CSV, or export it again where it comes from"),
            ("leads.csv", b"\n\nName,E-mail\nAnn,ann@nordwind.example\n", "The first row is empty. Put the headings (such as First name, E-mail) into the first row"),
            ("leads.csv", b"Name,E-mail\n", "The file has headings, but no rows below them"),
            ("", b"", "Choose a CSV file with leads"),
        ];
        for (name, bytes, sentence) in cases {
            let page = upload(&sofia, name, bytes).await;

            assert_eq!(page.status(), 422, "{sentence}");
            assert_eq!(page.errors(), [sentence]);
            assert_eq!(page.title(), "Error: Import leads: upload · Leadgate", "{}", page.title());
            assert_eq!(page.source().matches("id=\"file-error\"").count(), 1);
        }
        assert!(sofia.get("/leads/import").await.text().contains("No imports yet"));
        assert_eq!(counts(&app, "imports"), 0);
        assert_eq!(counts(&app, "import_chunks"), 0);
    }

    async fn a_file_over_the_limit_gets_a_page_that_says_so(app) {
        let sofia = app.sofia().await;
        let mut file = b"Name,E-mail\n".to_vec();
        file.resize(51 * 1024 * 1024, b'a');

        let page = upload(&sofia, "large.csv", &file).await;

        assert_eq!(page.status(), 413);
        assert!(page.errors()[0].starts_with("The file is larger than 50 MB"), "{:?}", page.errors());
        assert_eq!(counts(&app, "imports"), 0);
        assert_eq!(counts(&app, "import_chunks"), 0);
    }

    async fn only_staff_import(app) {
        let reference = "a".repeat(26);
        for path in ["/leads/import".to_owned(), format!("/leads/import/{reference}"), format!("/leads/import/{reference}/run"),
            format!("/leads/import/{reference}/result"), format!("/leads/import/{reference}/rejected.csv")] {
            assert!(app.anybody().get(&path).await.location().starts_with("/sign-in"));
            assert_eq!(app.nora().await.get(&path).await.status(), 403, "{path}");
            if path != "/leads/import" {
                assert_eq!(app.sofia().await.get(&path).await.status(), 404, "{path}");
            }
        }
        for step in ["reading", "run", "remove"] {
            let path = format!("/leads/import/{reference}/{step}");
            let form = [("encoding", "UTF-8"), ("delimiter", "comma")];
            assert!(app.anybody().post(&path, &form).await.location().starts_with("/sign-in"));
            assert_eq!(app.nora().await.post(&path, &form).await.status(), 403, "{path}");
            assert_eq!(app.sofia().await.post(&path, &form).await.status(), 404, "{path}");
        }
        assert_eq!(upload(&app.nora().await, "fair.csv", TWO_OF_FOUR.as_bytes()).await.status(), 403);
        assert_eq!(counts(&app, "imports"), 0);
    }

    async fn a_cancelled_preview_removes_the_file(app) {
        let sofia = app.sofia().await;
        let preview = preview(&sofia, "fair.csv", TWO_OF_FOUR.as_bytes()).await;

        let answer = sofia.submit(&preview, "Cancel", &[]).await;
        jobs::tick(&app.state).await;

        assert_eq!(sofia.follow(&answer).await.flash(), "The uploaded file is removed.");
        assert_eq!(counts(&app, "import_chunks"), 0);
        assert_eq!(counts(&app, "leads"), 0);
        assert!(sofia.get("/leads/import").await.rows()[0].contains("Stopped"));
    }

    async fn a_guessed_encoding_can_be_changed(app) {
        let sofia = app.sofia().await;
        let first = preview(&sofia, "kunden.csv", &own("cp1252_semicolon.csv")).await;
        assert!(first.text().contains("The encoding is a guess"));
        assert!(first.text().contains("Groß & Söhne"), "{}", first.text());

        let answer = sofia.submit(&first, "Read again", &[("encoding", "windows-1251")]).await;
        let other = sofia.follow(&answer).await;

        assert!(!other.text().contains("Groß & Söhne"));
        assert_eq!(other.value("encoding"), "windows-1251");
        assert!(!other.text().contains("The encoding is a guess"));
    }

    async fn columns_are_chosen_by_the_user_and_wrong_choices_come_back(app) {
        let sofia = app.sofia().await;
        let preview = preview(&sofia, "odd.csv", b"Alpha,Beta,City\nann@nordwind.example,Ann,Ulm\n").await;
        assert!(preview.text().contains("nobody could be reached"));

        let refused = sofia.submit(&preview, "Import 1 lead", &[("column_1", "last_name")]).await;
        assert_eq!(refused.status(), 422);
        assert!(refused.errors()[0].contains("nobody could be reached"));
        assert_eq!(refused.value("column_1"), "last_name");
        let refused = sofia.submit(&preview, "Import 1 lead", &[("column_0", "email"), ("column_1", "email")]).await;
        assert_eq!(refused.errors(), ["Two columns are chosen for E-mail. Choose only one"]);
        assert!(refused.links().contains(&"#column_1".to_owned()));

        let run = sofia.submit(&refused, "Import 1 lead", &[("column_1", "last_name")]).await;
        jobs::tick(&app.state).await;
        let done = sofia.follow(&sofia.get(&run.location()).await).await;
        assert_eq!(done.rows()[0], "Imported 1");
    }

    async fn a_second_start_of_the_same_file_imports_nothing_twice(app) {
        let sofia = app.sofia().await;
        let preview = preview(&sofia, "fair.csv", TWO_OF_FOUR.as_bytes()).await;

        let first = start(&sofia, &preview).await;
        let second = start(&sofia, &preview).await;
        jobs::tick(&app.state).await;
        let third = start(&sofia, &preview).await;
        jobs::tick(&app.state).await;

        assert_eq!(first.location(), second.location());
        assert!(third.location().ends_with("/result"));
        assert_eq!(counts(&app, "leads"), 2);
    }

    async fn a_file_with_a_hostile_name_is_shown_as_text(app) {
        let sofia = app.sofia().await;

        // Browsers write quotation marks and line breaks in names so.
        let name = "../../etc/%22;%0D%0A<script>alert(1)</script>.csv";
        let preview = preview(&sofia, name, TWO_OF_FOUR.as_bytes()).await;

        assert!(!preview.source().contains("<script>alert"));
        assert!(!preview.text().contains("etc/"), "{}", preview.text());
        assert!(!sofia.get("/leads/import").await.source().contains("<script>alert"));
    }

    async fn cells_that_a_spreadsheet_would_compute_are_harmless_in_the_file(app) {
        let sofia = app.sofia().await;
        let file = "Name,E-mail,City,Notes,Fax\n=1+1,,@SUM(A1),-2+3,+49 30 901820\n";
        let preview = preview(&sofia, "formulas.csv", file.as_bytes()).await;
        let answer = sofia.submit(&preview, "Import 1 lead", &[("column_4", "")]).await;
        jobs::tick(&app.state).await;

        let done = sofia.follow(&sofia.get(&answer.location()).await).await;
        let rejected = sofia.get(&done.link("File of rejected rows")).await.source();

        assert!(rejected.contains("'=1+1,,'@SUM(A1),'-2+3,+49 30 901820,2,"), "{rejected}");
    }

    async fn every_own_file_comes_in_or_is_refused_with_a_sentence(app) {
        let sofia = app.sofia().await;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let answer = upload(&sofia, &name, &own(&name)).await;
            if answer.status() == 422 {
                assert!(!answer.errors()[0].is_empty(), "{name}");
                continue;
            }
            let preview = sofia.follow(&answer).await;
            let run = start(&sofia, &preview).await;
            jobs::tick(&app.state).await;
            let done = sofia.follow(&sofia.get(&run.location()).await).await;
            let count = |row: &str| row.rsplit(' ').next().unwrap().parse::<i64>().unwrap();
            let rows: Vec<i64> = done.rows().iter().map(|row| count(row)).collect();
            assert_eq!(rows.len(), 3, "{name}: {:?}", done.rows());
            assert_eq!(rows[0] + rows[1], rows[2], "{name}");
        }
        assert_eq!(counts(&app, "confirmations"), 0);
        assert_eq!(counts(&app, "import_chunks"), 0);
    }

    async fn the_leads_of_an_import_are_listed_and_assigned_by_themselves(app) {
        // Given two imports of one day, and a lead that was typed in
        app.a_lead().named("Typed", "In").create().await;
        let sofia = app.sofia().await;
        let mut results = Vec::new();
        for (name, people) in [("fair.csv", ["Åsa", "Bo"]), ("web.csv", ["Cem", "Dag"])] {
            let rows = people.map(|person| format!("{person},Ek,{person}@nordwind.example"));
            let file = format!("First name,Last name,E-mail\r\n{}\r\n", rows.join("\r\n"));
            let run = start(&sofia, &preview(&sofia, name, file.as_bytes()).await).await;
            jobs::tick(&app.state).await;
            results.push(sofia.follow(&sofia.get(&run.location()).await).await);
        }

        // When the leads of the first are looked at
        let list = sofia.get(&results[0].link("See the leads")).await;

        // Then they are there and no others, the list says so, and any other filter keeps to them
        assert_eq!(list.rows().len(), 2);
        assert!(list.text().contains("Import: fair.csv"), "{}", list.text());
        let (action, fields) = list.form("Filter");
        let import = fields.iter().find(|(name, _)| name == "import").map(|(_, value)| value.as_str());
        let filtered = sofia.get(&format!("{action}?q=bo&import={}", import.unwrap())).await;
        assert_eq!((filtered.rows().len(), filtered.text().contains("Import: fair.csv")), (1, true));
        assert_eq!(sofia.get(&list.link("Remove filter Import: fair.csv")).await.rows().len(), 5);

        // And all of it is assigned at once
        let asked = sofia.submit(&results[0], "Assign them all", &[]).await;
        assert_eq!(asked.heading(), "Assign 2 leads");
        assert!(asked.text().contains("Import: fair.csv"), "{}", asked.text());
        let nils = app.reference_of(cast::NILS);
        assert_eq!(sofia.submit(&asked, "Assign 2 leads", &[("recipient", &nils)]).await.status(), 303);
        jobs::tick(&app.state).await;
        assert_eq!(
            app.count("SELECT COUNT(*) AS n FROM assignments a JOIN leads l ON l.id = a.lead_id WHERE l.email LIKE 'Bo@%'"),
            1
        );
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM assignments"), 2);
    }

    async fn an_import_that_is_gone_leaves_its_leads_and_a_list_that_says_so(app) {
        let sofia = app.sofia().await;
        let run = start(&sofia, &preview(&sofia, "fair.csv", TWO_OF_FOUR.as_bytes()).await).await;
        jobs::tick(&app.state).await;
        let done = sofia.follow(&sofia.get(&run.location()).await).await;

        execute(&mut app.conn(), "DELETE FROM imports").unwrap();

        let list = sofia.get(&done.link("See the leads")).await;
        assert!(list.text().contains("Import: unknown") && list.text().contains("No lead matches"), "{}", list.text());
        assert_eq!(sofia.get("/leads").await.rows().len(), 2);
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM leads WHERE import_id IS NOT NULL"), 0);
    }

    async fn what_came_in_before_leads_knew_their_import_is_told_by_its_history(app) {
        app.a_lead().named("Typed", "In").create().await;
        let sofia = app.sofia().await;
        let run = start(&sofia, &preview(&sofia, "fair.csv", TWO_OF_FOUR.as_bytes()).await).await;
        jobs::tick(&app.state).await;
        let done = sofia.follow(&sofia.get(&run.location()).await).await;
        let migration = include_str!("../../../migrations/sqlite/2026-02-17-000002_leads_of_imports/up.sql");
        let (_, from) = migration.split_once("UPDATE leads").unwrap();
        let (update, _) = from.split_once(';').unwrap();

        execute(&mut app.conn(), "UPDATE leads SET import_id = NULL").unwrap();
        assert_eq!(sofia.get(&done.link("See the leads")).await.rows().len(), 0);
        execute(&mut app.conn(), &format!("UPDATE leads{update}")).unwrap();

        assert_eq!(sofia.get(&done.link("See the leads")).await.rows().len(), 2);
    }
}

/// How many rows a table has.
fn counts(app: &crate::support::TestApp, table: &str) -> i64 {
    use diesel::RunQueryDsl;
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        count: i64,
    }
    let count: Count = diesel::sql_query(format!("SELECT COUNT(*) AS count FROM {table}"))
        .get_result(&mut app.conn())
        .unwrap();
    count.count
}
