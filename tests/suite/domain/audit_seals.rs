//! The audit log can't be changed behind the program's back without a seal that no longer matches (ASVS 5.0 V16.4.2).

use chrono::TimeDelta;
use leadgate::cli::demo::cast;
use leadgate::db::DbConn;
use leadgate::domain::audit::seals::verify::{Broken, Copied, Finding, Report, verify};
use leadgate::domain::audit::seals::{self, AuditKey, KeepError};
use leadgate::jobs;

use crate::support::TestApp;
use crate::support::builders::delete;
use crate::support::database::Backend;
use crate::support::sql::{execute, number};

/// Somebody who may change the schema.
fn lift_triggers(app: &TestApp) {
    let sql = match app.backend {
        Backend::Sqlite => {
            "DROP TRIGGER audit_events_never_change; DROP TRIGGER audit_events_never_go; \
             DROP TRIGGER audit_seals_never_change; DROP TRIGGER audit_seals_never_go"
        }
        Backend::Postgres => {
            "ALTER TABLE audit_events DISABLE TRIGGER USER; ALTER TABLE audit_seals DISABLE TRIGGER USER"
        }
    };
    execute(&mut app.conn(), sql).unwrap();
}

/// Some work, and a seal over it.
async fn work_and_seal(app: &TestApp) {
    app.a_lead().assigned_to(cast::NORA).opened().create().await;
    app.clock.advance(TimeDelta::minutes(3));
    jobs::tick(&app.state).await;
}

fn look(app: &TestApp, conn: &mut DbConn, copied: &Copied) -> Report {
    verify(conn, app.state.audit_key(), copied, None).unwrap()
}

/// What the program's log says of the seals that there are.
fn copy(app: &TestApp) -> Copied {
    let mut lines = String::new();
    let mut conn = app.conn();
    let newest = seals::newest(&mut conn).unwrap().unwrap();
    lines.push_str(&newest.line());
    Copied::parse(&lines)
}

fn finding(report: Report) -> (i64, String) {
    let finding = report.finding.expect("something is wrong");
    (finding.seal, finding.to_string())
}

db_test! {
    async fn a_log_that_nobody_touched_matches_and_grows_on(app) {
        work_and_seal(&app).await;
        work_and_seal(&app).await;
        let events = number(&mut app.conn(), "SELECT count(*) FROM audit_events");

        let report = look(&app, &mut app.conn(), &copy(&app));

        assert_eq!(report, Report { seals: 2, events, unsealed: 0, finding: None });
        jobs::tick(&app.state).await;
        assert_eq!(number(&mut app.conn(), "SELECT count(*) FROM audit_seals"), 2, "nothing new, no seal");
        app.a_lead().create().await;
        assert_eq!(look(&app, &mut app.conn(), &copy(&app)).unsealed, 1);
    }

    async fn an_erasure_breaks_no_seal(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        work_and_seal(&app).await;
        delete(&app, &lead).await;
        work_and_seal(&app).await;

        assert_eq!(look(&app, &mut app.conn(), &copy(&app)).finding, None);
    }

    async fn an_event_waits_until_all_that_may_come_before_it_are_there(app) {
        work_and_seal(&app).await;
        app.a_lead().create().await;
        let first = app.now();
        // One with a greater id, of a job that began long ago.
        execute(&mut app.conn(), "INSERT INTO audit_events (happened_at, action, subject, subject_reference, detail, address, request_id) \
            VALUES ('2026-01-01 00:00:00', 'lead.edited', 'lead', '', '', '', '')").unwrap();
        app.clock.advance(TimeDelta::minutes(2) - TimeDelta::seconds(1));
        assert!(app.now() > first);
        jobs::tick(&app.state).await;
        assert_eq!(number(&mut app.conn(), "SELECT count(*) FROM audit_seals"), 1);

        app.clock.advance(TimeDelta::seconds(1));
        jobs::tick(&app.state).await;
        assert_eq!(number(&mut app.conn(), "SELECT event_count FROM audit_seals WHERE number = 2"), 2);
    }

    async fn whatever_is_done_to_a_sealed_event_is_found_and_named(app) {
        work_and_seal(&app).await;
        work_and_seal(&app).await;
        lift_triggers(&app);
        let mut conn = app.conn();
        let (first, last) = (
            number(&mut conn, "SELECT last_event_id FROM audit_seals WHERE number = 1"),
            number(&mut conn, "SELECT last_event_id FROM audit_seals WHERE number = 2"),
        );
        let event = |id: i64, number: i64| format!(
            "INSERT INTO audit_events (id, happened_at, action, subject, subject_reference, detail, address, request_id) \
             SELECT {number}, happened_at, action, subject, subject_reference, detail, address, request_id FROM audit_events WHERE id = {id}"
        );
        let changed = "one or more were changed";
        let attacks = [
            (1, changed, format!("UPDATE audit_events SET detail = detail || ' ' WHERE id = {first}")),
            (1, changed, format!("UPDATE audit_events SET address = '203.0.113.9' WHERE id = {first}")),
            (1, changed, format!("UPDATE audit_events SET happened_at = '2026-01-01 00:00:00' WHERE id = {first}")),
            (2, changed, format!("UPDATE audit_events SET actor_id = NULL WHERE id = {last}")),
            (2, changed, format!("UPDATE audit_events SET action = 'lead.edited' WHERE id = {last}")),
            (2, changed, format!("UPDATE audit_events SET action = 'no act of ours' WHERE id = {last}")),
            (2, changed, format!("UPDATE audit_events SET subject = 'user' WHERE id = {last}")),
            (2, changed, format!("UPDATE audit_events SET subject_id = subject_id + 1 WHERE id = {last}")),
            (2, changed, format!("UPDATE audit_events SET subject_reference = '' WHERE id = {last}")),
            (2, changed, format!("UPDATE audit_events SET request_id = '' WHERE id = {last}")),
            (1, "1 is missing", format!("DELETE FROM audit_events WHERE id = {first}")),
            (2, "1 is missing", format!("DELETE FROM audit_events WHERE id = {last}")),
            (1, "1 too many", event(first, -7)),
            (1, changed, format!("DELETE FROM audit_events WHERE id = {first}; {}", event(last, first))),
            (1, "too many", "UPDATE audit_seals SET last_event_id = last_event_id + 1 WHERE number = 1".to_owned()),
            (1, changed, "UPDATE audit_seals SET digest = 'x' WHERE number = 1".to_owned()),
            (2, "not made with the secret", "UPDATE audit_seals SET sealed_at = '2026-01-01 00:00:00' WHERE number = 2".to_owned()),
            (2, "not made with the secret", "UPDATE audit_seals SET mac = '' WHERE number = 2".to_owned()),
            (1, "missing", "DELETE FROM audit_seals WHERE number = 1".to_owned()),
            // The end of the log, cut off cleanly: the copy alone tells.
            (2, "missing", format!("DELETE FROM audit_seals WHERE number = 2; DELETE FROM audit_events WHERE id > {first}")),
        ];
        let copied = copy(&app);
        for (seal, words, attack) in attacks {
            execute(&mut conn, &format!("BEGIN; {attack}")).unwrap();
            let report = look(&app, &mut conn, &copied);
            execute(&mut conn, "ROLLBACK").unwrap();

            let (found, told) = finding(report);
            assert_eq!(found, seal, "{attack}: {told}");
            assert!(told.contains(words), "{attack}: {told}");
        }
        assert_eq!(look(&app, &mut conn, &copied).finding, None);

        let ada = app.ada().await;
        assert!(ada.get("/audit/seals").await.text().contains("Nothing was changed. Looked at just now: 2 seals over"));
        execute(&mut conn, &format!("DELETE FROM audit_events WHERE id = {last}")).unwrap();
        let page = ada.get(&ada.get("/audit").await.link("Look whether anything was changed since")).await;
        assert!(page.text().contains("The audit log was changed after it was sealed, at seal 2: the events"), "{}", page.text());
    }

    async fn without_the_secret_nobody_seals_a_changed_log_anew(app) {
        work_and_seal(&app).await;
        lift_triggers(&app);
        execute(&mut app.conn(), "DELETE FROM audit_seals; DELETE FROM audit_events WHERE action = 'lead.opened'").unwrap();
        let (forger, now) = (AuditKey::derive_from(b"a guess"), app.now());

        app.write(move |tx| {
            let seal = seals::next(tx, &forger, now)?.expect("there is something to seal");
            seals::keep(tx, &seal)
        }).await.unwrap();

        assert_eq!(look(&app, &mut app.conn(), &Copied::default()).finding, Some(Finding { seal: 1, what: Broken::Mac }));
    }

    async fn nothing_is_sealed_over_while_somebody_still_writes(app) {
        let (mut writer, mut sealer) = (app.conn(), app.conn());
        assert!(!sealer.is_writing_since(TimeDelta::zero()).unwrap());
        if app.backend == Backend::Sqlite {
            return; // There is one writer, and nobody overtakes it.
        }

        execute(&mut writer, "BEGIN; UPDATE users SET lock_version = lock_version + 1").unwrap();
        assert!(sealer.is_writing_since(TimeDelta::zero()).unwrap());
        assert!(!sealer.is_writing_since(TimeDelta::minutes(1)).unwrap());

        execute(&mut writer, "ROLLBACK").unwrap();
        assert!(!sealer.is_writing_since(TimeDelta::zero()).unwrap());
    }

    async fn of_two_who_seal_at_once_one_does(app) {
        app.a_lead().create().await;
        app.clock.advance(TimeDelta::minutes(3));
        let (key, now) = (app.state.audit_key().clone(), app.now());
        let seal = seals::next(&mut app.conn(), &key, now).unwrap().unwrap();
        let again = seal.clone();

        app.write(move |tx| seals::keep(tx, &seal)).await.unwrap();
        let second = app.write(move |tx| seals::keep(tx, &again)).await;

        assert!(matches!(second, Err(KeepError::SealedAlready)), "{second:?}");
        tokio::join!(jobs::tick(&app.state), jobs::tick(&app.state));
        assert_eq!(look(&app, &mut app.conn(), &Copied::default()).finding, None);
    }

    async fn a_seal_stays_as_it_is(app) {
        work_and_seal(&app).await;
        for statement in ["UPDATE audit_seals SET mac = ''", "DELETE FROM audit_seals"] {
            let refused = execute(&mut app.conn(), statement).unwrap_err();
            assert!(refused.to_string().contains("leadgate:ledger_is_final"), "{statement}: {refused}");
        }
    }
}
