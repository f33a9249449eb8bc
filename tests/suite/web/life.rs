//! Every cell of the table of a hand-over's life, through HTTP: who may do what to a lead in which state. What is allowed
//! changes the state as the table says; what is refused stores nothing.

use chrono::TimeDelta;
use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;
use leadgate::domain::access::SystemScope;
use leadgate::domain::assignments::closing::{self, ClosingInput};
use leadgate::domain::assignments::deal::{self, DealInput};
use leadgate::domain::assignments::life::{self, By, Refusal, Transition};
use leadgate::domain::assignments::{question, recall};
use leadgate::domain::leads::{LeadStatus, staff};

use crate::support::TestApp;
use crate::support::builders::{NELLY, enter_nelly};
use crate::support::client::{Client, Page};
use crate::support::database::Backend;
use crate::support::sql::execute;

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
const ACTS: [(Transition, &str); 11] = [
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
    (Transition::Answer, "lead.answered"),
];

/// The other ways to work on a lead; they obey the row of [`Transition::Update`].
const WORKS: [(&str, &str); 3] = [
    ("next-step", "lead.next_step_set"),
    ("attach", "attachment.added"),
    ("remove", "attachment.removed"),
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

/// The same, and staff ask whoever has it.
async fn asked_lead_in(app: &TestApp, status: LeadStatus) -> Reference {
    let lead = lead_in(app, status).await;
    if status != LeadStatus::Unassigned {
        let (sofia, now) = (app.staff_scope(), app.now());
        let id = staff::id_of(&mut app.conn(), &sofia, &lead).unwrap().unwrap();
        app.write(move |tx| question::ask(tx, &sofia, id, now)).await.unwrap();
    }
    lead
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

/// A file of Northwind's with a lead, whatever state the lead is in; the way to it.
fn a_file_with(app: &TestApp, lead: &Reference) -> String {
    let content = match app.backend {
        Backend::Sqlite => "BLOB",
        Backend::Postgres => "BYTEA",
    };
    let file = Reference::random();
    let keep = format!(
        "INSERT INTO attachments (reference, lead_id, partner_id, author_id, title, kind, byte_count, attached_at, content) \
         SELECT '{file}', l.id, u.partner_id, u.id, 'offer', 'txt', 5, l.created_at, CAST('offer' AS {content}) \
         FROM leads l JOIN users u ON u.email = '{}' WHERE l.reference = '{lead}'",
        cast::NILS
    );
    execute(&mut app.conn(), &keep).unwrap();
    format!("/portal/attachments/{file}")
}

/// Works on a lead in one of the other ways.
async fn work(client: &Client, lead: &Reference, file: &str, way: &str) -> Page {
    let portal = format!("/portal/leads/{lead}");
    match way {
        "next-step" => {
            let fields = [("next_step", "Call again"), ("next_step_on", "2026-05-20")];
            client.post(&format!("{portal}/next-step"), &fields).await
        }
        "attach" => {
            let (path, bytes) = (format!("{portal}/attachments"), b"%PDF-1.7\nan offer".to_vec());
            client.upload(&path, "file", "offer.pdf", bytes).await
        }
        _ => client.post(&format!("{file}/remove"), &[]).await,
    }
}

/// All that a refused act could have changed of one lead.
fn standing(app: &TestApp, lead: &Reference) -> String {
    let of_assignments = |what: &str| format!("(SELECT COUNT(*) FROM assignments a WHERE a.lead_id = l.id AND {what})");
    let counted = |table: &str| format!("(SELECT COUNT(*) FROM {table} WHERE lead_id = l.id)");
    let told = |table: &str| {
        format!("(SELECT COUNT(*) FROM {table} t JOIN assignments a ON a.id = t.assignment_id WHERE a.lead_id = l.id)")
    };
    let live = |columns: &str| {
        format!("COALESCE((SELECT {columns} FROM assignments a WHERE a.lead_id = l.id AND a.ended_at IS NULL), '')")
    };
    let parts = [
        "l.status".to_owned(),
        of_assignments("1 = 1"),
        of_assignments("a.ended_at IS NULL"),
        of_assignments("a.closed_at IS NOT NULL"),
        of_assignments("a.opened_at IS NOT NULL"),
        counted("disclosures"),
        counted("partner_notes"),
        counted("attachments"),
        told("outbox"),
        told("notices"),
        "(SELECT COUNT(*) FROM audit_events e WHERE e.subject_reference = l.reference AND (e.action LIKE 'lead.%' \
         OR e.action LIKE 'attachment.%'))"
            .to_owned(),
        live("a.status_note || ' ' || a.next_step || ' ' || COALESCE(CAST(a.next_step_on AS TEXT), '')"),
        live("COALESCE(a.closing_reason_id, 0) || ' ' || a.closing_remark"),
        live(
            "COALESCE(a.deal_amount, 0) || ' ' || COALESCE(a.deal_currency, '') || ' ' || COALESCE(a.deal_stage, '') \
             || ' ' || COALESCE(CAST(a.deal_expected_on AS TEXT), '')",
        ),
        live("COALESCE(a.declined_because, '') || ' ' || a.decline_remark"),
        live("COALESCE(a.cycle_answer, 'none') || ' ' || a.answer_remark"),
    ];
    let parts = parts.join(" || ' ' || ");
    app.text(&format!(
        "SELECT {parts} AS t FROM leads l WHERE l.reference = '{lead}'"
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
            let lead = asked_lead_in(&app, status).await;
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
    assert_eq!(cells, 66);
}

async fn every_work(app: TestApp, by: By, client: Client) {
    for status in STATES {
        for (way, action) in WORKS {
            app.clock.advance(TimeDelta::minutes(2));
            let lead = asked_lead_in(&app, status).await;
            let file = a_file_with(&app, &lead);
            let (before, rows) = (standing(&app, &lead), written(&app, &lead, action));
            let what = format!("{by:?} {way} {status:?}");

            let answer = work(&client, &lead, &file, way).await;

            let expected = match life::after(by, status, Transition::Update) {
                Ok(_) => 303,
                Err(Refusal::NotTheirs) => 403,
                Err(Refusal::Unseen) => 404,
                // What is kept with a lead is not seen before the lead is.
                Err(Refusal::NotOpened) if way == "remove" => 404,
                Err(_) => 409,
            };
            assert_eq!(answer.status(), expected, "{what}: {}", answer.text());
            assert_eq!(
                written(&app, &lead, action),
                rows + i64::from(expected == 303),
                "{what}"
            );
            assert_eq!(standing(&app, &lead) == before, expected != 303, "{what}");
        }
    }
}

db_test! {
    async fn every_cell_of_staff(app) {
        let sofia = app.sofia().await;
        every_cell(app, By::Staff, sofia).await;
    }

    async fn every_work_of_staff(app) {
        let sofia = app.sofia().await;
        every_work(app, By::Staff, sofia).await;
    }

    async fn every_cell_of_the_holder(app) {
        let nils = app.nils().await;
        every_cell(app, By::Holder, nils).await;
    }

    async fn every_work_of_the_holder(app) {
        let nils = app.nils().await;
        every_work(app, By::Holder, nils).await;
    }

    async fn every_cell_of_a_manager_there(app) {
        let nora = app.nora().await;
        every_cell(app, By::Manager, nora).await;
    }

    async fn every_work_of_a_manager_there(app) {
        let nora = app.nora().await;
        every_work(app, By::Manager, nora).await;
    }

    async fn every_cell_of_a_colleague(app) {
        enter_nelly(&app).await;
        let nelly = app.sign_in(NELLY).await;
        every_cell(app, By::Colleague, nelly).await;
    }

    async fn every_work_of_a_colleague(app) {
        enter_nelly(&app).await;
        let nelly = app.sign_in(NELLY).await;
        every_work(app, By::Colleague, nelly).await;
    }

    async fn every_cell_of_another_partner(app) {
        let sam = app.sam().await;
        every_cell(app, By::Colleague, sam).await;
    }

    async fn every_work_of_another_partner(app) {
        let sam = app.sam().await;
        every_work(app, By::Colleague, sam).await;
    }

    async fn whoever_is_signed_out_does_nothing(app) {
        let anybody = app.anybody();
        for status in STATES {
            let lead = asked_lead_in(&app, status).await;
            let before = standing(&app, &lead);
            for (act, _) in ACTS {
                let answer = send(&app, &anybody, &lead, act).await;

                assert_eq!(answer.status(), 303, "{act:?} {status:?}");
                assert!(answer.location().starts_with("/sign-in"), "{act:?} {status:?}");
                assert_eq!(standing(&app, &lead), before, "{act:?} {status:?}");
            }
            let file = a_file_with(&app, &lead);
            let before = standing(&app, &lead);
            for (way, _) in WORKS {
                let answer = work(&anybody, &lead, &file, way).await;

                assert_eq!(answer.status(), 303, "{way} {status:?}");
                assert!(answer.location().starts_with("/sign-in"), "{way} {status:?}");
                assert_eq!(standing(&app, &lead), before, "{way} {status:?}");
            }
        }
    }

    async fn every_cell_of_the_job(app) {
        for status in STATES {
            let lead = asked_lead_in(&app, status).await;
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
