//! Plain SQL past the domain, for tests that look at what is really stored or try what the domain never would.

use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Text};
use leadgate::db::{DbConn, Error};

/// The one number that a query selects.
pub fn number(conn: &mut DbConn, query: &str) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        answer: i64,
    }
    let row: Row = diesel::sql_query(format!("SELECT CAST(({query}) AS BIGINT) AS answer"))
        .get_result(conn)
        .unwrap_or_else(|error| panic!("{query}: {error}"));
    row.answer
}

/// The texts that a query selects as `answer`.
pub fn texts(conn: &mut DbConn, query: &str) -> Vec<String> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        answer: String,
    }
    let rows: Vec<Row> = diesel::sql_query(query)
        .load(conn)
        .unwrap_or_else(|error| panic!("{query}: {error}"));
    rows.into_iter().map(|row| row.answer).collect()
}

/// What the database says to a statement.
pub fn execute(conn: &mut DbConn, statement: &str) -> Result<(), Error> {
    conn.batch_execute(statement)
}
