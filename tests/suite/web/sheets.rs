//! The list as a sheet, opened as a spreadsheet opens it.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use diesel::prelude::*;
use leadgate::cli::demo::cast;
use leadgate::db::schema::leads;

use super::leaks::TELLTALES;
use crate::support::TestApp;
use crate::support::client::{Client, Page};

const PATH: &str = "/portal/leads/download";

type Rows = Vec<Vec<String>>;

/// The cells of the only sheet: each a text or empty, none of them computed.
fn sheet(page: &Page) -> Rows {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(page.body.clone())).expect("a workbook");
    assert_eq!(workbook.sheet_names(), ["Leads"]);
    let formulas = workbook.worksheet_formula("Leads").expect("the sheet");
    assert!(formulas.rows().flatten().all(String::is_empty), "{formulas:?}");
    let text = |cell: &Data| match cell {
        Data::String(text) => text.clone(),
        Data::Empty => String::new(),
        other => panic!("a cell that is no text: {other:?}"),
    };
    let cells = workbook.worksheet_range("Leads").expect("the sheet");
    cells.rows().map(|row| row.iter().map(text).collect()).collect()
}

/// The cells of the other file, without the apostrophes that keep a spreadsheet from computing them.
fn table(page: &Page) -> Rows {
    let text = page.source();
    let file = text.strip_prefix('\u{FEFF}').expect("the mark of UTF-8");
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(file.as_bytes());
    let plain = |cell: &str| {
        let defused = cell
            .strip_prefix('\'')
            .filter(|rest| rest.starts_with(['=', '+', '-', '@', '\t']));
        defused.unwrap_or(cell).to_owned()
    };
    reader
        .records()
        .map(|row| row.expect("a row").iter().map(plain).collect())
        .collect()
}

/// Both files of a list, whose rows and columns are the same.
async fn both(client: &Client, filter: &[(&str, &str)]) -> Rows {
    let as_format = |format| [&[("format", format)], filter].concat();
    let rows = sheet(&client.post(PATH, &as_format("xlsx")).await);
    assert_eq!(rows, table(&client.post(PATH, &as_format("csv")).await), "{filter:?}");
    rows
}

fn column(rows: &Rows, name: &str) -> Vec<String> {
    let place = rows[0]
        .iter()
        .position(|heading| heading == name)
        .expect("a column of this name");
    rows[1..].iter().map(|row| row[place].clone()).collect()
}

async fn write_note(app: &TestApp, lead: &impl std::fmt::Display, note: &str) {
    let written = app
        .nora()
        .await
        .post(&format!("/portal/leads/{lead}/note"), &[("status_note", note)])
        .await;
    assert_eq!(written.status(), 303, "{}", written.text());
}

db_test! {
    async fn a_sheet_holds_the_rows_and_columns_of_the_other_file(app) {
        let phones = [("Berta", "+49 30 901820"), ("Anna", "030 901820"), ("Carla", "0049 (30) 901-820")];
        for (name, phone) in phones {
            let lead = app.a_lead().named(name, "").with(|lead| lead.phone = phone.to_owned())
                .assigned_to(cast::NORA).opened().create().await;
            write_note(&app, &lead, "Called, \"later\";\nthen wrote").await;
        }
        app.a_lead().named("Zoltan", "Waiting").assigned_to(cast::NORA).create().await;
        app.a_lead().named("Nils's", "Own").assigned_to(cast::NILS).opened().create().await;
        app.a_lead().named("Sam's", "Own").assigned_to(cast::SAM).opened().create().await;
        let nora = app.nora().await;

        let rows = both(&nora, &[]).await;
        assert_eq!((rows.len(), rows[0].len()), (6, 15), "{rows:?}");
        assert!(!format!("{rows:?}").contains("Zoltan") && !format!("{rows:?}").contains("Sam"));
        let rows = both(&nora, &[("state", "open"), ("sort", "name")]).await;
        assert_eq!(column(&rows, "Name")[..3], ["Anna", "Berta", "Carla"]);
        assert_eq!(column(&rows, "Phone")[..3], ["030 901820", "+49 30 901820", "0049 (30) 901-820"]);
        assert_eq!(column(&rows, "Newest note")[0], "Called, \"later\";\nthen wrote");
        for (filter, count) in [(("q", "carla"), 1), (("state", "waiting"), 1), (("state", "won"), 0), (("product", "Nothing"), 0)] {
            assert_eq!(both(&nora, &[filter]).await.len(), 1 + count, "{filter:?}");
        }
        // Whom a lead is with is for managers.
        let rows = both(&app.nils().await, &[]).await;
        assert_eq!((rows.len(), rows[0].len()), (2, 14), "{rows:?}");
    }

    async fn what_begins_like_a_formula_is_a_text(app) {
        let bad = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1"];
        for text in bad {
            app.a_lead().named(text.trim(), "").assigned_to(cast::NORA).opened().create().await;
        }
        // A tab comes by no form, but an older row may hold one.
        diesel::update(leads::table.filter(leads::first_name.eq("=1+1")))
            .set(leads::company.eq("\t=1+1"))
            .execute(&mut app.conn())
            .unwrap();

        let rows = both(&app.nora().await, &[]).await;

        let mut names = column(&rows, "Name");
        names.sort();
        assert_eq!(names, ["+1+1", "-1+1", "=1+1", "=1+1", "@SUM(A1)"]);
        assert!(column(&rows, "Company").contains(&"\t=1+1".to_owned()), "{rows:?}");
    }

    async fn no_part_of_a_sheet_tells_of_permission(app) {
        app.track_permission().await;
        app.a_lead().confirmed().with(|lead| lead.internal_note = "Staff alone".to_owned())
            .assigned_to(cast::NORA).opened().create().await;
        app.a_lead().confirmed().assigned_to(cast::NORA).create().await;
        app.a_lead().named("Held", "Back").create().await;
        let nora = app.nora().await;

        let file = nora.post(PATH, &[("format", "xlsx")]).await;

        assert_eq!(sheet(&file).len(), 3);
        let parts = file.parts();
        assert!(parts.iter().any(|(name, _)| name.starts_with("xl/worksheets/")), "{parts:?}");
        for (name, text) in parts {
            let text = format!("{name}\n{text}").to_lowercase();
            for word in TELLTALES.iter().chain(&["staff alone", "held", "leadgate", "sofia"]) {
                assert!(!text.contains(word), "{word:?} in {name}: {text}");
            }
        }
    }
}
