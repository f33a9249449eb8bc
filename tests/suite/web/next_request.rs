//! Whatever ends a hand-over ends it at once: on the very next request the old holder gets the answer that a lead gets
//! which never was, and neither list nor notice nor count speaks of it.

use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;
use leadgate::domain::access::SystemScope;
use leadgate::domain::assignments::decline::{self, DeclineInput};
use leadgate::domain::assignments::{reassign, recall};
use leadgate::domain::leads::{erase, staff};

use crate::support::TestApp;
use crate::support::builders::assign_to;
use crate::support::client::{Client, Page};

/// What takes a lead from its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Recall,
    Decline,
    Expiry,
    Reassignment,
    Move,
    Deletion,
    SuspendedUser,
    SuspendedPartner,
}

const ENDS: [End; 8] = [
    End::Recall,
    End::Decline,
    End::Expiry,
    End::Reassignment,
    End::Move,
    End::Deletion,
    End::SuspendedUser,
    End::SuspendedPartner,
];

async fn bring_about(app: &TestApp, end: End, lead: &Reference) {
    let (sofia, nils, now) = (app.staff_scope(), app.partner_scope(cast::NILS), app.now());
    let id = staff::id_of(&mut app.conn(), &sofia, lead).unwrap().unwrap();
    let live = app.count(&format!(
        "SELECT id AS n FROM assignments WHERE lead_id = {} AND ended_at IS NULL",
        id.get()
    ));
    let assignment = leadgate::db::types::AssignmentId::new(live);
    let nora = Reference::parse(&app.reference_of(cast::NORA)).unwrap();
    let lead = lead.clone();
    match end {
        End::Reassignment => assign_to(app, &lead, cast::SAM).await,
        End::SuspendedUser => {
            let path = format!("/users/{}/suspend", app.reference_of(cast::NILS));
            assert_eq!(app.ada().await.post(&path, &[]).await.status(), 303);
        }
        End::SuspendedPartner => {
            let northwind = app.text("SELECT reference AS t FROM partners WHERE name = 'Northwind'");
            let path = format!("/partners/{northwind}/suspend");
            assert_eq!(app.ada().await.post(&path, &[]).await.status(), 303);
        }
        End::Recall | End::Decline | End::Expiry | End::Move | End::Deletion => app
            .write(move |tx| {
                match end {
                    End::Recall => recall::recall(tx, &sofia, id, now)?,
                    End::Expiry => recall::expire(tx, &SystemScope::new("deadlines"), assignment, now)?,
                    End::Deletion => erase::erase(tx, &sofia, id, now)?,
                    End::Move => reassign::reassign(tx, &nils, &lead, &nora, now)?,
                    _ => {
                        let input = DeclineInput {
                            reason: "duplicate".to_owned(),
                            remark: String::new(),
                        };
                        decline::decline(tx, &nils, &lead, &input.parse().unwrap(), now)?;
                    }
                }
                Ok::<_, anyhow::Error>(())
            })
            .await
            .unwrap(),
    }
}

/// Every request that names a lead, with the reference taken out of the answers.
async fn about(client: &Client, lead: &Reference) -> Vec<(String, u16, Option<String>, String)> {
    let page = format!("/portal/leads/{lead}");
    let mut answers: Vec<(String, Page)> = vec![("page".to_owned(), client.get(&page).await)];
    for act in ["closing", "conversion", "decline", "reassignment"] {
        let path = format!("{page}/{act}");
        answers.push((act.to_owned(), client.get(&path).await));
        answers.push((
            format!("{act}, sent"),
            client.post(&path, &[("reason", "duplicate")]).await,
        ));
    }
    for act in ["open", "note"] {
        let path = format!("{page}/{act}");
        answers.push((act.to_owned(), client.post(&path, &[("status_note", "x")]).await));
    }
    let masked = |text: String| text.replace(lead.as_str(), "LEAD");
    answers
        .into_iter()
        .map(|(what, page)| (what, page.status(), page.redirect().map(masked), masked(page.source())))
        .collect()
}

async fn is_gone_at_once(app: TestApp, is_opened: bool) {
    for end in ENDS {
        let builder = app.a_lead().named("Gone", "Lead").assigned_to(cast::NILS);
        let lead = if is_opened { builder.opened() } else { builder }.create().await;
        let nils = app.nils().await;
        assert_eq!(nils.get(&format!("/portal/leads/{lead}")).await.status(), 200);

        bring_about(&app, end, &lead).await;

        let never = Reference::random();
        let (gone, unknown) = (about(&nils, &lead).await, about(&nils, &never).await);
        let is_signed_out = matches!(end, End::SuspendedUser | End::SuspendedPartner);
        for (answer, same) in gone.iter().zip(&unknown) {
            assert_eq!(answer.1, if is_signed_out { 303 } else { 404 }, "{end:?}, {}", answer.0);
            assert_eq!(answer, same, "{end:?}");
        }
        for path in ["/portal/leads", "/portal/notices"] {
            let page = nils.get(path).await;
            assert_eq!(page.status(), if is_signed_out { 303 } else { 200 }, "{end:?} {path}");
            assert!(!page.source().contains(lead.as_str()), "{end:?} {path}");
            assert!(!page.source().contains("Gone Lead"), "{end:?} {path}");
        }
        if !is_signed_out {
            let counts = nils.get("/portal/leads").await.text();
            assert!(counts.contains("No leads at the moment"), "{end:?}: {counts}");
        } else if end == End::SuspendedUser {
            let path = format!("/users/{}/resume", app.reference_of(cast::NILS));
            assert_eq!(app.ada().await.post(&path, &[]).await.status(), 303);
        }
    }
}

db_test! {
    async fn an_opened_lead_is_gone_on_the_next_request(app) {
        is_gone_at_once(app, true).await;
    }

    async fn a_waiting_lead_is_gone_on_the_next_request(app) {
        is_gone_at_once(app, false).await;
    }
}
