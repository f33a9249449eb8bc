//! The application under test: a real server on a port of its own, with a clock that stands until it is moved.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::cookie::Key;
use actix_web::dev::ServerHandle;
use diesel::RunQueryDsl;
use leadgate::app::{AppState, AppStateBuilder};
use leadgate::cli::demo::cast;
use leadgate::clock::{Clock, FixedClock};
use leadgate::config::{BaseUrl, TrustedProxies};
use leadgate::db::types::UtcTime;
use leadgate::db::{DbConn, Error, LanesConfig, Statements, Tx};
use leadgate::domain::access::session::Principal;
use leadgate::domain::access::{AdminScope, Origin, PartnerScope, Scope, SessionLimits, StaffScope};
use leadgate::domain::accounts::{self, password::Cost};
use leadgate::domain::settings::{self, SettingsInput};
use leadgate::mail::Mailer;
use leadgate::web;

use super::builders::LeadBuilder;
use super::client::Client;
use super::database::{Backend, TestDatabase, beginning};
use super::sql::execute;

pub struct TestApp {
    pub state: AppState,
    pub clock: FixedClock,
    pub backend: Backend,
    pub origin: String,
    server: ServerHandle,
    /// What the application asked the database.
    pub statements: Statements,
    pub database: TestDatabase,
}

impl TestApp {
    pub async fn on(backend: Backend) -> Self {
        Self::with(TestDatabase::new(backend), backend).await
    }

    /// Serves a database that the test made itself.
    pub async fn with(database: TestDatabase, backend: Backend) -> Self {
        Self::with_mailer(database, backend, None).await
    }

    /// The same, with a way to send messages.
    pub async fn with_mailer(database: TestDatabase, backend: Backend, mailer: Option<Arc<dyn Mailer>>) -> Self {
        let lanes = LanesConfig {
            readers: 2,
            writers: 4,
            queue: 512,
            hashers: 1,
            ..LanesConfig::default()
        };
        Self::start(database, backend, mailer, lanes).await
    }

    /// The same, with lanes of another width.
    pub async fn with_lanes(database: TestDatabase, backend: Backend, lanes: LanesConfig) -> Self {
        Self::start(database, backend, None, lanes).await
    }

    async fn start(
        database: TestDatabase,
        backend: Backend,
        mailer: Option<Arc<dyn Mailer>>,
        lanes: LanesConfig,
    ) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let clock = FixedClock::at(beginning());
        let statements = Statements::default();
        let state = AppStateBuilder {
            database: database.connector.counting(&statements),
            lanes,
            clock: Arc::new(clock.clone()),
            base_url: BaseUrl::loopback(address),
            cookie_key: Key::from(&[7; 64]),
            trusted_proxies: TrustedProxies::default(),
            session_limits: SessionLimits::default(),
            password_cost: Cost::CHEAPEST,
            is_demo: false,
            mailer,
        }
        .build()
        .unwrap();
        let server = web::serve(state.clone(), socket, 1).unwrap();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        TestApp {
            state,
            clock,
            backend,
            origin: format!("http://{address}"),
            server: handle,
            statements,
            database,
        }
    }

    pub fn now(&self) -> UtcTime {
        self.clock.now()
    }

    /// Somebody who is not signed in.
    pub fn anybody(&self) -> Client {
        Client::new(&self.origin)
    }

    /// What came of some work, and how many statements the application ran for it with nothing remembered from before: whatever readers remember ends
    /// with any write.
    pub async fn statements_of<T>(&self, work: impl Future<Output = T>) -> (T, u64) {
        execute(&mut self.conn(), "UPDATE sessions SET last_seen_at = last_seen_at").unwrap();
        let before = self.statements.count();
        let done = work.await;
        (done, self.statements.count() - before)
    }

    /// Signs somebody in, through the form.
    pub async fn sign_in(&self, email: &str) -> Client {
        let client = self.anybody();
        let page = client
            .post("/sign-in", &[("email", email), ("password", cast::PASSWORD)])
            .await;
        assert_eq!(page.status(), 303, "{email} can't sign in: {}", page.text());
        client
    }

    /// Ada, the administrator.
    pub async fn ada(&self) -> Client {
        self.sign_in(cast::ADA).await
    }

    /// Sofia, staff.
    pub async fn sofia(&self) -> Client {
        self.sign_in(cast::SOFIA).await
    }

    /// Nora, manager at Northwind.
    pub async fn nora(&self) -> Client {
        self.sign_in(cast::NORA).await
    }

    /// Nils, member at Northwind.
    pub async fn nils(&self) -> Client {
        self.sign_in(cast::NILS).await
    }

    /// Sam, manager at Southgate.
    pub async fn sam(&self) -> Client {
        self.sign_in(cast::SAM).await
    }

    /// A connection of the test's own, past every rule but the database's.
    pub fn conn(&self) -> DbConn {
        self.database.connector.open().unwrap()
    }

    /// The one number that a statement selects `AS n`.
    pub fn count(&self, statement: &str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        let row: Row = diesel::sql_query(statement).get_result(&mut self.conn()).unwrap();
        row.n
    }

    /// The one text that a statement selects `AS t`.
    pub fn text(&self, statement: &str) -> String {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::Text)]
            t: String,
        }
        let row: Row = diesel::sql_query(statement).get_result(&mut self.conn()).unwrap();
        row.t
    }

    /// Writes through the lanes, as the application does.
    pub async fn write<T: Send + 'static, E: From<Error> + Send + std::fmt::Debug + 'static>(
        &self,
        work: impl for<'t> FnOnce(&mut Tx<'t>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        self.state.lanes().write(work).await.expect("the lane answers")
    }

    fn scope(&self, email: &str) -> Scope {
        let mut conn = self.conn();
        let user = accounts::find_by_email(&mut conn, email).unwrap().unwrap();
        let principal = Principal::load(&mut conn, user.id).unwrap().expect("an active account");
        principal.scope(Origin {
            address: "test".to_owned(),
            request_id: "test".to_owned(),
        })
    }

    /// Sofia's scope.
    pub fn staff_scope(&self) -> StaffScope {
        match self.scope(cast::SOFIA) {
            Scope::Staff(scope) => scope,
            other => panic!("Sofia is staff, not {other:?}"),
        }
    }

    /// Ada's scope.
    pub fn admin_scope(&self) -> AdminScope {
        match self.scope(cast::ADA) {
            Scope::Admin(scope) => scope,
            other => panic!("Ada is an administrator, not {other:?}"),
        }
    }

    /// The scope of somebody at a partner.
    pub fn partner_scope(&self, email: &str) -> PartnerScope {
        match self.scope(email) {
            Scope::Partner(scope) => scope,
            other => panic!("{email} is at a partner, not {other:?}"),
        }
    }

    /// Turns tracking on, with a text and the question on creation.
    pub async fn track_permission(&self) {
        self.set_tracking(true, true).await;
    }

    pub async fn set_tracking(&self, track_permission: bool, ask_on_create: bool) {
        let (scope, now) = (self.admin_scope(), self.now());
        let draft = SettingsInput {
            track_permission,
            ask_on_create,
            opened_leads: "keep".to_owned(),
            assign_to_partner: true,
            text: "I confirm that this lead may be passed on.".to_owned(),
        }
        .parse()
        .unwrap();
        self.write(move |tx| {
            let seen = settings::load(tx)?.lock_version;
            settings::save(tx, &scope, &draft, seen, now)
        })
        .await
        .unwrap();
    }

    /// A lead that is entered by Sofia: `app.a_lead().named("Anna", "Öberg").create().await`.
    pub fn a_lead(&self) -> LeadBuilder<'_> {
        LeadBuilder::new(self)
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // The server's task ends with the test's runtime; this closes its socket at once.
        drop(self.server.stop(false));
    }
}
