//! Statements that are prepared once for each connection: parsing one costs more than running it, and on PostgreSQL a round
//! trip of its own.

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AsChangeset, AstPass, IntoUpdateTarget, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;

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

/// An update that stays prepared. Diesel takes each of its own for one that may set other columns the next time, and
/// prepares it anew.
#[derive(Debug)]
pub struct KeptUpdate<T: QuerySource, W, V, R> {
    table: T::FromClause,
    condition: W,
    values: V,
    returning: R,
}

/// Sets `values`, always the same columns, in the rows of `target`.
pub fn update_kept<Q, V>(target: Q, values: V) -> KeptUpdate<Q::Table, Q::WhereClause, V::Changeset, ()>
where
    Q: IntoUpdateTarget,
    V: AsChangeset<Target = Q::Table>,
{
    let target = target.into_update_target();
    KeptUpdate {
        table: target.table.from_clause(),
        condition: target.where_clause,
        values: values.as_changeset(),
        returning: (),
    }
}

impl<T: QuerySource, W, V> KeptUpdate<T, W, V, ()> {
    /// What is told of each row that was changed, as it is then.
    pub fn returning<E: SelectableExpression<T>>(self, columns: E) -> KeptUpdate<T, W, V, Returning<E>> {
        KeptUpdate {
            table: self.table,
            condition: self.condition,
            values: self.values,
            returning: Returning(columns),
        }
    }
}

/// The columns that an update tells.
#[derive(Debug)]
pub struct Returning<E>(E);

impl<DB: Backend, E: QueryFragment<DB>> QueryFragment<DB> for Returning<E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(" RETURNING ");
        self.0.walk_ast(out)
    }
}

impl<DB, T, W, V, R> QueryFragment<DB> for KeptUpdate<T, W, V, R>
where
    DB: Backend,
    T: QuerySource,
    T::FromClause: QueryFragment<DB>,
    W: QueryFragment<DB>,
    V: QueryFragment<DB>,
    R: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("UPDATE ");
        self.table.walk_ast(out.reborrow())?;
        out.push_sql(" SET ");
        self.values.walk_ast(out.reborrow())?;
        self.condition.walk_ast(out.reborrow())?;
        self.returning.walk_ast(out)
    }
}

impl<T: QuerySource, W, V, R> QueryId for KeptUpdate<T, W, V, R> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T: QuerySource, W, V, E: Expression> Query for KeptUpdate<T, W, V, Returning<E>> {
    type SqlType = E::SqlType;
}

impl<T: QuerySource, W, V, R, C> RunQueryDsl<C> for KeptUpdate<T, W, V, R> {}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use diesel::connection::{InstrumentationEvent, SimpleConnection};
    use diesel::prelude::*;

    use super::update_kept;
    use crate::db::DbConn;
    use crate::db::schema::throttles;

    #[test]
    fn an_update_is_prepared_once() {
        let mut conn = SqliteConnection::establish(":memory:").expect("a database");
        conn.batch_execute("CREATE TABLE throttles (key TEXT PRIMARY KEY, failures INTEGER)")
            .expect("a table");
        let kept = Arc::new(Mutex::new(Vec::new()));
        let seen = kept.clone();
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::CacheQuery { sql, .. } = event {
                seen.lock().expect("nobody panicked").push(sql.to_owned());
            }
        });
        let mut conn = DbConn::Sqlite(conn);

        for failures in 1..=3 {
            update_kept(throttles::table.find("somebody"), throttles::failures.eq(failures))
                .execute(&mut conn)
                .expect("an update");
            update_kept(throttles::table, throttles::failures.eq(throttles::failures + 1))
                .returning((throttles::key, throttles::failures))
                .get_results::<(String, i64)>(&mut conn)
                .expect("an update");
            diesel::update(throttles::table)
                .set(throttles::failures.eq(failures))
                .execute(&mut conn)
                .expect("an update");
        }

        let kept = kept.lock().expect("nobody panicked");
        assert_eq!(kept.len(), 2, "{kept:?}");
        assert!(kept[0].contains("WHERE") && kept[1].contains("RETURNING"), "{kept:?}");
    }
}
