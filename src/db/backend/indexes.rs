//! Indexes that are made when a table is full, not while it fills: each row would change a page of each of them, and
//! sorting them all at the end costs a fraction of that.

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{QueryResult, QueryableByName, RunQueryDsl, sql_query};

use super::{DbConn, on_backend};

/// Indexes that were put away: their tables are read through until they are made again.
#[must_use]
pub struct PutAway(Vec<Index>);

#[derive(QueryableByName)]
struct Index {
    /// The statement that takes it away.
    #[diesel(sql_type = Text)]
    away: String,
    /// And the one that makes it.
    #[diesel(sql_type = Text)]
    again: String,
}

impl DbConn {
    /// Puts the indexes of a table away, but for those that keep its values apart. To be called in a transaction at whose
    /// end they are made again: what happens to that happens to them.
    pub fn put_indexes_away(&mut self, table: &str) -> QueryResult<PutAway> {
        let found = match self {
            #[cfg(feature = "postgres")]
            DbConn::Postgres(_) => {
                "SELECT format('DROP INDEX %I', indexname) AS away, indexdef AS again FROM pg_indexes \
                 WHERE schemaname = current_schema() AND tablename = $1 AND indexdef NOT LIKE 'CREATE UNIQUE%'"
            }
            DbConn::Sqlite(_) => {
                "SELECT printf('DROP INDEX \"%w\"', name) AS away, sql AS again FROM sqlite_schema \
                 WHERE type = 'index' AND tbl_name = ? AND sql NOT LIKE 'CREATE UNIQUE%'"
            }
        };
        let query = sql_query(found).bind::<Text, _>(table);
        let indexes: Vec<Index> = on_backend!(self, |conn| query.load(conn))?;
        for index in &indexes {
            self.batch_execute(&index.away)?;
        }
        Ok(PutAway(indexes))
    }

    /// Makes them again.
    pub fn make_indexes(&mut self, PutAway(indexes): PutAway) -> QueryResult<()> {
        for index in indexes {
            self.batch_execute(&index.again)?;
        }
        Ok(())
    }
}
