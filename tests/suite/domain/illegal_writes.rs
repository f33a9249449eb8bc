//! What the schema refuses by itself, whatever the program does: THREATS.md, "tries all illegal writes".

use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;
use leadgate::db::{DbConn, Rule, violated};

use crate::support::TestApp;
use crate::support::database::Backend;
use crate::support::sql::{execute, number};

/// Leads in every state in which a write could go wrong, with tracking on, Southgate and Nils suspended.
struct Stage {
    names: Vec<(&'static str, i64)>,
}

impl Stage {
    async fn set(app: &TestApp) -> Stage {
        let with_partner = app.a_lead().assigned_to(cast::NORA).create().await;
        let with_partner_opened = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        app.track_permission().await;
        let on_hold = app.a_lead().create().await;
        let confirmed = app.a_lead().confirmed().create().await;
        let unopened = app.a_lead().confirmed().assigned_to(cast::NORA).create().await;
        let opened = app.a_lead().confirmed().assigned_to(cast::NORA).opened().create().await;
        let ended = app.a_lead().confirmed().assigned_to(cast::NORA).create().await;
        let mut conn = app.conn();
        let mut names = Vec::new();
        let leads: [(&str, &str, &Reference); 7] = [
            ("{on_hold}", "", &on_hold),
            ("{confirmed}", "", &confirmed),
            ("{unopened}", "{a_unopened}", &unopened),
            ("{opened}", "{a_opened}", &opened),
            ("{ended}", "{a_ended}", &ended),
            ("{held}", "{a_held}", &with_partner),
            ("{held_opened}", "{a_held_opened}", &with_partner_opened),
        ];
        for (lead_name, assignment_name, reference) in leads {
            let lead = number(
                &mut conn,
                &format!("SELECT id FROM leads WHERE reference = '{reference}'"),
            );
            names.push((lead_name, lead));
            if !assignment_name.is_empty() {
                let id = number(&mut conn, &format!("SELECT id FROM assignments WHERE lead_id = {lead}"));
                names.push((assignment_name, id));
            }
        }
        for (name, email) in [
            ("{sofia}", cast::SOFIA),
            ("{nora}", cast::NORA),
            ("{nils}", cast::NILS),
            ("{sam}", cast::SAM),
        ] {
            let id = number(&mut conn, &format!("SELECT id FROM users WHERE email_key = '{email}'"));
            names.push((name, id));
        }
        for (name, partner) in [("{northwind}", "Northwind"), ("{southgate}", "Southgate")] {
            let id = number(&mut conn, &format!("SELECT id FROM partners WHERE name = '{partner}'"));
            names.push((name, id));
        }
        let stage = Stage { names };
        for statement in [
            "UPDATE assignments SET ended_at = '2026-05-04 10:00:00', ending = 'recalled' WHERE id = {a_ended}",
            "UPDATE partners SET state = 'suspended' WHERE id = {southgate}",
            "UPDATE users SET state = 'suspended' WHERE id = {nils}",
        ] {
            stage.run(&mut conn, statement).unwrap();
        }
        stage
    }

    fn run(&self, conn: &mut DbConn, statement: &str) -> Result<(), leadgate::db::Error> {
        let mut statement = statement.to_owned();
        for (name, id) in &self.names {
            statement = statement.replace(name, &id.to_string());
        }
        execute(conn, &statement)
    }

    /// Says which rule the database answered with, and fails when it took the statement.
    fn refused(&self, conn: &mut DbConn, statement: &str) -> (Option<Rule>, String) {
        let error = self
            .run(conn, statement)
            .expect_err(&format!("the database took: {statement}"));
        (violated(&error), error.to_string())
    }
}

fn hand_over(lead: &str, partner: &str, user: &str) -> String {
    format!(
        "INSERT INTO assignments (lead_id, partner_id, user_id, assigned_by, assigned_at) \
         VALUES ({lead}, {partner}, {user}, {{sofia}}, '2026-05-04 10:00:00')"
    )
}

const AT: &str = "'2026-05-04 10:00:00'";

/// A hand-over that is opened or over as soon as it is written down.
fn of_the_past(lead: &str, columns: &str, values: &str) -> String {
    format!(
        "INSERT INTO assignments (lead_id, partner_id, user_id, assigned_by, assigned_at, {columns}) \
         VALUES ({lead}, {{northwind}}, {{nora}}, {{sofia}}, {AT}, {values})"
    )
}

fn confirmation(lead: &str, columns: &str, values: &str) -> String {
    format!(
        "INSERT INTO confirmations (lead_id, confirmed_by, confirmed_at, {columns}) \
         VALUES ({lead}, {{sofia}}, '2026-05-04 10:00:00', {values})"
    )
}

fn lead(has_confirmation: &str) -> String {
    format!(
        "INSERT INTO leads (reference, first_name, last_name, email, phone, company, job_title, street, city, \
         postal_code, region, country, product, source, need, internal_note, name_key, email_key, phone_key, \
         search_text, status, has_confirmation, created_at, updated_at) VALUES ('raw', '', '', '', '', '', '', '', '', \
         '', '', '', '', '', '', '', '', '', '', '', 'unassigned', {has_confirmation}, '2026-05-04 10:00:00', \
         '2026-05-04 10:00:00')"
    )
}

db_test! {
    async fn every_illegal_write_is_refused_with_its_rule(app) {
        let stage = Stage::set(&app).await;
        let mut conn = app.conn();
        let before = contents(&mut conn);
        let illegal: Vec<(String, Rule)> = vec![
            (hand_over("{on_hold}", "{northwind}", "{nora}"), Rule::OnHold),
            (hand_over("{on_hold}", "{northwind}", "NULL"), Rule::OnHold),
            (hand_over("{confirmed}", "{southgate}", "NULL"), Rule::PartnerCannotReceive),
            (hand_over("{confirmed}", "{southgate}", "{sam}"), Rule::PartnerCannotReceive),
            (hand_over("{confirmed}", "{northwind}", "{nils}"), Rule::UserCannotReceive),
            (hand_over("{confirmed}", "{northwind}", "{sam}"), Rule::UserCannotReceive),
            (hand_over("{confirmed}", "{northwind}", "{sofia}"), Rule::UserCannotReceive),
            (hand_over("{unopened}", "{northwind}", "{nora}"), Rule::AlreadyAssigned),
            (of_the_past("{on_hold}", "ended_at, ending", &format!("{AT}, 'reassigned'")), Rule::AssignmentIsFinal),
            (
                of_the_past("{on_hold}", "ended_at, ending, opened_at, opened_by", &format!("{AT}, 'reassigned', {AT}, {{nora}}")),
                Rule::AssignmentIsFinal,
            ),
            (of_the_past("{confirmed}", "opened_at, opened_by", &format!("{AT}, {{nora}}")), Rule::AssignmentIsFinal),
            ("UPDATE assignments SET ended_at = NULL, ending = NULL WHERE id = {a_ended}".into(), Rule::AssignmentIsFinal),
            ("UPDATE assignments SET ended_at = '2026-05-05 10:00:00' WHERE id = {a_ended}".into(), Rule::AssignmentIsFinal),
            ("UPDATE assignments SET lead_id = {on_hold} WHERE id = {a_unopened}".into(), Rule::AssignmentIsFinal),
            ("UPDATE assignments SET partner_id = {southgate} WHERE id = {a_unopened}".into(), Rule::AssignmentIsFinal),
            ("UPDATE assignments SET user_id = {sam} WHERE id = {a_unopened}".into(), Rule::AssignmentIsFinal),
            ("UPDATE assignments SET assigned_by = {nora} WHERE id = {a_unopened}".into(), Rule::AssignmentIsFinal),
            (
                "UPDATE assignments SET opened_at = '2026-05-04 10:00:00', opened_by = {nora} WHERE id = {a_held}".into(),
                Rule::OnHold,
            ),
            (
                "UPDATE assignments SET opened_at = '2026-05-05 10:00:00', opened_by = {nora} WHERE id = {a_opened}".into(),
                Rule::AssignmentIsFinal,
            ),
            (
                "UPDATE assignments SET opened_at = NULL, opened_by = NULL WHERE id = {a_held_opened}".into(),
                Rule::AssignmentIsFinal,
            ),
            (
                "UPDATE assignments SET opened_at = '2026-05-04 10:00:00', opened_by = {nora} WHERE id = {a_ended}".into(),
                Rule::AssignmentIsFinal,
            ),
            ("DELETE FROM assignments WHERE id = {a_unopened}".into(), Rule::AssignmentIsFinal),
            ("DELETE FROM assignments WHERE id = {a_ended}".into(), Rule::AssignmentIsFinal),
            ("DELETE FROM confirmations WHERE lead_id = {confirmed}".into(), Rule::ConfirmationIsFinal),
            ("UPDATE confirmations SET evidence = 'other' WHERE lead_id = {confirmed}".into(), Rule::ConfirmationIsFinal),
            ("UPDATE confirmations SET lead_id = {on_hold} WHERE lead_id = {confirmed}".into(), Rule::ConfirmationIsFinal),
            (confirmation("{confirmed}", "ground", "'contract'"), Rule::AlreadyConfirmed),
            ("UPDATE leads SET has_confirmation = FALSE WHERE id = {confirmed}".into(), Rule::ConfirmationIsFinal),
            ("UPDATE leads SET has_confirmation = TRUE WHERE id = {on_hold}".into(), Rule::ConfirmationIsMissing),
            (lead("TRUE"), Rule::ConfirmationIsMissing),
            ("UPDATE assignments SET has_confirmation = TRUE WHERE id = {a_held}".into(), Rule::ConfirmationIsMissing),
            ("UPDATE assignments SET has_confirmation = FALSE WHERE id = {a_unopened}".into(), Rule::ConfirmationIsMissing),
            ("UPDATE confirmation_texts SET body = 'other'".into(), Rule::TextIsImmutable),
            ("DELETE FROM confirmation_texts".into(), Rule::TextIsImmutable),
            ("UPDATE disclosures SET fields = ''".into(), Rule::LedgerIsFinal),
            ("DELETE FROM disclosures".into(), Rule::LedgerIsFinal),
            ("UPDATE audit_events SET detail = ''".into(), Rule::LedgerIsFinal),
            ("DELETE FROM audit_events".into(), Rule::LedgerIsFinal),
            ("DELETE FROM lead_distribution_settings".into(), Rule::SettingsStay),
        ];

        for (statement, rule) in &illegal {
            let (answer, error) = stage.refused(&mut conn, statement);
            assert_eq!(answer, Some(*rule), "{statement}: {error}");
        }

        assert_eq!(contents(&mut conn), before);
    }

    async fn no_table_that_proves_something_can_be_emptied(app) {
        let stage = Stage::set(&app).await;
        let mut conn = app.conn();
        let before = contents(&mut conn);
        let illegal = match app.backend {
            // SQLite has no TRUNCATE; its other way past a DELETE trigger is REPLACE.
            Backend::Sqlite => vec![
                ("INSERT OR REPLACE INTO lead_distribution_settings (id, track_permission, ask_on_create, opened_leads, \
                  assign_to_partner) VALUES (1, FALSE, FALSE, 'keep', TRUE)", Rule::SettingsStay),
                ("INSERT OR REPLACE INTO confirmations (id, lead_id, ground, confirmed_by, confirmed_at) \
                  SELECT id, {on_hold}, 'contract', confirmed_by, confirmed_at FROM confirmations LIMIT 1",
                  Rule::ConfirmationIsFinal),
                ("UPDATE OR REPLACE assignments SET ended_at = NULL, ending = NULL WHERE id = {a_ended}",
                  Rule::AssignmentIsFinal),
            ],
            Backend::Postgres => vec![
                ("TRUNCATE confirmation_texts CASCADE", Rule::TextIsImmutable),
                ("TRUNCATE confirmations CASCADE", Rule::ConfirmationIsFinal),
                ("TRUNCATE assignments CASCADE", Rule::AssignmentIsFinal),
                ("TRUNCATE disclosures", Rule::LedgerIsFinal),
                ("TRUNCATE audit_events", Rule::LedgerIsFinal),
                ("TRUNCATE lead_distribution_settings", Rule::SettingsStay),
            ],
        };

        for (statement, rule) in illegal {
            let (answer, error) = stage.refused(&mut conn, statement);
            assert_eq!(answer, Some(rule), "{statement}: {error}");
        }
        if app.backend == Backend::Postgres {
            stage.refused(&mut conn, "TRUNCATE leads CASCADE");
        }

        assert_eq!(contents(&mut conn), before);
    }

    async fn contradictory_columns_are_refused(app) {
        let stage = Stage::set(&app).await;
        let mut conn = app.conn();
        let day = "'2026-05-01'";
        let contradictory = [
            (confirmation("{on_hold}", "ground", "'consent'"), "confirmations_consent_has_evidence"),
            (confirmation("{on_hold}", "ground, evidence", "'consent', 'Said so'"), "confirmations_consent_has_evidence"),
            (confirmation("{on_hold}", "ground, given_on", &format!("'consent', {day}")), "confirmations_consent_has_evidence"),
            (confirmation("{on_hold}", "ground, evidence", "'contract', 'Said so'"), "confirmations_consent_has_evidence"),
            (confirmation("{on_hold}", "ground, given_on", &format!("'contract', {day}")), "confirmations_consent_has_evidence"),
            (
                confirmation("{on_hold}", "ground, evidence, given_on", &format!("'consent', '', {day}")),
                "confirmations_say_something",
            ),
            (confirmation("{on_hold}", "ground", "'lead_interest'"), "confirmations_interest_has_reason"),
            (confirmation("{on_hold}", "ground, reason", "'lead_interest', ''"), "confirmations_say_something"),
            (confirmation("{on_hold}", "ground, reason", "'contract', 'Because'"), "confirmations_interest_has_reason"),
            (confirmation("{on_hold}", "ground", "'yes'"), "confirmations_ground_known"),
            ("UPDATE leads SET status = 'sold', partner_id = {northwind} WHERE id = {on_hold}".into(), "leads_status_known"),
            ("UPDATE leads SET status = 'open' WHERE id = {on_hold}".into(), "leads_partner_fits_status"),
            ("UPDATE leads SET partner_id = {northwind} WHERE id = {on_hold}".into(), "leads_partner_fits_status"),
            ("UPDATE assignments SET ended_at = '2026-05-04 10:00:00' WHERE id = {a_unopened}".into(), "assignments_ended_somehow"),
            ("UPDATE assignments SET opened_at = '2026-05-04 10:00:00' WHERE id = {a_unopened}".into(), "assignments_opened_by_someone"),
            ("UPDATE users SET role = 'administrator' WHERE id = {nora}".into(), "users_partner_fits_role"),
            ("UPDATE lead_distribution_settings SET track_permission = FALSE".into(), "lead_distribution_settings_ask_needs_tracking"),
            ("UPDATE lead_distribution_settings SET id = 2".into(), "lead_distribution_settings_single"),
        ];

        for (statement, constraint) in contradictory {
            let (_, error) = stage.refused(&mut conn, &statement);
            assert!(error.contains(constraint), "{statement}: {error}");
        }
    }

    async fn legal_writes_are_taken(app) {
        let stage = Stage::set(&app).await;
        let mut conn = app.conn();
        let legal = [
            hand_over("{confirmed}", "{northwind}", "{nora}"),
            "UPDATE assignments SET opened_at = '2026-05-04 10:00:00', opened_by = {nora} WHERE id = {a_unopened}".into(),
            "UPDATE assignments SET status_note = 'Called' WHERE id = {a_held_opened}".into(),
            "UPDATE assignments SET ended_at = '2026-05-04 10:00:00', ending = 'recalled' WHERE id = {a_held}".into(),
            confirmation("{on_hold}", "ground, evidence, given_on", "'consent', 'Said so', '2026-05-01'"),
            "UPDATE leads SET has_confirmation = TRUE WHERE id = {on_hold}".into(),
            "UPDATE leads SET has_confirmation = TRUE WHERE id = {on_hold}".into(),
            hand_over("{on_hold}", "{northwind}", "NULL"),
            lead("FALSE"),
            "DELETE FROM leads WHERE id = {opened}".into(),
        ];

        for statement in legal {
            stage.run(&mut conn, &statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
        }

        for none in [
            "SELECT count(*) FROM confirmations WHERE lead_id NOT IN (SELECT id FROM leads)",
            "SELECT count(*) FROM assignments a JOIN leads l ON l.id = a.lead_id WHERE a.has_confirmation <> l.has_confirmation",
        ] {
            assert_eq!(number(&mut conn, none), 0, "{none}");
        }
    }
}

/// What must be the same after refusals.
fn contents(conn: &mut DbConn) -> Vec<i64> {
    [
        "assignments",
        "confirmations",
        "confirmation_texts",
        "disclosures",
        "audit_events",
        "leads",
        "outbox",
    ]
    .iter()
    .map(|table| number(conn, &format!("SELECT count(*) FROM {table}")))
    .collect()
}
