//! Faults of the database, one for everything that a piece of work reads or writes, and for its commit.

use std::collections::BTreeSet;

use super::TestApp;
use super::database::Backend;
use super::sql::{execute, texts};

/// What can go wrong in the database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A table can be neither read nor written.
    Gone(String),
    /// A table takes no such change.
    Refused { operation: String, table: String },
    /// The lead takes no other status, when it was locked and looked at already.
    StatusRefused,
    /// Everything was taken, and can't be kept.
    Commit,
}

impl Fault {
    pub fn bring_about(&self, app: &TestApp) {
        let sql = match (self, app.backend) {
            (Fault::Gone(table), _) => format!("ALTER TABLE {table} RENAME TO out_of_reach"),
            (Fault::Refused { operation, table }, Backend::Sqlite) => {
                format!("CREATE TRIGGER fault BEFORE {operation} ON {table} BEGIN SELECT RAISE(ABORT, 'a fault'); END")
            }
            (Fault::Refused { operation, table }, Backend::Postgres) => {
                format!("CREATE TRIGGER fault BEFORE {operation} ON {table} FOR EACH ROW EXECUTE FUNCTION a_fault()")
            }
            (Fault::StatusRefused, Backend::Sqlite) => {
                "CREATE TRIGGER fault BEFORE UPDATE ON leads WHEN NEW.status <> OLD.status \
                 BEGIN SELECT RAISE(ABORT, 'a fault'); END"
                    .to_owned()
            }
            (Fault::StatusRefused, Backend::Postgres) => "CREATE TRIGGER fault BEFORE UPDATE ON leads FOR EACH ROW \
                 WHEN (NEW.status <> OLD.status) EXECUTE FUNCTION a_fault()"
                .to_owned(),
            // A reference to nothing, which is looked at when everything else is done.
            (Fault::Commit, Backend::Sqlite) => "CREATE TABLE fault_parent (id INTEGER PRIMARY KEY); \
                 CREATE TABLE fault_child (id INTEGER REFERENCES fault_parent (id) DEFERRABLE INITIALLY DEFERRED); \
                 CREATE TRIGGER fault AFTER INSERT ON assignments BEGIN INSERT INTO fault_child VALUES (1); END; \
                 CREATE TRIGGER fault_of_a_change AFTER UPDATE ON assignments BEGIN INSERT INTO fault_child VALUES (1); END"
                .to_owned(),
            (Fault::Commit, Backend::Postgres) => "CREATE CONSTRAINT TRIGGER fault AFTER INSERT OR UPDATE ON assignments \
                 DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION a_fault()"
                .to_owned(),
        };
        execute(&mut app.conn(), &sql).unwrap();
    }

    pub fn mend(&self, app: &TestApp) {
        let table = match self {
            Fault::Gone(table) => {
                return execute(&mut app.conn(), &format!("ALTER TABLE out_of_reach RENAME TO {table}")).unwrap();
            }
            Fault::Refused { table, .. } => table,
            Fault::StatusRefused => "leads",
            Fault::Commit => "assignments",
        };
        let sql = match app.backend {
            Backend::Sqlite => {
                "DROP TRIGGER fault; DROP TRIGGER IF EXISTS fault_of_a_change; DROP TABLE IF EXISTS fault_child; DROP TABLE IF EXISTS fault_parent".to_owned()
            }
            Backend::Postgres => format!("DROP TRIGGER fault ON {table}"),
        };
        execute(&mut app.conn(), &sql).unwrap();
    }
}

pub fn tables(app: &TestApp) -> Vec<String> {
    let query = match app.backend {
        Backend::Sqlite => "SELECT name AS answer FROM sqlite_master WHERE type = 'table'",
        Backend::Postgres => "SELECT tablename::text AS answer FROM pg_tables WHERE schemaname = 'public'",
    };
    texts(&mut app.conn(), query)
}

/// A fault for everything that these statements read or write.
pub fn faults_of(statements: &[String], tables: &[String]) -> BTreeSet<Fault> {
    let mut faults = BTreeSet::from([Fault::Commit, Fault::StatusRefused]);
    for statement in statements {
        let text = statement
            .split(" -- binds:")
            .next()
            .unwrap()
            .replace(['"', '`', '(', ')', ','], " ");
        let words: Vec<&str> = text.split_whitespace().collect();
        let named = |word: &&str| tables.iter().any(|table| table == word);
        let after = |word: &str| {
            words
                .iter()
                .skip_while(|other| **other != word)
                .nth(1)
                .filter(|word| named(word))
        };
        faults.extend(
            words
                .iter()
                .filter(|word| named(word))
                .map(|table| Fault::Gone((*table).to_owned())),
        );
        for (first, operation, before) in [
            ("INSERT", "INSERT", "INTO"),
            ("UPDATE", "UPDATE", "UPDATE"),
            ("DELETE", "DELETE", "FROM"),
        ] {
            if let Some(table) = after(before).filter(|_| words[0] == first) {
                faults.insert(Fault::Refused {
                    operation: operation.to_owned(),
                    table: (*table).to_owned(),
                });
            }
        }
    }
    faults
}
