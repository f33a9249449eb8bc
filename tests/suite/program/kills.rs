//! A sender that is killed again and again loses nothing.

use std::collections::BTreeMap;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use leadgate::clock::{Clock, SystemClock};
use leadgate::db::schema::outbox;
use leadgate::db::write;
use leadgate::domain::access::Scope;
use leadgate::domain::access::session::Principal;
use leadgate::domain::accounts;
use leadgate::domain::outbox::{MessageState, queue_test};

use crate::support::database::Backend;
use crate::support::program::Program;
use crate::support::smtp::SmtpServer;

const MESSAGES: usize = 1_000;

/// Processes that send side by side.
const SENDERS: usize = 4;
const KILLS: usize = 20;

/// So many messages to Ada, in the outbox at once.
fn queue(program: &Program) {
    let mut conn = program.database.connector.open().unwrap();
    let ada = accounts::find_by_email(&mut conn, leadgate::cli::demo::cast::ADA)
        .unwrap()
        .unwrap();
    let Some(Scope::Admin(scope)) = Principal::load(&mut conn, ada.id)
        .unwrap()
        .map(|ada| ada.scope(Default::default()))
    else {
        panic!("Ada is an administrator")
    };
    write(&mut conn, |tx| {
        (0..MESSAGES).try_for_each(|_| queue_test(tx, &scope, SystemClock.now()))
    })
    .unwrap();
}

/// Lets the time of a dead worker's hold run out.
fn let_leases_run_out(program: &Program) {
    let mut conn = program.database.connector.open().unwrap();
    conn.batch_execute("UPDATE outbox SET next_attempt_at = created_at WHERE state = 'waiting'")
        .unwrap();
}

async fn nothing_is_lost(backend: Backend) {
    let server = SmtpServer::start().await;
    let mut program = Program::work(
        backend,
        SENDERS,
        &[
            ("RUST_LOG", "warn".to_owned()),
            ("LEADGATE_SMTP_URL", server.mailer_url()),
            ("LEADGATE_MAIL_FROM", "Leadgate <leadgate@vendor.example>".to_owned()),
        ],
    );
    queue(&program);

    for kill in 0..KILLS - SENDERS {
        server.took(server.taken().len() + 1 + (kill * 7) % 23).await;
        program.kill_worker(kill % SENDERS);
        program.start_worker(kill % SENDERS);
    }
    // What the dead still hold is free after minutes; nobody may be at work while the test shortens that.
    (0..SENDERS).for_each(|number| program.kill_worker(number));
    let_leases_run_out(&program);
    (0..SENDERS).for_each(|number| program.start_worker(number));
    program.sent(MESSAGES).await;

    let mut arrivals: BTreeMap<String, usize> = BTreeMap::new();
    for message in server.taken() {
        *arrivals.entry(message.header("Message-ID")).or_default() += 1;
    }
    let again: usize = arrivals.values().map(|times| times - 1).sum();
    assert_eq!(arrivals.len(), MESSAGES, "some were lost");
    assert!(again <= KILLS, "{again} came again after {KILLS} kills");
    let mut conn = program.database.connector.open().unwrap();
    let unsent: i64 = outbox::table
        .filter(outbox::state.ne(MessageState::Sent))
        .count()
        .get_result(&mut conn)
        .unwrap();
    assert_eq!(unsent, 0);
}

#[actix_web::test]
async fn nothing_is_lost_on_sqlite() {
    nothing_is_lost(Backend::Sqlite).await;
}

#[actix_web::test]
async fn nothing_is_lost_on_postgres() {
    nothing_is_lost(Backend::Postgres).await;
}
