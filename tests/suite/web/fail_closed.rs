//! Whatever fails while a lead is handed over, it is not handed over (ASVS 5.0 V16.5.3): a fault of the database at each
//! thing that the hand-over reads or writes, at its commit, and a handler that panics. For each way to hand over; an import
//! assigns nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::TimeDelta;
use leadgate::cli::demo::cast;
use leadgate::clock::{Clock, FixedClock};
use leadgate::db::types::{Reference, UtcTime};
use leadgate::jobs;

use crate::support::TestApp;
use crate::support::client::{Client, Page};
use crate::support::database::Backend;
use crate::support::fault::{Fault, faults_of, tables};
use crate::support::sql::{execute, number};

/// What a hand-over leaves in each place that knows of it.
fn traces(app: &TestApp) -> Vec<i64> {
    let queries = [
        "SELECT count(*) FROM assignments",
        "SELECT count(*) FROM disclosures",
        "SELECT count(*) FROM outbox",
        "SELECT count(*) FROM notices",
        "SELECT count(*) FROM deadlines",
        "SELECT count(*) FROM audit_events",
        "SELECT count(*) FROM partner_leads",
        "SELECT count(*) FROM leads WHERE partner_id IS NOT NULL",
    ];
    let mut conn = app.conn();
    queries.iter().map(|query| number(&mut conn, query)).collect()
}

/// The other ways by which a lead comes before somebody's eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Its holder opens it.
    Opening,
    /// Its holder gives it to a colleague.
    Move,
    /// Staff assign what they ticked.
    Selection,
    /// Staff assign in the background all that match.
    Bulk,
}

/// The tables without which no hand-over is whole. Statements that find no row, and what the other jobs of the round need
/// that carries a bulk act, are in nobody's way.
const NEEDED: [&str; 8] = [
    "assignments",
    "audit_events",
    "disclosures",
    "lead_distribution_settings",
    "leads",
    "outbox",
    "partners",
    "users",
];

/// Whoever acts and whoever would see the lead.
struct Cast {
    sofia: Client,
    nora: Client,
    nils: Client,
    /// Nora, as forms name her.
    to: String,
}

impl Cast {
    /// What the two of the partner see; what an act before had to say is read by it.
    async fn see(&self) -> (String, String) {
        let (nora, nils) = (
            self.nora.get("/portal/leads").await,
            self.nils.get("/portal/leads").await,
        );
        (nora.text(), nils.text())
    }
}

impl Way {
    async fn a_lead(self, app: &TestApp) -> Reference {
        let lead = app.a_lead().confirmed();
        match self {
            Way::Opening | Way::Move => lead.assigned_to(cast::NILS).create().await,
            Way::Selection | Way::Bulk => lead.create().await,
        }
    }

    async fn go(self, app: &TestApp, cast: &Cast, lead: &Reference) -> Page {
        let to = cast.to.as_str();
        match self {
            Way::Opening => cast.nils.post(&format!("/portal/leads/{lead}/open"), &[]).await,
            Way::Move => {
                let path = format!("/portal/leads/{lead}/reassignment");
                cast.nils.post(&path, &[("colleague", to)]).await
            }
            Way::Selection => {
                let fields = [("lead", lead.as_str()), ("recipient", to)];
                cast.sofia.post("/leads/selection/assign", &fields).await
            }
            Way::Bulk => {
                let fields = [("lead", lead.as_str()), ("act", "assign"), ("recipient", to)];
                let begun = cast.sofia.post("/leads/bulk", &fields).await;
                jobs::tick(&app.state).await;
                begun
            }
        }
    }

    fn needs(self, fault: &Fault) -> bool {
        match fault {
            Fault::Gone(table) => NEEDED.contains(&table.as_str()),
            Fault::Refused { operation, table } if operation == "INSERT" => NEEDED.contains(&table.as_str()),
            Fault::Refused { operation, table } => {
                operation == "UPDATE" && matches!(table.as_str(), "assignments" | "leads")
            }
            // A lead that is passed on unopened stays so.
            Fault::StatusRefused => self != Way::Move,
            Fault::Commit => true,
        }
    }

    /// Carries bulk acts on that a fault left behind, so that none meets the next fault.
    async fn settle(app: &TestApp) {
        for _ in 0..20 {
            if app.count("SELECT COUNT(*) AS n FROM bulk_acts WHERE finished_at IS NULL") == 0 {
                return;
            }
            app.clock.advance(TimeDelta::minutes(3));
            jobs::tick(&app.state).await;
        }
        panic!("a bulk act does not end");
    }
}

/// What the partner got of leads: what a fault must not add to.
fn passed_on(app: &TestApp) -> Vec<i64> {
    let queries = [
        "SELECT count(*) FROM assignments",
        "SELECT count(*) FROM assignments WHERE opened_at IS NOT NULL",
        "SELECT count(*) FROM disclosures",
        "SELECT count(*) FROM outbox WHERE assignment_id IS NOT NULL",
        "SELECT count(*) FROM notices",
        "SELECT count(*) FROM deadlines",
        "SELECT count(*) FROM partner_leads",
        "SELECT count(*) FROM leads WHERE partner_id IS NOT NULL",
        "SELECT count(*) FROM leads WHERE status = 'open'",
        "SELECT count(*) FROM audit_events WHERE action IN ('lead.assigned', 'lead.opened', 'lead.moved')",
    ];
    let mut conn = app.conn();
    queries.iter().map(|query| number(&mut conn, query)).collect()
}

fn prepare(app: &TestApp) {
    let mut conn = app.conn();
    execute(&mut conn, "UPDATE deadline_settings SET open_within = 5").unwrap();
    if app.backend == Backend::Postgres {
        let function =
            "CREATE FUNCTION a_fault() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''a fault''; END'";
        execute(&mut conn, function).unwrap();
    }
}

async fn nothing_is_passed_on(app: TestApp, way: Way) {
    app.track_permission().await;
    prepare(&app);
    let (sofia, nora, nils) = (app.sofia().await, app.nora().await, app.nils().await);
    let to = app.reference_of(cast::NORA);
    let cast = Cast { sofia, nora, nils, to };
    let first = way.a_lead(&app).await;
    let (before, passed) = (app.statements.texts().len(), passed_on(&app));
    let page = way.go(&app, &cast, &first).await;
    assert_eq!(page.status(), 303, "{way:?}: {}", page.text());
    let whole: Vec<i64> = passed_on(&app)
        .iter()
        .zip(&passed)
        .map(|(after, before)| after - before)
        .collect();
    assert!(whole.iter().any(|count| *count > 0), "{way:?} does nothing");
    let faults = faults_of(&app.statements.texts()[before..], &tables(&app));

    for table in ["leads", "assignments", "disclosures", "audit_events", "outbox"] {
        assert!(
            faults.contains(&Fault::Gone(table.to_owned())),
            "{way:?} {table}: {faults:?}"
        );
    }
    for fault in faults {
        let lead = way.a_lead(&app).await;
        cast.see().await;
        let (passed, seen) = (passed_on(&app), cast.see().await);

        fault.bring_about(&app);
        let page = way.go(&app, &cast, &lead).await;
        fault.mend(&app);

        assert!(
            !page.text().contains("a fault") && !page.text().contains("out_of_reach"),
            "{}",
            page.text()
        );
        if passed_on(&app) == passed {
            // What is decided lead by lead, or later, tells it of each lead.
            let may_tell_later = matches!(way, Way::Bulk | Way::Selection) && matches!(page.status(), 200 | 303);
            let is_told = may_tell_later || matches!(page.status(), 500 | 503);
            assert!(is_told, "{way:?} {fault:?}: {} {}", page.status(), page.text());
            assert_eq!(cast.see().await, seen, "{way:?} {fault:?}");
        } else {
            let all: Vec<i64> = passed
                .iter()
                .zip(&whole)
                .map(|(before, count)| before + count)
                .collect();
            assert_eq!(passed_on(&app), all, "{way:?} {fault:?}: a part of it");
            assert_eq!(page.status(), 303, "{way:?} {fault:?}: {}", page.text());
            assert!(!way.needs(&fault), "{way:?} {fault:?} is in nothing's way");
        }
        Way::settle(&app).await;
        let (next, passed) = (way.a_lead(&app).await, passed_on(&app));
        assert!(
            way.go(&app, &cast, &next).await.status() < 400,
            "{way:?} {fault:?} is over"
        );
        assert_ne!(passed_on(&app), passed, "{way:?} {fault:?} is over");
    }
}

async fn assign(client: &Client, lead: &Reference, to: &str) -> Page {
    client
        .post(&format!("/leads/{lead}/assign"), &[("recipient", to)])
        .await
}

#[track_caller]
fn assert_told(page: &Page, what: &str) {
    assert!(
        matches!(page.status(), 500 | 503),
        "{what}: {} {}",
        page.status(),
        page.text()
    );
    assert!(page.text().contains("Nothing was saved"), "{what}: {}", page.text());
    assert!(
        !page.text().contains("a fault") && !page.text().contains("out_of_reach"),
        "{what}: {}",
        page.text()
    );
}

db_test! {
    async fn a_fault_at_any_step_of_a_hand_over_hands_nothing_over(app) {
        app.track_permission().await;
        prepare(&app);
        let (sofia, nora, to) = (app.sofia().await, app.nora().await, app.reference_of(cast::NORA));
        let (on_hold, first) = (app.a_lead().create().await, app.a_lead().confirmed().create().await);
        let before = app.statements.texts().len();
        assert_eq!(assign(&sofia, &first, &to).await.status(), 303);
        let faults = faults_of(&app.statements.texts()[before..], &tables(&app));

        println!("{faults:#?}");
        for table in ["lead_distribution_settings", "leads", "confirmations", "partners", "users", "assignments", "disclosures", "audit_events", "outbox", "deadlines"] {
            assert!(faults.contains(&Fault::Gone(table.to_owned())), "{table}: {faults:?}");
        }
        for (operation, table) in [("UPDATE", "leads"), ("INSERT", "assignments"), ("INSERT", "disclosures"), ("INSERT", "audit_events"), ("INSERT", "outbox"), ("INSERT", "deadlines")] {
            let fault = Fault::Refused { operation: operation.to_owned(), table: table.to_owned() };
            assert!(faults.contains(&fault), "{fault:?} in {faults:?}");
        }
        for fault in faults {
            let lead = app.a_lead().confirmed().create().await;
            let (traces_before, portal_before) = (traces(&app), nora.get("/portal/leads").await.text());

            fault.bring_about(&app);
            let page = assign(&sofia, &lead, &to).await;
            let held_back = assign(&sofia, &on_hold, &to).await;
            let health = app.anybody().get("/healthz").await.status();
            fault.mend(&app);

            assert_told(&page, &format!("{fault:?}"));
            assert!(held_back.status() >= 400, "{fault:?}: {}", held_back.status());
            assert_eq!(health, 200);
            let refusals = i64::from(held_back.status() == 409);
            let mut expected = traces_before;
            expected[5] += refusals;
            assert_eq!(traces(&app), expected, "{fault:?}");
            assert_eq!(nora.get("/portal/leads").await.text(), portal_before, "{fault:?}");
            assert_eq!(assign(&sofia, &lead, &to).await.status(), 303, "{fault:?} is over");
            assert_eq!(assign(&sofia, &on_hold, &to).await.status(), 409, "{fault:?} is over");
        }
    }

    async fn a_fault_at_any_step_of_an_opening_opens_nothing(app) {
        nothing_is_passed_on(app, Way::Opening).await;
    }

    async fn a_fault_at_any_step_of_a_move_moves_nothing(app) {
        nothing_is_passed_on(app, Way::Move).await;
    }

    async fn a_fault_at_any_step_of_a_selection_hands_nothing_over(app) {
        nothing_is_passed_on(app, Way::Selection).await;
    }

    async fn a_fault_at_any_step_of_a_bulk_act_hands_nothing_over(app) {
        nothing_is_passed_on(app, Way::Bulk).await;
    }

    async fn a_handler_that_panics_is_told_and_hands_nothing_over(app) {
        let (lead, to) = (app.a_lead().create().await, app.reference_of(cast::NORA));
        let fuse = Fuse::new(&app.clock);
        let instance = app.another_instance_by(Arc::new(fuse.clone()));
        let sofia = instance.anybody();
        assert_eq!(sofia.post("/sign-in", &[("email", cast::SOFIA), ("password", cast::PASSWORD)]).await.status(), 303);
        let before = traces(&app);

        let mut panics = 0;
        loop {
            fuse.blow_after(panics);
            let page = assign(&sofia, &lead, &to).await;
            if page.status() == 303 {
                break;
            }
            panics += 1;
            assert_eq!(page.status(), 500, "{}", page.text());
            assert_told(&page, "a panic");
            assert!(page.header("content-security-policy").is_some());
            assert_eq!(traces(&app), before);
            fuse.hold();
            assert_eq!(instance.anybody().get("/healthz").await.status(), 200);
            assert_eq!(sofia.get("/leads").await.status(), 200, "and it goes on");
            assert!(panics < 50, "it never ends");
        }

        assert!(panics >= 3, "the session, the reading, the writing: {panics}");
        fuse.hold();
        assert_eq!(number(&mut app.conn(), "SELECT count(*) FROM assignments"), 1);
    }
}

/// A clock that breaks: whoever looks at it for the n-th time panics.
#[derive(Clone)]
struct Fuse {
    clock: FixedClock,
    left: Arc<AtomicI64>,
}

impl Fuse {
    fn new(clock: &FixedClock) -> Self {
        Fuse {
            clock: clock.clone(),
            left: Arc::new(AtomicI64::new(i64::MAX)),
        }
    }

    fn blow_after(&self, looks: i64) {
        self.left.store(looks, Ordering::SeqCst);
    }

    fn hold(&self) {
        self.left.store(i64::MAX, Ordering::SeqCst);
    }
}

impl Clock for Fuse {
    fn now(&self) -> UtcTime {
        assert!(self.left.fetch_sub(1, Ordering::SeqCst) != 0, "the clock is broken");
        self.clock.now()
    }
}
