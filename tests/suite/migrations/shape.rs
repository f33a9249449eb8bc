//! Both folders make the same tables, columns, constraints and indexes, and `schema.rs` says so.

use std::collections::{BTreeMap, BTreeSet};

use leadgate::db::DbConn;
use leadgate::domain::accounts::{Role, UserState, one_time_link};
use leadgate::domain::assignments::Ending;
use leadgate::domain::assignments::closing::{ClosedAs, ClosingModes};
use leadgate::domain::assignments::deal::DealStage;
use leadgate::domain::assignments::decline::DeclineReason;
use leadgate::domain::assignments::question::CycleAnswer;
use leadgate::domain::attachments::kind::Kind;
use leadgate::domain::bulk;
use leadgate::domain::deadlines::Duty;
use leadgate::domain::destroy_tasks::TaskAnswer;
use leadgate::domain::disclosures::Disclosure;
use leadgate::domain::leads::LeadStatus;
use leadgate::domain::outbox::MessageState;
use leadgate::domain::outbox::choices::Delivery;
use leadgate::domain::partners::PartnerState;
use leadgate::domain::permission::Ground;
use leadgate::domain::settings::OpenedLeads;

use crate::support::TestApp;
use crate::support::database::Backend;
use crate::support::sql::texts;

/// `table.column type` or `table.column type?`, with the words of `schema.rs` for types; views without `?`.
pub fn columns(backend: Backend, conn: &mut DbConn) -> BTreeSet<String> {
    let rows = match backend {
        Backend::Sqlite => texts(
            conn,
            "SELECT m.name || '.' || c.name || ' ' || CASE m.type WHEN 'view' THEN 'view' ELSE lower(c.type) END || \
             CASE WHEN c.\"notnull\" OR m.type = 'view' THEN '' ELSE '?' END AS answer \
             FROM sqlite_master m JOIN pragma_table_info(m.name) c \
             WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' \
             AND m.name NOT LIKE 'lead\\_search%' ESCAPE '\\' AND m.name NOT LIKE 'user\\_search%' ESCAPE '\\'",
        ),
        Backend::Postgres => texts(
            conn,
            "SELECT c.table_name || '.' || c.column_name || ' ' || \
             CASE t.table_type WHEN 'VIEW' THEN 'view' ELSE c.data_type END || \
             CASE WHEN c.is_nullable = 'NO' OR t.table_type = 'VIEW' THEN '' ELSE '?' END AS answer \
             FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name) \
             WHERE c.table_schema = 'public' AND c.table_name NOT LIKE '\\_\\_%'",
        ),
    };
    let types: BTreeMap<&str, &str> = BTreeMap::from([
        ("bigint", "BigInt"),
        ("integer", "BigInt"),
        ("text", "Text"),
        ("timestamp", "Timestamp"),
        ("timestamp without time zone", "Timestamp"),
        ("boolean", "Bool"),
        ("date", "Date"),
        ("blob", "Binary"),
        ("bytea", "Binary"),
        ("view", "view"),
    ]);
    rows.iter()
        .map(|row| {
            let (column, kind) = row.split_once(' ').unwrap();
            let (kind, optional) = kind.strip_suffix('?').map_or((kind, ""), |kind| (kind, "?"));
            let known = types.get(kind).unwrap_or_else(|| panic!("no type of ours: {row}"));
            format!("{column} {known}{optional}")
        })
        .collect()
}

/// The columns that Diesel believes in.
fn declared() -> BTreeSet<String> {
    let (mut declared, mut table) = (BTreeSet::new(), String::new());
    for line in include_str!("../../../src/db/schema.rs").lines() {
        let line = line.trim();
        if let Some((name, _)) = line.split_once(" (").filter(|_| line.ends_with('{')) {
            table = name.to_owned();
        } else if let Some((column, kind)) = line
            .trim_end_matches(',')
            .split_once(" -> ")
            .filter(|_| !line.contains('!'))
        {
            let kind = if table == "partner_leads" {
                "view".to_owned()
            } else if let Some(kind) = kind.strip_prefix("Nullable<") {
                format!("{}?", kind.trim_end_matches('>'))
            } else {
                kind.to_owned()
            };
            declared.insert(format!("{table}.{column} {kind}"));
        }
    }
    declared
}

/// Name and definition of every CHECK, UNIQUE and FOREIGN KEY.
fn constraints(backend: Backend, conn: &mut DbConn) -> BTreeMap<String, String> {
    match backend {
        Backend::Postgres => texts(
            conn,
            "SELECT conname || ' ' || pg_get_constraintdef(oid) AS answer FROM pg_constraint \
             WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'u', 'f')",
        )
        .iter()
        .map(|row| row.split_once(' ').unwrap())
        .map(|(name, definition)| (name.to_owned(), definition.to_owned()))
        .collect(),
        Backend::Sqlite => {
            let mut constraints = BTreeMap::new();
            for table in sqlite_tables(conn) {
                let words: Vec<&str> = table.split_whitespace().collect();
                for (at, _) in words.iter().enumerate().filter(|(_, word)| **word == "CONSTRAINT") {
                    let rest: Vec<&str> = words[at + 2..]
                        .iter()
                        .take_while(|word| **word != "CONSTRAINT")
                        .copied()
                        .collect();
                    if rest[0] != "PRIMARY" {
                        constraints.insert(words[at + 1].to_owned(), rest.join(" "));
                    }
                }
            }
            constraints
        }
    }
}

fn sqlite_tables(conn: &mut DbConn) -> Vec<String> {
    texts(
        conn,
        "SELECT sql AS answer FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' \
         AND name NOT LIKE '\\_\\_%' ESCAPE '\\' AND name NOT LIKE 'lead\\_search%' ESCAPE '\\' AND name NOT LIKE 'user\\_search%' ESCAPE '\\'",
    )
}

fn indexes(backend: Backend, conn: &mut DbConn) -> BTreeSet<String> {
    let query = match backend {
        Backend::Sqlite => "SELECT name AS answer FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        // Those of constraints have no text in SQLite; the search index is a table there.
        Backend::Postgres => {
            "SELECT i.relname AS answer FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid \
             JOIN pg_am m ON m.oid = i.relam WHERE i.relnamespace = 'public'::regnamespace AND m.amname = 'btree' \
             AND i.relname NOT LIKE '\\_\\_%' AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = i.oid)"
        }
    };
    texts(conn, query).into_iter().collect()
}

/// The words between quotes, up to the end of the first list of them.
fn quoted(definition: &str) -> BTreeSet<String> {
    let list = definition.split(')').next().unwrap();
    list.split('\'').skip(1).step_by(2).map(str::to_owned).collect()
}

db_test! {
    async fn the_tables_are_those_of_the_schema(app) {
        let (made, declared) = (columns(app.backend, &mut app.conn()), declared());

        assert_eq!(made.difference(&declared).collect::<Vec<_>>(), Vec::<&String>::new(), "schema.rs lacks them");
        assert_eq!(declared.difference(&made).collect::<Vec<_>>(), Vec::<&String>::new(), "the migrations lack them");
    }

    async fn every_foreign_key_has_an_index(app) {
        let missing = match app.backend {
            Backend::Sqlite => "SELECT m.name || '.' || f.\"from\" AS answer \
                FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' AND NOT EXISTS \
                (SELECT 1 FROM pragma_index_list(m.name) l JOIN pragma_index_info(l.name) i \
                 WHERE i.seqno = 0 AND i.name = f.\"from\")",
            Backend::Postgres => "SELECT conrelid::regclass || '.' || conname AS answer FROM pg_constraint c \
                WHERE contype = 'f' AND NOT EXISTS \
                (SELECT 1 FROM pg_index x WHERE x.indrelid = c.conrelid AND x.indkey[0] = c.conkey[1])",
        };

        assert_eq!(texts(&mut app.conn(), missing), Vec::<String>::new());
    }

    async fn every_foreign_key_says_what_a_deletion_does(app) {
        let silent: Vec<String> = constraints(app.backend, &mut app.conn())
            .into_iter()
            .filter(|(_, definition)| definition.contains("REFERENCES") && !definition.contains("ON DELETE"))
            .map(|(name, _)| name)
            .collect();

        assert_eq!(silent, Vec::<String>::new());
    }

    async fn every_list_of_words_is_that_of_its_enum(app) {
        macro_rules! words {
            ($($name:literal: $kind:ty),* $(,)?) => {
                BTreeMap::from([$(($name, <$kind>::ALL.iter().map(|word| word.as_str().to_owned()).collect())),*])
            };
        }
        let enums: BTreeMap<&str, BTreeSet<String>> = words! {
            "assignments_cycle_answer_known": CycleAnswer,
            "assignments_deal_stage_known": DealStage,
            "assignments_declined_because_known": DeclineReason,
            "assignments_ending_known": Ending,
            "attachments_kind_known": Kind,
            "bulk_act_leads_outcome_known": bulk::Outcome,
            "bulk_acts_kind_known": bulk::BulkKind,
            "bulk_acts_state_known": bulk::BulkState,
            "closing_reasons_outcome_known": ClosedAs,
            "confirmations_ground_known": Ground,
            "deadlines_duty_known": Duty,
            "destroy_tasks_answer_known": TaskAnswer,
            "disclosures_act_known": Disclosure,
            "disclosures_ground_known": Ground,
            "lead_distribution_settings_closing_known": ClosingModes,
            "lead_distribution_settings_opened_known": OpenedLeads,
            "leads_status_known": LeadStatus,
            "notification_choices_delivery_known": Delivery,
            "one_time_links_ending_known": one_time_link::Ending,
            "one_time_links_purpose_known": one_time_link::Purpose,
            "outbox_state_known": MessageState,
            "partners_state_known": PartnerState,
            "users_role_known": Role,
            "users_state_known": UserState,
        };

        let known = constraints(app.backend, &mut app.conn());

        for (name, words) in &enums {
            let definition = known.get(*name).unwrap_or_else(|| panic!("no constraint {name}"));
            assert_eq!(&quoted(definition), words, "{name}");
        }
        let unlisted: Vec<&String> = known
            .keys()
            .filter(|name| name.ends_with("_known") && !enums.contains_key(name.as_str()))
            .filter(|name| name.as_str() != "imports_state_known")
            .collect();
        assert!(unlisted.is_empty(), "name the enum of {unlisted:?} in this test");
    }
}

#[actix_web::test]
async fn both_databases_have_the_same_shape() {
    let (sqlite, postgres) = (TestApp::on(Backend::Sqlite).await, TestApp::on(Backend::Postgres).await);
    let (mut sqlite, mut postgres) = (sqlite.conn(), postgres.conn());
    let names = |constraints: BTreeMap<String, String>| constraints.into_keys().collect::<BTreeSet<_>>();

    assert_eq!(
        columns(Backend::Sqlite, &mut sqlite),
        columns(Backend::Postgres, &mut postgres)
    );
    assert_eq!(
        names(constraints(Backend::Sqlite, &mut sqlite)),
        names(constraints(Backend::Postgres, &mut postgres)),
        "the named constraints differ"
    );
    assert_eq!(
        indexes(Backend::Sqlite, &mut sqlite),
        indexes(Backend::Postgres, &mut postgres)
    );
}

/// PostgreSQL makes a name up for a constraint without one, so that the test above would show it; SQLite keeps quiet.
#[actix_web::test]
async fn every_constraint_of_sqlite_is_named() {
    let app = TestApp::on(Backend::Sqlite).await;

    for table in sqlite_tables(&mut app.conn()) {
        let words: Vec<&str> = table.split_whitespace().collect();
        for (at, word) in words.iter().enumerate() {
            let begins = ["CHECK", "UNIQUE", "REFERENCES", "FOREIGN"]
                .iter()
                .any(|begin| word.starts_with(begin));
            let belongs_to_key =
                *word == "REFERENCES" && words[..at].iter().rev().take(8).any(|word| *word == "FOREIGN");
            assert!(
                !begins || belongs_to_key || words[at - 2] == "CONSTRAINT",
                "a constraint without a name: {}",
                words[at.saturating_sub(3)..(at + 3).min(words.len())].join(" ")
            );
        }
    }
}
