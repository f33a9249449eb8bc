//! Whatever ends a hand-over ends it at once: on the very next request the old holder gets the answer that a lead gets
//! which never was, and neither list nor file nor notice nor count speaks of it.

use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;
use leadgate::domain::access::SystemScope;
use leadgate::domain::assignments::decline::{self, DeclineInput};
use leadgate::domain::assignments::vendor_note::{self, VendorNote};
use leadgate::domain::assignments::{question, reassign, recall};
use leadgate::domain::leads::{erase, staff};

use crate::support::TestApp;
use crate::support::builders::assign_to;
use crate::support::client::{Client, Page};
use crate::support::database::Backend;
use crate::support::sql::execute;

const PDF: &[u8] = b"%PDF-1.7\nan offer";

/// What takes a lead from its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Recall,
    Decline,
    Expiry,
    Reassignment,
    Move,
    Deletion,
    Hold,
    SuspendedUser,
    SuspendedPartner,
}

const ENDS: [End; 9] = [
    End::Recall,
    End::Decline,
    End::Expiry,
    End::Reassignment,
    End::Move,
    End::Deletion,
    End::Hold,
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
        End::Hold => {
            app.track_permission().await;
            // What an administrator may choose: not even what was opened stays with its partner for the review.
            let suspend = "UPDATE lead_distribution_settings SET opened_leads = 'suspend'";
            execute(&mut app.conn(), suspend).unwrap();
        }
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

/// Staff write to the holder and ask; what is opened gets a file, a note and a next step.
async fn furnish(app: &TestApp, nils: &Client, lead: &Reference, is_opened: bool) {
    let (sofia, now) = (app.staff_scope(), app.now());
    let id = staff::id_of(&mut app.conn(), &sofia, lead).unwrap().unwrap();
    app.write(move |tx| {
        let to = staff::live_assignment(tx, &sofia, id)?.map(|assignment| assignment.id);
        let note = VendorNote::parse("Gone: a word of the vendor").unwrap();
        vendor_note::write(tx, &sofia, id, to, &note, now)?;
        question::ask(tx, &sofia, id, now)?;
        Ok::<_, anyhow::Error>(())
    })
    .await
    .unwrap();
    if is_opened {
        let page = format!("/portal/leads/{lead}");
        let (note, step) = (format!("{page}/note"), format!("{page}/next-step"));
        let fields = [("next_step", "Gone: call again"), ("next_step_on", "2026-05-05")];
        assert_eq!(nils.post(&note, &[("status_note", "Gone: called")]).await.status(), 303);
        assert_eq!(nils.post(&step, &fields).await.status(), 303);
        let attach = format!("{page}/attachments");
        let added = nils.upload(&attach, "file", "gone.pdf", PDF.to_vec()).await;
        assert_eq!(added.status(), 303, "{}", added.text());
    }
}

/// Every request that names a lead or its file, with the references taken out of the answers.
async fn about(client: &Client, lead: &Reference, file: &str) -> Vec<(String, u16, Option<String>, String)> {
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
    for (act, field, value) in [
        ("open", "", ""),
        ("note", "status_note", "x"),
        ("next-step", "next_step", "x"),
        ("next-step", "next_step_on", "nonsense"),
        ("answer", "answer", "yes"),
        ("answer", "answer", "nonsense"),
    ] {
        let path = format!("{page}/{act}");
        answers.push((format!("{act} {value}"), client.post(&path, &[(field, value)]).await));
    }
    let attach = format!("{page}/attachments");
    for (what, bytes) in [("a file", PDF), ("an empty file", b"")] {
        let answer = client.upload(&attach, "file", "offer.pdf", bytes.to_vec()).await;
        answers.push((what.to_owned(), answer));
    }
    let kept = format!("/portal/attachments/{file}");
    answers.push(("the file".to_owned(), client.get(&kept).await));
    let removed = client.post(&format!("{kept}/remove"), &[]).await;
    answers.push(("the file, removed".to_owned(), removed));
    let masked = |text: String| text.replace(lead.as_str(), "LEAD").replace(file, "FILE");
    answers
        .into_iter()
        .map(|(what, page)| (what, page.status(), page.redirect().map(masked), masked(page.source())))
        .collect()
}

/// What tells of all leads together: pages, counters, rows of a file.
async fn overview(client: &Client) -> Vec<(&'static str, Page)> {
    let mut pages = Vec::new();
    for path in [
        "/portal",
        "/portal/leads",
        "/portal/leads?state=overdue",
        "/portal/leads?q=gone",
        "/portal/notices",
        "/portal/tasks",
        "/account",
    ] {
        pages.push((path, client.get(path).await));
    }
    let download = client.post("/portal/leads/download", &[("format", "csv")]).await;
    pages.push(("/portal/leads/download", download));
    pages
}

async fn is_gone_at_once(backend: Backend, end: End, is_opened: bool) {
    let app = TestApp::on(backend).await;
    let nils = app.nils().await;
    let before = overview(&nils).await;
    let builder = app.a_lead().named("Gone", "Lead").assigned_to(cast::NILS);
    let lead = if is_opened { builder.opened() } else { builder }.create().await;
    furnish(&app, &nils, &lead, is_opened).await;
    let file = app.text("SELECT COALESCE(MAX(reference), 'zzzzzzzzzzzzzzzzzzzzzzzzzz') AS t FROM attachments");
    assert_eq!(nils.get(&format!("/portal/leads/{lead}")).await.status(), 200);
    for ((path, page), (_, with)) in before.iter().zip(overview(&nils).await) {
        let is_of_leads = !matches!(*path, "/account" | "/portal/leads?state=overdue");
        assert!(
            with.source() != page.source() || !is_of_leads,
            "{path} does not know the lead"
        );
    }

    bring_about(&app, end, &lead).await;

    let (never, no_file) = (Reference::random(), Reference::random());
    let gone = about(&nils, &lead, &file).await;
    let unknown = about(&nils, &never, no_file.as_str()).await;
    let is_signed_out = matches!(end, End::SuspendedUser | End::SuspendedPartner);
    for (answer, same) in gone.iter().zip(&unknown) {
        assert_eq!(answer.1, if is_signed_out { 303 } else { 404 }, "{end:?}, {}", answer.0);
        assert_eq!(answer, same, "{end:?}");
    }
    for ((path, page), (_, after)) in before.iter().zip(overview(&nils).await) {
        assert_eq!(after.status(), if is_signed_out { 303 } else { 200 }, "{end:?} {path}");
        for trace in [lead.as_str(), &file, "Gone", "gone.pdf"] {
            assert!(
                !after.source().replace("q=gone", "").contains(trace),
                "{end:?} {path}: {trace}"
            );
        }
        // Whoever opened a lead that was deleted has a task about it, which names nothing of it.
        let has_task = end == End::Deletion && is_opened;
        if !is_signed_out && !has_task {
            assert_eq!(after.source(), page.source(), "{end:?} {path}");
        }
    }
}

db_test! {
    async fn an_opened_lead_is_gone_on_the_next_request(app) {
        for end in ENDS {
            is_gone_at_once(app.backend, end, true).await;
        }
    }

    async fn a_waiting_lead_is_gone_on_the_next_request(app) {
        for end in ENDS {
            is_gone_at_once(app.backend, end, false).await;
        }
    }
}
