//! The first run: an empty database, its one link, and the checklist afterwards.

use chrono::TimeDelta;
use diesel::prelude::*;
use leadgate::cli::demo::cast;
use leadgate::db::migrate;
use leadgate::db::schema::users;
use leadgate::domain::access::SystemScope;
use leadgate::domain::accounts::one_time_link::{self, Purpose};
use leadgate::domain::accounts::{self, NewUser, Role};

use crate::support::TestApp;
use crate::support::client::Client;
use crate::support::database::{Backend, TestDatabase};

const EMAIL: &str = "olga@vendor.example";
const PASSWORD: &str = "seven herons walk home";

/// A freshly installed program: a migrated database with nobody in it.
async fn fresh(backend: Backend) -> TestApp {
    let database = TestDatabase::empty(backend);
    migrate(&mut database.connector.open().unwrap()).unwrap();
    TestApp::with(database, backend).await
}

/// The path of the link that a start of the program writes to the log.
async fn link(app: &TestApp) -> Option<String> {
    let (key, now) = (app.state.link_key().clone(), app.now());
    let token = app
        .write(move |tx| one_time_link::first_run(tx, &key, now))
        .await
        .unwrap();
    token.map(|token| token.url("", Purpose::FirstRun))
}

async fn make(client: &Client, link: &str) -> u16 {
    let token = link.split_once('=').unwrap().1;
    let fields = [
        ("token", token),
        ("name", "Olga Dahl"),
        ("email", EMAIL),
        ("password", PASSWORD),
        ("password_again", PASSWORD),
    ];
    client.post("/first-run", &fields).await.status()
}

db_test! {
    async fn whoever_has_the_link_makes_the_first_administrator(cast_app) {
        let app = fresh(cast_app.backend).await;
        let olga = app.anybody();

        let page = olga.get(&link(&app).await.unwrap()).await;
        assert_eq!(page.heading(), "Set up Leadgate");
        let fields = [("name", "Olga Dahl"), ("email", EMAIL), ("password", PASSWORD), ("password_again", PASSWORD)];
        let done = olga.submit(&page, "Create administrator", &fields).await;

        assert_eq!(done.location(), "/sign-in");
        assert!(olga.follow(&done).await.flash().contains("Your account is made"));
        assert_eq!(olga.post("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await.location(), "/");
        assert!(olga.get("/").await.text().contains("Set up Leadgate 0 of 5 done"));
    }

    async fn an_empty_database_has_no_account_and_says_what_to_do(cast_app) {
        let app = fresh(cast_app.backend).await;
        let anybody = app.anybody();

        let page = anybody.get("/sign-in").await;
        assert_eq!(page.heading(), "Nobody has an account yet");
        assert!(page.text().contains("leadgate admin create"));
        assert!(!page.source().contains("token"), "the link is in the log alone");
        assert_eq!(anybody.get("/").await.location(), "/sign-in");
        for email in ["admin", "admin@example.com", "root@localhost", cast::ADA] {
            for password in ["admin", "password", cast::PASSWORD] {
                let answer = app.anybody().post("/sign-in", &[("email", email), ("password", password)]).await;
                assert_ne!(answer.status(), 303);
            }
        }
        assert_eq!(anybody.get("/first-run").await.status(), 410);
        assert_eq!(anybody.get(&format!("/first-run?token={}", "0".repeat(64))).await.status(), 410);
        assert_eq!(make(&anybody, "?token=guess").await, 410);
    }

    async fn the_link_works_once(cast_app) {
        let app = fresh(cast_app.backend).await;
        let path = link(&app).await.unwrap();
        assert_eq!(link(&app).await.unwrap(), path, "every start tells the same one");

        let (one, two) = (app.anybody(), app.anybody());
        let (first, second) = futures_util::future::join(make(&one, &path), make(&two, &path)).await;

        let mut both = [first, second];
        both.sort_unstable();
        assert_eq!(both, [303, 410]);
        let gone = app.anybody().get(&path).await;
        assert_eq!((gone.status(), gone.heading().as_str()), (410, "This link works no longer"));
        assert!(gone.text().contains("The first administrator exists"));
        assert_eq!(link(&app).await, None);
        let people: i64 = users::table.count().get_result(&mut app.conn()).unwrap();
        assert_eq!(people, 1);
    }

    async fn the_link_runs_out_and_a_start_makes_another(cast_app) {
        let app = fresh(cast_app.backend).await;
        let old = link(&app).await.unwrap();

        app.clock.advance(TimeDelta::hours(24));

        assert_eq!(app.anybody().get(&old).await.status(), 410);
        assert_eq!(make(&app.anybody(), &old).await, 410);
        let new = link(&app).await.unwrap();
        assert_ne!(new, old);
        assert_eq!(make(&app.anybody(), &new).await, 303);
    }

    async fn an_administrator_from_the_command_line_ends_it(cast_app) {
        let app = fresh(cast_app.backend).await;
        let path = link(&app).await.unwrap();
        let now = app.now();
        let new = NewUser {
            email: EMAIL.to_owned(),
            name: "Olga Dahl".to_owned(),
            role: Role::Administrator,
            partner: None,
            password_hash: Some("x".to_owned()),
        };

        app.write(move |tx| accounts::create(tx, SystemScope::new("admin create").actor(), &new, now)).await.unwrap();

        assert_eq!(app.anybody().get(&path).await.status(), 410);
        assert_eq!(make(&app.anybody(), &path).await, 410);
        assert_eq!(app.anybody().get("/sign-in").await.heading(), "Sign in");
    }

    async fn what_was_typed_stays_and_everything_wrong_is_said(cast_app) {
        let app = fresh(cast_app.backend).await;
        let olga = app.anybody();
        let page = olga.get(&link(&app).await.unwrap()).await;

        let fields = [("name", "Olga Dahl"), ("email", "olga"), ("password", "olga"), ("password_again", "")];
        let refused = olga.submit(&page, "Create administrator", &fields).await;

        assert_eq!(refused.status(), 422);
        assert_eq!(refused.errors().len(), 2, "{:?}", refused.errors());
        assert_eq!((refused.value("name").as_str(), refused.value("email").as_str()), ("Olga Dahl", "olga"));
        let fields = [("email", EMAIL), ("password", PASSWORD), ("password_again", PASSWORD)];
        assert_eq!(olga.submit(&refused, "Create administrator", &fields).await.status(), 303);
    }

    async fn the_checklist_follows_the_data(app) {
        let ada = app.ada().await;

        let page = ada.get("/").await;
        assert!(page.text().contains("Set up Leadgate 2 of 5 done"), "{}", page.text());
        assert_eq!(page.link("Enter the first lead"), "/leads/new");
        assert_eq!(page.link("Let mail go out"), "/outbox");

        app.a_lead().create().await;
        app.track_permission().await;
        let page = ada.get("/").await;
        assert!(page.text().contains("Set up Leadgate 4 of 5 done"), "{}", page.text());
        assert_eq!(page.link("Enter the first lead"), "/leads");
        assert!(!app.sofia().await.get("/").await.text().contains("Set up Leadgate"), "staff have nothing to set up");
    }
}
