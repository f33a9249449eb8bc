//! Many at the same moment, through HTTP: of acts that exclude each other one comes through, everybody else is told in
//! one clear sentence what is in the way, and everything that hangs on the lead is in order. `domain::meetings` lets the
//! acts themselves meet.

use futures_util::future::join_all;
use leadgate::db::types::Reference;
use leadgate::domain::assignments::life::Transition;
use leadgate::domain::leads::LeadStatus;

use super::life::{lead_in, send};
use crate::domain::meetings::everything_is_in_order;
use crate::support::TestApp;
use crate::support::client::{Client, Page};

/// So many send each of two forms.
const EACH: usize = 8;
const TRIALS: usize = 4;

/// Where nothing is in sight any more for whoever asks.
const GONE: (u16, &str) = (404, "There is nothing here");

/// The answers to two acts that many send at once.
struct Answers {
    one: Vec<Page>,
    other: Vec<Page>,
}

async fn meet(app: &TestApp, lead: &Reference, one: (&Client, Transition), other: (&Client, Transition)) -> Answers {
    let (first, second) = (one.0.again(), other.0.again());
    let sent = (0..2 * EACH).map(|number| {
        let (client, act) = if number % 2 == 0 {
            (&first, one.1)
        } else {
            (&second, other.1)
        };
        send(app, client, lead, act)
    });
    let mut answers = Answers {
        one: Vec::new(),
        other: Vec::new(),
    };
    for (number, page) in join_all(sent).await.into_iter().enumerate() {
        let side = if number % 2 == 0 {
            &mut answers.one
        } else {
            &mut answers.other
        };
        side.push(page);
    }
    answers
}

/// How many came through; all others were told one of these.
fn through(pages: &[Page], told: &[(u16, &str)]) -> usize {
    let is_done = |page: &&Page| page.status() == 303;
    for page in pages.iter().filter(|page| !is_done(page)) {
        let answer = (page.status(), page.heading());
        let is_known = told
            .iter()
            .any(|(status, heading)| (*status, *heading) == (answer.0, answer.1.as_str()));
        assert!(is_known, "{answer:?}: {}", page.text());
    }
    pages.iter().filter(is_done).count()
}

fn written(app: &TestApp, lead: &Reference, action: &str) -> i64 {
    app.count(&format!(
        "SELECT COUNT(*) AS n FROM audit_events WHERE subject_reference = '{lead}' AND action = '{action}'"
    ))
}

/// How often the ledger says that somebody opened it.
fn opened(app: &TestApp, lead: &Reference) -> i64 {
    app.count(&format!(
        "SELECT COUNT(*) AS n FROM disclosures d JOIN leads l ON l.id = d.lead_id \
         WHERE l.reference = '{lead}' AND d.act = 'opened'"
    ))
}

/// It was opened once, or not at all, and the ledger and the audit log say the same.
fn assert_opened_at_most_once(app: &TestApp, lead: &Reference) {
    let opened = opened(app, lead);
    assert!(opened <= 1, "opened {opened} times");
    assert_eq!(written(app, lead, "lead.opened"), opened);
}

db_test! {
    async fn a_lead_that_many_open_is_opened_once(app) {
        let (nils, nora) = (app.nils().await, app.nora().await);
        for _ in 0..TRIALS {
            let lead = lead_in(&app, LeadStatus::Unopened).await;

            let answers = meet(&app, &lead, (&nils, Transition::Open), (&nora, Transition::Open)).await;

            assert_eq!(through(&answers.one, &[]) + through(&answers.other, &[]), 2 * EACH);
            assert_eq!((opened(&app, &lead), written(&app, &lead, "lead.opened")), (1, 1));
        }
        everything_is_in_order(&mut app.conn());
    }

    async fn opening_and_taking_back(app) {
        let (nils, sofia) = (app.nils().await, app.sofia().await);
        for _ in 0..TRIALS {
            let lead = lead_in(&app, LeadStatus::Unopened).await;

            let answers = meet(&app, &lead, (&nils, Transition::Open), (&sofia, Transition::Recall)).await;

            through(&answers.one, &[GONE]);
            assert_eq!(through(&answers.other, &[(409, "There is nothing to take back")]), 1);
            assert_eq!(written(&app, &lead, "lead.recalled"), 1);
            assert_opened_at_most_once(&app, &lead);
            assert_eq!(nils.get(&format!("/portal/leads/{lead}")).await.status(), 404);
        }
        everything_is_in_order(&mut app.conn());
    }

    async fn opening_and_declining(app) {
        let (nils, nora) = (app.nils().await, app.nora().await);
        for _ in 0..TRIALS {
            let lead = lead_in(&app, LeadStatus::Unopened).await;

            let answers = meet(&app, &lead, (&nils, Transition::Open), (&nora, Transition::Decline)).await;

            through(&answers.one, &[GONE]);
            assert_eq!(through(&answers.other, &[GONE]), 1);
            assert_eq!(written(&app, &lead, "lead.declined"), 1);
            assert_opened_at_most_once(&app, &lead);
        }
        everything_is_in_order(&mut app.conn());
    }

    async fn opening_and_moving(app) {
        let (nils, other) = (app.nils().await, app.nils().await);
        for _ in 0..TRIALS {
            let lead = lead_in(&app, LeadStatus::Unopened).await;

            let answers = meet(&app, &lead, (&nils, Transition::Open), (&other, Transition::Move)).await;

            through(&answers.one, &[GONE]);
            assert_eq!(through(&answers.other, &[GONE]), 1);
            assert_eq!(written(&app, &lead, "lead.moved"), 1);
            assert_opened_at_most_once(&app, &lead);
            assert_eq!(nils.get(&format!("/portal/leads/{lead}")).await.status(), 404);
        }
        everything_is_in_order(&mut app.conn());
    }

    async fn a_closed_lead_is_reopened_once(app) {
        let (sofia, ada) = (app.sofia().await, app.ada().await);
        for status in [LeadStatus::Won, LeadStatus::Lost, LeadStatus::Converted, LeadStatus::Won] {
            let lead = lead_in(&app, status).await;

            let answers = meet(&app, &lead, (&sofia, Transition::Reopen), (&ada, Transition::Reopen)).await;

            let told = [(409, "This lead is not closed")];
            assert_eq!(through(&answers.one, &told) + through(&answers.other, &told), 1);
            assert_eq!(written(&app, &lead, "lead.reopened"), 1);
        }
    }

    async fn a_lead_is_closed_or_converted_once(app) {
        let (nils, nora) = (app.nils().await, app.nora().await);
        for number in 0..TRIALS {
            let lead = lead_in(&app, LeadStatus::Open).await;
            let close = if number % 2 == 0 { Transition::Win } else { Transition::Lose };

            let answers = meet(&app, &lead, (&nils, Transition::Convert), (&nora, close)).await;

            let told = [(409, "This lead is closed already"), (409, "This lead is locked")];
            assert_eq!(through(&answers.one, &told) + through(&answers.other, &told), 1);
            let ended = written(&app, &lead, "lead.converted") + written(&app, &lead, "lead.closed");
            let closed = app.count(&format!(
                "SELECT COUNT(*) AS n FROM assignments a JOIN leads l ON l.id = a.lead_id \
                 WHERE l.reference = '{lead}' AND a.closed_at IS NOT NULL AND l.status IN ('won', 'lost', 'converted')"
            ));
            assert_eq!((ended, closed), (1, 1));
        }
    }
}
