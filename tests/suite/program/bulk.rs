//! A bulk act of very many leads: its progress is seen, and a kill in the middle leaves each lead done with all its rows,
//! or not at all; the next program carries on. `LEADGATE_TEST_BULK` raises the number of leads.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use leadgate::cli::demo::cast;
use leadgate::clock::{Clock, SystemClock};
use leadgate::db::page::thousands;
use leadgate::db::{DbConn, write};
use leadgate::domain::access::Scope;
use leadgate::domain::access::session::Principal;
use leadgate::domain::accounts;
use leadgate::domain::leads::{LeadDraft, LeadInput, intake};

use crate::support::client::{Client, Page};
use crate::support::database::Backend;
use crate::support::program::Program;
use crate::support::sql::{number, texts};

/// As many as an unoptimised build does in a fitting time; one act may have ten thousand.
fn leads() -> i64 {
    let wanted = std::env::var("LEADGATE_TEST_BULK").ok();
    wanted.map_or(2_000, |wanted| wanted.parse().expect("LEADGATE_TEST_BULK is a number"))
}

/// So many leads are entered in one transaction.
const AT_ONCE: usize = 500;

/// How long a lead may take on a machine that has other work.
const PATIENCE: Duration = Duration::from_millis(120);

fn enter(conn: &mut DbConn, leads: i64) {
    let sofia = accounts::find_by_email(conn, cast::SOFIA).unwrap().unwrap();
    let Some(Scope::Staff(scope)) = Principal::load(conn, sofia.id)
        .unwrap()
        .map(|sofia| sofia.scope(Default::default()))
    else {
        panic!("Sofia is staff")
    };
    let drafts: Vec<LeadDraft> = (0..leads)
        .map(|number| {
            let input = LeadInput {
                last_name: format!("Öberg {number}"),
                email: format!("lead{number}@nordlicht.example"),
                ..LeadInput::default()
            };
            input.parse().unwrap()
        })
        .collect();
    for batch in drafts.chunks(AT_ONCE) {
        write(conn, |tx| {
            intake::create_many(tx, &scope, batch, "test", SystemClock.now())
        })
        .unwrap();
    }
}

/// Begins the act on all leads, as the list's form does; its page.
async fn begin(staff: &Client, recipient: &str, leads: i64) -> Page {
    let asked = [("all", "true"), ("list", ""), ("act", "assign")];
    let question = staff.post("/leads/selection", &asked).await;
    let begun = staff
        .submit(
            &question,
            &format!("Assign {} leads", thousands(leads)),
            &[("recipient", recipient)],
        )
        .await;
    staff.follow(&begun).await
}

/// How many leads had their turn, as the page says it; none once it has ended.
fn taken(page: &Page, leads: i64) -> Option<i64> {
    let text = page.text();
    let (before, _) = text.split_once(&format!(" of {} leads: ", thousands(leads)))?;
    before.rsplit(' ').next()?.replace(',', "").parse().ok()
}

/// Looks at the page until it says that so many had their turn; each number that it said on the way.
async fn watch(staff: &Client, path: &str, until: i64, leads: i64) -> Vec<i64> {
    let start = Instant::now();
    let mut seen = Vec::new();
    loop {
        assert!(
            start.elapsed() < PATIENCE * leads as u32,
            "it never comes to {until}: {seen:?}"
        );
        let page = staff.get(path).await;
        let Some(taken) = taken(&page, leads) else {
            assert!(
                page.text().contains(&format!("Done {}", thousands(leads))),
                "{}",
                page.text()
            );
            return seen;
        };
        if seen.last() != Some(&taken) {
            seen.push(taken);
        }
        if taken >= until {
            return seen;
        }
    }
}

/// How many leads are assigned, each of them once and with everything that belongs to it.
fn assigned_whole(conn: &mut DbConn) -> i64 {
    let live = number(conn, "SELECT count(*) FROM assignments WHERE ended_at IS NULL");
    for query in [
        "SELECT count(*) FROM assignments",
        "SELECT count(DISTINCT lead_id) FROM assignments",
        "SELECT count(*) FROM leads WHERE status = 'unopened'",
        "SELECT count(*) FROM disclosures WHERE act = 'assigned'",
        "SELECT count(DISTINCT assignment_id) FROM disclosures",
        "SELECT count(*) FROM audit_events WHERE action = 'lead.assigned'",
        "SELECT count(DISTINCT subject_id) FROM audit_events WHERE action = 'lead.assigned'",
        "SELECT count(DISTINCT assignment_id) FROM notices WHERE kind = 'lead.waiting'",
        // Sent one by one or collected: one row for each.
        "SELECT count(*) FROM outbox WHERE kind = 'lead.waiting'",
        "SELECT count(DISTINCT assignment_id) FROM outbox WHERE kind = 'lead.waiting'",
        "SELECT count(*) FROM bulk_act_leads WHERE outcome = 'done'",
        "SELECT done_count FROM bulk_acts",
    ] {
        assert_eq!(number(conn, query), live, "{query}");
    }
    live
}

async fn each_lead_is_done_once(backend: Backend) {
    let mut program = Program::serve(backend, &[("RUST_LOG", "warn".to_owned())]).await;
    let mut conn = program.database.connector.open().unwrap();
    let leads = leads();
    enter(&mut conn, leads);
    let staff = program.anybody();
    let signed_in = [("email", cast::SOFIA), ("password", cast::PASSWORD)];
    assert_eq!(staff.post("/sign-in", &signed_in).await.status(), 303);
    let nils = format!("SELECT reference AS answer FROM users WHERE email = '{}'", cast::NILS);
    let nils = texts(&mut conn, &nils).remove(0);

    let page = begin(&staff, &nils, leads).await;
    let seen = watch(&staff, &page.path, leads / 3, leads).await;
    program.kill_worker(0);
    let before = assigned_whole(&mut conn);

    assert!(seen.len() > 5 && seen.is_sorted(), "{seen:?}");
    assert!((leads / 3..leads).contains(&before), "{before} were done at the kill");
    // What the dead one held is free after half a minute.
    conn.batch_execute("UPDATE bulk_acts SET lease_until = created_at")
        .unwrap();
    program.serve_again().await;
    let start = Instant::now();
    let rest = watch(&staff, &page.path, leads + 1, leads).await;
    let rate = (leads - before) as f64 / start.elapsed().as_secs_f64();
    println!(
        "{before} at the kill, then {rate:.0} leads a second: {} steps seen",
        rest.len()
    );
    assert_eq!(assigned_whole(&mut conn), leads);
    assert_eq!(
        number(
            &mut conn,
            "SELECT count(*) FROM audit_events WHERE action IN ('bulk.started', 'bulk.ended')"
        ),
        2
    );
}

#[actix_web::test]
async fn each_lead_is_done_once_on_sqlite() {
    each_lead_is_done_once(Backend::Sqlite).await;
}

#[actix_web::test]
async fn each_lead_is_done_once_on_postgres() {
    each_lead_is_done_once(Backend::Postgres).await;
}
