//! The two-world comparison: two databases that differ in nothing but what is recorded about permission, one scripted
//! session of a partner in both, and not a byte of difference in what comes back.

use chrono::{NaiveDate, TimeDelta};
use diesel::RunQueryDsl;
use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;
use leadgate::domain::assignments::question;
use leadgate::domain::assignments::vendor_note::{self, VendorNote};
use leadgate::domain::leads::internal_notes::{self, InternalNote};
use leadgate::domain::leads::staff;
use leadgate::domain::permission::confirmation::{self, Basis};

use super::session::session;
use crate::support::TestApp;
use crate::support::client::Page;

/// How many leads the partner sees: more than a page has.
const LEADS: usize = 52;

/// The number of the task that a deleted lead left.
pub const TASK: usize = 210;

/// The world as it would be with one record or the other about permission.
#[derive(Clone, Copy, PartialEq, Eq)]
enum World {
    First,
    Second,
}

/// The same name for the same lead in both worlds, so that nothing needs masking.
pub fn fixed(number: usize) -> Reference {
    Reference::parse(&format!("abcdefghjkmnpqrstvwxyz{number:02x}00")).expect("26 characters of the alphabet")
}

fn rename(app: &TestApp, from: &Reference, to: &Reference) {
    let changed = diesel::sql_query(format!(
        "UPDATE leads SET reference = '{to}' WHERE reference = '{from}'"
    ))
    .execute(&mut app.conn())
    .unwrap();
    assert_eq!(changed, 1);
}

async fn confirm(app: &TestApp, lead: &Reference, basis: Basis) {
    let (scope, now) = (app.staff_scope(), app.now());
    let lead = staff::id_of(&mut app.conn(), &scope, lead).unwrap().unwrap();
    app.write(move |tx| confirmation::confirm(tx, &scope, lead, &basis, None, now))
        .await
        .unwrap();
}

async fn a_lead(app: &TestApp, number: usize) -> Reference {
    let lead = app
        .a_lead()
        .named(&format!("Name{:02}", (number * 37) % LEADS), "Lead")
        .with(|lead| lead.country = ["SE", "DE", "GB"][number % 3].to_owned())
        .create()
        .await;
    let name = fixed(number);
    rename(app, &lead, &name);
    name
}

/// Tracking is off at the end, so that all leads are visible: in the first world half of them are confirmed, on every
/// ground; in the second none is.
async fn off(app: &TestApp, world: World) -> Vec<Reference> {
    let mut leads = Vec::new();
    for number in 0..=LEADS {
        leads.push(a_lead(app, number).await);
    }
    if world == World::First {
        app.track_permission().await;
        app.clock.advance(TimeDelta::minutes(7));
        for (number, lead) in leads.iter().enumerate().filter(|(number, _)| number % 2 == 0) {
            let basis = match number % 3 {
                0 => Basis::Contract,
                1 => Basis::LeadInterest {
                    reason: "They asked for somebody near them".repeat(10),
                },
                _ => Basis::Consent {
                    evidence: "Signed at the trade fair".to_owned(),
                    given_on: NaiveDate::from_ymd_opt(2026, 4, 20).unwrap(),
                },
            };
            confirm(app, lead, basis).await;
        }
        app.set_tracking(false, false).await;
    } else {
        app.clock.advance(TimeDelta::minutes(7));
    }
    hand_over(app, &leads).await;
    ask(app, &leads).await;
    delete_last(app, &mut leads).await;
    leads
}

/// Tracking is on at the end: in the first world every lead was confirmed and then handed over; in the second it was
/// handed over and opened before anybody tracked anything, and stays with the partner for the review.
async fn on(app: &TestApp, world: World) -> Vec<Reference> {
    let mut leads = Vec::new();
    for number in 0..=LEADS {
        leads.push(a_lead(app, number).await);
    }
    if world == World::First {
        app.track_permission().await;
        for lead in &leads {
            confirm(app, lead, Basis::Contract).await;
        }
    }
    hand_over(app, &leads).await;
    for lead in &leads {
        let (scope, lead, now) = (app.partner_scope(cast::NORA), lead.clone(), app.now());
        app.write(move |tx| leadgate::domain::assignments::open::open(tx, &scope, &lead, now))
            .await
            .unwrap();
    }
    if world == World::Second {
        app.track_permission().await;
    }
    ask(app, &leads).await;
    delete_last(app, &mut leads).await;
    leads
}

/// Opens the last lead and deletes it: the partner is asked to destroy its copies.
async fn delete_last(app: &TestApp, leads: &mut Vec<Reference>) {
    let (scope, now) = (app.partner_scope(cast::NORA), app.now());
    let last = leads.pop().expect("there are leads");
    let opened = last.clone();
    app.write(move |tx| leadgate::domain::assignments::open::open(tx, &scope, &opened, now))
        .await
        .unwrap();
    crate::support::builders::delete(app, &last).await;
    let changed = diesel::sql_query(format!("UPDATE destroy_tasks SET reference = '{}'", fixed(TASK)))
        .execute(&mut app.conn())
        .unwrap();
    assert_eq!(changed, 1);
    // The pages of the notices name them.
    diesel::sql_query("UPDATE notices SET reference = 'abcdefghjkmnpqrstvwxyz' || CAST(1000 + id AS TEXT)")
        .execute(&mut app.conn())
        .unwrap();
}

async fn hand_over(app: &TestApp, leads: &[Reference]) {
    for lead in leads {
        app.clock.advance(TimeDelta::seconds(20));
        crate::support::builders::assign_to(app, lead, cast::NORA).await;
    }
}

/// Staff write and ask about one lead in three, whatever is recorded about it.
async fn ask(app: &TestApp, leads: &[Reference]) {
    for lead in leads.iter().step_by(3) {
        let (scope, now) = (app.staff_scope(), app.now());
        let lead = staff::id_of(&mut app.conn(), &scope, lead).unwrap().unwrap();
        app.write(move |tx| {
            let to = staff::live_assignment(tx, &scope, lead)?.map(|assignment| assignment.id);
            let internal = InternalNote::parse(&format!("Said on the phone {}", lead.get())).unwrap();
            internal_notes::add(tx, &scope, lead, &internal, now)?;
            vendor_note::write(
                tx,
                &scope,
                lead,
                to,
                &VendorNote::parse("The list price is valid until July").unwrap(),
                now,
            )?;
            question::ask(tx, &scope, lead, now)?;
            Ok::<_, anyhow::Error>(())
        })
        .await
        .unwrap();
    }
}

/// All that comes over the wire, but for the moment, the port and the secrets of the session.
fn wire(page: &Page, app: &TestApp) -> (u16, Vec<String>, Vec<u8>) {
    let headers = page.header_lines().into_iter().map(|line| {
        if line.starts_with("set-cookie: leadgate-session=") {
            "set-cookie: SESSION".to_owned()
        } else {
            line.replace(&app.origin, "ORIGIN")
        }
    });
    (page.status(), headers.collect(), page.body.clone())
}

/// Deadlines run in both worlds.
async fn set_deadlines(app: &TestApp) {
    let ada = app.ada().await;
    let page = ada.get("/settings/deadlines").await;
    let typed = [
        ("open_within", "5"),
        ("first_update_within", "5"),
        ("update_every", "20"),
    ];
    assert_eq!(ada.submit(&page, "Save", &typed).await.status(), 303);
}

async fn compare(first: TestApp, furnish: impl AsyncFn(&TestApp, World) -> Vec<Reference>) {
    let second = TestApp::on(first.backend).await;
    for app in [&first, &second] {
        set_deadlines(app).await;
    }
    let mut sessions = Vec::new();
    for (app, world) in [(&first, World::First), (&second, World::Second)] {
        let leads = furnish(app, world).await;
        let client = app.nora().await;
        sessions.push(session(app, &client, &leads).await);
    }
    let (ours, theirs) = (&sessions[0], &sessions[1]);
    assert_eq!(ours.len(), theirs.len());
    assert!(ours.len() >= 600, "only {} requests", ours.len());
    assert!(ours.iter().filter(|(_, page)| page.status() == 200).count() > 400);
    for act in ["closing", "reassignment", "decline"] {
        let done = |(what, page): &&(String, Page)| what.ends_with(&format!("{act}, done")) && page.status() == 303;
        assert!(ours.iter().filter(done).count() > 2, "no {act} came through");
    }
    for ((what, page), (same, other)) in ours.iter().zip(theirs) {
        assert_eq!(what, same);
        let (a, b) = (wire(page, &first), wire(other, &second));
        assert_eq!((a.0, &a.1), (b.0, &b.1), "{what}");
        assert!(
            a.2 == b.2,
            "{what}:\n{}\n--- and ---\n{}",
            page.source(),
            other.source()
        );
    }
}

db_test! {
    async fn the_record_of_permission_changes_no_byte_while_it_is_not_tracked(app) {
        compare(app, off).await;
    }

    async fn a_confirmed_lead_looks_like_one_that_was_opened_before(app) {
        compare(app, on).await;
    }
}
