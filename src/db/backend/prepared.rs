//! Statements without values that are prepared once for each connection: parsing one costs more than running it.

use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;
use diesel::{QueryResult, RunQueryDsl};

macro_rules! prepared {
    ($($(#[$meta:meta])* $name:ident = $statement:literal;)*) => {$(
        $(#[$meta])*
        #[derive(QueryId)]
        pub struct $name;

        $(#[$meta])*
        impl<DB: Backend> QueryFragment<DB> for $name {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
                out.push_sql($statement);
                Ok(())
            }
        }

        $(#[$meta])*
        impl<C> RunQueryDsl<C> for $name {}
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
    #[cfg(feature = "postgres")]
    Snapshot = "SELECT pg_current_snapshot()::text";
    /// Ids grow and are never given twice, so that what came in since stands above the last one of the index.
    IndexNewLeads = "INSERT INTO lead_search (rowid, search_text) SELECT id, search_text FROM leads \
         WHERE id > (SELECT coalesce(max(id), 0) FROM lead_search_docsize)";
}

impl Query for DataVersion {
    type SqlType = BigInt;
}

#[cfg(feature = "postgres")]
impl Query for Snapshot {
    type SqlType = diesel::sql_types::Text;
}
