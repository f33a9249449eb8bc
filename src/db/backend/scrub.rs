//! Removing what erased rows leave behind outside the tables.

use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::{QueryResult, RunQueryDsl};

use super::DbConn;

/// Every table of PostgreSQL in which an erasure leaves dead rows.
#[cfg(feature = "postgres")]
const VACUUM: [&str; 9] = [
    "VACUUM leads",
    "VACUUM lead_views",
    "VACUUM confirmations",
    "VACUUM assignments",
    "VACUUM partner_notes",
    "VACUUM internal_notes",
    "VACUUM attachments",
    "VACUUM import_chunks",
    "VACUUM import_rejections",
];

#[derive(diesel::QueryableByName)]
struct Checkpoint {
    #[diesel(sql_type = BigInt)]
    busy: i64,
}

impl DbConn {
    /// Removes what erased rows left behind outside the tables: the write-ahead log on SQLite, dead rows on PostgreSQL.
    ///
    /// # Errors
    /// A reader may hold the log for a moment; the caller tries again later.
    pub fn scrub(&mut self) -> QueryResult<bool> {
        match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(conn) => {
                // A large table takes its time.
                conn.batch_execute("SET statement_timeout = 0")?;
                let done = VACUUM.iter().try_for_each(|statement| conn.batch_execute(statement));
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
}
