//! Markup in everything that a database holds and people wrote: what a page must show as text.

use diesel::RunQueryDsl;

use super::TestApp;
use super::database::Backend;
use super::dump;

/// What would run, or end an attribute, a comment, a title, if it were not taken for text.
pub const MARKUP: &str =
    "\"'></title></textarea><script>alert(1)</script><img src=x onerror=alert(1)>--><b onclick=alert(1)>{{7*7}}</b>";

/// Nobody's words: names of records and states, hashes, what a program reads again.
const NO_TEXT: [&str; 27] = [
    "reference",
    "kind",
    "state",
    "status",
    "role",
    "key_hash",
    "key",
    "keys",
    "email_key",
    "password_hash",
    "time_zone",
    "country",
    "mapping",
    "encoding",
    "delimiter",
    "duty",
    "ending",
    "outcome",
    "query",
    "message_id",
    "mac",
    "digest",
    "seed",
    "token_hash",
    "location",
    "lease_token",
    "code_hash",
];

/// Puts it into every text that the schema lets be changed, and into new rows of the tables that only grow. Gives the
/// columns that hold it now.
pub fn write_everywhere(app: &TestApp) -> Vec<String> {
    let markup = MARKUP.replace('\'', "''");
    for statement in [
        format!(
            "INSERT INTO audit_events (happened_at, actor_id, action, subject, subject_id, subject_reference, detail, \
             address, request_id) SELECT created_at, created_by, 'lead.edited', 'lead', id, reference, '{markup}', \
             '{markup}', '{markup}' FROM leads"
        ),
        format!(
            "INSERT INTO confirmation_texts (version, body, created_by, created_at) \
             SELECT 2, '{markup}', id, created_at FROM users WHERE email = 'ada@vendor.example'"
        ),
        format!(
            "INSERT INTO closing_reasons (reference, outcome, label) VALUES ('abcdefghjkmnpqrstvwxyz5000', 'won', '{markup}')"
        ),
    ] {
        diesel::sql_query(&statement)
            .execute(&mut app.conn())
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    let row = match app.backend {
        Backend::Sqlite => "rowid",
        Backend::Postgres => "ctid",
    };
    let mut marked = Vec::new();
    for (table, column) in columns(app) {
        // Some must be unlike all others.
        let value = format!("'{markup}' || CAST({row} AS TEXT)");
        let statement = format!("UPDATE {table} SET {column} = {value} WHERE {column} <> ''");
        if diesel::sql_query(statement)
            .execute(&mut app.conn())
            .is_ok_and(|count| count > 0)
        {
            marked.push(format!("{table}.{column}"));
        }
    }
    marked
}

fn columns(app: &TestApp) -> Vec<(String, String)> {
    let mut conn = app.conn();
    dump::tables(&mut conn, app.backend)
        .into_iter()
        .filter(|table| !table.starts_with("__"))
        .flat_map(|table| {
            dump::text_columns(&mut conn, app.backend, &table)
                .into_iter()
                .map(move |column| (table.clone(), column))
        })
        .filter(|(_, column)| !NO_TEXT.contains(&column.as_str()))
        .collect()
}
