//! The lanes: who waits for whom, what is undone with what, and what happens when the database goes away.

use std::sync::mpsc;
use std::time::Duration;

use actix_web::rt::spawn;
use diesel::connection::SimpleConnection;
use leadgate::db::{DbConn, Error, LaneError, Lanes, LanesConfig, remembered};

use crate::support::TestApp;
use crate::support::database::Backend;
use crate::support::sql::{number, texts};

const QUEUE: usize = 8;

fn lanes(app: &TestApp, patience: Duration) -> Lanes {
    let config = LanesConfig {
        readers: 1,
        writers: 1,
        queue: QUEUE,
        hashers: 1,
        patience,
    };
    Lanes::start(&app.database.connector, config).unwrap()
}

fn patient(app: &TestApp) -> Lanes {
    lanes(app, Duration::from_secs(20))
}

/// Leaves a mark that other jobs don't wait for.
fn mark(conn: &mut DbConn, day: u8) -> Result<(), Error> {
    conn.batch_execute(&format!(
        "INSERT INTO erasures_to_scrub (erased_at) VALUES ('2026-05-{day:02} 00:00:00')"
    ))
}

fn marks(app: &TestApp) -> i64 {
    number(&mut app.conn(), "SELECT count(*) FROM erasures_to_scrub")
}

/// Keeps the one writer busy until it is dropped or told to go on.
async fn block(lanes: &Lanes) -> mpsc::Sender<()> {
    let (release, released) = mpsc::channel();
    let (begin, begun) = tokio::sync::oneshot::channel();
    let lanes = lanes.clone();
    spawn(async move {
        let _ = lanes
            .write(move |_| {
                let _ = begin.send(());
                let _ = released.recv();
                Ok::<_, Error>(())
            })
            .await;
    });
    begun.await.unwrap();
    release
}

/// Lets what was spawned reach its queue.
async fn queued() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

db_test! {
    async fn a_job_that_fails_is_undone_alone(app) {
        let lanes = patient(&app);
        let release = block(&lanes).await;
        let mut answers = Vec::new();
        for day in 1..=6 {
            let lanes = lanes.clone();
            answers.push(spawn(async move {
                lanes
                    .write(move |tx| {
                        mark(tx, day)?;
                        match day {
                            2 => Err(Error::RollbackTransaction),
                            4 => panic!("a job may panic"),
                            5 => tx.batch_execute("INSERT INTO nowhere VALUES (1)"),
                            _ => Ok(()),
                        }
                    })
                    .await
            }));
        }
        queued().await;

        drop(release);
        let mut told = Vec::new();
        for answer in answers {
            told.push(match answer.await.unwrap() {
                Ok(Ok(())) => "done",
                Ok(Err(_)) => "failed",
                Err(LaneError::Panicked) => "panicked",
                Err(other) => panic!("{other}"),
            });
        }

        assert_eq!(told, ["done", "failed", "done", "panicked", "failed", "done"]);
        let left = texts(&mut app.conn(), "SELECT CAST(erased_at AS TEXT) AS answer FROM erasures_to_scrub ORDER BY 1");
        let days: Vec<&str> = left.iter().map(|moment| &moment[8..10]).collect();
        assert_eq!(days, ["01", "03", "06"]);
    }

    async fn a_full_queue_refuses_at_once(app) {
        let lanes = patient(&app);
        let release = block(&lanes).await;
        for day in 1..=QUEUE as u8 {
            let lanes = lanes.clone();
            spawn(async move { lanes.write(move |tx| mark(tx, day)).await });
        }
        queued().await;

        let answer = lanes.write(|tx| mark(tx, 20)).await;

        assert_eq!(answer.unwrap_err(), LaneError::Busy);
        drop(release);
        while lanes.write(|tx| mark(tx, 21)).await.is_err() {
            tokio::task::yield_now().await;
        }
        assert_eq!(marks(&app), QUEUE as i64 + 1);
    }

    async fn a_job_that_nobody_waits_for_is_not_done(app) {
        let lanes = lanes(&app, Duration::from_millis(20));
        // The first one also waits for the connection.
        while lanes.write(|_| Ok::<_, Error>(())).await.is_err() {
            tokio::task::yield_now().await;
        }
        let release = block(&lanes).await;

        let late = lanes.write(|tx| mark(tx, 1)).await;
        let given_up = tokio::time::timeout(Duration::from_millis(1), lanes.write(|tx| mark(tx, 2))).await;

        assert_eq!(late.unwrap_err(), LaneError::Late);
        assert!(given_up.is_err());
        drop(release);
        while !matches!(lanes.write(|tx| mark(tx, 3)).await, Ok(Ok(()))) {
            tokio::task::yield_now().await;
        }
        assert_eq!(marks(&app), 1);
    }

    async fn a_job_that_goes_on_is_not_told_as_undone(app) {
        let lanes = lanes(&app, Duration::from_millis(300));
        while lanes.write(|_| Ok::<_, Error>(())).await.is_err() {
            tokio::task::yield_now().await;
        }
        let (release, released) = mpsc::channel::<()>();

        let answer = lanes
            .write(move |tx| {
                mark(tx, 1)?;
                let _ = released.recv();
                Ok::<_, Error>(())
            })
            .await;

        assert_eq!(answer.unwrap_err(), LaneError::Unsure);
        assert_eq!(marks(&app), 0);
        drop(release);
        // Told in any case, and saved after that.
        while marks(&app) == 0 {
            tokio::task::yield_now().await;
        }
    }

    async fn a_read_sees_one_moment(app) {
        let connector = app.database.connector.clone();

        let (before, after) = patient(&app)
            .read(move |conn| {
                let before = number(conn, "SELECT count(*) FROM erasures_to_scrub");
                mark(&mut connector.open().unwrap(), 1)?;
                Ok::<_, Error>((before, number(conn, "SELECT count(*) FROM erasures_to_scrub")))
            })
            .await
            .unwrap()
            .unwrap();

        assert_eq!((before, after), (0, 0));
        assert_eq!(marks(&app), 1);
    }

    async fn a_reader_refuses_to_write(app) {
        let lanes = patient(&app);

        let answer = lanes.read(|conn| mark(conn, 1)).await.unwrap();
        let slow = lanes.read_slowly(|conn| mark(conn, 1)).await.unwrap();

        assert!(answer.is_err());
        assert!(slow.is_err());
        assert_eq!(marks(&app), 0);
    }

    async fn a_read_that_panics_harms_no_other(app) {
        let lanes = patient(&app);

        let answer = lanes.read(|_| -> Result<(), Error> { panic!("a job may panic") }).await;
        let next = lanes.read(|conn| Ok::<_, Error>(number(conn, "SELECT 7"))).await;

        assert_eq!(answer.unwrap_err(), LaneError::Panicked);
        assert_eq!(next.unwrap().unwrap(), 7);
    }

    async fn every_connection_has_its_settings(app) {
        let lanes = patient(&app);
        let settings = |backend: Backend, conn: &mut DbConn| match backend {
            Backend::Sqlite => texts(conn, "SELECT journal_mode || ' ' || synchronous || ' ' || foreign_keys || ' ' || \
                secure_delete || ' ' || timeout || ' ' || recursive_triggers || ' ' || query_only AS answer \
                FROM pragma_journal_mode, pragma_synchronous, pragma_foreign_keys, pragma_secure_delete, \
                pragma_busy_timeout, pragma_recursive_triggers, pragma_query_only"),
            Backend::Postgres => texts(conn, "SELECT concat_ws(' ', current_setting('statement_timeout'), \
                current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout'), \
                current_setting('timezone'), current_setting('default_transaction_read_only')) AS answer"),
        };
        let backend = app.backend;

        let reader = lanes.read(move |conn| Ok::<_, Error>(settings(backend, conn))).await.unwrap().unwrap();
        let writer = lanes.write(move |tx| Ok::<_, Error>(settings(backend, tx))).await.unwrap().unwrap();

        match backend {
            Backend::Sqlite => {
                assert_eq!(reader, ["wal 2 1 1 5000 1 1"]);
                assert_eq!(writer, ["wal 2 1 1 5000 1 0"]);
            }
            Backend::Postgres => {
                assert_eq!(reader, ["20500ms 5s 30s UTC on"]);
                assert_eq!(writer, ["30s 5s 30s UTC off"]);
            }
        }
    }

    async fn a_commit_that_fails_is_told_to_everybody_in_it(app) {
        let lanes = patient(&app);
        let release = block(&lanes).await;
        let (first, second) = (lanes.clone(), lanes.clone());
        let good = spawn(async move { first.write(|tx| mark(tx, 1)).await });
        let bad = spawn(async move { second.write(spoil_commit).await });
        queued().await;

        drop(release);
        let (good, bad) = (good.await.unwrap(), bad.await.unwrap());

        assert_eq!(bad.unwrap_err(), LaneError::Unreachable);
        match app.backend {
            // They shared the transaction.
            Backend::Sqlite => assert_eq!(good.unwrap_err(), LaneError::Unreachable),
            Backend::Postgres => good.unwrap().unwrap(),
        }
        lanes.write(|tx| mark(tx, 3)).await.unwrap().unwrap();
        assert_eq!(marks(&app), if app.backend == Backend::Sqlite { 1 } else { 2 });
    }

    async fn upkeep_runs_outside_a_transaction(app) {
        let lanes = patient(&app);

        lanes.maintain(|conn| conn.batch_execute("VACUUM")).await.unwrap().unwrap();
        let inside = lanes.write(|tx| tx.batch_execute("VACUUM")).await.unwrap();

        assert!(inside.is_err());
    }
}

/// Leaves a transaction that can't be committed, and says that all went well.
fn spoil_commit(tx: &mut leadgate::db::Tx<'_>) -> Result<(), Error> {
    mark(tx, 2)?;
    match &mut **tx {
        DbConn::Sqlite(conn) => conn.batch_execute(
            "PRAGMA defer_foreign_keys = ON; \
             INSERT INTO confirmations (lead_id, ground, confirmed_by, confirmed_at) \
             VALUES (999999, 'contract', 1, '2026-05-04 10:00:00')",
        ),
        #[cfg(feature = "postgres")]
        DbConn::Postgres(conn) => {
            // A hidden failure: PostgreSQL answers the COMMIT that follows with success.
            let _ = conn.batch_execute("INSERT INTO nowhere VALUES (1)");
            Ok(())
        }
    }
}

/// Ends every connection to the database but the asking one.
fn cut(conn: &mut DbConn) {
    let others = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                  WHERE datname = current_database() AND pid <> pg_backend_pid()";
    number(conn, others);
}

#[actix_web::test]
async fn a_lane_finds_its_way_back_after_the_database_was_gone() {
    let app = TestApp::on(Backend::Postgres).await;
    let lanes = patient(&app);
    let mut other = app.conn();
    lanes.write(|tx| mark(tx, 1)).await.unwrap().unwrap();
    lanes.read(mark_count).await.unwrap().unwrap();

    cut(&mut other);
    let write = lanes.write(|tx| mark(tx, 2)).await;
    let read = lanes.read(mark_count).await;

    assert_eq!(write.unwrap_err(), LaneError::Unreachable);
    assert_eq!(read.unwrap_err(), LaneError::Unreachable);
    lanes.write(|tx| mark(tx, 3)).await.unwrap().unwrap();
    assert_eq!(lanes.read(mark_count).await.unwrap().unwrap(), 2);
}

#[actix_web::test]
async fn a_write_that_loses_its_connection_is_not_told_as_done() {
    let app = TestApp::on(Backend::Postgres).await;
    let lanes = patient(&app);
    let connector = app.database.connector.clone();

    let answer = lanes
        .write(move |tx| {
            mark(tx, 1)?;
            cut(&mut connector.open().unwrap());
            Ok::<_, Error>(())
        })
        .await;

    // The lane can't know whether the COMMIT had arrived.
    assert_eq!(answer.unwrap_err(), LaneError::Unsure);
    lanes.write(|tx| mark(tx, 2)).await.unwrap().unwrap();
    assert_eq!(marks(&app), 1);
}

fn mark_count(conn: &mut DbConn) -> Result<i64, Error> {
    Ok(number(conn, "SELECT count(*) FROM erasures_to_scrub"))
}

/// A question that is remembered.
#[derive(PartialEq, Eq, Hash)]
struct Marks;

/// How many marks a reader sees, and whether it asked the database.
async fn marks_seen(lanes: &Lanes) -> (i64, bool) {
    let read = lanes.read(|conn| {
        let mut asked = false;
        let marks = remembered(conn, Marks, |conn| {
            asked = true;
            Ok(number(conn, "SELECT count(*) FROM erasures_to_scrub"))
        })?;
        Ok::<_, Error>((marks, asked))
    });
    read.await.unwrap().unwrap()
}

/// The tests beside this one write to the same server of PostgreSQL, which ends what is remembered here too.
async fn assert_remembered(lanes: &Lanes, marks: i64) {
    for _ in 0..500 {
        let (seen, asked) = marks_seen(lanes).await;
        assert_eq!(seen, marks);
        if !asked {
            return;
        }
    }
    panic!("nothing is remembered");
}

db_test! {
    async fn what_is_remembered_ends_with_any_write(app) {
        let lanes = patient(&app);

        assert_eq!(marks_seen(&lanes).await, (0, true));
        assert_remembered(&lanes, 0).await;

        lanes.write(|tx| mark(tx, 1)).await.unwrap().unwrap();
        assert_eq!(marks_seen(&lanes).await, (1, true));
        assert_remembered(&lanes, 1).await;

        // Another program that works on the same database.
        mark(&mut app.conn(), 2).unwrap();
        assert_eq!(marks_seen(&lanes).await, (2, true));

        let undone = lanes.write(|tx| mark(tx, 3).and(Err::<(), _>(Error::RollbackTransaction))).await;
        assert!(undone.unwrap().is_err());
        assert_eq!(marks_seen(&lanes).await.0, 2);
    }

    async fn one_moment_is_seen_though_something_is_written_meanwhile(app) {
        let lanes = patient(&app);
        let database = app.database.connector.clone();
        marks_seen(&lanes).await;
        mark(&mut app.conn(), 1).unwrap();

        let read = lanes.read(move |conn| {
            let before = remembered(conn, Marks, |conn| Ok(number(conn, "SELECT count(*) FROM erasures_to_scrub")))?;
            mark(&mut database.open().unwrap(), 2)?;
            let after = number(conn, "SELECT count(*) FROM erasures_to_scrub");
            Ok::<_, Error>((before, after))
        });

        assert_eq!(read.await.unwrap().unwrap(), (1, 1));
        assert_eq!(marks_seen(&lanes).await.0, 2);
    }
}
