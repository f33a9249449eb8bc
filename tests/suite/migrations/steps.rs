//! Migrating forwards and backwards, and what is refused.

use std::collections::BTreeSet;
use std::path::Path;

use leadgate::db::{is_current, migrate, revert_all};

use super::shape::columns;
use crate::support::database::{Backend, TestDatabase};
use crate::support::sql::execute;

fn folders(backend: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(backend);
    std::fs::read_dir(path)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            for file in ["up.sql", "down.sql"] {
                assert!(
                    entry.path().join(file).is_file(),
                    "{} has no {file}",
                    entry.path().display()
                );
            }
            entry.file_name().into_string().unwrap()
        })
        .collect()
}

#[test]
fn both_databases_have_the_same_migrations() {
    assert_eq!(folders("sqlite"), folders("postgres"));
}

fn goes_forwards_backwards_and_forwards(backend: Backend) {
    let database = TestDatabase::empty(backend);
    let mut conn = database.connector.open().unwrap();
    let all = migrate(&mut conn).unwrap();
    let made = columns(backend, &mut conn);

    revert_all(&mut conn).unwrap();
    let left = columns(backend, &mut conn);
    let again = migrate(&mut conn).unwrap();

    assert_eq!(all.len(), folders("sqlite").len());
    assert_eq!(left, BTreeSet::new());
    assert_eq!(again, all);
    assert_eq!(columns(backend, &mut conn), made);
    assert!(is_current(&mut conn).unwrap());
    assert_eq!(migrate(&mut conn).unwrap(), Vec::<String>::new());
}

#[test]
fn every_migration_can_be_undone_on_sqlite() {
    goes_forwards_backwards_and_forwards(Backend::Sqlite);
}

#[test]
fn every_migration_can_be_undone_on_postgres() {
    goes_forwards_backwards_and_forwards(Backend::Postgres);
}

db_test! {
    async fn a_database_of_a_newer_program_is_refused(app) {
        let mut conn = app.conn();
        execute(&mut conn, "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000001')").unwrap();

        let error = migrate(&mut conn).unwrap_err();

        assert!(error.to_string().contains("use a newer one"), "{error}");
    }
}
