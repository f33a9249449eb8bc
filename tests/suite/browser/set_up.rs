//! From an empty database to the first lead that a partner opens: alone, by keyboard, without JavaScript, with nothing
//! but the link from the log and the mail that arrives.

use std::sync::Arc;

use leadgate::db::migrate;
use leadgate::domain::accounts::one_time_link::{self, Purpose};
use leadgate::domain::accounts::second_factor::secret::Secret;
use leadgate::jobs;

use super::driver::Browser;
use super::journeys::wait_for;
use crate::support::TestApp;
use crate::support::database::{Backend, TestDatabase};
use crate::support::smtp::SmtpServer;

const OLGA: &str = "olga@vendor.example";
const OLGAS_PASSWORD: &str = "seven herons walk home";
const PIA: &str = "pia@northwind.example";
const PIAS_PASSWORD: &str = "tram sieve ochre quill";

async fn freshly_installed(server: &SmtpServer) -> TestApp {
    let database = TestDatabase::empty(Backend::Sqlite);
    migrate(&mut database.connector.open().unwrap()).unwrap();
    TestApp::with_mailer(database, Backend::Sqlite, Some(Arc::new(server.mailer()))).await
}

/// The path of the link that the start of the program writes to the log.
async fn link_in_the_log(app: &TestApp) -> String {
    let (key, now) = (app.state.link_key().clone(), app.now());
    let token = app.write(move |tx| one_time_link::first_run(tx, &key, now)).await;
    token
        .unwrap()
        .expect("nobody has an account")
        .url("", Purpose::FirstRun)
}

/// Whoever sets up, with what axe says of every page on the way.
struct Setter {
    browser: Browser,
    problems: Vec<String>,
}

impl Setter {
    async fn new(app: &TestApp) -> Self {
        let browser = Browser::open(&app.origin).await.without_javascript().await;
        Setter {
            browser,
            problems: Vec::new(),
        }
    }

    /// Reads the page once it says so, and has its accessibility looked at.
    async fn reads(&mut self, words: &str) {
        wait_for(&self.browser, words).await;
        let found = self.browser.axe_without_javascript().await;
        if !found.is_empty() {
            self.problems.push(format!("{}: {found}", self.browser.path().await));
        }
    }
}

async fn make_the_first_administrator(olga: &mut Setter, link: &str) {
    olga.browser.visit(link).await;
    olga.reads("Make the first administrator").await;
    olga.browser.write("Your name", "Olga Dahl").await;
    olga.browser.write("E-mail", OLGA).await;
    olga.browser.write("Password", OLGAS_PASSWORD).await;
    olga.browser.write("Password again", OLGAS_PASSWORD).await;
    olga.browser.go("Create administrator").await;
    olga.reads("Your account is made").await;
    olga.browser.write("E-mail", OLGA).await;
    olga.browser.write("Password", OLGAS_PASSWORD).await;
    olga.browser.enter().await;
    olga.reads("1 of 5 done").await;
}

async fn require_second_factors(app: &TestApp, olga: &mut Setter) {
    olga.browser.go("Settings").await;
    olga.reads("Security").await;
    olga.browser.go("Security").await;
    olga.reads("Administrators and staff must have").await;
    olga.browser
        .tick("Administrators and staff must have a second factor")
        .await;
    olga.browser.go("Save").await;
    olga.reads("An administrator has set that everybody of your role needs")
        .await;
    let text = olga.browser.text().await;
    let shown = text
        .split("Enter this in the app:")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap();
    let secret = Secret::parse(&shown.replace(' ', "")).expect("the page offers a secret");
    olga.browser.write("Code", &secret.code_at(app.now())).await;
    olga.browser.go("Turn on the second factor").await;
    olga.reads("Your recovery codes").await;
    olga.browser.go("Home").await;
    olga.reads("1 of 5 done").await;
}

async fn decide_on_permission(olga: &mut Setter) {
    olga.browser.go("Decide on the GDPR options").await;
    olga.reads("GDPR Options").await;
    olga.browser.tick("Track permission to distribute Leads").await;
    olga.browser
        .tick("Ask users to confirm permission when they create a Lead")
        .await;
    olga.browser.go("Save").await;
    olga.reads("Nothing is saved yet").await;
    olga.browser.go("Turn tracking on").await;
    olga.reads("Version 1").await;
    olga.browser.go("Home").await;
    olga.reads("2 of 5 done").await;
}

async fn enter_a_partner(olga: &mut Setter) {
    olga.browser.go("Enter your partners").await;
    olga.reads("Leads can go to the partner at once").await;
    olga.browser.write("Company name", "Northwind").await;
    olga.browser.write("Country", "Norway").await;
    olga.browser.go("Create partner").await;
    olga.reads("Partner: Northwind").await;
    olga.browser.go("Home").await;
    olga.reads("3 of 5 done").await;
}

async fn invite_its_manager(olga: &mut Setter) {
    olga.browser.go("Invite users").await;
    olga.reads("Nobody else sees it, you neither").await;
    olga.browser.write("Name", "Pia Lund").await;
    olga.browser.write("E-mail address", PIA).await;
    olga.browser.answer("Administrator", "Partner manager").await;
    olga.browser.write("Partner", "Northwind").await;
    olga.browser.go("Invite user").await;
    olga.reads("User: Pia Lund").await;
    olga.browser.go("Home").await;
    olga.reads("4 of 5 done").await;
}

/// The path of the link in the newest message to somebody.
pub async fn mailed_link(app: &TestApp, server: &SmtpServer, to: &str, begins: &str) -> String {
    jobs::tick(&app.state).await;
    let messages = server.taken();
    let message = messages.iter().rev().find(|message| message.recipients == [to]);
    let text = message.unwrap_or_else(|| panic!("nothing came for {to}")).text();
    let start = format!("{}{begins}", app.origin);
    let rest = text
        .split(&start)
        .nth(1)
        .unwrap_or_else(|| panic!("no {begins} in {text}"));
    let rest: String = rest
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "?=-_".contains(*c))
        .collect();
    format!("{begins}{rest}")
}

/// Pia's first visit; the assignment comes afterwards, for nobody can receive a lead before signing in.
async fn accept_the_invitation(pia: &mut Setter, link: &str) {
    pia.browser.visit(link).await;
    pia.reads("Welcome, Pia Lund").await;
    pia.browser.write("Password", PIAS_PASSWORD).await;
    pia.browser.write("Password again", PIAS_PASSWORD).await;
    pia.browser.go("Set password").await;
    pia.reads("Sign in").await;
}

async fn enter_and_assign_a_lead(olga: &mut Setter) {
    olga.browser.go("Enter the first lead").await;
    olga.reads("New lead").await;
    olga.browser.write("First name (optional)", "Anna").await;
    olga.browser.write("Last name", "Berg").await;
    olga.browser.write("E-mail", "anna.berg@nordlicht.example").await;
    olga.browser.write("Company (optional)", "Nordlicht GmbH").await;
    olga.browser.write("Country (optional)", "Sweden").await;
    olga.browser.write("Product interest (optional)", "ERP Cloud").await;
    olga.browser.tick("Permission to Distribute").await;
    olga.browser.answer("Consent", "Contract").await;
    olga.browser.go("Create lead").await;
    olga.reads("Lead: Anna Berg, Nordlicht GmbH").await;
    olga.browser.go("Assign").await;
    olga.reads("Who receives the lead?").await;
    olga.browser
        .answer(
            "The partner as a whole , Northwind",
            "Pia Lund Partner manager , Northwind",
        )
        .await;
    olga.browser.go("Assign").await;
    olga.reads("The lead is assigned").await;
    olga.browser.go("Home").await;
    wait_for(&olga.browser, "Northwind").await;
    assert!(!olga.browser.text().await.contains("of 5 done"), "everything is set up");
}

async fn open_the_lead(pia: &mut Setter, link: &str) {
    pia.browser.visit(link).await;
    pia.reads("Sign in").await;
    pia.browser.write("E-mail", PIA).await;
    pia.browser.write("Password", PIAS_PASSWORD).await;
    pia.browser.enter().await;
    pia.reads("Unopened").await;
    assert!(!pia.browser.text().await.contains("Berg"));
    pia.browser.go("Open lead").await;
    pia.reads("anna.berg@nordlicht.example").await;
}

#[actix_web::test]
async fn from_an_empty_database_to_the_first_lead_that_a_partner_opens() {
    let server = SmtpServer::start().await;
    let app = freshly_installed(&server).await;
    let (mut olga, mut pia) = (Setter::new(&app).await, Setter::new(&app).await);

    pia.browser.visit("/").await;
    pia.reads("Nobody has an account yet").await;
    make_the_first_administrator(&mut olga, &link_in_the_log(&app).await).await;
    require_second_factors(&app, &mut olga).await;
    decide_on_permission(&mut olga).await;
    enter_a_partner(&mut olga).await;
    invite_its_manager(&mut olga).await;
    let invitation = mailed_link(&app, &server, PIA, "/invitation").await;
    accept_the_invitation(&mut pia, &invitation).await;
    enter_and_assign_a_lead(&mut olga).await;
    let waiting = mailed_link(&app, &server, PIA, "/portal/leads/").await;
    open_the_lead(&mut pia, &waiting).await;

    let told = mailed_link(&app, &server, OLGA, "/leads/").await;
    olga.browser.visit(&told).await;
    olga.reads("Opened").await;
    let problems = [olga.problems, pia.problems].concat();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
