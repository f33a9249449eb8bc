//! Two or many at the same moment. Each act runs on a connection of its own; a barrier lets the two sides begin
//! together, and a shift that changes from trial to trial moves the moments at which they meet.
//! `LEADGATE_TEST_RACES` raises the number of trials.

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use actix_web::rt::spawn;
use diesel::connection::SimpleConnection;
use leadgate::cli::demo::cast;
use leadgate::db::types::{LeadId, Reference, UtcTime};
use leadgate::db::{DbConn, Error, Tx, write};
use leadgate::domain::access::{AdminScope, PartnerScope, StaffScope};
use leadgate::domain::assignments::{assign, open, recall};
use leadgate::domain::leads::{LeadInput, erase, intake, staff};
use leadgate::domain::permission::confirmation::{self, Basis, ConfirmError};
use leadgate::domain::permission::gate::{self, GateError, ReceivingParty};
use leadgate::domain::settings::{self, SettingsInput};

use crate::support::TestApp;
use crate::support::database::Backend;
use crate::support::sql::{execute, number};

pub fn trials() -> u64 {
    let wanted = std::env::var("LEADGATE_TEST_RACES").ok();
    wanted.map_or(300, |wanted| wanted.parse().expect("LEADGATE_TEST_RACES is a number"))
}

/// Everybody who takes part.
#[derive(Clone)]
struct Cast {
    staff: StaffScope,
    admin: AdminScope,
    nora: PartnerScope,
    now: UtcTime,
}

impl Cast {
    fn of(app: &TestApp) -> Self {
        Cast {
            staff: app.staff_scope(),
            admin: app.admin_scope(),
            nora: app.partner_scope(cast::NORA),
            now: app.now(),
        }
    }

    fn to_nora(&self) -> ReceivingParty {
        ReceivingParty {
            partner: self.nora.partner(),
            user: Some(self.nora.user()),
        }
    }

    /// A new lead, on hold once tracking is on.
    fn enter(&self, tx: &mut Tx<'_>) -> anyhow::Result<(LeadId, Reference)> {
        let input = LeadInput {
            last_name: "Öberg".to_owned(),
            email: "anna.oberg@nordlicht.example".to_owned(),
            ..LeadInput::default()
        };
        let draft = input.parse().expect("a good lead");
        let reference = intake::create(tx, &self.staff, &draft, None, self.now)?;
        let id = staff::id_of(tx, &self.staff, &reference)?.expect("it was just made");
        Ok((id, reference))
    }

    /// Assigns, and tells whether the lead was on hold at that moment, as the transaction itself sees it.
    fn assign(&self, tx: &mut Tx<'_>, lead: LeadId) -> anyhow::Result<bool> {
        let cleared = gate::clear(tx, &self.staff, lead, self.to_nora(), None)?;
        assign::assign(tx, &self.staff, cleared, self.now)?;
        let tracked = settings::load(tx)?.track_permission;
        Ok(tracked && confirmation::of_lead(tx, &self.staff, lead)?.is_none())
    }

    fn open(&self, tx: &mut Tx<'_>, lead: &Reference) -> anyhow::Result<()> {
        Ok(open::open(tx, &self.nora, lead, self.now)?)
    }

    fn erase(&self, tx: &mut Tx<'_>, lead: LeadId) -> anyhow::Result<()> {
        Ok(erase::erase(tx, &self.staff, lead, self.now)?)
    }

    fn recall(&self, tx: &mut Tx<'_>, lead: LeadId) -> anyhow::Result<()> {
        Ok(recall::recall(tx, &self.staff, lead, self.now)?)
    }

    fn confirm(&self, tx: &mut Tx<'_>, lead: LeadId) -> anyhow::Result<()> {
        confirmation::confirm(tx, &self.staff, lead, &Basis::Contract, None, self.now)?;
        Ok(())
    }

    fn track(&self, tx: &mut Tx<'_>, on: bool) -> anyhow::Result<()> {
        let draft = SettingsInput {
            track_permission: on,
            ask_on_create: false,
            opened_leads: "keep".to_owned(),
            assign_to_partner: true,
            text: String::new(),
        };
        let seen = settings::load(tx)?.lock_version;
        Ok(settings::save(
            tx,
            &self.admin,
            &draft.parse().expect("good settings"),
            seen,
            self.now,
        )?)
    }

    fn suspend_partner(&self, tx: &mut Tx<'_>) -> anyhow::Result<()> {
        let id = self.nora.partner().get();
        Ok(tx.batch_execute(&format!("UPDATE partners SET state = 'suspended' WHERE id = {id}"))?)
    }
}

/// Whether an act was done; a refusal in the domain's own words is fine, anything else is a failure of the test.
fn is_done<T>(done: anyhow::Result<T>) -> bool {
    match done {
        Ok(_) => true,
        Err(error) => {
            assert!(is_refusal(&error), "not a refusal but {error:?}");
            false
        }
    }
}

fn is_refusal(error: &anyhow::Error) -> bool {
    let database = error.downcast_ref::<Error>().is_some()
        || matches!(error.downcast_ref(), Some(GateError::Database(_)))
        || matches!(error.downcast_ref(), Some(assign::AssignError::Database(_)))
        || matches!(error.downcast_ref(), Some(open::OpenError::Database(_)))
        || matches!(error.downcast_ref(), Some(recall::RecallError::Database(_)))
        || matches!(error.downcast_ref(), Some(erase::EraseError::Database(_)))
        || matches!(error.downcast_ref(), Some(ConfirmError::Database(_)))
        || matches!(error.downcast_ref(), Some(settings::SaveError::Database(_)));
    !database
}

/// One trial's lead, set up anew.
struct Trial<'a> {
    cast: &'a Cast,
    lead: LeadId,
    reference: Reference,
}

/// Runs the trials of a race. `prepare` makes the lead ready; of the two sides the first one is the change that must
/// hold once it is committed: `exposed`, counted right after that, must not grow any more. Tells how often the second
/// side came through.
fn race(
    app: &TestApp,
    prepare: fn(&Cast, &mut Tx<'_>, LeadId) -> anyhow::Result<()>,
    change: fn(&mut DbConn, &Trial<'_>),
    act: fn(&mut DbConn, &Trial<'_>) -> bool,
    exposed: &str,
) {
    let cast = Cast::of(app);
    let open = || {
        let mut conn = app.database.connector.open().unwrap();
        // Who comes first is asked here, not what a power cut leaves; waiting for the disk would take most of the time.
        let hurry = match app.backend {
            Backend::Sqlite => "PRAGMA synchronous = OFF",
            Backend::Postgres => "SET synchronous_commit = off",
        };
        execute(&mut conn, hurry).unwrap();
        conn
    };
    let (mut setting_up, mut changing, mut acting) = (open(), open(), open());
    let (mut through, mut violations) = (0, 0);
    for number_of_trial in 0..trials() {
        let (lead, reference) = write(&mut setting_up, |tx| {
            tx.batch_execute(
                "UPDATE lead_distribution_settings SET track_permission = FALSE; \
                 UPDATE partners SET state = 'active' WHERE state <> 'active'",
            )?;
            let (lead, reference) = cast.enter(tx)?;
            prepare(&cast, tx, lead)?;
            Ok::<_, anyhow::Error>((lead, reference))
        })
        .unwrap();
        let trial = Trial {
            cast: &cast,
            lead,
            reference,
        };
        let counted = exposed.replace("{lead}", &lead.get().to_string());
        let barrier = Barrier::new(2);
        // From 0 to 700 µs, on either side.
        let shift = Duration::from_micros((number_of_trial / 2 % 8) * 100);
        let first_waits = number_of_trial % 2 == 0;
        let (after_change, came_through) = thread::scope(|scope| {
            let change = scope.spawn(|| {
                barrier.wait();
                spin(if first_waits { shift } else { Duration::ZERO });
                change(&mut changing, &trial);
                number(&mut changing, &counted)
            });
            barrier.wait();
            spin(if first_waits { Duration::ZERO } else { shift });
            let came_through = act(&mut acting, &trial);
            (change.join().unwrap(), came_through)
        });
        through += u64::from(came_through);
        violations += u64::from(number(&mut setting_up, &counted) > after_change);
    }
    println!("{} trials, {through} came through, {violations} violations", trials());
    assert_eq!(violations, 0);
}

pub fn spin(shift: Duration) {
    let begin = Instant::now();
    while begin.elapsed() < shift {
        std::hint::spin_loop();
    }
}

const LIVE: &str = "SELECT count(*) FROM assignments WHERE lead_id = {lead} AND ended_at IS NULL";
const OPENED: &str = "SELECT count(*) FROM assignments WHERE lead_id = {lead} AND opened_at IS NOT NULL";
const DISCLOSED: &str = "SELECT count(*) FROM disclosures WHERE lead_id = {lead}";

fn nothing(_: &Cast, _: &mut Tx<'_>, _: LeadId) -> anyhow::Result<()> {
    Ok(())
}

fn with_nora(cast: &Cast, tx: &mut Tx<'_>, lead: LeadId) -> anyhow::Result<()> {
    cast.assign(tx, lead).map(|_| ())
}

fn enable(conn: &mut DbConn, trial: &Trial<'_>) {
    assert!(is_done(write(conn, |tx| trial.cast.track(tx, true))));
}

fn erase(conn: &mut DbConn, trial: &Trial<'_>) {
    assert!(is_done(write(conn, |tx| trial.cast.erase(tx, trial.lead))));
}

fn suspend(conn: &mut DbConn, trial: &Trial<'_>) {
    assert!(is_done(write(conn, |tx| trial.cast.suspend_partner(tx))));
}

fn hand_over(conn: &mut DbConn, trial: &Trial<'_>) -> bool {
    is_done(write(conn, |tx| {
        let was_on_hold = trial.cast.assign(tx, trial.lead)?;
        assert!(!was_on_hold, "a lead on hold was assigned");
        Ok::<_, anyhow::Error>(())
    }))
}

fn open_it(conn: &mut DbConn, trial: &Trial<'_>) -> bool {
    is_done(write(conn, |tx| trial.cast.open(tx, &trial.reference)))
}

db_test! {
    async fn turning_tracking_on_and_assigning(app) {
        race(&app, nothing, enable, hand_over, LIVE);
    }

    async fn turning_tracking_on_and_opening(app) {
        race(&app, with_nora, enable, open_it, OPENED);
    }

    async fn erasing_and_assigning(app) {
        race(&app, nothing, erase, hand_over, DISCLOSED);
        assert_eq!(number(&mut app.conn(), "SELECT count(*) FROM assignments"), 0);
    }

    async fn erasing_and_opening(app) {
        race(&app, with_nora, erase, open_it, DISCLOSED);
        assert_eq!(number(&mut app.conn(), "SELECT count(*) FROM assignments"), 0);
    }

    async fn suspending_a_partner_and_assigning(app) {
        race(&app, nothing, suspend, hand_over, LIVE);
    }

    async fn many_acts_on_few_leads_leave_everything_in_order(app) {
        let cast = Arc::new(Cast::of(&app));
        let mut random = Random(20_260_504);
        let rounds = trials().div_ceil(60);
        for round in 0..rounds {
            let entering = cast.clone();
            let leads: Arc<Vec<_>> = app
                .write(move |tx| (0..8).map(|_| entering.enter(tx)).collect::<anyhow::Result<Vec<_>>>())
                .await
                .unwrap()
                .into();
            // PostgreSQL has other instances, too.
            let others: Vec<_> = (0..if app.backend == Backend::Postgres { 6 } else { 0 })
                .map(|other| {
                    let (cast, leads) = (cast.clone(), leads.clone());
                    let mut conn = app.database.connector.open().unwrap();
                    let mut random = Random(round * 100 + other);
                    thread::spawn(move || {
                        for _ in 0..12 {
                            let step = random.step();
                            is_done(write(&mut conn, |tx| take(tx, &cast, &leads, step)));
                        }
                    })
                })
                .collect();
            let acts: Vec<_> = (0..64)
                .map(|_| {
                    let (cast, leads, lanes) = (cast.clone(), leads.clone(), app.state.lanes().clone());
                    let step = random.step();
                    spawn(async move { lanes.write(move |tx| take(tx, &cast, &leads, step)).await })
                })
                .collect();
            for act in acts {
                is_done(act.await.unwrap().expect("the lane answers"));
            }
            for other in others {
                other.join().unwrap();
            }
        }
        everything_is_in_order(&mut app.conn());
    }
}

/// One step of somebody: which act, on which lead.
#[derive(Clone, Copy)]
struct Step(u64, usize);

/// Numbers without order, the same in each run.
struct Random(u64);

impl Random {
    fn step(&mut self) -> Step {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        Step(self.0 >> 33 & 31, (self.0 >> 40) as usize % 8)
    }
}

fn take(tx: &mut Tx<'_>, cast: &Cast, leads: &[(LeadId, Reference)], step: Step) -> anyhow::Result<()> {
    let (lead, reference) = &leads[step.1];
    match step.0 {
        0..=11 => {
            let was_on_hold = cast.assign(tx, *lead)?;
            assert!(!was_on_hold, "a lead on hold was assigned");
            Ok(())
        }
        12..=17 => cast.open(tx, reference),
        18..=22 => cast.confirm(tx, *lead),
        23..=26 => cast.recall(tx, *lead),
        27..=28 => cast.erase(tx, *lead),
        29 => cast.track(tx, false),
        _ => cast.track(tx, true),
    }
}

fn everything_is_in_order(conn: &mut DbConn) {
    let assigned = number(conn, "SELECT count(*) FROM disclosures WHERE act = 'assigned'");
    assert!(assigned > 20, "only {assigned} came through");
    let wrong = [
        "SELECT count(*) FROM assignments a WHERE NOT EXISTS \
         (SELECT 1 FROM disclosures d WHERE d.assignment_id = a.id AND d.act = 'assigned')",
        "SELECT count(*) FROM assignments a WHERE opened_at IS NOT NULL AND NOT EXISTS \
         (SELECT 1 FROM disclosures d WHERE d.assignment_id = a.id AND d.act = 'opened')",
        "SELECT count(*) FROM (SELECT lead_id, count(*) AS n FROM disclosures WHERE act = 'assigned' GROUP BY lead_id) d \
         WHERE n <> (SELECT count(*) FROM audit_events e WHERE e.subject = 'lead' AND e.subject_id = d.lead_id \
         AND e.action IN ('lead.assigned', 'lead.reassigned'))",
        "SELECT count(*) FROM (SELECT lead_id, count(*) AS n FROM disclosures WHERE act = 'opened' GROUP BY lead_id) d \
         WHERE n <> (SELECT count(*) FROM audit_events e WHERE e.subject = 'lead' AND e.subject_id = d.lead_id \
         AND e.action = 'lead.opened')",
        "SELECT count(*) FROM disclosures d WHERE act = 'assigned' AND NOT EXISTS \
         (SELECT 1 FROM outbox o WHERE o.assignment_id = d.assignment_id AND o.kind = 'lead.waiting')",
        "SELECT count(*) FROM outbox o WHERE o.state = 'waiting' AND o.kind = 'lead.waiting' AND NOT EXISTS \
         (SELECT 1 FROM assignments a WHERE a.id = o.assignment_id AND a.ended_at IS NULL)",
        "SELECT count(*) FROM leads l WHERE (l.status = 'unassigned') = EXISTS \
         (SELECT 1 FROM assignments a WHERE a.lead_id = l.id AND a.ended_at IS NULL)",
        "SELECT count(*) FROM leads l WHERE l.has_confirmation <> EXISTS \
         (SELECT 1 FROM confirmations c WHERE c.lead_id = l.id)",
        "SELECT count(*) FROM assignments a JOIN leads l ON l.id = a.lead_id WHERE a.has_confirmation <> l.has_confirmation",
    ];
    for query in wrong {
        assert_eq!(number(conn, query), 0, "{query}");
    }
}
