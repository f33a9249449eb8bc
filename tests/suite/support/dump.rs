//! Everything that a database holds, as text: to see what a request changed.

use std::collections::BTreeMap;

use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use leadgate::db::DbConn;

use super::database::Backend;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    text: String,
}

fn lines(conn: &mut DbConn, statement: &str) -> Vec<String> {
    let rows: Vec<Line> = sql_query(statement).load(conn).unwrap();
    rows.into_iter().map(|row| row.text).collect()
}

/// The names of all tables that people's acts may change.
pub fn tables(conn: &mut DbConn, backend: Backend) -> Vec<String> {
    let statement = match backend {
        Backend::Sqlite => {
            "SELECT name AS text FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
             AND name NOT LIKE 'lead_search%' AND name NOT LIKE 'user_search%' ORDER BY name"
        }
        Backend::Postgres => {
            "SELECT table_name::text AS text FROM information_schema.tables \
             WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY table_name"
        }
    };
    lines(conn, statement)
}

/// Every table with its rows, each as one line.
pub fn dump(conn: &mut DbConn, backend: Backend) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for table in tables(conn, backend) {
        let statement = match backend {
            Backend::Sqlite => {
                let columns = format!(
                    "SELECT group_concat('quote(\"' || name || '\")', ' || ''|'' || ') AS text \
                     FROM pragma_table_info('{table}')"
                );
                let expression = lines(conn, &columns).join("");
                format!("SELECT {expression} AS text FROM \"{table}\"")
            }
            Backend::Postgres => format!("SELECT t::text AS text FROM \"{table}\" t"),
        };
        let mut rows = lines(conn, &statement);
        rows.sort();
        all.insert(table, rows);
    }
    all
}

/// The columns of a table that hold text.
pub fn text_columns(conn: &mut DbConn, backend: Backend, table: &str) -> Vec<String> {
    let statement = match backend {
        Backend::Sqlite => {
            format!("SELECT name AS text FROM pragma_table_info('{table}') WHERE type = 'TEXT' ORDER BY cid")
        }
        Backend::Postgres => format!(
            "SELECT column_name::text AS text FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name = '{table}' AND data_type = 'text' ORDER BY ordinal_position"
        ),
    };
    lines(conn, &statement)
}
