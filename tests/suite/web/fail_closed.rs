//! Whatever fails while a lead is handed over, it is not handed over (ASVS 5.0 V16.5.3): a fault of the database at each
//! thing that the hand-over reads or writes, at its commit, and a handler that panics.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use leadgate::cli::demo::cast;
use leadgate::clock::{Clock, FixedClock};
use leadgate::db::types::{Reference, UtcTime};

use crate::support::TestApp;
use crate::support::client::{Client, Page};
use crate::support::database::Backend;
use crate::support::sql::{execute, number, texts};

/// What can go wrong in the database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
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
    fn bring_about(&self, app: &TestApp) {
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
                 CREATE TRIGGER fault AFTER INSERT ON assignments BEGIN INSERT INTO fault_child VALUES (1); END"
                .to_owned(),
            (Fault::Commit, Backend::Postgres) => "CREATE CONSTRAINT TRIGGER fault AFTER INSERT ON assignments \
                 DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION a_fault()"
                .to_owned(),
        };
        execute(&mut app.conn(), &sql).unwrap();
    }

    fn mend(&self, app: &TestApp) {
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
                "DROP TRIGGER fault; DROP TABLE IF EXISTS fault_child; DROP TABLE IF EXISTS fault_parent".to_owned()
            }
            Backend::Postgres => format!("DROP TRIGGER fault ON {table}"),
        };
        execute(&mut app.conn(), &sql).unwrap();
    }
}

fn tables(app: &TestApp) -> Vec<String> {
    let query = match app.backend {
        Backend::Sqlite => "SELECT name AS answer FROM sqlite_master WHERE type = 'table'",
        Backend::Postgres => "SELECT tablename::text AS answer FROM pg_tables WHERE schemaname = 'public'",
    };
    texts(&mut app.conn(), query)
}

/// A fault for everything that these statements read or write.
fn faults_of(statements: &[String], tables: &[String]) -> BTreeSet<Fault> {
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

/// What a hand-over leaves in each place that knows of it.
fn traces(app: &TestApp) -> Vec<i64> {
    let queries = [
        "SELECT count(*) FROM assignments",
        "SELECT count(*) FROM disclosures",
        "SELECT count(*) FROM outbox",
        "SELECT count(*) FROM notices",
        "SELECT count(*) FROM deadlines",
        "SELECT count(*) FROM audit_events",
        "SELECT count(*) FROM partner_leads",
        "SELECT count(*) FROM leads WHERE partner_id IS NOT NULL",
    ];
    let mut conn = app.conn();
    queries.iter().map(|query| number(&mut conn, query)).collect()
}

async fn assign(client: &Client, lead: &Reference, to: &str) -> Page {
    client
        .post(&format!("/leads/{lead}/assign"), &[("recipient", to)])
        .await
}

#[track_caller]
fn assert_told(page: &Page, what: &str) {
    assert!(
        matches!(page.status(), 500 | 503),
        "{what}: {} {}",
        page.status(),
        page.text()
    );
    assert!(page.text().contains("Nothing was saved"), "{what}: {}", page.text());
    assert!(
        !page.text().contains("a fault") && !page.text().contains("out_of_reach"),
        "{what}: {}",
        page.text()
    );
}

db_test! {
    async fn a_fault_at_any_step_of_a_hand_over_hands_nothing_over(app) {
        app.track_permission().await;
        let mut conn = app.conn();
        execute(&mut conn, "UPDATE deadline_settings SET open_within = 5").unwrap();
        if app.backend == Backend::Postgres {
            execute(&mut conn, "CREATE FUNCTION a_fault() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''a fault''; END'").unwrap();
        }
        let (sofia, nora, to) = (app.sofia().await, app.nora().await, app.reference_of(cast::NORA));
        let (on_hold, first) = (app.a_lead().create().await, app.a_lead().confirmed().create().await);
        let before = app.statements.texts().len();
        assert_eq!(assign(&sofia, &first, &to).await.status(), 303);
        let faults = faults_of(&app.statements.texts()[before..], &tables(&app));

        println!("{faults:#?}");
        for table in ["lead_distribution_settings", "leads", "confirmations", "partners", "users", "assignments", "disclosures", "audit_events", "outbox", "deadlines"] {
            assert!(faults.contains(&Fault::Gone(table.to_owned())), "{table}: {faults:?}");
        }
        for (operation, table) in [("UPDATE", "leads"), ("INSERT", "assignments"), ("INSERT", "disclosures"), ("INSERT", "audit_events"), ("INSERT", "outbox"), ("INSERT", "deadlines")] {
            let fault = Fault::Refused { operation: operation.to_owned(), table: table.to_owned() };
            assert!(faults.contains(&fault), "{fault:?} in {faults:?}");
        }
        for fault in faults {
            let lead = app.a_lead().confirmed().create().await;
            let (traces_before, portal_before) = (traces(&app), nora.get("/portal/leads").await.text());

            fault.bring_about(&app);
            let page = assign(&sofia, &lead, &to).await;
            let held_back = assign(&sofia, &on_hold, &to).await;
            let health = app.anybody().get("/healthz").await.status();
            fault.mend(&app);

            assert_told(&page, &format!("{fault:?}"));
            assert!(held_back.status() >= 400, "{fault:?}: {}", held_back.status());
            assert_eq!(health, 200);
            let refusals = i64::from(held_back.status() == 409);
            let mut expected = traces_before;
            expected[5] += refusals;
            assert_eq!(traces(&app), expected, "{fault:?}");
            assert_eq!(nora.get("/portal/leads").await.text(), portal_before, "{fault:?}");
            assert_eq!(assign(&sofia, &lead, &to).await.status(), 303, "{fault:?} is over");
            assert_eq!(assign(&sofia, &on_hold, &to).await.status(), 409, "{fault:?} is over");
        }
    }

    async fn a_handler_that_panics_is_told_and_hands_nothing_over(app) {
        let (lead, to) = (app.a_lead().create().await, app.reference_of(cast::NORA));
        let fuse = Fuse::new(&app.clock);
        let instance = app.another_instance_by(Arc::new(fuse.clone()));
        let sofia = instance.anybody();
        assert_eq!(sofia.post("/sign-in", &[("email", cast::SOFIA), ("password", cast::PASSWORD)]).await.status(), 303);
        let before = traces(&app);

        let mut panics = 0;
        loop {
            fuse.blow_after(panics);
            let page = assign(&sofia, &lead, &to).await;
            if page.status() == 303 {
                break;
            }
            panics += 1;
            assert_eq!(page.status(), 500, "{}", page.text());
            assert_told(&page, "a panic");
            assert!(page.header("content-security-policy").is_some());
            assert_eq!(traces(&app), before);
            fuse.hold();
            assert_eq!(instance.anybody().get("/healthz").await.status(), 200);
            assert_eq!(sofia.get("/leads").await.status(), 200, "and it goes on");
            assert!(panics < 50, "it never ends");
        }

        assert!(panics >= 3, "the session, the reading, the writing: {panics}");
        fuse.hold();
        assert_eq!(number(&mut app.conn(), "SELECT count(*) FROM assignments"), 1);
    }
}

/// A clock that breaks: whoever looks at it for the n-th time panics.
#[derive(Clone)]
struct Fuse {
    clock: FixedClock,
    left: Arc<AtomicI64>,
}

impl Fuse {
    fn new(clock: &FixedClock) -> Self {
        Fuse {
            clock: clock.clone(),
            left: Arc::new(AtomicI64::new(i64::MAX)),
        }
    }

    fn blow_after(&self, looks: i64) {
        self.left.store(looks, Ordering::SeqCst);
    }

    fn hold(&self) {
        self.left.store(i64::MAX, Ordering::SeqCst);
    }
}

impl Clock for Fuse {
    fn now(&self) -> UtcTime {
        assert!(self.left.fetch_sub(1, Ordering::SeqCst) != 0, "the clock is broken");
        self.clock.now()
    }
}
