//! Two acts that end or close the same hand-over, at the same moment: one comes through, the other is told in the words
//! of the domain what is in its way, and everything that hangs on it is in order. See `races` for the method.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use leadgate::cli::demo::cast;
use leadgate::db::types::{AssignmentId, LeadId, Reference, UtcTime};
use leadgate::db::{DbConn, write};
use leadgate::domain::access::{PartnerScope, StaffScope, SystemScope};
use leadgate::domain::assignments::assign::{self, AssignError};
use leadgate::domain::assignments::closing::{self, CloseError, ClosingInput};
use leadgate::domain::assignments::decline::{self, DeclineInput};
use leadgate::domain::assignments::held::HeldError;
use leadgate::domain::assignments::life::Refusal;
use leadgate::domain::assignments::open;
use leadgate::domain::assignments::question::{self, AnswerError, AnswerInput, AskError};
use leadgate::domain::assignments::reassign::{self, ReassignError};
use leadgate::domain::assignments::recall::{self, RecallError};
use leadgate::domain::leads::{LeadInput, intake, staff};
use leadgate::domain::permission::gate::{self, ReceivingParty};

use super::races::{spin, trials};
use crate::support::TestApp;
use crate::support::database::Backend;
use crate::support::sql::{execute, number};

/// The reason "Price" of the list that every database begins with.
const LOST: &str = "9rd3f7kx2vq6hn1zj8tcw4ym5b";

/// Everybody who takes part. Nils has the lead.
struct Hands {
    staff: StaffScope,
    nils: PartnerScope,
    sam: ReceivingParty,
    nora: Reference,
    now: UtcTime,
}

/// An opened lead of Nils's.
struct Trial {
    lead: LeadId,
    reference: Reference,
    assignment: AssignmentId,
}

/// Whether it was done; a refusal that a person could read is fine, anything else ends the test.
type Act = fn(&mut DbConn, &Hands, &Trial) -> bool;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Winners {
    One,
    /// The second may act on what the first one left.
    OneOrBoth,
}

fn of_held(error: HeldError) -> bool {
    match error {
        HeldError::Refused(Refusal::Unseen | Refusal::Closed) => false,
        other => panic!("not a refusal but {other:?}"),
    }
}

fn of_recall(done: Result<(), RecallError>) -> bool {
    match done {
        Ok(()) => true,
        Err(RecallError::NothingToRecall) => false,
        Err(other) => panic!("not a refusal but {other:?}"),
    }
}

fn take_back(conn: &mut DbConn, hands: &Hands, trial: &Trial) -> bool {
    of_recall(write(conn, |tx| {
        recall::recall(tx, &hands.staff, trial.lead, hands.now)
    }))
}

fn expire(conn: &mut DbConn, hands: &Hands, trial: &Trial) -> bool {
    let scope = SystemScope::new("deadlines");
    of_recall(write(conn, |tx| {
        recall::expire(tx, &scope, trial.assignment, hands.now)
    }))
}

fn close(conn: &mut DbConn, hands: &Hands, trial: &Trial) -> bool {
    let input = ClosingInput {
        choice: LOST.to_owned(),
        remark: String::new(),
    };
    match write(conn, |tx| {
        closing::close(tx, &hands.nils, &trial.reference, &input, hands.now)
    }) {
        Ok(()) => true,
        Err(CloseError::Held(error)) => of_held(error),
        Err(other) => panic!("not a refusal but {other:?}"),
    }
}

fn decline(conn: &mut DbConn, hands: &Hands, trial: &Trial) -> bool {
    let input = DeclineInput {
        reason: "no_capacity".to_owned(),
        remark: String::new(),
    };
    let given = input.parse().expect("a good reason");
    match write(conn, |tx| {
        decline::decline(tx, &hands.nils, &trial.reference, &given, hands.now)
    }) {
        Ok(()) => true,
        Err(error) => of_held(error),
    }
}

fn move_on(conn: &mut DbConn, hands: &Hands, trial: &Trial) -> bool {
    match write(conn, |tx| {
        reassign::reassign(tx, &hands.nils, &trial.reference, &hands.nora, hands.now)
    }) {
        Ok(()) => true,
        Err(ReassignError::Held(error)) => of_held(error),
        Err(other) => panic!("not a refusal but {other:?}"),
    }
}

fn hand_to_sam(conn: &mut DbConn, hands: &Hands, trial: &Trial) -> bool {
    let done = write(conn, |tx| {
        let cleared = gate::clear(tx, &hands.staff, trial.lead, hands.sam, None)?;
        assign::assign(tx, &hands.staff, cleared, hands.now)?;
        Ok::<_, anyhow::Error>(())
    });
    match done {
        Ok(()) => true,
        Err(error) => match error.downcast_ref() {
            Some(AssignError::Closed) => false,
            _ => panic!("not a refusal but {error:?}"),
        },
    }
}

fn ask(conn: &mut DbConn, hands: &Hands, trial: &Trial) -> bool {
    match write(conn, |tx| question::ask(tx, &hands.staff, trial.lead, hands.now)) {
        Ok(()) => true,
        Err(AskError::AskedBefore | AskError::NobodyHasIt) => false,
        Err(other) => panic!("not a refusal but {other:?}"),
    }
}

fn answer(conn: &mut DbConn, hands: &Hands, trial: &Trial) -> bool {
    let input = AnswerInput {
        answer: "yes".to_owned(),
        remark: String::new(),
    };
    let given = input.parse().expect("a good answer");
    match write(conn, |tx| {
        question::answer(tx, &hands.nils, &trial.reference, &given, hands.now)
    }) {
        Ok(()) => true,
        Err(AnswerError::NothingAsked) => false,
        Err(AnswerError::Held(error)) => of_held(error),
    }
}

fn prepare(conn: &mut DbConn, hands: &Hands, is_asked: bool) -> Trial {
    let to = ReceivingParty {
        partner: hands.nils.partner(),
        user: Some(hands.nils.user()),
    };
    let input = LeadInput {
        last_name: "Öberg".to_owned(),
        email: "anna.oberg@nordlicht.example".to_owned(),
        ..LeadInput::default()
    };
    write(conn, |tx| {
        let draft = input.parse().expect("a good lead");
        let reference = intake::create(tx, &hands.staff, &draft, None, hands.now)?;
        let lead = staff::id_of(tx, &hands.staff, &reference)?.expect("it was just made");
        let cleared = gate::clear(tx, &hands.staff, lead, to, None)?;
        let assignment = assign::assign(tx, &hands.staff, cleared, hands.now)?;
        open::open(tx, &hands.nils, &reference, hands.now)?;
        if is_asked {
            question::ask(tx, &hands.staff, lead, hands.now)?;
        }
        Ok::<_, anyhow::Error>(Trial {
            lead,
            reference,
            assignment,
        })
    })
    .unwrap()
}

/// Lets two acts meet, again and again.
fn meet(app: &TestApp, one: Act, other: Act, winners: Winners, is_asked: bool) {
    let hands = Hands {
        staff: app.staff_scope(),
        nils: app.partner_scope(cast::NILS),
        sam: ReceivingParty {
            partner: app.partner_scope(cast::SAM).partner(),
            user: Some(app.partner_scope(cast::SAM).user()),
        },
        nora: Reference::parse(&app.reference_of(cast::NORA)).expect("a reference"),
        now: app.now(),
    };
    let open = || {
        let mut conn = app.database.connector.open().unwrap();
        let hurry = match app.backend {
            Backend::Sqlite => "PRAGMA synchronous = OFF",
            Backend::Postgres => "SET synchronous_commit = off",
        };
        execute(&mut conn, hurry).unwrap();
        conn
    };
    let (mut setting_up, mut first, mut second) = (open(), open(), open());
    let (mut by_one, mut by_other) = (0, 0);
    for number_of_trial in 0..trials().div_ceil(3) {
        let trial = prepare(&mut setting_up, &hands, is_asked);
        let barrier = Barrier::new(2);
        let shift = Duration::from_micros((number_of_trial / 2 % 8) * 100);
        let first_waits = number_of_trial % 2 == 0;
        let (one_done, other_done) = thread::scope(|scope| {
            let one = scope.spawn(|| {
                barrier.wait();
                spin(if first_waits { shift } else { Duration::ZERO });
                one(&mut first, &hands, &trial)
            });
            barrier.wait();
            spin(if first_waits { Duration::ZERO } else { shift });
            let other_done = other(&mut second, &hands, &trial);
            (one.join().unwrap(), other_done)
        });
        match winners {
            Winners::One => assert!(one_done != other_done, "{one_done} and {other_done}"),
            Winners::OneOrBoth => assert!(one_done || other_done, "neither came through"),
        }
        by_one += u64::from(one_done);
        by_other += u64::from(other_done);
    }
    println!("{by_one} and {by_other} came through");
    everything_is_in_order(&mut setting_up);
}

pub fn everything_is_in_order(conn: &mut DbConn) {
    let wrong = [
        "SELECT count(*) FROM leads l WHERE (l.status = 'unassigned') = EXISTS \
         (SELECT 1 FROM assignments a WHERE a.lead_id = l.id AND a.ended_at IS NULL)",
        "SELECT count(*) FROM leads l WHERE (l.status IN ('won', 'lost', 'converted')) <> EXISTS \
         (SELECT 1 FROM assignments a WHERE a.lead_id = l.id AND a.ended_at IS NULL AND a.closed_at IS NOT NULL)",
        "SELECT count(*) FROM leads l WHERE \
         (SELECT count(*) FROM assignments a WHERE a.lead_id = l.id AND a.ended_at IS NOT NULL) <> \
         (SELECT count(*) FROM audit_events e WHERE e.subject = 'lead' AND e.subject_id = l.id AND e.action IN \
         ('lead.recalled', 'lead.declined', 'lead.expired', 'lead.moved', 'lead.reassigned'))",
        "SELECT count(*) FROM leads l WHERE \
         (SELECT count(*) FROM assignments a WHERE a.lead_id = l.id AND a.closed_at IS NOT NULL) <> \
         (SELECT count(*) FROM audit_events e WHERE e.subject = 'lead' AND e.subject_id = l.id AND e.action = 'lead.closed')",
        "SELECT count(*) FROM assignments a WHERE NOT EXISTS \
         (SELECT 1 FROM disclosures d WHERE d.assignment_id = a.id AND d.act = 'assigned')",
        "SELECT count(*) FROM deadlines d JOIN assignments a ON a.id = d.assignment_id \
         WHERE a.ended_at IS NOT NULL OR a.closed_at IS NOT NULL",
        "SELECT count(*) FROM assignments a WHERE (a.cycle_answer IS NOT NULL) <> EXISTS (SELECT 1 FROM audit_events e \
         WHERE e.subject = 'lead' AND e.subject_id = a.lead_id AND e.action = 'lead.answered') AND a.asked_at IS NOT NULL",
        "SELECT count(*) FROM outbox o JOIN assignments a ON a.id = o.assignment_id WHERE o.state = 'waiting' \
         AND a.ended_at IS NOT NULL AND o.kind NOT IN ('lead.declined', 'lead.expired', 'lead.gone')",
    ];
    for query in wrong {
        assert_eq!(number(conn, query), 0, "{query}");
    }
}

/// Deadlines run, so that there is one to end.
fn set_deadlines(app: &TestApp) {
    execute(
        &mut app.conn(),
        "UPDATE deadline_settings SET open_within = 5, first_update_within = 5, update_every = 5",
    )
    .unwrap();
}

db_test! {
    async fn taking_back_and_what_the_partner_does(app) {
        set_deadlines(&app);
        meet(&app, take_back, close, Winners::One, false);
        meet(&app, take_back, decline, Winners::One, false);
        // A lead that was moved can be taken back from the colleague.
        meet(&app, take_back, move_on, Winners::OneOrBoth, false);
        meet(&app, take_back, take_back, Winners::One, false);
    }

    async fn a_deadline_and_what_the_partner_does(app) {
        set_deadlines(&app);
        meet(&app, expire, close, Winners::One, false);
        meet(&app, expire, decline, Winners::One, false);
        meet(&app, expire, move_on, Winners::One, false);
        meet(&app, expire, take_back, Winners::One, false);
    }

    async fn a_new_recipient_and_what_the_former_one_does(app) {
        meet(&app, hand_to_sam, close, Winners::One, false);
        // What was given back or moved can be handed to Sam after that.
        meet(&app, hand_to_sam, decline, Winners::OneOrBoth, false);
        meet(&app, hand_to_sam, move_on, Winners::OneOrBoth, false);
    }

    async fn two_acts_of_the_partner(app) {
        meet(&app, close, decline, Winners::One, false);
        meet(&app, close, move_on, Winners::One, false);
        meet(&app, decline, move_on, Winners::One, false);
        meet(&app, close, close, Winners::One, false);
        meet(&app, move_on, move_on, Winners::One, false);
    }

    async fn asking_and_answering(app) {
        meet(&app, ask, ask, Winners::One, false);
        meet(&app, answer, answer, Winners::One, true);
        meet(&app, answer, take_back, Winners::OneOrBoth, true);
        meet(&app, answer, move_on, Winners::OneOrBoth, true);
    }
}
