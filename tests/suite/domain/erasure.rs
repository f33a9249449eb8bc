//! After an erasure no personal data of the lead is left: in no column of any table, no index, no file.

use leadgate::cli::demo::cast;
use leadgate::db::DbConn;
use leadgate::db::types::Reference;
use leadgate::domain::attachments::{self, NewAttachment, QUOTA};
use leadgate::domain::leads::internal_notes::{self, InternalNote};
use leadgate::domain::leads::{LeadInput, edit, erase, staff, views};
use leadgate::domain::permission::confirmation::{self, Basis};
use leadgate::domain::{assignments, settings};
use leadgate::jobs;

use crate::migrations::{columns, of_leads};
use crate::support::TestApp;
use crate::support::database::Backend;
use crate::support::sql::{execute, number, texts};

/// In every text of the lead.
const CANARY: &str = "qzxjvkwq";
/// In the name of its company: three letters, as the search index keeps them, of which random text in the file has none.
const LETTERS: &str = "џљњ";
const PHONE: &str = "5550917364";

fn input(number: usize) -> LeadInput {
    let word = |name: &str| format!("{CANARY} {name} {number}");
    LeadInput {
        first_name: word("first"),
        last_name: word("last"),
        email: format!("{CANARY}.{number}@nordlicht.example"),
        phone: format!("+{PHONE}"),
        company: word(LETTERS),
        job_title: word("job"),
        street: word("street"),
        city: word("city"),
        postal_code: word("pc"),
        region: word("region"),
        country: "SE".to_owned(),
        product: word("product"),
        source: word("source"),
        need: word("need").repeat(20),
        internal_note: word("note").repeat(60),
    }
}

/// Rows of the columns that hold the canary, in any case, with the name of each column.
fn found(backend: Backend, conn: &mut DbConn) -> Vec<String> {
    let columns = match backend {
        Backend::Sqlite => {
            "SELECT m.name || ' ' || c.name AS answer FROM sqlite_master m \
            JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%'"
        }
        Backend::Postgres => {
            "SELECT table_name || ' ' || column_name || CASE data_type WHEN 'bytea' THEN ' bytes' \
            ELSE '' END AS answer FROM information_schema.columns JOIN information_schema.tables t \
            USING (table_schema, table_name) WHERE table_schema = 'public' AND t.table_type = 'BASE TABLE'"
        }
    };
    let mut found = Vec::new();
    for column in texts(conn, columns) {
        let (table, column) = column.split_once(' ').unwrap();
        let text = match column.strip_suffix(" bytes") {
            Some(column) => format!("encode(\"{column}\", 'escape')"),
            None => format!("CAST(\"{column}\" AS TEXT)"),
        };
        let rows = number(
            conn,
            &format!(
                "SELECT count(*) FROM \"{table}\" WHERE lower({text}) LIKE '%{CANARY}%' OR {text} LIKE '%{PHONE}%'"
            ),
        );
        if rows > 0 {
            found.push(format!("{table}.{}", column.trim_end_matches(" bytes")));
        }
    }
    found
}

/// How often these bytes stand in the files of a SQLite database, in any case.
fn in_files(app: &TestApp, bytes: &[u8]) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(app.database.folder().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        let content = std::fs::read(&path).unwrap().to_ascii_lowercase();
        let times = content.windows(bytes.len()).filter(|window| *window == bytes).count();
        if times > 0 {
            found.push((path.file_name().unwrap().to_string_lossy().into_owned(), times));
        }
    }
    found
}

/// Leads with a canary in every column that the registry calls theirs, in every state that leads go through.
async fn fill(app: &TestApp, count: usize) -> Vec<Reference> {
    let (scope, nora, now) = (app.staff_scope(), app.partner_scope(cast::NORA), app.now());
    let mut references = Vec::new();
    for number in 0..count {
        // Others stand between them, so that their rows share pages.
        app.a_lead().named("Someone", &format!("Else {number}")).create().await;
        let mut lead = app.a_lead().with(|lead| *lead = input(number));
        if number % 2 == 0 {
            lead = lead.assigned_to(cast::NORA).opened();
        }
        references.push(lead.create().await);
    }
    app.track_permission().await;
    let all = references.clone();
    app.write(move |tx| {
        for (number, reference) in all.iter().enumerate() {
            let id = staff::id_of(tx, &scope, reference)?.unwrap();
            let words = format!("{CANARY} said so {number}");
            let basis = if number % 3 == 0 {
                Basis::LeadInterest { reason: words }
            } else {
                Basis::Consent {
                    evidence: words,
                    given_on: now.date(),
                }
            };
            confirmation::confirm(tx, &scope, id, &basis, None, now)?;
            let found = staff::find(tx, &scope, reference)?.unwrap();
            let mut changed = input(number);
            changed.street = format!("{CANARY} another street, longer than the one before it, {number}");
            let change = Some(edit::IdentityChange::SpellingCorrected);
            edit::edit(
                tx,
                &scope,
                id,
                &changed.parse().unwrap(),
                change,
                found.lock_version,
                now,
            )?;
            let note = InternalNote::parse(&format!("{CANARY} rings in the evening")).unwrap();
            internal_notes::add(tx, &scope, id, &note, now)?;
            if number % 2 == 0 {
                let note = assignments::note::StatusNote::parse(&format!("{CANARY} was called")).unwrap();
                assignments::note::put(tx, &nora, reference, &note, now)?;
                let file = NewAttachment::parse(&format!("{CANARY}.txt"), format!("{CANARY} asks").into_bytes())?;
                attachments::attach(tx, &nora, reference, &file, QUOTA, now)?;
            }
        }
        settings::load(tx)?;
        Ok::<_, anyhow::Error>(())
    })
    .await
    .unwrap();
    words_of_partners(&mut app.conn());
    rejected_rows(&mut app.conn());
    a_view(app).await;
    references
}

/// What partners wrote beside the status note: the next step, why they closed a lead, why they gave one back, what they
/// answered.
fn words_of_partners(conn: &mut DbConn) {
    for statement in [
        "UPDATE assignments SET next_step = 'qzxjvkwq is called again', closed_at = opened_at, closed_by = opened_by, \
         closing_remark = 'qzxjvkwq found it too dear', asked_at = opened_at, asked_by = assigned_by, cycle_answer = 'yes', \
         answered_at = opened_at, answered_by = opened_by, answer_remark = 'qzxjvkwq wants an offer' WHERE opened_at IS NOT NULL",
        "UPDATE assignments SET ended_at = assigned_at, ending = 'declined', declined_because = 'other', \
         decline_remark = 'qzxjvkwq is my cousin' WHERE id IN (SELECT max(id) FROM assignments)",
    ] {
        execute(conn, statement).unwrap();
    }
}

/// What an import would not take, in spellings of its own.
fn rejected_rows(conn: &mut DbConn) {
    let email = CANARY.to_uppercase();
    execute(
        conn,
        &format!(
            "INSERT INTO imports (reference, user_id, file_name, byte_count, state, encoding, delimiter, mapping, \
             is_guessed, headings, row_count, created_at) SELECT 'raw', id, 'fair.csv', 1, 'done', 'utf-8', ',', '', \
             FALSE, '', 4, '2026-05-04 10:00:00' FROM users WHERE email_key = '{}'",
            cast::SOFIA
        ),
    )
    .unwrap();
    // The cells as they stand in the file, and what is searched: each cell as a key, a line each.
    let rows = [
        (
            format!("{email}.0@Nordlicht.example"),
            format!("\n{CANARY}.0@nordlicht.example\n"),
        ),
        (format!("+{PHONE}"), format!("\n+{PHONE}\n{PHONE}\n")),
        (
            format!("{CANARY} last 1, {CANARY} first 1"),
            format!("\n{CANARY} last 1\n{CANARY} first 1\n"),
        ),
        (
            "other@nordlicht.example".to_owned(),
            "\nother@nordlicht.example\n".to_owned(),
        ),
    ];
    for (number, (cells, keys)) in rows.iter().enumerate() {
        let row = format!(
            "INSERT INTO import_rejections (import_id, row_number, reason, cells, keys) \
             SELECT id, {number}, 'a reason', '{cells}', '{keys}' FROM imports"
        );
        execute(conn, &row).unwrap();
    }
}

/// A view of the list that somebody made to find one of them again.
async fn a_view(app: &TestApp) {
    let (scope, now) = (app.staff_scope(), app.now());
    let words = format!("{CANARY} last 0 {CANARY} first 0 {CANARY}.0@nordlicht.example");
    app.write(move |tx| views::save(tx, &scope, &words[..50], &format!("q={words}"), &words, now))
        .await
        .unwrap();
}

async fn erase_all(app: &TestApp, references: Vec<Reference>) {
    let (scope, now) = (app.staff_scope(), app.now());
    for reference in references {
        let scope = scope.clone();
        app.write(move |tx| {
            let id = staff::id_of(tx, &scope, &reference)?.unwrap();
            erase::erase(tx, &scope, id, now)
        })
        .await
        .unwrap();
    }
}

db_test! {
    async fn nothing_of_an_erased_lead_is_left(app) {
        let references = fill(&app, 40).await;
        let mut conn = app.conn();
        let before = found(app.backend, &mut conn);
        // The index leaves out what a term shares with the one before it: here the first byte.
        let letters = &LETTERS.as_bytes()[1..];
        if app.backend == Backend::Sqlite {
            assert_ne!(in_files(&app, letters), []);
        }
        for column in of_leads() {
            // A country has two letters; the file of an import goes when the import is done.
            let cant_hold_it = ["leads.country", "import_chunks.bytes"].contains(&column.as_str());
            assert!(before.contains(&column) || cant_hold_it, "the test puts no canary into {column}");
        }

        erase_all(&app, references).await;
        jobs::tick(&app.state).await;

        assert_eq!(found(app.backend, &mut conn), Vec::<String>::new());
        assert_eq!(number(&mut conn, "SELECT count(*) FROM leads"), 40, "those of others stay");
        assert_eq!(number(&mut conn, "SELECT count(*) FROM import_rejections"), 1, "those of others stay");
        assert_eq!(number(&mut conn, "SELECT count(*) FROM erasures_to_scrub"), 0);
        if app.backend == Backend::Sqlite {
            let matches = format!("SELECT count(*) FROM lead_search WHERE lead_search MATCH '\"{CANARY}\"'");
            assert_eq!(number(&mut conn, &matches), 0);
            assert_eq!(in_files(&app, CANARY.as_bytes()), []);
            assert_eq!(in_files(&app, PHONE.as_bytes()), []);
            assert_eq!(in_files(&app, letters), [], "the search index keeps three letters at a time");
        }
    }

    async fn what_was_done_stays_provable(app) {
        let references = fill(&app, 2).await;
        let held = references[0].clone();

        erase_all(&app, references).await;

        let mut conn = app.conn();
        let acts = texts(
            &mut conn,
            &format!("SELECT action AS answer FROM audit_events WHERE subject_reference = '{held}' ORDER BY id"),
        );
        assert_eq!(
            acts,
            [
                "lead.created", "lead.assigned", "lead.opened", "lead.confirmed", "lead.edited", "lead.internal_note_added",
                "lead.noted", "attachment.added", "lead.erased"
            ]
        );
        let disclosures = format!("SELECT count(*) FROM disclosures WHERE lead_reference = '{held}'");
        assert_eq!(number(&mut conn, &disclosures), 3, "given, opened, and changed since");
        let about_it = "SELECT count(*) FROM outbox WHERE state = 'waiting' AND destroy_task_id IS NULL";
        assert_eq!(number(&mut conn, about_it), 0);
        assert_eq!(number(&mut conn, "SELECT count(*) FROM destroy_tasks"), 1);
        assert_eq!(number(&mut conn, "SELECT count(*) FROM assignments"), 0);
        assert_eq!(number(&mut conn, "SELECT count(*) FROM confirmations"), 0);
    }

    async fn every_table_is_searched(app) {
        let searched = columns(app.backend, &mut app.conn());

        assert!(of_leads().iter().all(|column| searched.iter().any(|known| known.starts_with(column))));
    }
}

#[actix_web::test]
async fn every_table_that_an_erasure_empties_is_scrubbed_on_postgres() {
    let app = TestApp::on(Backend::Postgres).await;
    let references = fill(&app, 2).await;
    erase_all(&app, references).await;

    jobs::tick(&app.state).await;

    let scrubbed = texts(
        &mut app.conn(),
        "SELECT relname AS answer FROM pg_stat_user_tables WHERE last_vacuum IS NOT NULL",
    );
    for column in of_leads() {
        let (table, _) = column.split_once('.').unwrap();
        assert!(
            scrubbed.iter().any(|known| known == table),
            "{table} is not among {scrubbed:?}"
        );
    }
}

#[actix_web::test]
async fn scrubbing_waits_for_whoever_still_reads() {
    let app = TestApp::on(Backend::Sqlite).await;
    let references = fill(&app, 2).await;
    let mut reader = app.conn();
    execute(&mut reader, "BEGIN").unwrap();
    number(&mut reader, "SELECT count(*) FROM leads");
    erase_all(&app, references).await;

    jobs::tick(&app.state).await;
    let while_reading = number(&mut app.conn(), "SELECT count(*) FROM erasures_to_scrub");
    execute(&mut reader, "ROLLBACK").unwrap();
    jobs::tick(&app.state).await;

    assert_eq!(while_reading, 2);
    assert_eq!(number(&mut app.conn(), "SELECT count(*) FROM erasures_to_scrub"), 0);
    assert_eq!(in_files(&app, CANARY.as_bytes()), []);
}
