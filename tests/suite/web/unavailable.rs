//! When the database gives no answer: a page that says so in time, and the product back as soon as the database is.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use actix_web::rt::spawn;
use leadgate::cli::demo::cast;
use leadgate::db::{Error, LanesConfig};

use crate::support::TestApp;
use crate::support::client::{Client, Page};
use crate::support::database::{Backend, TestDatabase};
use crate::support::proxy::Proxy;
use crate::support::sql::execute;

/// What the product waits for at the most, and how long it may take to come back.
const TOLD_WITHIN: Duration = Duration::from_secs(3);
const BACK_WITHIN: Duration = Duration::from_secs(5);

const LEAD: [(&str, &str); 3] = [
    ("last_name", "Öberg"),
    ("email", "anna.oberg@nordlicht.example"),
    ("submission", "0123456789abcdefghjkmnpqrs"),
];

fn narrow() -> LanesConfig {
    LanesConfig {
        readers: 1,
        writers: 1,
        queue: 4,
        hashers: 1,
        patience: LanesConfig::default().patience,
    }
}

async fn narrow_app(backend: Backend) -> TestApp {
    TestApp::with_lanes(TestDatabase::new(backend), backend, narrow()).await
}

#[track_caller]
fn assert_told(page: &Page, asked: Instant) {
    assert_eq!(page.status(), 503, "{}", page.text());
    assert_eq!(page.header("retry-after"), Some("2"));
    assert!(page.text().contains("Nothing was saved"), "{}", page.text());
    // A little for the test's own machine.
    let took = asked.elapsed();
    assert!(took < TOLD_WITHIN + Duration::from_millis(500), "told after {took:?}");
}

async fn assert_unmoved(app: &TestApp) {
    assert_eq!(app.anybody().get("/healthz").await.status(), 200);
    let sign_in = app.anybody().get("/sign-in").await;
    let stylesheet = sign_in.files().into_iter().find(|file| file.ends_with(".css")).unwrap();
    assert_eq!(app.anybody().get(&stylesheet).await.status(), 200);
}

/// Asks until the page is there again.
async fn assert_back(client: &Client, path: &str) {
    let began = Instant::now();
    while client.get(path).await.status() != 200 {
        let took = began.elapsed();
        assert!(took < BACK_WITHIN, "not back after {took:?}");
    }
}

/// Keeps the only reader in one query until it is dropped.
async fn occupy_reader(app: &TestApp) -> mpsc::Sender<()> {
    let (release, released) = mpsc::channel();
    let (begin, begun) = tokio::sync::oneshot::channel();
    let lanes = app.state.lanes().clone();
    spawn(async move {
        let _ = lanes
            .read(move |_| {
                let _ = begin.send(());
                let _ = released.recv();
                Ok::<_, Error>(())
            })
            .await;
    });
    begun.await.unwrap();
    release
}

/// A sign-in that nobody had time for is no failed one, and what failed before it still counts.
async fn a_password_that_nobody_could_check_is_no_failure(backend: Backend) {
    let lanes = LanesConfig {
        patience: Duration::from_millis(500),
        ..narrow()
    };
    let app = TestApp::with_lanes(TestDatabase::new(backend), backend, lanes).await;
    let wrong = [("email", cast::SOFIA), ("password", "eleven loud lanterns 77")];
    assert_eq!(app.anybody().post("/sign-in", &wrong).await.status(), 422);
    let (release, released) = mpsc::channel::<()>();
    let lanes = app.state.lanes().clone();
    let busy = spawn(async move { lanes.hash(move || released.recv()).await });
    tokio::task::yield_now().await;

    let right = [("email", cast::SOFIA), ("password", cast::PASSWORD)];
    assert_eq!(app.anybody().post("/sign-in", &right).await.status(), 503);

    let failures = "SELECT CAST(COALESCE(SUM(failures), 0) AS BIGINT) AS n FROM throttles WHERE key LIKE 'account:%'";
    assert_eq!(app.count(failures), 1);
    assert_eq!(
        app.count(&failures.replace("account", "sign-in")),
        2,
        "the address and all together"
    );
    drop(release);
    let _ = busy.await;
    app.sofia().await;
    assert_eq!(app.count(failures), 0);
}

async fn a_full_queue_is_told_at_once(backend: Backend) {
    let app = narrow_app(backend).await;
    let sofia = app.sofia().await;
    let release = occupy_reader(&app).await;
    for _ in 0..narrow().queue {
        let lanes = app.state.lanes().clone();
        spawn(async move { lanes.read(|_| Ok::<_, Error>(())).await });
    }
    tokio::task::yield_now().await;

    let asked = Instant::now();
    let page = sofia.get("/leads").await;

    assert_told(&page, asked);
    assert!(asked.elapsed() < Duration::from_secs(1));
    assert_unmoved(&app).await;
    drop(release);
    assert_back(&sofia, "/leads").await;
}

async fn a_query_past_its_deadline_is_told_and_gives_way(backend: Backend) {
    let app = narrow_app(backend).await;
    let sofia = app.sofia().await;
    let _release = occupy_reader(&app).await;

    let asked = Instant::now();
    let page = sofia.get("/leads").await;

    // The reader is replaced when it is overdue; until then pages wait for it.
    if page.status() != 200 {
        assert_told(&page, asked);
    }
    assert_unmoved(&app).await;
    assert_back(&sofia, "/leads").await;
    let again = app.sofia().await;
    assert_eq!(
        again.get("/leads").await.status(),
        200,
        "another thread serves while the first is stuck"
    );
}

#[actix_web::test]
async fn a_password_that_nobody_could_check_is_no_failure_on_sqlite() {
    a_password_that_nobody_could_check_is_no_failure(Backend::Sqlite).await;
}

#[actix_web::test]
async fn a_password_that_nobody_could_check_is_no_failure_on_postgres() {
    a_password_that_nobody_could_check_is_no_failure(Backend::Postgres).await;
}

#[actix_web::test]
async fn a_full_queue_is_told_at_once_on_sqlite() {
    a_full_queue_is_told_at_once(Backend::Sqlite).await;
}

#[actix_web::test]
async fn a_full_queue_is_told_at_once_on_postgres() {
    a_full_queue_is_told_at_once(Backend::Postgres).await;
}

#[actix_web::test]
async fn a_query_past_its_deadline_gives_way_on_sqlite() {
    a_query_past_its_deadline_is_told_and_gives_way(Backend::Sqlite).await;
}

#[actix_web::test]
async fn a_query_past_its_deadline_gives_way_on_postgres() {
    a_query_past_its_deadline_is_told_and_gives_way(Backend::Postgres).await;
}

#[actix_web::test]
async fn postgres_ends_a_query_that_nobody_waits_for() {
    let app = narrow_app(Backend::Postgres).await;

    let late = app
        .state
        .lanes()
        .read(|conn| execute(conn, "SELECT pg_sleep(60)"))
        .await;

    assert_eq!(late.unwrap_err(), leadgate::db::LaneError::Late);
    let began = Instant::now();
    let running = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(60)' AND state = 'active'";
    while app.count(running) > 0 {
        assert!(began.elapsed() < BACK_WITHIN, "it still runs");
    }
}

/// Another program holds the file: what SQLite has for a database that is stopped. Reading goes on.
#[actix_web::test]
async fn a_locked_sqlite_is_told_and_comes_back() {
    let app = TestApp::on(Backend::Sqlite).await;
    let sofia = app.sofia().await;
    let mut other = app.conn();
    execute(&mut other, "BEGIN IMMEDIATE").unwrap();

    let asked = Instant::now();
    let page = sofia.post("/leads", &LEAD).await;

    assert_told(&page, asked);
    assert_unmoved(&app).await;
    assert_eq!(sofia.get("/leads").await.status(), 200);
    execute(&mut other, "ROLLBACK").unwrap();
    assert_saved_once(&app, &sofia).await;
}

#[actix_web::test]
async fn a_stopped_postgres_is_told_and_comes_back() {
    let database = TestDatabase::new(Backend::Postgres);
    let (mut proxy, database) = Proxy::before(database);
    let app = TestApp::with(database, Backend::Postgres).await;
    let sofia = app.sofia().await;
    assert_eq!(sofia.get("/leads").await.status(), 200);

    proxy.stop();
    for _ in 0..3 {
        let asked = Instant::now();
        assert_told(&sofia.get("/leads").await, asked);
        let asked = Instant::now();
        assert_told(
            &app.anybody()
                .post("/sign-in", &[("email", cast::ADA), ("password", cast::PASSWORD)])
                .await,
            asked,
        );
    }
    assert_unmoved(&app).await;
    assert_eq!(app.anybody().get("/readyz").await.status(), 503);

    proxy.go_on();
    assert_back(&sofia, "/leads").await;
    assert_saved_once(&app, &sofia).await;
}

/// The connections stand, and nothing comes through them: a host that vanished, a server that hangs.
#[actix_web::test]
async fn a_silent_postgres_is_told_and_comes_back() {
    let database = TestDatabase::new(Backend::Postgres);
    let (mut proxy, database) = Proxy::before(database);
    let app = TestApp::with(database, Backend::Postgres).await;
    let sofia = app.sofia().await;

    proxy.freeze();
    let asked = Instant::now();
    assert_told(&sofia.get("/leads").await, asked);
    let asked = Instant::now();
    assert_told(
        &app.anybody()
            .post("/sign-in", &[("email", cast::ADA), ("password", cast::PASSWORD)])
            .await,
        asked,
    );
    assert_unmoved(&app).await;

    proxy.go_on();
    assert_back(&sofia, "/leads").await;
    assert_saved_once(&app, &sofia).await;
}

/// The same form, sent until it is taken, makes one lead.
async fn assert_saved_once(app: &TestApp, sofia: &Client) {
    let began = Instant::now();
    while sofia.post("/leads", &LEAD).await.status() != 303 {
        assert!(began.elapsed() < BACK_WITHIN, "nothing can be saved");
    }
    assert_eq!(sofia.post("/leads", &LEAD).await.status(), 303);
    assert_eq!(app.count("SELECT count(*) AS n FROM leads"), 1);
}
