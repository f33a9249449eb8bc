//! The canary crawl: everything that the database holds and a partner may not see carries a marker, and no answer of
//! any kind to a curious partner holds one.

use diesel::RunQueryDsl;
use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;

use super::crawl::{Bold, crawl};
use super::world::{World, furnish, write_to_holder};
use crate::support::TestApp;
use crate::support::client::{Client, Page};
use crate::support::database::Backend;
use crate::support::dump;

/// What a partner may never read.
const HIDDEN: &str = "canary";
/// What a partner may read once the lead is opened.
const UNOPENED: &str = "sealed";

/// Words that would tell that there is something to hide.
pub const TELLTALES: [&str; 5] = ["permission", "confirm", "on hold", "legal ground", "consent"];

/// The columns of a lead that are released when it is opened.
const RELEASED: [&str; 13] = [
    "first_name",
    "last_name",
    "email",
    "phone",
    "company",
    "job_title",
    "street",
    "city",
    "postal_code",
    "region",
    "need",
    "name_key",
    "search_text",
];

/// Runs a statement that the schema may refuse.
fn attempt(app: &TestApp, statement: &str) -> bool {
    diesel::sql_query(statement)
        .execute(&mut app.conn())
        .is_ok_and(|count| count > 0)
}

/// Marks every text that the schema lets be changed, but for what this viewer may see; rows of the tables that only
/// grow are added. Gives the columns that carry a marker now.
fn mark(app: &TestApp, world: &World, viewer: &str) -> Vec<String> {
    let quoted = |list: &[Reference]| list.iter().map(|r| format!("'{r}'")).collect::<Vec<_>>().join(", ");
    let (seen, hidden) = (quoted(&world.seen), quoted(&world.hidden));
    let own_partner = format!("(SELECT partner_id FROM users WHERE email = '{viewer}')");
    for statement in [
        "INSERT INTO audit_events (happened_at, actor_id, action, subject, subject_id, subject_reference, detail, address, \
         request_id) SELECT created_at, created_by, 'canary action', 'canary subject', id, 'canary reference', \
         'canary detail', 'canary address', 'canary request' FROM leads",
        "INSERT INTO disclosures (lead_id, lead_reference, assignment_id, partner_id, user_id, act, fields, ground, \
         text_version, disclosed_at) SELECT lead_id, 'canary reference', id, partner_id, user_id, 'opened', \
         'canary fields', 'consent', 7777, assigned_at FROM assignments",
        "INSERT INTO confirmation_texts (version, body, created_by, created_at) \
         SELECT 7777, 'canary text', id, created_at FROM users WHERE email = 'ada@vendor.example'",
        "INSERT INTO imports (reference, user_id, file_name, byte_count, state, encoding, delimiter, mapping, row_count, is_guessed, \
         headings, created_at) SELECT 'canary import', id, 'canary file', 1, 'done', 'canary encoding', ';', 'canary mapping', 1, FALSE, \
         'canary headings', created_at FROM users WHERE email = 'sofia@vendor.example'",
        "INSERT INTO import_rejections (import_id, row_number, reason, cells, keys) SELECT id, 1, 'canary reason', 'canary cells', 'canary keys' \
         FROM imports",
        "INSERT INTO submissions (key, user_id, location, created_at) SELECT 'canary key', id, 'canary location', created_at \
         FROM users WHERE email = 'sofia@vendor.example'",
        "INSERT INTO closing_reasons (reference, outcome, label, retired_at) SELECT 'canary reason', 'lost', 'canary label', \
         created_at FROM users WHERE email = 'sofia@vendor.example'",
    ] {
        diesel::sql_query(statement)
            .execute(&mut app.conn())
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    let bytes = match app.backend {
        Backend::Sqlite => "BLOB",
        Backend::Postgres => "BYTEA",
    };
    // What was written about leads that this viewer does not see, also by the own partner before they went.
    let others = format!(
        "FROM assignments a JOIN leads l ON l.id = a.lead_id JOIN users u ON u.partner_id = a.partner_id \
         WHERE l.reference IN ({hidden})"
    );
    for statement in [
        format!(
            "UPDATE assignments SET asked_at = assigned_at, asked_by = assigned_by, cycle_answer = 'yes', answered_at = assigned_at, \
             answered_by = assigned_by, answer_remark = 'x' WHERE ended_at IS NOT NULL OR lead_id IN \
             (SELECT id FROM leads WHERE reference IN ({hidden}))"
        ),
        format!(
            "INSERT INTO partner_notes (lead_id, partner_id, author_id, body, written_at) SELECT a.lead_id, a.partner_id, u.id, 'x', a.assigned_at {others}"
        ),
        // And what the vendor wrote to their holders, also to a former one at the own partner.
        format!(
            "INSERT INTO partner_notes (lead_id, partner_id, assignment_id, author_id, body, written_at) SELECT a.lead_id, a.partner_id, a.id, a.assigned_by, 'x', a.assigned_at {others}"
        ),
        "INSERT INTO internal_notes (lead_id, author_id, body, written_at) SELECT l.id, u.id, 'x', l.created_at \
         FROM leads l JOIN users u ON u.email = 'sofia@vendor.example'"
            .to_owned(),
        format!(
            "INSERT INTO attachments (reference, lead_id, partner_id, author_id, title, kind, byte_count, attached_at, content) \
             SELECT 'hidden' || a.id || '-' || u.id, a.lead_id, a.partner_id, u.id, 'x', 'txt', 6, a.assigned_at, CAST('canary' AS {bytes}) {others}"
        ),
    ] {
        assert!(attempt(app, &statement), "{statement}");
    }
    let row = match app.backend {
        Backend::Sqlite => "rowid",
        Backend::Postgres => "ctid",
    };
    let mut marked = Vec::new();
    for (table, column) in text_columns(app) {
        let mut set = |marker: &str, condition: &str| {
            let value = format!("'{marker} {table} {column} ' || CAST({row} AS TEXT)");
            if attempt(app, &format!("UPDATE {table} SET {column} = {value} WHERE {condition}")) {
                marked.push(format!("{table}.{column}"));
            }
        };
        match (table.as_str(), column.as_str()) {
            // Without these there is no session, no way to a lead, no record.
            (_, "reference" | "kind" | "state" | "status" | "role") | ("sessions", "key_hash") => {}
            ("leads", released) if RELEASED.contains(&released) => {
                set(HIDDEN, &format!("reference IN ({hidden})"));
                set(
                    UNOPENED,
                    &format!(
                        "reference IN ({seen}) AND NOT EXISTS (SELECT 1 FROM assignments a WHERE a.lead_id = leads.id \
                         AND a.ended_at IS NULL AND a.opened_at IS NOT NULL)"
                    ),
                );
            }
            ("leads", "country" | "product") => set(HIDDEN, &format!("reference IN ({hidden})")),
            ("partners", "name") => set(HIDDEN, &format!("id <> {own_partner}")),
            ("users", "name") => set(HIDDEN, &format!("partner_id IS NULL OR partner_id <> {own_partner}")),
            // Whoever manages a partner sees the addresses of its people.
            ("users", "email") => set(
                HIDDEN,
                &format!(
                    "email <> '{viewer}' AND (partner_id IS NULL OR partner_id <> {own_partner} OR NOT EXISTS \
                     (SELECT 1 FROM users AS own WHERE own.email = '{viewer}' AND own.role = 'partner_manager'))"
                ),
            ),
            ("sessions", _) => {
                set(
                    HIDDEN,
                    &format!("user_id IS NULL OR user_id <> (SELECT id FROM users WHERE email = '{viewer}')"),
                );
            }
            ("destroy_tasks", _) => set(HIDDEN, &format!("partner_id <> {own_partner}")),
            ("closing_reasons", _) => set(HIDDEN, "retired_at IS NOT NULL"),
            ("assignments", "status_note" | "next_step" | "closing_remark" | "decline_remark" | "answer_remark") => {
                set(
                    HIDDEN,
                    &format!("ended_at IS NOT NULL OR lead_id IN (SELECT id FROM leads WHERE reference IN ({hidden}))"),
                )
            }
            _ => set(HIDDEN, "1 = 1"),
        }
    }
    marked
}

fn text_columns(app: &TestApp) -> Vec<(String, String)> {
    let mut conn = app.conn();
    dump::tables(&mut conn, app.backend)
        .into_iter()
        .filter(|table| !table.starts_with("__"))
        .flat_map(|table| {
            dump::text_columns(&mut conn, app.backend, &table)
                .into_iter()
                .map(move |column| (table.clone(), column))
        })
        .collect()
}

/// What stands in an answer: its status, its headers but the one whose very name is one of the words, its body, and each
/// part of it where it is an archive.
fn everything(page: &Page) -> String {
    let headers: Vec<String> = page
        .headers()
        .iter()
        .filter(|(name, _)| *name != "permissions-policy")
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    let parts: Vec<String> = page
        .parts()
        .into_iter()
        .map(|(name, text)| format!("{name}\n{text}"))
        .collect();
    let body = format!("{}\n{}", page.source(), parts.join("\n"));
    format!("{}\n{}\n{body}", page.status(), headers.join("\n")).to_lowercase()
}

#[track_caller]
fn assert_clean(answers: &[(String, Page)], forbidden: &[&str]) {
    for (request, page) in answers {
        // A list of all time zones names the Canary Islands, and nothing of the database.
        let text = everything(page).replace("atlantic/canary", "");
        for word in forbidden.iter().chain(&TELLTALES) {
            if let Some(at) = text.find(word) {
                let (from, to) = (
                    text.floor_char_boundary(at.saturating_sub(200)),
                    text.ceil_char_boundary((at + 200).min(text.len())),
                );
                panic!("{word:?} in the answer to {request}: …{}…", &text[from..to]);
            }
        }
        assert!(page.status() < 500, "{request}: {}", page.status());
    }
}

/// Requests that end in every kind of refusal.
async fn refusals(app: &TestApp, client: &Client, world: &World) -> Vec<(String, Page)> {
    let own = format!("/portal/leads/{}", world.seen[0]);
    let mut answers = Vec::new();
    let mut paths: Vec<String> = [
        "/leads",
        "/",
        "/settings",
        "/audit",
        "/leads/new",
        "/nothing",
        "/portal/nothing",
        "/portal/leads/nothing",
        "/portal/leads?sort=nonsense",
        "/portal/leads?sort=permission",
        "/portal/leads?q=%FF",
        "/portal/leads?q=a&q=b",
        "/portal/leads?page=nonsense",
        "/portal/leads?filter[permission]=1&include=confirmations&fields=source",
    ]
    .map(str::to_owned)
    .to_vec();
    for lead in &world.hidden {
        paths.push(format!("/portal/leads/{lead}"));
        paths.push(format!(
            "/portal/leads?page=after-{lead}&waiting=before-{lead}&sort=name"
        ));
        paths.push(format!("/leads/{lead}"));
    }
    for path in &paths {
        answers.push((format!("GET {path}"), client.get(path).await));
        answers.push((format!("POST {path}"), client.post(path, &[("status_note", "x")]).await));
        answers.push((
            format!("PUT {path}"),
            client.request("PUT", path, &[("origin", &app.origin)], "").await,
        ));
    }
    for lead in &world.hidden {
        for act in [
            "open",
            "note",
            "answer",
            "closing",
            "conversion",
            "decline",
            "reassignment",
        ] {
            let path = format!("/portal/leads/{lead}/{act}");
            answers.push((
                format!("POST {path}"),
                client.post(&path, &[("status_note", "x")]).await,
            ));
        }
    }
    let note = format!("{own}/note");
    answers.push((
        format!("POST {note} from elsewhere"),
        client.request("POST", &note, &[], "").await,
    ));
    answers.push((
        format!("POST {note}, no form"),
        client.request("POST", &note, &[("origin", &app.origin)], "{}").await,
    ));
    answers.push((
        format!("POST {note}, huge"),
        client.post(&note, &[("status_note", &"x".repeat(300_000))]).await,
    ));
    answers.push((
        format!("GET {own} of another host"),
        client.request("GET", &own, &[("host", "evil.example")], "").await,
    ));
    answers
}

async fn prove(app: TestApp, viewer: &str, is_tracking: bool) {
    let world = furnish(&app, viewer, is_tracking).await;
    let client = app.sign_in(viewer).await;
    // Nobody finds her by her address afterwards.
    let sofia = app.staff_scope();
    let marked = mark(&app, &world, viewer);
    for column in [
        "leads.source",
        "leads.internal_note",
        "leads.email_key",
        "leads.phone_key",
        "leads.first_name",
        "leads.need",
        "users.name",
        "users.email",
        "users.password_hash",
        "partners.name",
        "destroy_tasks.product",
        "partner_notes.body",
        "internal_notes.body",
        "assignments.answer_remark",
        "attachments.title",
        "outbox.last_error",
        "submissions.location",
        "imports.file_name",
        "import_rejections.cells",
    ] {
        assert!(
            marked.iter().any(|known| known == column),
            "{column} carries no marker: {marked:?}"
        );
    }

    let starts = [
        "/portal".to_owned(),
        "/portal/leads".to_owned(),
        "/portal/leads?q=Opal&sort=name".to_owned(),
    ];
    let quiet = crawl(&client, &starts, Bold::No).await;
    assert!(
        quiet.iter().any(|(_, page)| page.source().contains("Opal Lead")),
        "nothing was seen at all"
    );
    assert!(
        quiet
            .iter()
            .any(|(_, page)| page.source().contains("Destroy your copies")),
        "no task was seen"
    );
    assert!(
        quiet
            .iter()
            .any(|(_, page)| page.source().contains("active sales cycle")),
        "no question was seen"
    );
    assert_clean(&quiet, &[HIDDEN, UNOPENED]);
    assert_clean(&refusals(&app, &client, &world).await, &[HIDDEN, UNOPENED]);

    write_to_holder(&app, &sofia, &world.seen[1]).await;
    let answer = format!("/portal/leads/{}/answer", world.seen[1]);
    let fields = [
        ("answer", "yes"),
        ("answer_remark", "Offer is out"),
        ("permission", "1"),
    ];
    assert_eq!(client.post(&answer, &fields).await.status(), 303);
    let bold = crawl(&client, &starts, Bold::Yes).await;
    assert!(
        bold.iter().any(|(_, page)| page.source().contains(UNOPENED)),
        "no lead was opened"
    );
    assert!(
        bold.iter()
            .any(|(_, page)| page.source().contains("A word of the vendor")),
        "no note of the vendor was seen"
    );
    assert_clean(&bold, &[HIDDEN]);
    let sheet = client.post("/portal/leads/download", &[("format", "xlsx")]).await;
    assert!(!sheet.parts().is_empty(), "no sheet was seen: {}", sheet.text());
    assert_clean(&[("the list as a sheet".to_owned(), sheet)], &[HIDDEN]);
    assert_clean(&refusals(&app, &client, &world).await, &[HIDDEN]);
    assert_eq!(
        client.get("/portal/leads").await.status(),
        200,
        "the crawl signed itself out"
    );

    let goodbye = client.post("/sign-out", &[]).await;
    let after = client.get("/portal/leads").await;
    assert_clean(
        &[
            ("POST /sign-out".to_owned(), goodbye),
            ("GET /portal/leads, signed out".to_owned(), after),
        ],
        &[HIDDEN],
    );
}

db_test! {
    async fn a_manager_meets_no_canary_while_permission_is_tracked(app) {
        prove(app, cast::NORA, true).await;
    }

    async fn a_manager_meets_no_canary_while_it_is_not(app) {
        prove(app, cast::NORA, false).await;
    }

    async fn a_member_meets_no_canary(app) {
        prove(app, cast::NILS, true).await;
    }

    async fn another_partner_meets_no_canary(app) {
        prove(app, cast::SAM, true).await;
    }

    async fn another_partner_meets_no_canary_while_it_is_not_tracked(app) {
        prove(app, cast::SAM, false).await;
    }
}
