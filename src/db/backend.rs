//! The only place that knows there are two databases.

mod connect;
mod indexes;
mod prepared;
mod rules;
mod scrub;
mod search;
mod times;

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection, ExpressionMethods, QueryResult, RunQueryDsl, SqliteConnection};

use self::prepared::{BeginRead, BeginWrite, Commit, DataVersion, EndRead, IndexNewLeads, Release, Savepoint};
use super::schema::throttles;
use super::types::UtcTime;

pub use connect::{Connector, OpenError, Statements};
pub use indexes::PutAway;
pub use prepared::update_kept;
pub use rules::{Rule, is_lost, violated, without_values};
pub use search::{
    IsAmong, LeadCondition, has_email, has_phone, last_update, review_list, search_condition, user_search_condition,
};

/// One connection to whichever database `DATABASE_URL` names.
#[derive(diesel::MultiConnection)]
pub enum DbConn {
    #[cfg(feature = "postgres")]
    Postgres(diesel::PgConnection),
    Sqlite(SqliteConnection),
}

/// The same expression for either database, for what Diesel can't do through [`DbConn`] (inserting many rows at once), or
/// does at twice the cost where it is done most (it puts the statement together for either before it does for one).
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

/// Reads a row that stays as it is until the transaction ends. On SQLite the transaction is the only writer anyway.
macro_rules! lock_shared {
    ($conn:expr, $query:expr) => {
        match $conn {
            #[cfg(feature = "postgres")]
            $crate::db::DbConn::Postgres(conn) => $query.for_share().get_result(conn),
            $crate::db::DbConn::Sqlite(conn) => $query.get_result(conn),
        }
    };
}
pub(crate) use lock_shared;

impl DbConn {
    /// Begins a transaction that may write. On SQLite it takes the write lock at once: a deferred one that reads
    /// first and writes later failed 174 times of 200 under eight writers.
    pub(super) fn begin_write(&mut self) -> QueryResult<()> {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(conn) => conn.batch_execute("BEGIN"),
            DbConn::Sqlite(conn) => BeginWrite.execute(conn).map(|_| ()),
        }
    }

    /// Commits, or fails; on SQLite the search index takes in what is new first, once for everybody whose work is
    /// committed together. PostgreSQL answers the COMMIT of a transaction in which a statement failed with success, and
    /// rolls back: the statement before it fails there, so that nobody is told of an effect that never came.
    pub(super) fn commit(&mut self) -> QueryResult<()> {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(conn) => conn.batch_execute("SELECT 1; COMMIT"),
            DbConn::Sqlite(conn) => {
                IndexNewLeads.execute(conn)?;
                Commit.execute(conn).map(|_| ())
            }
        }
    }

    /// Begins a part of a transaction that can be undone alone.
    pub(super) fn begin_part(&mut self) -> QueryResult<()> {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(conn) => conn.batch_execute("SAVEPOINT job"),
            DbConn::Sqlite(conn) => Savepoint.execute(conn).map(|_| ()),
        }
    }

    /// Keeps such a part, if the transaction is.
    pub(super) fn keep_part(&mut self) -> QueryResult<()> {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(conn) => conn.batch_execute("RELEASE job"),
            DbConn::Sqlite(conn) => Release.execute(conn).map(|_| ()),
        }
    }

    /// Begins a transaction in which every query sees the same moment.
    pub(super) fn begin_read(&mut self) -> QueryResult<()> {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(conn) => conn.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
            DbConn::Sqlite(conn) => BeginRead.execute(conn).map(|_| ()),
        }
    }

    /// Ends it.
    pub(super) fn end_read(&mut self) -> QueryResult<()> {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(conn) => conn.batch_execute("ROLLBACK"),
            DbConn::Sqlite(conn) => EndRead.execute(conn).map(|_| ()),
        }
    }

    /// What changes whenever anybody else writes: two transactions of this connection with the same version see the same.
    /// On PostgreSQL it is the snapshot itself: which transactions are seen.
    pub(super) fn version(&mut self) -> QueryResult<String> {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(conn) => prepared::Snapshot.get_result(conn),
            DbConn::Sqlite(conn) => DataVersion.get_result(conn).map(|version: i64| version.to_string()),
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
                    #[diesel(sql_type = diesel::sql_types::Bool)]
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

    /// Lets a connection that writes very much keep in memory what it changes and sorts, and take its time; on PostgreSQL
    /// until its transaction ends.
    pub fn make_room(&mut self) -> QueryResult<()> {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(conn) => {
                conn.batch_execute("SET LOCAL maintenance_work_mem = '256MB'; SET LOCAL statement_timeout = 0")
            }
            DbConn::Sqlite(conn) => conn.batch_execute("PRAGMA cache_size = -400000"),
        }
    }

    /// Tells PostgreSQL how large its tables have become. It finds out by itself within a minute, which is long while
    /// very much comes in: until then it reads tables through that it takes for empty.
    pub fn analyze(&mut self) -> QueryResult<()> {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(conn) => conn.batch_execute("ANALYZE"),
            DbConn::Sqlite(_) => Ok(()),
        }
    }

    /// Takes a lead that was taken out of the search index into it again. PostgreSQL keeps its own.
    pub fn index_lead(&mut self, id: i64) -> QueryResult<()> {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(_) => Ok(()),
            DbConn::Sqlite(conn) => diesel::sql_query(
                "INSERT INTO lead_search (rowid, search_text) SELECT id, search_text FROM leads WHERE id = ?",
            )
            .bind::<BigInt, _>(id)
            .execute(conn)
            .map(|_| ()),
        }
    }

    /// Takes a lead out of the search index; to be called while its row still holds the indexed text.
    pub fn unindex_lead(&mut self, id: i64) -> QueryResult<()> {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(_) => Ok(()),
            DbConn::Sqlite(conn) => {
                // It may have come in with this transaction; what is not in the index can't be taken out.
                IndexNewLeads.execute(conn)?;
                diesel::sql_query(
                    "INSERT INTO lead_search (lead_search, rowid, search_text) \
                     SELECT 'delete', id, search_text FROM leads WHERE id = ?",
                )
                .bind::<BigInt, _>(id)
                .execute(conn)
                .map(|_| ())
            }
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

    /// How many bytes the files of a partner have, read from an index alone.
    pub fn bytes_attached(&mut self, partner: i64) -> QueryResult<i64> {
        const SUM: &str =
            "SELECT CAST(COALESCE(SUM(byte_count), 0) AS BIGINT) AS bytes FROM attachments WHERE partner_id = $1";
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = BigInt)]
            bytes: i64,
        }
        let sum = diesel::sql_query(SUM).bind::<BigInt, _>(partner);
        let row: Row = match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(conn) => sum.get_result(conn)?,
            DbConn::Sqlite(conn) => sum.get_result(conn)?,
        };
        Ok(row.bytes)
    }

    /// Which index answers a search for words in a lead or a user.
    pub fn search_index(&self) -> SearchIndex {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(_) => SearchIndex::Trigram,
            DbConn::Sqlite(_) => SearchIndex::FullText,
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

/// How the words of a lead are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchIndex {
    /// SQLite: the table `lead_search` (FTS5, trigram), kept by the domain.
    FullText,
    /// PostgreSQL: an index on `leads.search_text` (pg_trgm), kept by the database.
    Trigram,
}

/// The backend of [`DbConn`], for the types of boxed queries.
pub type DbBackend = <DbConn as Connection>::Backend;
