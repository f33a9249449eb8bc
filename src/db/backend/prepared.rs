//! Statements of SQLite without values that are prepared once for each connection: parsing one costs more than running it.

use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, RunQueryDsl, SqliteConnection};

macro_rules! prepared {
    ($($(#[$meta:meta])* $name:ident = $statement:literal;)*) => {$(
        $(#[$meta])*
        #[derive(QueryId)]
        pub struct $name;

        impl QueryFragment<Sqlite> for $name {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
                out.push_sql($statement);
                Ok(())
            }
        }

        impl RunQueryDsl<SqliteConnection> for $name {}
    )*};
}

prepared! {
    BeginRead = "BEGIN";
    EndRead = "ROLLBACK";
    BeginWrite = "BEGIN IMMEDIATE";
    Commit = "COMMIT";
    Savepoint = "SAVEPOINT job";
    Release = "RELEASE job";
    DataVersion = "PRAGMA data_version";
    /// Ids grow and are never given twice, so that what came in since stands above the last one of the index.
    IndexNewLeads = "INSERT INTO lead_search (rowid, search_text) SELECT id, search_text FROM leads \
         WHERE id > (SELECT coalesce(max(id), 0) FROM lead_search_docsize)";
}

impl Query for DataVersion {
    type SqlType = BigInt;
}
