//! The copy of the seals in the program's log, and the command that holds the database against it.

use leadgate::db::DbConn;

use crate::support::database::Backend;
use crate::support::program::Program;
use crate::support::sql::{execute, number};

const COUNT: &str = "SELECT count(*) FROM audit_seals";

fn change(conn: &mut DbConn, backend: Backend) {
    let lifted = match backend {
        Backend::Sqlite => "DROP TRIGGER audit_events_never_change",
        Backend::Postgres => "ALTER TABLE audit_events DISABLE TRIGGER USER",
    };
    execute(conn, lifted).unwrap();
    execute(conn, "UPDATE audit_events SET detail = 'nothing happened' WHERE id = 1").unwrap();
}

async fn the_command_finds_what_was_changed(backend: Backend) {
    // The events of the cast are months old.
    let program = Program::serve(backend, &[]).await;
    program.logged("audit seal 1: events 1 to ").await;
    let mut conn = program.database.connector.open().unwrap();
    assert_eq!(number(&mut conn, COUNT), 1);
    let copy = program.copy_of_log();

    for options in [&["audit", "verify"][..], &["audit", "verify", "--copy", &copy]] {
        let (is_well, told) = program.say(options);
        assert!(
            is_well && told.contains("the audit log is as it was sealed. Seals that match: 1;"),
            "{options:?}: {told}"
        );
    }
    change(&mut conn, backend);
    for options in [&["audit", "verify"][..], &["audit", "verify", "--copy", &copy]] {
        let (is_well, told) = program.say(options);
        assert!(
            !is_well && told.contains("the audit log was changed. seal 1: the events 1 to "),
            "{options:?}: {told}"
        );
    }
    let (is_well, told) = program.say(&["audit", "verify", "--copy", "/nowhere"]);
    assert!(!is_well && told.contains("--copy /nowhere can't be read"), "{told}");
}

#[actix_web::test]
async fn the_command_finds_what_was_changed_on_sqlite() {
    the_command_finds_what_was_changed(Backend::Sqlite).await;
}

#[actix_web::test]
async fn the_command_finds_what_was_changed_on_postgres() {
    the_command_finds_what_was_changed(Backend::Postgres).await;
}
