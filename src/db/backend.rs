//! The only file that knows there are two databases.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use diesel::backend::Backend;
use diesel::connection::{InstrumentationEvent, SimpleConnection};
use diesel::dsl::sql;
use diesel::expression::{SqlLiteral, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::r2d2::ManageConnection;
use diesel::result::{ConnectionError, Error};
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamp};
use diesel::sqlite::Sqlite;
use diesel::{
    AppearsOnTable, BoolExpressionMethods, BoxableExpression, Connection, Expression, ExpressionMethods, QueryResult,
    RunQueryDsl, SqliteConnection,
};

use super::page::COUNT_LIMIT;
use super::schema::{leads, throttles, users};
use super::types::UtcTime;

/// One connection to whichever database `DATABASE_URL` names.
#[derive(diesel::MultiConnection)]
pub enum DbConn {
    #[cfg(feature = "postgres")]
    Postgres(diesel::PgConnection),
    Sqlite(SqliteConnection),
}

/// The same expression for either database, for what Diesel can't do through [`DbConn`]: inserting many rows at once.
macro_rules! on_backend {
    ($conn:expr, |$name:ident| $query:expr) => {
        match $conn {
            #[cfg(feature = "postgres")]
            $crate::db::DbConn::Postgres($name) => $query,
            $crate::db::DbConn::Sqlite($name) => $query,
        }
    };
}
pub(crate) use on_backend;

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
    statements: Option<Statements>,
}

/// The statements on the connections of one connector; those that begin and end transactions don't count.
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
        const FRAMES: [&str; 7] = [
            "BEGIN",
            "COMMIT",
            "ROLLBACK",
            "SAVEPOINT",
            "RELEASE",
            "SELECT 1",
            "PRAGMA data_version",
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
                conn.batch_execute(SQLITE_SETTINGS)?;
                if self.read_only {
                    conn.batch_execute("PRAGMA query_only = ON")?;
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
const SQLITE_SETTINGS: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
     PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA recursive_triggers = ON; PRAGMA trusted_schema = OFF; \
     PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000; PRAGMA mmap_size = 0";

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

impl DbConn {
    /// Begins a transaction that may write. On SQLite it takes the write lock at once: a deferred one that reads
    /// first and writes later failed 174 times of 200 under eight writers.
    pub(super) fn begin_write(&mut self) -> QueryResult<()> {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(conn) => conn.batch_execute("BEGIN"),
            DbConn::Sqlite(conn) => conn.batch_execute("BEGIN IMMEDIATE"),
        }
    }

    /// Commits, or fails. PostgreSQL answers the COMMIT of a transaction in which a statement failed with success, and
    /// rolls back: the statement before it fails there, so that nobody is told of an effect that never came.
    pub(super) fn commit(&mut self) -> QueryResult<()> {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(conn) => conn.batch_execute("SELECT 1; COMMIT"),
            DbConn::Sqlite(conn) => conn.batch_execute("COMMIT"),
        }
    }

    /// Begins a transaction in which every query sees the same moment.
    pub(super) fn begin_read(&mut self) -> QueryResult<()> {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(conn) => conn.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
            DbConn::Sqlite(conn) => conn.batch_execute("BEGIN"),
        }
    }

    /// What changes whenever anybody else writes: two transactions of this connection with the same version see the same.
    /// PostgreSQL has no such thing.
    pub(super) fn version(&mut self) -> QueryResult<Option<i64>> {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(_) => Ok(None),
            DbConn::Sqlite(conn) => DataVersion.get_result(conn).map(Some),
        }
    }

    /// Keeps a row as it is until this transaction ends. On SQLite the transaction is the only writer anyway.
    pub fn lock_shared(&mut self, table: LockedTable, id: i64) -> QueryResult<()> {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(conn) => {
                let statement = match table {
                    LockedTable::Settings => "SELECT id FROM lead_distribution_settings WHERE id = $1 FOR SHARE",
                    LockedTable::Partners => "SELECT id FROM partners WHERE id = $1 FOR SHARE",
                    LockedTable::Users => "SELECT id FROM users WHERE id = $1 FOR SHARE",
                };
                diesel::sql_query(statement)
                    .bind::<BigInt, _>(id)
                    .execute(conn)
                    .map(|_| ())
            }
            DbConn::Sqlite(_) => {
                let _ = (table, id);
                Ok(())
            }
        }
    }

    /// Makes a counter of failures where there is none; two at once make one.
    pub fn make_throttle(&mut self, key: &str, now: UtcTime) -> QueryResult<()> {
        let row = (
            throttles::key.eq(key),
            throttles::failures.eq(0),
            throttles::counted_since.eq(now),
            throttles::free_at.eq(now),
        );
        let insert = diesel::insert_into(throttles::table)
            .values(row)
            .on_conflict_do_nothing();
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(conn) => insert.execute(conn).map(|_| ()),
            DbConn::Sqlite(conn) => insert.execute(conn).map(|_| ()),
        }
    }

    /// Whether a transaction that writes has been open for longer than this: what it wrote shows when it commits. On
    /// SQLite there is one writer, and what it wrote later has the greater id.
    pub fn is_writing_since(&mut self, age: TimeDelta) -> QueryResult<bool> {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(conn) => {
                #[derive(diesel::QueryableByName)]
                struct Row {
                    #[diesel(sql_type = Bool)]
                    is_open: bool,
                }
                let row: Row = diesel::sql_query(
                    "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() \
                     AND backend_xid IS NOT NULL AND xact_start < now() - $1 * interval '1 second') AS is_open",
                )
                .bind::<BigInt, _>(age.num_seconds())
                .get_result(conn)?;
                Ok(row.is_open)
            }
            DbConn::Sqlite(_) => {
                let _ = age;
                Ok(false)
            }
        }
    }

    /// Lets one transaction at a time decide about administrators, so that two who suspend one another leave one.
    pub fn lock_administrators(&mut self) -> QueryResult<()> {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(conn) => conn.batch_execute("SELECT pg_advisory_xact_lock(762302)"),
            DbConn::Sqlite(_) => Ok(()),
        }
    }

    /// Lets a connection that writes very much keep the pages that it changes in memory until it commits.
    pub fn make_room(&mut self) -> QueryResult<()> {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(_) => Ok(()),
            DbConn::Sqlite(conn) => conn.batch_execute("PRAGMA cache_size = -400000"),
        }
    }

    /// Takes leads into the search index. PostgreSQL keeps its own.
    pub fn index_leads(&mut self, first: i64, last: i64) -> QueryResult<()> {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(_) => Ok(()),
            DbConn::Sqlite(conn) => diesel::sql_query(
                "INSERT INTO lead_search (rowid, search_text) SELECT id, search_text FROM leads WHERE id BETWEEN ? AND ?",
            )
            .bind::<BigInt, _>(first)
            .bind::<BigInt, _>(last)
            .execute(conn)
            .map(|_| ()),
        }
    }

    /// Takes a lead out of the search index; to be called while its row still holds the indexed text.
    pub fn unindex_lead(&mut self, id: i64) -> QueryResult<()> {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(_) => Ok(()),
            DbConn::Sqlite(conn) => diesel::sql_query(
                "INSERT INTO lead_search (lead_search, rowid, search_text) \
                 SELECT 'delete', id, search_text FROM leads WHERE id = ?",
            )
            .bind::<BigInt, _>(id)
            .execute(conn)
            .map(|_| ()),
        }
    }

    /// Takes a user into the search index. PostgreSQL keeps its own.
    pub fn index_user(&mut self, id: i64) -> QueryResult<()> {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(_) => Ok(()),
            DbConn::Sqlite(conn) => diesel::sql_query(
                "INSERT INTO user_search (rowid, search_text) SELECT id, search_text FROM users WHERE id = ?",
            )
            .bind::<BigInt, _>(id)
            .execute(conn)
            .map(|_| ()),
        }
    }

    /// Takes a user out of the search index; to be called while the row still holds the indexed text.
    pub fn unindex_user(&mut self, id: i64) -> QueryResult<()> {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(_) => Ok(()),
            DbConn::Sqlite(conn) => diesel::sql_query(
                "INSERT INTO user_search (user_search, rowid, search_text) \
                 SELECT 'delete', id, search_text FROM users WHERE id = ?",
            )
            .bind::<BigInt, _>(id)
            .execute(conn)
            .map(|_| ()),
        }
    }

    /// The first users of these partners, by name, one partner after the other. No more of the index is read than `limit`
    /// rows, however many there are: each partner's users stand in it in this order.
    pub fn first_users(&mut self, partners: &[i64], limit: i64) -> QueryResult<Vec<i64>> {
        #[derive(diesel::QueryableByName)]
        struct Found {
            #[diesel(sql_type = BigInt)]
            id: i64,
        }
        let found: Vec<Found> = match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(conn) => diesel::sql_query(
                "SELECT found.id FROM unnest($1::bigint[]) AS partner(id) CROSS JOIN LATERAL \
                 (SELECT id FROM users WHERE partner_id = partner.id ORDER BY name, id LIMIT $2) AS found LIMIT $2",
            )
            .bind::<diesel::sql_types::Array<BigInt>, _>(partners)
            .bind::<BigInt, _>(limit)
            .load(conn)?,
            DbConn::Sqlite(conn) => diesel::sql_query(
                "SELECT users.id FROM json_each(?) AS partner CROSS JOIN users INDEXED BY users_by_partner \
                 ON users.partner_id = partner.value LIMIT ?",
            )
            .bind::<Text, _>(format!("{partners:?}"))
            .bind::<BigInt, _>(limit)
            .load(conn)?,
        };
        Ok(found.into_iter().map(|row| row.id).collect())
    }

    /// Which index answers a search for words in a lead or a user.
    pub fn search_index(&self) -> SearchIndex {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(_) => SearchIndex::Trigram,
            DbConn::Sqlite(_) => SearchIndex::FullText,
        }
    }

    /// Removes what erased rows left behind outside the tables: the write-ahead log on SQLite, dead rows on PostgreSQL.
    ///
    /// # Errors
    /// A reader may hold the log for a moment; the caller tries again later.
    pub fn scrub(&mut self) -> QueryResult<bool> {
        #[derive(diesel::QueryableByName)]
        struct Checkpoint {
            #[diesel(sql_type = BigInt)]
            busy: i64,
        }
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(conn) => {
                const STATEMENTS: [&str; 6] = [
                    "VACUUM leads",
                    "VACUUM lead_views",
                    "VACUUM confirmations",
                    "VACUUM assignments",
                    "VACUUM import_chunks",
                    "VACUUM import_rejections",
                ];
                // A large table takes its time.
                conn.batch_execute("SET statement_timeout = 0")?;
                let done = STATEMENTS
                    .iter()
                    .try_for_each(|statement| conn.batch_execute(statement));
                conn.batch_execute("SET statement_timeout = '30s'")?;
                done.map(|()| true)
            }
            DbConn::Sqlite(conn) => {
                // Waiting for a reader here would make every write wait.
                conn.batch_execute("PRAGMA busy_timeout = 50")?;
                let rows = diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").load::<Checkpoint>(conn);
                conn.batch_execute("PRAGMA busy_timeout = 5000")?;
                Ok(rows?.iter().all(|row| row.busy == 0))
            }
        }
    }

    /// The sources that leads name, at most 50: found by stepping through the index from one to the next, in one
    /// statement that takes as long for a million leads as for ten.
    pub fn lead_sources(&mut self) -> QueryResult<Vec<String>> {
        #[derive(diesel::QueryableByName)]
        struct Source {
            #[diesel(sql_type = Text)]
            source: String,
        }
        let sources: Vec<Source> = diesel::sql_query(
            "WITH RECURSIVE step(source) AS ( \
               SELECT min(source) FROM leads WHERE source > '' \
               UNION ALL \
               SELECT (SELECT min(leads.source) FROM leads WHERE leads.source > step.source) FROM step \
               WHERE step.source IS NOT NULL) \
             SELECT source FROM step WHERE source IS NOT NULL LIMIT 50",
        )
        .load(self)?;
        Ok(sources.into_iter().map(|row| row.source).collect())
    }
}

/// `PRAGMA data_version`, as a statement that is prepared once.
#[derive(QueryId)]
struct DataVersion;

impl QueryFragment<Sqlite> for DataVersion {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("PRAGMA data_version");
        Ok(())
    }
}

impl Query for DataVersion {
    type SqlType = BigInt;
}

impl RunQueryDsl<SqliteConnection> for DataVersion {}

/// A table whose rows are locked while a decision rests on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockedTable {
    Settings,
    Partners,
    Users,
}

/// How the words of a lead are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchIndex {
    /// SQLite: the table `lead_search` (FTS5, trigram), kept by the domain.
    FullText,
    /// PostgreSQL: an index on `leads.search_text` (pg_trgm), kept by the database.
    Trigram,
}

/// A rule of the schema that a statement broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The lead has no confirmation while permission is tracked.
    OnHold,
    /// The lead has a live assignment already.
    AlreadyAssigned,
    PartnerCannotReceive,
    UserCannotReceive,
    AssignmentIsFinal,
    ConfirmationIsFinal,
    ConfirmationIsMissing,
    AlreadyConfirmed,
    TextIsImmutable,
    LedgerIsFinal,
    SettingsStay,
    EmailTaken,
    NameTaken,
    ReasonTaken,
    ViewNameTaken,
    SubmittedBefore,
    SealedAlready,
}

/// The rule that an error speaks of, told by the names of constraints and by the messages of triggers.
pub fn violated(error: &Error) -> Option<Rule> {
    let Error::DatabaseError(_, information) = error else {
        return None;
    };
    let named = |names: &[&str]| {
        let name = information.constraint_name().unwrap_or_default();
        names
            .iter()
            .any(|candidate| name == *candidate || information.message().contains(candidate))
    };
    // SQLite names the columns of a broken unique index, PostgreSQL the index.
    let rules: &[(Rule, &[&str])] = &[
        (Rule::OnHold, &["leadgate:on_hold"]),
        (Rule::AlreadyAssigned, &["assignments_one_live", "assignments.lead_id"]),
        (Rule::PartnerCannotReceive, &["leadgate:partner_cannot_receive"]),
        (Rule::UserCannotReceive, &["leadgate:user_cannot_receive"]),
        (Rule::AssignmentIsFinal, &["leadgate:assignment_is_final"]),
        (Rule::ConfirmationIsFinal, &["leadgate:confirmation_is_final"]),
        (Rule::ConfirmationIsMissing, &["leadgate:confirmation_is_missing"]),
        (
            Rule::AlreadyConfirmed,
            &["confirmations_lead_unique", "confirmations.lead_id"],
        ),
        (Rule::TextIsImmutable, &["leadgate:text_is_immutable"]),
        (Rule::LedgerIsFinal, &["leadgate:ledger_is_final"]),
        (Rule::SettingsStay, &["leadgate:settings_stay"]),
        (Rule::EmailTaken, &["users_email_key_unique", "users.email_key"]),
        (
            Rule::NameTaken,
            &[
                "partners_name_unique",
                "partners_search_text_unique",
                "partners.name",
                "partners.search_text",
            ],
        ),
        (
            Rule::ReasonTaken,
            &["closing_reasons_label_unique", "closing_reasons.outcome"],
        ),
        (Rule::ViewNameTaken, &["lead_views_name_unique", "lead_views.user_id"]),
        (Rule::SubmittedBefore, &["submissions_pkey", "submissions.key"]),
        (Rule::SealedAlready, &["audit_seals_pkey", "audit_seals.number"]),
    ];
    rules.iter().find(|(_, names)| named(names)).map(|(rule, _)| *rule)
}

/// Whether the connection is of no further use, so that it must be replaced.
pub(super) fn is_lost(error: &Error) -> bool {
    use diesel::result::DatabaseErrorKind::ClosedConnection;
    matches!(
        error,
        Error::DatabaseError(ClosedConnection, _) | Error::BrokenTransactionManager
    )
}

/// The backend of [`DbConn`], for the types of boxed queries.
pub type DbBackend = <DbConn as Connection>::Backend;

/// A condition on leads that is put together at run time.
pub type LeadCondition = Box<dyn BoxableExpression<leads::table, DbBackend, SqlType = Bool>>;

/// So many leads a search looks at: as many as are counted, and one more.
const FOUND: i64 = COUNT_LIMIT + 1;

/// The condition of the index on e-mail addresses, in its own words: with a bound value it would not be recognised,
/// and the whole table be read.
pub fn has_email() -> SqlLiteral<Bool> {
    sql("leads.email_key <> ''")
}

/// The condition of the index on phone numbers.
pub fn has_phone() -> SqlLiteral<Bool> {
    sql("leads.phone_key <> ''")
}

/// The condition that a lead is among those whose ids another query selects. Diesel's own takes none that was put
/// together at run time, since each backend must know all of it.
#[derive(Debug, Clone, Copy, QueryId)]
pub struct IsAmong<Q>(pub Q);

impl<Q> Expression for IsAmong<Q> {
    type SqlType = Bool;
}

impl<Q> AppearsOnTable<leads::table> for IsAmong<Q> {}

impl<Q, G> ValidGrouping<G> for IsAmong<Q> {
    type IsAggregate = is_aggregate::Never;
}

impl<Q: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for IsAmong<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("leads.id IN (");
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}

/// When something was last heard of an opened lead, in the words of its index: the newest note, else the opening.
pub fn last_update() -> SqlLiteral<Nullable<Timestamp>> {
    sql("COALESCE(assignments.status_noted_at, assignments.opened_at)")
}

/// The condition that a lead is among the newest whose search text contains every one of `patterns` (three characters
/// or more each), answered by the database's own index. It looks at no more than [`FOUND`] leads, however many there are:
/// a word that is in every lead must not cost a reading of all of them.
pub fn search_condition(index: SearchIndex, patterns: &[String]) -> LeadCondition {
    match index {
        SearchIndex::FullText => {
            let (addresses, others): (Vec<&String>, _) = patterns.iter().partition(|pattern| is_address(pattern));
            let mut condition: LeadCondition = Box::new(sql::<Bool>("TRUE"));
            for address in addresses {
                condition = Box::new(condition.and(email_begins(address.trim_start())));
            }
            if !others.is_empty() {
                let quoted: Vec<String> = others
                    .iter()
                    .map(|pattern| format!("\"{}\"", pattern.replace('"', "\"\"")))
                    .collect();
                let found = sql::<Bool>("leads.id IN (SELECT rowid FROM lead_search WHERE lead_search MATCH ")
                    .bind::<Text, _>(quoted.join(" "))
                    .sql(" ORDER BY rowid DESC LIMIT ")
                    .bind::<BigInt, _>(FOUND)
                    .sql(")");
                condition = Box::new(condition.and(found));
            }
            condition
        }
        SearchIndex::Trigram => {
            let mut contains: LeadCondition = Box::new(sql::<Bool>("TRUE"));
            for pattern in patterns {
                let bound =
                    sql::<Bool>("found.search_text LIKE ").bind::<Text, _>(format!("%{}%", escape_like(pattern)));
                contains = Box::new(contains.and(bound));
                if is_address(pattern) {
                    let begins = format!("{}%", escape_like(pattern.trim_start()));
                    let bound = sql::<Bool>("found.email_key LIKE ").bind::<Text, _>(begins);
                    contains = Box::new(contains.and(bound));
                }
            }
            Box::new(
                sql::<Bool>("leads.id IN (SELECT found.id FROM leads AS found WHERE ")
                    .bind::<Bool, _>(contains)
                    .sql(" ORDER BY found.id DESC LIMIT ")
                    .bind::<BigInt, _>(FOUND)
                    .sql(")"),
            )
        }
    }
}

/// A condition on users that is put together at run time.
pub type UserCondition = Box<dyn BoxableExpression<users::table, DbBackend, SqlType = Bool>>;

/// The condition that the search text of a user contains every one of `words`, answered by the database's own index;
/// words too short for it are looked for at the beginning of the name, where there is no longer one.
pub fn user_search_condition(index: SearchIndex, words: &[&str]) -> UserCondition {
    let (long, short): (Vec<&str>, Vec<&str>) = words.iter().copied().partition(|word| word.chars().count() >= 3);
    // PostgreSQL finds addresses by its own index like other words.
    let by_beginning = |word: &&str| index == SearchIndex::FullText && is_address(word);
    let (addresses, long): (Vec<&str>, Vec<&str>) = long.into_iter().partition(by_beginning);
    let mut condition: UserCondition = Box::new(sql::<Bool>("TRUE"));
    for address in &addresses {
        condition = Box::new(condition.and(begins("users.email_key", address)));
    }
    if index == SearchIndex::FullText && !long.is_empty() {
        let quoted: Vec<String> = long
            .iter()
            .map(|word| format!("\"{}\"", word.replace('"', "\"\"")))
            .collect();
        let found = sql::<Bool>("users.id IN (SELECT rowid FROM user_search WHERE user_search MATCH ")
            .bind::<Text, _>(quoted.join(" "))
            .sql(" ORDER BY rowid DESC LIMIT ")
            .bind::<BigInt, _>(FOUND)
            .sql(")");
        condition = Box::new(condition.and(found));
    }
    let is_led = !addresses.is_empty() || !long.is_empty();
    for (place, word) in short.iter().enumerate() {
        if place == 0 && !is_led {
            condition = Box::new(condition.and(begins("users.search_text", word)));
        } else {
            condition = Box::new(condition.and(contains(word)));
        }
    }
    if index == SearchIndex::Trigram {
        for word in &long {
            condition = Box::new(condition.and(contains(word)));
        }
    }
    condition
}

fn begins(column: &str, word: &str) -> UserCondition {
    Box::new(
        sql::<Bool>(&format!("{column} >= "))
            .bind::<Text, _>(word.to_owned())
            .sql(&format!(" AND {column} < "))
            .bind::<Text, _>(format!("{word}\u{10FFFF}")),
    )
}

fn contains(word: &str) -> UserCondition {
    Box::new(
        sql::<Bool>("users.search_text LIKE ")
            .bind::<Text, _>(format!("%{}%", escape_like(word)))
            .sql(" ESCAPE '\\'"),
    )
}

/// Whether a word is an e-mail address, or the beginning of one with its name whole: it is looked for at the beginning
/// of addresses. Most of its parts of three letters are in every other address, so that the index of SQLite is read
/// through for it: 8 ms among 10,000 leads.
fn is_address(word: &str) -> bool {
    word.trim_start().find('@').is_some_and(|at| at > 0)
}

fn email_begins(address: &str) -> LeadCondition {
    Box::new(
        sql::<Bool>(
            "leads.id IN (SELECT found.id FROM leads AS found WHERE found.email_key <> '' AND found.email_key >= ",
        )
        .bind::<Text, _>(address.to_owned())
        .sql(" AND found.email_key < ")
        .bind::<Text, _>(format!("{address}\u{10FFFF}"))
        .sql(" LIMIT ")
        .bind::<BigInt, _>(FOUND)
        .sql(")"),
    )
}

fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// An error for the log: without the values that the statement carried, which may be personal data.
pub fn without_values(error: &Error) -> String {
    match error {
        Error::DatabaseError(kind, information) => {
            let rule = violated(error).map(|rule| format!(" ({rule:?})")).unwrap_or_default();
            let constraint = information.constraint_name().unwrap_or("no constraint named");
            format!("the database refused a statement: {kind:?}, {constraint}{rule}")
        }
        other => other.to_string(),
    }
}
