//! Every page there is, on a desk in the light and on a small phone in the dark: nothing breaks a rule of accessibility,
//! scrolls sideways or is too small for a thumb. The list is that of the routes.

use leadgate::cli::demo::cast;
use leadgate::domain::accounts::one_time_link;
use leadgate::domain::accounts::one_time_link::Purpose;
use leadgate::web::{Audience, ROUTES, Route};

use super::driver::Browser;
use super::journeys::{sign_in, wait_for};
use super::portal::too_small_for_a_thumb;
use crate::support::TestApp;
use crate::support::client::Client;
use crate::support::database::{Backend, TestDatabase};
use crate::support::markup::write_everywhere;
use crate::support::records::{Records, one_of_each};
use crate::web::second_factor::enrol;

/// What a browser saves or a program reads.
const NO_PAGES: [&str; 7] = [
    "/healthz",
    "/readyz",
    "/audit/download",
    "/leads/bulk/{reference}/refused.csv",
    "/leads/import/{reference}/rejected.csv",
    "/portal/attachments/{reference}",
    "/attachments/{reference}",
];

/// The paths of the pages for these people.
fn pages(records: &Records, is_theirs: impl Fn(Audience) -> bool) -> Vec<String> {
    let is_page = |route: &&Route| route.methods.contains(&"get") && !NO_PAGES.contains(&route.path);
    let wanted = ROUTES.iter().filter(is_page).filter(|route| is_theirs(route.audience));
    wanted.map(|route| records.path(route)).collect()
}

/// Somebody who looks, and what they find wrong.
struct Looker {
    name: &'static str,
    browser: Browser,
    needs_room_for_thumbs: bool,
    problems: Vec<String>,
}

impl Looker {
    async fn at_a_desk(app: &TestApp) -> Self {
        Looker {
            name: "light, at a desk",
            browser: Browser::open(&app.origin).await,
            needs_room_for_thumbs: false,
            problems: Vec::new(),
        }
    }

    async fn on_a_small_phone(app: &TestApp) -> Self {
        Looker {
            name: "light, on a phone",
            browser: Browser::open(&app.origin).await.on_a_small_phone().await,
            needs_room_for_thumbs: true,
            problems: Vec::new(),
        }
    }

    async fn in_the_dark(app: &TestApp) -> Self {
        Looker {
            name: "dark, on a phone",
            browser: Browser::open(&app.origin)
                .await
                .on_a_small_phone()
                .await
                .in_the_dark()
                .await,
            needs_room_for_thumbs: true,
            problems: Vec::new(),
        }
    }

    async fn visit(&mut self, page: &str) {
        self.browser.visit(page).await;
        self.look(page).await;
    }

    /// Looks at the page that is shown.
    async fn look(&mut self, page: &str) {
        let found = self.browser.axe().await;
        if !found.is_empty() {
            self.note(page, found);
        }
        if !self.browser.fits_the_screen().await {
            self.note(page, "scrolls sideways".to_owned());
        }
        if self.needs_room_for_thumbs {
            let small = too_small_for_a_thumb(&self.browser).await;
            if !small.is_empty() {
                self.note(page, format!("too small for a thumb: {small:#?}"));
            }
        }
        let complaints = self.browser.complaints().await;
        // That a page is an error is told there too.
        let is_of_status = |complaint: &String| complaint.contains("the server responded with a status of");
        if !complaints.iter().all(is_of_status) {
            self.note(page, format!("{complaints:?}"));
        }
    }

    fn note(&mut self, page: &str, problem: String) {
        self.problems.push(format!("{page}, {}: {problem}", self.name));
    }
}

#[track_caller]
fn assert_fine(lookers: Vec<Looker>) {
    let problems: Vec<String> = lookers.into_iter().flat_map(|looker| looker.problems).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

async fn furnished(app: &TestApp) -> Records {
    let ada = app.ada().await;
    one_of_each(app, &ada).await
}

#[actix_web::test]
async fn every_page_of_a_partner() {
    let app = TestApp::on(Backend::Sqlite).await;
    let records = furnished(&app).await;
    let mut pages = pages(&records, |audience| {
        matches!(
            audience,
            Audience::Partner | Audience::PartnerManager | Audience::SignedIn
        )
    });
    pages.extend([
        format!("/portal/leads/{}", records.waiting),
        "/portal/leads?state=open&product=ERP%20Cloud&sort=next_step".to_owned(),
        "/portal/leads?q=nothing+like+it".to_owned(),
        "/portal/people?q=nils".to_owned(),
        "/leads".to_owned(),
        "/nothing".to_owned(),
        "/portal/leads?sort=nonsense".to_owned(),
    ]);
    let mut lookers = vec![Looker::on_a_small_phone(&app).await, Looker::in_the_dark(&app).await];
    for looker in &mut lookers {
        sign_in(&looker.browser, cast::NORA).await;
    }
    app.clock.advance(chrono::TimeDelta::minutes(11));
    for looker in &mut lookers {
        for page in &pages {
            looker.visit(page).await;
        }
        looker
            .browser
            .visit(&format!("/portal/leads/{}/closing", records.opened))
            .await;
        looker.browser.press("Close lead").await;
        looker.look("a form with errors").await;
    }
    lookers[0].browser.visit("/portal/leads").await;
    lookers[0].browser.screenshot("portal-small").await;
    assert_fine(lookers);
}

#[actix_web::test]
async fn every_page_of_staff() {
    let app = TestApp::on(Backend::Sqlite).await;
    let records = furnished(&app).await;
    let mut pages = pages(&records, |audience| audience == Audience::Staff);
    pages.extend([
        format!("/leads/{}", records.held),
        "/leads?q=nothing+like+it".to_owned(),
        "/leads?country=SE&status=open".to_owned(),
        "/".to_owned(),
    ]);
    look_as_ada(&app, &pages).await;
}

#[actix_web::test]
async fn every_page_of_an_administrator() {
    let app = TestApp::on(Backend::Sqlite).await;
    let records = furnished(&app).await;
    let mut pages = pages(&records, |audience| {
        matches!(audience, Audience::Administrator | Audience::SignedIn)
    });
    pages.push("/nothing-here".to_owned());
    look_as_ada(&app, &pages).await;
}

async fn look_as_ada(app: &TestApp, pages: &[String]) {
    let mut lookers = vec![Looker::at_a_desk(app).await, Looker::in_the_dark(app).await];
    for looker in &mut lookers {
        // Tables of the vendor are read at a desk; axe still wants its 24 pixels.
        looker.needs_room_for_thumbs = false;
        sign_in(&looker.browser, cast::ADA).await;
    }
    app.clock.advance(chrono::TimeDelta::minutes(11));
    for looker in &mut lookers {
        for page in pages {
            looker.visit(page).await;
        }
    }
    assert_fine(lookers);
}

#[actix_web::test]
async fn every_page_of_somebody_who_is_not_signed_in() {
    let app = TestApp::on(Backend::Sqlite).await;
    let ada = app.ada().await;
    let (invitation, reset) = (invitation(&app, &ada).await, reset(&app).await);
    let sam = app.sam().await;
    enrol(&app, &sam).await;
    let mut lookers = vec![Looker::on_a_small_phone(&app).await, Looker::in_the_dark(&app).await];
    for looker in &mut lookers {
        for page in [
            "/sign-in",
            "/forgotten-password",
            "/first-run",
            "/nothing",
            &invitation,
            "/invitation?token=gone",
            &reset,
            "/reset-password?token=gone",
        ] {
            looker.visit(page).await;
        }
        looker.browser.visit("/forgotten-password").await;
        looker.browser.fill("E-mail", cast::NORA).await;
        looker.browser.press("Send the link").await;
        looker.look("the link is mailed").await;
        looker.browser.visit("/sign-in").await;
        looker.browser.press("Sign in").await;
        looker.look("an empty sign-in").await;
        sign_in(&looker.browser, cast::SAM).await;
        wait_for(&looker.browser, "Enter the code").await;
        looker.look("/sign-in/code").await;
    }
    assert_fine(lookers);
}

async fn invitation(app: &TestApp, ada: &Client) -> String {
    let fields = [
        ("name", "Ole Strand"),
        ("email", "ole@vendor.example"),
        ("role", "staff"),
    ];
    assert_eq!(ada.post("/users", &fields).await.status(), 303);
    format!("/invitation?token={}", app.mailed_token("ole@vendor.example").unwrap())
}

async fn reset(app: &TestApp) -> String {
    app.anybody()
        .post("/forgotten-password", &[("email", cast::NILS)])
        .await;
    format!("/reset-password?token={}", app.mailed_token(cast::NILS).unwrap())
}

#[actix_web::test]
async fn the_page_of_the_first_administrator() {
    let database = TestDatabase::empty(Backend::Sqlite);
    leadgate::db::migrate(&mut database.connector.open().unwrap()).unwrap();
    let app = TestApp::with(database, Backend::Sqlite).await;
    let (key, now) = (app.state.link_key().clone(), app.now());
    let token = app.write(move |tx| one_time_link::first_run(tx, &key, now)).await;
    let link = token.unwrap().expect("nobody is there").url("", Purpose::FirstRun);
    let mut lookers = vec![Looker::on_a_small_phone(&app).await, Looker::in_the_dark(&app).await];
    for looker in &mut lookers {
        looker.visit("/sign-in").await;
        looker.visit(&link).await;
    }
    assert_fine(lookers);
}

#[actix_web::test]
async fn markup_in_any_text_runs_nowhere() {
    let app = TestApp::on(Backend::Sqlite).await;
    let records = furnished(&app).await;
    let (desk, phone) = (
        Browser::open(&app.origin).await,
        Browser::open(&app.origin).await.on_a_small_phone().await,
    );
    sign_in(&desk, cast::ADA).await;
    sign_in(&phone, cast::NORA).await;
    write_everywhere(&app);

    let (lead, at_partner) = (
        format!("/leads/{}", records.opened),
        format!("/portal/leads/{}", records.opened),
    );
    for (browser, page) in [
        (&desk, "/leads"),
        (&desk, lead.as_str()),
        (&desk, "/users"),
        (&desk, "/audit"),
        (&desk, "/leads/views"),
        (&phone, "/portal"),
        (&phone, "/portal/leads"),
        (&phone, at_partner.as_str()),
    ] {
        browser.visit(page).await;

        // A dialog would let nobody read the page, and a policy that holds something back is told as a complaint.
        assert!(browser.text().await.contains("<script>alert(1)</script>"), "{page}");
        assert_eq!(browser.complaints().await, Vec::<String>::new(), "{page}");
    }
}
