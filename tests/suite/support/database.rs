//! A database of its own for each test, copied from one that was migrated and filled with the cast once.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::NaiveDate;
use diesel::connection::SimpleConnection;
use leadgate::cli::demo::cast;
use leadgate::db::types::UtcTime;
use leadgate::db::{Connector, DbConn, migrate, write};
use leadgate::domain::access::SystemScope;
use leadgate::domain::accounts::password::Cost;
use tempfile::TempDir;

/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// A database that goes when it is dropped.
pub struct TestDatabase {
    pub connector: Connector,
    #[allow(dead_code, reason = "held for its drop")]
    folder: Option<TempDir>,
    name: Option<String>,
}

/// The moment at which every test begins.
pub fn beginning() -> UtcTime {
    UtcTime::new(
        NaiveDate::from_ymd_opt(2026, 5, 4)
            .unwrap()
            .and_hms_opt(9, 30, 0)
            .unwrap(),
    )
}

impl TestDatabase {
    pub fn new(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => Self::sqlite(),
            Backend::Postgres => Self::postgres(),
        }
    }

    /// An empty one, not migrated.
    pub fn empty(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                let connector = sqlite_in(&folder.path().join("empty.sqlite"));
                TestDatabase {
                    connector,
                    folder: Some(folder),
                    name: None,
                }
            }
            Backend::Postgres => Self::postgres_from("template1"),
        }
    }

    fn sqlite() -> Self {
        static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
        let template = TEMPLATE.get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("template.sqlite");
            let mut conn = sqlite_in(&path).open().unwrap();
            fill(&mut conn);
            conn.scrub().unwrap();
            drop(conn);
            std::fs::read(path).unwrap()
        });
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.sqlite");
        std::fs::write(&path, template).unwrap();
        TestDatabase {
            connector: sqlite_in(&path),
            folder: Some(folder),
            name: None,
        }
    }

    fn postgres() -> Self {
        static TEMPLATE: OnceLock<String> = OnceLock::new();
        let template = TEMPLATE.get_or_init(|| {
            let name = format!("leadgate_template_{}", std::process::id());
            server().batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
            let mut conn = Connector::parse(&url(&name)).unwrap().open().unwrap();
            fill(&mut conn);
            name
        });
        Self::postgres_from(template)
    }

    fn postgres_from(template: &str) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!(
            "leadgate_{}_{}",
            std::process::id(),
            NUMBER.fetch_add(1, Ordering::Relaxed)
        );
        // Two copies of one template can't begin at the same moment.
        static COPYING: std::sync::Mutex<()> = std::sync::Mutex::new(());
        let guard = COPYING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        server()
            .batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}"))
            .unwrap();
        drop(guard);
        TestDatabase {
            connector: Connector::parse(&url(&name)).unwrap(),
            folder: None,
            name: Some(name),
        }
    }

    /// The address of the server of a database on PostgreSQL, and the database as it is reached through a proxy.
    pub fn through(mut self, proxy: SocketAddr) -> (String, Self) {
        let url = url(self.name.as_ref().expect("a database of a server"));
        let (_, rest) = url.split_once("//").unwrap();
        let server = rest.split('/').next().unwrap().rsplit('@').next().unwrap();
        self.connector = Connector::parse(&url.replacen(server, &proxy.to_string(), 1)).unwrap();
        (server.to_owned(), self)
    }

    /// The address under which a program of its own reaches it.
    pub fn url(&self) -> String {
        match (&self.name, self.connector.file()) {
            (Some(name), _) => url(name),
            (None, file) => format!("sqlite://{}", file.expect("a file holds it").display()),
        }
    }

    /// The folder that holds everything of a SQLite database.
    pub fn folder(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.path().to_owned())
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            // The lanes' threads may still hold connections; the server ends them.
            let _ = server().batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

fn sqlite_in(path: &std::path::Path) -> Connector {
    Connector::parse(&format!("sqlite://{}", path.display())).unwrap()
}

fn fill(conn: &mut DbConn) {
    migrate(conn).unwrap();
    write(conn, |tx| {
        cast::enter(tx, &SystemScope::new("tests"), Cost::CHEAPEST, beginning())
    })
    .unwrap();
}

fn server_url() -> String {
    std::env::var("LEADGATE_TEST_POSTGRES_URL")
        .expect("LEADGATE_TEST_POSTGRES_URL is not set: run tests/run, which starts a PostgreSQL")
}

fn server() -> DbConn {
    Connector::parse(&server_url()).unwrap().open().unwrap()
}

fn url(database: &str) -> String {
    let server = server_url();
    let (rest, _) = server.rsplit_once('/').unwrap();
    format!("{rest}/{database}")
}
