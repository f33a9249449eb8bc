//! Every cell of the table of a hand-over's life, through HTTP: who may do what to a lead in which state. What is allowed
//! changes the state as the table says; what is refused stores nothing.

use chrono::TimeDelta;
use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;
use leadgate::domain::access::SystemScope;
use leadgate::domain::assignments::closing::{self, ClosingInput};
use leadgate::domain::assignments::deal::{self, DealInput};
use leadgate::domain::assignments::life::{self, By, Refusal, Transition};
use leadgate::domain::assignments::recall;
use leadgate::domain::leads::LeadStatus;

use crate::support::TestApp;
use crate::support::builders::{NELLY, enter_nelly};
use crate::support::client::{Client, Page};

pub const WON: &str = "3v0k9x6d1t8qf2mhz5c7wjr4ba";
pub const LOST: &str = "9rd3f7kx2vq6hn1zj8tcw4ym5b";

const STATES: [LeadStatus; 6] = [
    LeadStatus::Unassigned,
    LeadStatus::Unopened,
    LeadStatus::Open,
    LeadStatus::Won,
    LeadStatus::Lost,
    LeadStatus::Converted,
];

/// Those with a route, and the act that the audit log knows them by.
const ACTS: [(Transition, &str); 10] = [
    (Transition::Assign, "lead.assigned lead.reassigned"),
    (Transition::Open, "lead.opened"),
    (Transition::Win, "lead.closed"),
    (Transition::Lose, "lead.closed"),
    (Transition::Convert, "lead.converted"),
    (Transition::Decline, "lead.declined"),
    (Transition::Recall, "lead.recalled"),
    (Transition::Move, "lead.moved"),
    (Transition::Reopen, "lead.reopened"),
    (Transition::Update, "lead.noted"),
];

/// A lead of Nils's in this state.
pub async fn lead_in(app: &TestApp, status: LeadStatus) -> Reference {
    let lead = app.a_lead();
    match status {
        LeadStatus::Unassigned => lead.create().await,
        LeadStatus::Unopened => lead.assigned_to(cast::NILS).create().await,
        LeadStatus::Open => lead.assigned_to(cast::NILS).opened().create().await,
        LeadStatus::Won | LeadStatus::Lost | LeadStatus::Converted => {
            let lead = lead.assigned_to(cast::NILS).opened().create().await;
            let (nils, now, closed) = (app.partner_scope(cast::NILS), app.now(), lead.clone());
            app.write(move |tx| match status {
                LeadStatus::Converted => deal::convert(tx, &nils, &closed, &a_deal(), now),
                _ => {
                    let choice = if status == LeadStatus::Won { WON } else { LOST };
                    let input = ClosingInput {
                        choice: choice.to_owned(),
                        remark: String::new(),
                    };
                    closing::close(tx, &nils, &closed, &input, now)
                }
            })
            .await
            .unwrap();
            lead
        }
    }
}

fn a_deal() -> DealInput {
    DealInput {
        amount: "12,500".to_owned(),
        currency: "EUR".to_owned(),
        stage: "proposal".to_owned(),
        expected_on: "2026-09-30".to_owned(),
    }
}

/// Sends the form of an act.
pub async fn send(app: &TestApp, client: &Client, lead: &Reference, act: Transition) -> Page {
    let (staff, portal) = (format!("/leads/{lead}"), format!("/portal/leads/{lead}"));
    let post = async |path: String, fields: &[(&str, &str)]| client.post(&path, fields).await;
    match act {
        Transition::Assign => {
            let to = app.reference_of(cast::SAM);
            post(format!("{staff}/assign"), &[("recipient", &to)]).await
        }
        Transition::Recall => post(format!("{staff}/recall"), &[]).await,
        Transition::Reopen => post(format!("{staff}/reopening"), &[]).await,
        Transition::Open => post(format!("{portal}/open"), &[]).await,
        Transition::Win => post(format!("{portal}/closing"), &[("choice", WON)]).await,
        Transition::Lose => post(format!("{portal}/closing"), &[("choice", LOST)]).await,
        Transition::Convert => {
            let fields = [
                ("amount", "12,500"),
                ("currency", "EUR"),
                ("stage", "proposal"),
                ("expected_on", "2026-09-30"),
            ];
            post(format!("{portal}/conversion"), &fields).await
        }
        Transition::Decline => post(format!("{portal}/decline"), &[("reason", "no_capacity")]).await,
        Transition::Move => {
            let to = app.reference_of(cast::NORA);
            post(format!("{portal}/reassignment"), &[("colleague", &to)]).await
        }
        Transition::Update => post(format!("{portal}/note"), &[("status_note", "Called")]).await,
        Transition::Answer => post(format!("{portal}/answer"), &[("answer", "yes")]).await,
        Transition::Expire => unreachable!("no route lets anybody expire a lead"),
    }
}

/// All that a refused act could have changed of one lead.
fn standing(app: &TestApp, lead: &Reference) -> String {
    app.text(&format!(
        "SELECT l.status || ' ' || (SELECT COUNT(*) FROM assignments a WHERE a.lead_id = l.id) || ' ' || \
         (SELECT COUNT(*) FROM assignments a WHERE a.lead_id = l.id AND a.ended_at IS NULL) || ' ' || \
         (SELECT COUNT(*) FROM disclosures d WHERE d.lead_id = l.id) || ' ' || \
         (SELECT COUNT(*) FROM outbox o JOIN assignments a ON a.id = o.assignment_id WHERE a.lead_id = l.id) || ' ' || \
         (SELECT COUNT(*) FROM audit_events e WHERE e.subject_reference = l.reference AND e.action LIKE 'lead.%') || ' ' || \
         COALESCE((SELECT a.status_note FROM assignments a WHERE a.lead_id = l.id AND a.ended_at IS NULL), '') AS t \
         FROM leads l WHERE l.reference = '{lead}'"
    ))
}

fn written(app: &TestApp, lead: &Reference, actions: &str) -> i64 {
    let actions: Vec<String> = actions.split(' ').map(|action| format!("'{action}'")).collect();
    app.count(&format!(
        "SELECT COUNT(*) AS n FROM audit_events WHERE subject_reference = '{lead}' AND action IN ({})",
        actions.join(", ")
    ))
}

async fn every_cell(app: TestApp, by: By, client: Client) {
    let mut cells = 0;
    for status in STATES {
        for (act, action) in ACTS {
            cells += 1;
            // Refusals are written down a few times a minute at the most.
            app.clock.advance(TimeDelta::minutes(2));
            let lead = lead_in(&app, status).await;
            let (before, rows, denied) = (
                standing(&app, &lead),
                written(&app, &lead, action),
                app.audited("access.denied"),
            );
            let what = format!("{by:?} {act:?} {status:?}");

            let answer = send(&app, &client, &lead, act).await;

            match life::after(by, status, act) {
                Ok(outcome) => {
                    assert_eq!(answer.status(), 303, "{what}: {}", answer.text());
                    let after = standing(&app, &lead);
                    assert!(after.starts_with(outcome.status.as_str()), "{what}: {after}");
                    // Opening what is open is the one act that changes nothing.
                    let is_idle = act == Transition::Open && status != LeadStatus::Unopened;
                    assert_eq!(written(&app, &lead, action), rows + i64::from(!is_idle), "{what}");
                    assert_eq!(after == before, is_idle, "{what}: {after}");
                    if let Some(ending) = outcome.ending {
                        let ended = format!(
                            "SELECT ending AS t FROM assignments a JOIN leads l ON l.id = a.lead_id \
                             WHERE l.reference = '{lead}' AND ending IS NOT NULL"
                        );
                        assert_eq!(app.text(&ended), ending.as_str(), "{what}");
                    }
                }
                Err(refusal) => {
                    let expected = match refusal {
                        Refusal::NotTheirs => 403,
                        Refusal::Unseen => 404,
                        _ => 409,
                    };
                    assert_eq!(answer.status(), expected, "{what}: {}", answer.text());
                    assert_eq!(standing(&app, &lead), before, "{what} stored something");
                    let is_denied = matches!(refusal, Refusal::NotTheirs | Refusal::Unseen);
                    assert_eq!(app.audited("access.denied"), denied + i64::from(is_denied), "{what}");
                }
            }
        }
    }
    assert_eq!(cells, 60);
}

db_test! {
    async fn every_cell_of_staff(app) {
        let sofia = app.sofia().await;
        every_cell(app, By::Staff, sofia).await;
    }

    async fn every_cell_of_the_holder(app) {
        let nils = app.nils().await;
        every_cell(app, By::Holder, nils).await;
    }

    async fn every_cell_of_a_manager_there(app) {
        let nora = app.nora().await;
        every_cell(app, By::Manager, nora).await;
    }

    async fn every_cell_of_a_colleague(app) {
        enter_nelly(&app).await;
        let nelly = app.sign_in(NELLY).await;
        every_cell(app, By::Colleague, nelly).await;
    }

    async fn every_cell_of_another_partner(app) {
        let sam = app.sam().await;
        every_cell(app, By::Colleague, sam).await;
    }

    async fn whoever_is_signed_out_does_nothing(app) {
        let anybody = app.anybody();
        for status in STATES {
            let lead = lead_in(&app, status).await;
            let before = standing(&app, &lead);
            for (act, _) in ACTS {
                let answer = send(&app, &anybody, &lead, act).await;

                assert_eq!(answer.status(), 303, "{act:?} {status:?}");
                assert!(answer.location().starts_with("/sign-in"), "{act:?} {status:?}");
                assert_eq!(standing(&app, &lead), before, "{act:?} {status:?}");
            }
        }
    }

    async fn every_cell_of_the_job(app) {
        for status in STATES {
            let lead = lead_in(&app, status).await;
            let newest = app.count("SELECT COALESCE(MAX(id), 0) AS n FROM assignments");
            let now = app.now();

            let expired = app
                .write(move |tx| {
                    let assignment = leadgate::db::types::AssignmentId::new(newest);
                    recall::expire(tx, &SystemScope::new("deadlines"), assignment, now)
                })
                .await;

            let table = life::after(By::Job, status, Transition::Expire);
            assert_eq!(expired.is_ok(), table.is_ok(), "{status:?}");
            let stands = table.map_or(status, |outcome| outcome.status);
            assert!(standing(&app, &lead).starts_with(stands.as_str()), "{status:?}");
        }
        assert_eq!(app.audited("lead.expired"), 2);
    }
}
