//! Imports as they run: every row comes in exactly once, whoever is killed when, and nothing of it stays that should
//! not.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::TimeDelta;
use diesel::connection::{Connection, InstrumentationEvent};
use diesel::prelude::*;
use leadgate::db::schema::{audit_events, confirmations, import_chunks, import_rejections, imports, leads};
use leadgate::db::types::{LeadId, Reference};
use leadgate::db::{Error, write};
use leadgate::domain::imports::columns::Mapping;
use leadgate::domain::imports::encoding::{Certainty, detect};
use leadgate::domain::imports::run::{self, BATCH, Batches, LEASE, StoreError};
use leadgate::domain::imports::stored::{self, Import, ImportState, PIECE};
use leadgate::domain::imports::upload;
use leadgate::domain::leads::erase;
use leadgate::jobs;

use crate::support::TestApp;

/// Uploads a file as the web does, and starts its import with the columns as they are recognised.
async fn started(app: &TestApp, bytes: &[u8]) -> Import {
    let (scope, now, file) = (app.staff_scope(), app.now(), bytes.to_vec());
    let detected = detect(bytes).expect("a text");
    let is_guessed = detected.certainty == Certainty::Guessed;
    let reference = app
        .write(move |tx| {
            let (import, reference) = upload::begin(tx, &scope, "fair.csv", now)?;
            for (position, piece) in file.chunks(PIECE).enumerate() {
                upload::add(tx, import, position as i64, piece)?;
            }
            let reading = upload::read_through(tx, import, detected.encoding, is_guessed, None)?;
            upload::keep(tx, import, &reading)?;
            let import = stored::find(tx, &scope, &reference)?;
            let mapping = Mapping::recognise(&reading.headings);
            mapping.check()?;
            assert!(upload::start(tx, &scope, &import, &mapping, now)?);
            Ok::<_, anyhow::Error>(reference)
        })
        .await
        .unwrap();
    stored_import(app, &reference)
}

fn stored_import(app: &TestApp, reference: &Reference) -> Import {
    stored::find(&mut app.conn(), &app.staff_scope(), reference).unwrap()
}

/// Imports a file to its end.
async fn imported(app: &TestApp, bytes: &[u8]) -> Import {
    let import = started(app, bytes).await;
    jobs::tick(&app.state).await;
    let done = stored_import(app, &import.reference);
    assert_eq!(done.state, ImportState::Done);
    assert_eq!(done.created_count + done.rejected_count, done.row_count);
    done
}

/// A file of so many leads, every hundredth of whom can't be reached.
fn file_of(rows: usize) -> Vec<u8> {
    let mut file = String::from("Last name,E-mail,Permission to Distribute\n");
    for row in 0..rows {
        let email = if row % 100 == 99 {
            String::new()
        } else {
            format!("lead{row}@nordwind.example")
        };
        file.push_str(&format!("Lead{row},{email},Yes \n"));
    }
    file.into_bytes()
}

/// Everybody who came in, by name; nobody twice.
fn names(app: &TestApp) -> Vec<String> {
    leads::table
        .select(leads::last_name)
        .order(leads::id)
        .load(&mut app.conn())
        .unwrap()
}

fn assert_each_row_came_in_once(app: &TestApp, rows: usize) {
    let expected: Vec<String> = (0..rows)
        .filter(|row| row % 100 != 99)
        .map(|row| format!("Lead{row}"))
        .collect();
    assert_eq!(names(app), expected);
    let conn = &mut app.conn();
    let rejected: i64 = import_rejections::table.count().get_result(conn).unwrap();
    assert_eq!(rejected as usize, rows / 100);
    let told: i64 = audit_events::table
        .filter(audit_events::action.eq("lead.imported"))
        .count()
        .get_result(conn)
        .unwrap();
    assert_eq!(told as usize, expected.len());
    let pieces: i64 = import_chunks::table.count().get_result(conn).unwrap();
    assert_eq!(pieces, 0);
}

/// Stores one batch as a worker does.
async fn step(app: &TestApp, mut import: Import) -> Result<Import, StoreError> {
    let now = app.now();
    app.write(move |tx| {
        let mut batches = Batches::open(stored::file(tx, import.id), &import).expect("a readable file");
        let batch = batches.next_batch().expect("a readable file");
        drop(batches);
        run::store(tx, &mut import, &batch, now)?;
        Ok(import)
    })
    .await
}

async fn claim(app: &TestApp) -> Option<Import> {
    let now = app.now();
    app.write(move |tx| run::claim(tx, now)).await.unwrap()
}

db_test! {
    async fn a_killed_import_goes_on_where_it_stopped(app) {
        // Given a worker that is killed after two batches of four
        started(&app, &file_of(BATCH * 4)).await;
        let import = claim(&app).await.unwrap();
        let import = step(&app, import).await.unwrap();
        step(&app, import).await.unwrap();

        // When others look while its lease runs
        jobs::tick(&app.state).await;
        assert_eq!(names(&app).len(), BATCH * 2 * 99 / 100);

        // And again afterwards
        app.clock.advance(LEASE);
        jobs::tick(&app.state).await;

        assert_each_row_came_in_once(&app, BATCH * 4);
    }

    async fn a_worker_that_lost_its_lease_stores_nothing(app) {
        started(&app, &file_of(BATCH * 3)).await;
        let slow = claim(&app).await.unwrap();
        assert!(claim(&app).await.is_none(), "one worker at a time");
        app.clock.advance(LEASE);
        let quick = claim(&app).await.unwrap();

        step(&app, quick).await.unwrap();
        let late = step(&app, slow).await;

        assert!(matches!(late, Err(StoreError::Lost)));
        app.clock.advance(LEASE);
        jobs::tick(&app.state).await;
        assert_each_row_came_in_once(&app, BATCH * 3);
    }

    async fn two_workers_at_once_import_each_row_once(app) {
        started(&app, &file_of(BATCH * 3 + 7)).await;

        futures_util::future::join(jobs::tick(&app.state), jobs::tick(&app.state)).await;

        assert_each_row_came_in_once(&app, BATCH * 3 + 7);
    }

    async fn a_stopped_import_keeps_what_came_in_and_takes_no_more(app) {
        started(&app, &file_of(BATCH * 2)).await;
        let import = claim(&app).await.unwrap();
        let import = step(&app, import).await.unwrap();
        let (scope, now, stopped) = (app.staff_scope(), app.now(), import.clone());
        app.write(move |tx| upload::remove(tx, &scope, &stopped, now)).await.unwrap();

        assert!(matches!(step_after_stop(&app, import).await, Err(StoreError::Lost)));
        jobs::tick(&app.state).await;

        let conn = &mut app.conn();
        let row: (String, i64, i64) = imports::table
            .select((imports::state, imports::read_count, imports::row_count))
            .first(conn)
            .unwrap();
        assert_eq!(row, ("cancelled".to_owned(), BATCH as i64, 2 * BATCH as i64));
        let pieces: i64 = import_chunks::table.count().get_result(conn).unwrap();
        assert_eq!(pieces, 0);
    }

    async fn a_batch_takes_the_same_number_of_statements_for_any_number_of_rows(app) {
        let mut counts = Vec::new();
        for rows in [100, BATCH] {
            let import = started(&app, &file_of(rows)).await;
            let mut import = claim(&app).await.filter(|claimed| claimed.id == import.id).unwrap();
            let (now, mut reader, mut conn) = (app.now(), app.conn(), app.conn());
            let mut batches = Batches::open(stored::file(&mut reader, import.id), &import).expect("a readable file");
            let batch = batches.next_batch().unwrap();
            assert_eq!(batch.row_count(), rows);
            let statements = Arc::new(AtomicUsize::new(0));
            let counted = Arc::clone(&statements);
            conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
                if matches!(event, InstrumentationEvent::StartQuery { .. }) {
                    counted.fetch_add(1, Ordering::SeqCst);
                }
            });
            write(&mut conn, |tx| run::store(tx, &mut import, &batch, now)).unwrap();
            counts.push(statements.load(Ordering::SeqCst));
            app.write(move |tx| run::finish(tx, &import, ImportState::Done, now)).await.unwrap();
        }

        assert_eq!(counts[0], counts[1]);
        assert!(counts[0] <= 8, "{counts:?}");
    }

    async fn a_column_of_permission_values_confirms_nothing(app) {
        app.track_permission().await;
        let file = "Name,E-mail,Permission to Distribute,permission,GDPR consent,Permission to Distribute\n\
            A,a@nordwind.example,TRUE,Yes ,1,yes\nB,b@nordwind.example,confirmed,1,true,TRUE\n";

        imported(&app, file.as_bytes()).await;

        assert_nobody_is_confirmed(&app, 2);
    }

    async fn an_erased_lead_leaves_nothing_in_the_tables_of_imports(app) {
        // Given an imported lead, and rejected rows that name the same person in several ways
        let file = "First name,Last name,E-mail,Phone\n\
            Zoë,Kanarienvogel,zoe@canary.example,+49 30 7654321\n\
            Zoë,Kanarienvogel,,\n\
            Z.,K.,zoe@canary.example,1,too many\n\
            Zo,Ka,Zoe@Canary.example,2,too many\n\
            Z,,(+49) 30 / 765 43 21,,too many\n\
            Other,Person,,\n";
        let import = imported(&app, file.as_bytes()).await;
        assert_eq!((import.created_count, import.rejected_count), (1, 5));
        let lead: LeadId = leads::table.select(leads::id).first(&mut app.conn()).unwrap();

        // When the lead is erased
        let (scope, now) = (app.staff_scope(), app.now());
        app.write(move |tx| erase::erase(tx, &scope, lead, now)).await.unwrap();

        // Then only the other person's row is left, and no piece of the file
        let rows: Vec<(String, String)> = import_rejections::table
            .select((import_rejections::cells, import_rejections::keys))
            .load(&mut app.conn())
            .unwrap();
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert!(rows[0].0.contains("Other"));
        let pieces: i64 = import_chunks::table.count().get_result(&mut app.conn()).unwrap();
        assert_eq!(pieces, 0);
        let told: Vec<String> = audit_events::table.select(audit_events::detail).load(&mut app.conn()).unwrap();
        assert!(told.iter().all(|detail| !detail.contains("anar")), "{told:?}");
    }

    async fn what_nobody_comes_back_for_goes(app) {
        // Given rejected rows, and a file whose upload broke off
        imported(&app, &file_of(200)).await;
        let (scope, now) = (app.staff_scope(), app.now());
        app.write(move |tx| {
            let (import, _) = upload::begin(tx, &scope, "broken.csv", now)?;
            upload::add(tx, import, 0, b"Name,E-ma")?;
            Ok::<_, Error>(())
        })
        .await
        .unwrap();

        app.clock.advance(TimeDelta::days(6));
        jobs::tick(&app.state).await;
        let conn = &mut app.conn();
        let rejected: i64 = import_rejections::table.count().get_result(conn).unwrap();
        let pieces: i64 = import_chunks::table.count().get_result(conn).unwrap();
        assert_eq!((rejected, pieces), (2, 0));

        app.clock.advance(TimeDelta::days(1));
        jobs::tick(&app.state).await;
        let rejected: i64 = import_rejections::table.count().get_result(conn).unwrap();
        assert_eq!(rejected, 0);
    }

    async fn the_multiscript_leads_come_in_whole_and_on_hold(app) {
        let Some(folder) = shared_data() else { return };
        app.track_permission().await;
        let file = std::fs::read(folder.join("derived/leads_multiscript_5000_utf8bom_comma_crlf.csv")).unwrap();

        let import = imported(&app, &file).await;

        assert_eq!((import.created_count, import.rejected_count), (5_000, 0));
        assert_nobody_is_confirmed(&app, 5_000);
        let damaged: i64 = leads::table
            .filter(leads::last_name.like("%\u{FFFD}%").or(leads::last_name.like("%Ã%")))
            .count()
            .get_result(&mut app.conn())
            .unwrap();
        assert_eq!(damaged, 0);
        let noted: i64 = leads::table
            .filter(leads::internal_note.eq("naïve façade — “smart quotes”"))
            .count()
            .get_result(&mut app.conn())
            .unwrap();
        assert!(noted > 0);
    }

    async fn files_of_other_systems_come_in_whole(app) {
        let Some(folder) = shared_data() else { return };
        let files = [
            "original/marketo_lead_data.csv",
            "original/pardot_prospect_data.csv",
            "original/salesforce_sf_lead_data.csv",
            "derived/chinook_customers_cp1250_semicolon_crlf_excel_cz.csv",
            "derived/chinook_customers_cp1252_semicolon_crlf_excel_de.csv",
            "derived/chinook_customers_utf16le_tab_crlf_excel_unicode_text.txt",
            "derived/chinook_customers_utf8_comma_lf.csv",
            "derived/chinook_customers_utf8bom_comma_crlf.csv",
            "derived/northwind_customers_utf8.csv",
        ];
        for name in files {
            let import = imported(&app, &std::fs::read(folder.join(name)).unwrap()).await;
            assert!(import.created_count > 0, "{name}");
        }
        let confirmed: i64 = confirmations::table.count().get_result(&mut app.conn()).unwrap();
        assert_eq!(confirmed, 0);
        let everybody = names(&app);
        assert!(everybody.iter().all(|name| !name.contains(['\u{FFFD}', 'Ã'])));
        // František Wichterlová came in from every encoding that can write her name.
        assert_eq!(everybody.iter().filter(|name| *name == "Wichterlová").count(), 5);
    }
}

async fn step_after_stop(app: &TestApp, mut import: Import) -> Result<(), StoreError> {
    let now = app.now();
    app.write(move |tx| run::store(tx, &mut import, &run::Batch::default(), now))
        .await
}

fn assert_nobody_is_confirmed(app: &TestApp, expected: i64) {
    let conn = &mut app.conn();
    let on_hold: i64 = leads::table
        .filter(leads::has_confirmation.eq(false))
        .count()
        .get_result(conn)
        .unwrap();
    let confirmed: i64 = confirmations::table.count().get_result(conn).unwrap();
    assert_eq!((on_hold, confirmed), (expected, 0));
}

/// Where the shared test data lie; a machine without them passes these tests, and says so.
fn shared_data() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = std::env::var_os("LEADGATE_SHARED_DATA").map_or_else(beside, PathBuf::from);
    if folder.try_exists().unwrap() {
        return Some(folder);
    }
    let notice = format!("NOT TESTED: the folder {} is absent\n", folder.display());
    std::io::stderr().write_all(notice.as_bytes()).unwrap();
    None
}
