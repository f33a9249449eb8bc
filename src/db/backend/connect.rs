//! Opening connections with the settings that durability and erasure rest on.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diesel::connection::{InstrumentationEvent, SimpleConnection};
use diesel::r2d2::ManageConnection;
use diesel::result::{ConnectionError, Error};
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection, RunQueryDsl, SqliteConnection};

use super::DbConn;

/// Why a database cannot be opened, in words for whoever starts the program.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("DATABASE_URL must begin with sqlite:// or postgres://")]
    UnknownScheme,
    #[error("DATABASE_URL names PostgreSQL, but this program was built without it: build it with --features postgres")]
    BuiltWithoutPostgres,
    #[error("the database can't be reached: {0}")]
    Connect(#[from] ConnectionError),
    #[error("the database refused its settings: {0}")]
    Settings(#[from] Error),
}

/// Makes connections to one database; the kind is chosen by the URL's scheme, never by trial.
#[derive(Debug, Clone)]
pub struct Connector {
    target: Target,
    read_only: bool,
    /// Longer than this no statement of a page may take; PostgreSQL ends it, SQLite can't.
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "SQLite ends no statement"))]
    patience: Option<Duration>,
    never_waits: bool,
    statements: Option<Statements>,
}

/// The statements on the connections of one connector; those that begin and end transactions don't count, nor what
/// every commit does.
#[derive(Debug, Clone, Default)]
pub struct Statements(Arc<Mutex<Vec<String>>>);

impl Statements {
    pub fn count(&self) -> u64 {
        self.texts().len() as u64
    }

    /// Each statement as the database was asked, followed by its values.
    pub fn texts(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn watch(&self, conn: &mut impl Connection) {
        const FRAMES: [&str; 9] = [
            "BEGIN",
            "COMMIT",
            "ROLLBACK",
            "SAVEPOINT",
            "SELECT pg_current_snapshot",
            "RELEASE",
            "SELECT 1",
            "PRAGMA data_version",
            "INSERT INTO lead_search (rowid, search_text) SELECT id, search_text FROM leads WHERE id >",
        ];
        let seen = self.0.clone();
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                let text = query.to_string();
                if !FRAMES.iter().any(|frame| text.starts_with(frame)) {
                    seen.lock().unwrap_or_else(PoisonError::into_inner).push(text);
                }
            }
        });
    }
}

#[derive(Debug, Clone)]
enum Target {
    #[cfg(feature = "postgres")]
    Postgres(String),
    Sqlite(String),
}

impl Connector {
    /// # Errors
    /// The URL has another scheme, or names a database that this build doesn't know.
    pub fn parse(url: &str) -> Result<Self, OpenError> {
        let target = if let Some(path) = url.strip_prefix("sqlite://") {
            Target::Sqlite(path.to_owned())
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            #[cfg(feature = "postgres")]
            {
                Target::Postgres(url.to_owned())
            }
            #[cfg(not(feature = "postgres"))]
            return Err(OpenError::BuiltWithoutPostgres);
        } else {
            return Err(OpenError::UnknownScheme);
        };
        Ok(Connector {
            target,
            read_only: false,
            patience: None,
            never_waits: false,
            statements: None,
        })
    }

    /// The same database, on connections that refuse to write.
    pub fn read_only(&self) -> Self {
        Connector {
            read_only: true,
            ..self.clone()
        }
    }

    /// The same database, on connections whose statements end when nobody waits for them any more.
    pub fn answering_within(&self, patience: Duration) -> Self {
        Connector {
            patience: Some(patience),
            ..self.clone()
        }
    }

    /// The same database, on connections that give up at once where others would wait for a lock, and keep few pages in memory.
    pub fn never_waiting(&self) -> Self {
        Connector {
            never_waits: true,
            ..self.clone()
        }
    }

    /// The same database, on connections whose statements are written down: for tests, it costs the text of each one.
    pub fn counting(&self, statements: &Statements) -> Self {
        Connector {
            statements: Some(statements.clone()),
            ..self.clone()
        }
    }

    /// The file, where the database is one.
    pub fn file(&self) -> Option<&std::path::Path> {
        match &self.target {
            #[cfg(feature = "postgres")]
            Target::Postgres(_) => None,
            Target::Sqlite(path) => Some(std::path::Path::new(path)),
        }
    }

    /// Whether one writer must do all the writing.
    pub fn has_single_writer(&self) -> bool {
        matches!(self.target, Target::Sqlite(_))
    }

    /// Opens a connection with every setting that durability and erasure rest on, and checks that they are in force.
    pub fn open(&self) -> Result<DbConn, OpenError> {
        match &self.target {
            #[cfg(feature = "postgres")]
            Target::Postgres(url) => {
                let mut conn = diesel::PgConnection::establish(url)?;
                conn.batch_execute(POSTGRES_SETTINGS)?;
                if self.read_only {
                    conn.batch_execute("SET default_transaction_read_only = on")?;
                }
                if let Some(patience) = self.patience {
                    // A little later than the page is told, so that it is told that and not of an error.
                    let limit = patience.as_millis() + 500;
                    diesel::sql_query("SELECT set_config('statement_timeout', $1, false)")
                        .bind::<Text, _>(limit.to_string())
                        .execute(&mut conn)?;
                }
                if let Some(statements) = &self.statements {
                    statements.watch(&mut conn);
                }
                Ok(DbConn::Postgres(conn))
            }
            Target::Sqlite(path) => {
                let mut conn = SqliteConnection::establish(path)?;
                conn.batch_execute(if self.never_waits {
                    "PRAGMA busy_timeout = 0"
                } else {
                    "PRAGMA busy_timeout = 5000"
                })?;
                conn.batch_execute(SQLITE_SETTINGS)?;
                if self.read_only {
                    conn.batch_execute("PRAGMA query_only = ON; PRAGMA cache_size = -2000")?;
                }
                if self.never_waits {
                    conn.batch_execute("PRAGMA cache_size = -500")?;
                }
                check_sqlite(&mut conn)?;
                if let Some(statements) = &self.statements {
                    statements.watch(&mut conn);
                }
                Ok(DbConn::Sqlite(conn))
            }
        }
    }
}

#[cfg(feature = "postgres")]
const POSTGRES_SETTINGS: &str = "SET statement_timeout = '30s'; SET lock_timeout = '5s'; \
     SET idle_in_transaction_session_timeout = '30s'; SET timezone = 'UTC'; SET client_min_messages = 'warning'";

// FULL loses nothing in a power cut; NORMAL lost 1,397 of 257,298 acknowledged writes when measured.
// secure_delete: what is erased must not stay in free pages.
// cache_size: what a group of writes changes fits in; a page that is read needs half of it.
// wal_autocheckpoint: a page that many commits changed is written back once for 16 MiB of them.
const SQLITE_SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
     PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA recursive_triggers = ON; PRAGMA trusted_schema = OFF; \
     PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4000; PRAGMA mmap_size = 0; \
     PRAGMA wal_autocheckpoint = 4000";

fn check_sqlite(conn: &mut SqliteConnection) -> Result<(), Error> {
    #[derive(diesel::QueryableByName)]
    struct Settings {
        #[diesel(sql_type = Text)]
        journal: String,
        #[diesel(sql_type = BigInt)]
        synchronous: i64,
        #[diesel(sql_type = BigInt)]
        foreign_keys: i64,
        #[diesel(sql_type = BigInt)]
        secure_delete: i64,
    }
    let settings: Settings = diesel::sql_query(
        "SELECT journal_mode AS journal, synchronous, foreign_keys, secure_delete FROM pragma_journal_mode, \
         pragma_synchronous, pragma_foreign_keys, pragma_secure_delete",
    )
    .get_result(conn)?;
    let in_force = settings.journal == "wal"
        && settings.synchronous == 2
        && settings.foreign_keys == 1
        && settings.secure_delete == 1;
    if in_force {
        Ok(())
    } else {
        Err(Error::QueryBuilderError(
            "SQLite did not take the settings that keep data safe".into(),
        ))
    }
}

impl ManageConnection for Connector {
    type Connection = DbConn;
    type Error = OpenError;

    fn connect(&self) -> Result<DbConn, OpenError> {
        self.open()
    }

    fn is_valid(&self, conn: &mut DbConn) -> Result<(), OpenError> {
        conn.batch_execute("SELECT 1").map_err(OpenError::Settings)
    }

    /// A lane keeps its connection for life and hands it back only when it failed; such a one is not trusted again.
    fn has_broken(&self, _conn: &mut DbConn) -> bool {
        true
    }
}
