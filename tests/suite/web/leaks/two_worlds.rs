//! The two-world comparison: two databases that differ in nothing but what is recorded about permission, the same days
//! of a partner's people in both, and not a byte of difference in what comes back or arrives by mail.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use diesel::RunQueryDsl;
use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;
use leadgate::domain::assignments::question;
use leadgate::domain::assignments::vendor_note::{self, VendorNote};
use leadgate::domain::leads::internal_notes::{self, InternalNote};
use leadgate::domain::leads::staff;
use leadgate::domain::permission::confirmation::{self, Basis};
use leadgate::jobs;
use leadgate::mail::{Email, MemoryMailer};

use super::own_account;
use super::script::{Asked, Script, assert_no_route_is_left_out};
use super::session::{self, OF_THE_MEMBER, name_what_chance_named};
use crate::support::TestApp;

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
    assert_eq!(app.count("SELECT COUNT(*) AS n FROM destroy_tasks"), 1);
    // The pages of the notices name them.
    name_what_chance_named(app);
}

/// Some are given to the member; the manager sees them all the same.
async fn hand_over(app: &TestApp, leads: &[Reference]) {
    for (number, lead) in leads.iter().enumerate() {
        app.clock.advance(TimeDelta::seconds(20));
        let holder = if (OF_THE_MEMBER..LEADS).contains(&number) {
            cast::NILS
        } else {
            cast::NORA
        };
        crate::support::builders::assign_to(app, lead, holder).await;
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

/// What the people of the partner get in one world: answers and letters.
async fn live(app: &TestApp, leads: &[Reference]) -> (Vec<Asked>, Vec<Email>) {
    let mailer = MemoryMailer::default();
    deliver(app, &mailer).await;
    let mut script = Script::of(app, cast::NORA).await;
    session::of_the_manager(&mut script, leads).await;
    own_account::people(&mut script).await;
    deliver(app, &mailer).await;
    script.goes_on_as(cast::NILS).await;
    session::of_the_member(&mut script, leads).await;
    deliver(app, &mailer).await;
    // Deadlines come nearer, and pass.
    for hours in [60, 150] {
        app.clock.advance(TimeDelta::hours(hours));
        deliver(app, &mailer).await;
        name_what_chance_named(app);
        script.goes_on_as(cast::NORA).await;
        session::look_around(&mut script, leads).await;
    }
    own_account::account(&mut script).await;
    deliver(app, &mailer).await;
    let letters = mailer.sent().into_iter();
    let letters = letters.filter(|letter| letter.to_address.ends_with("@northwind.example"));
    (script.asked, letters.collect())
}

async fn deliver(app: &TestApp, mailer: &MemoryMailer) {
    let state = app.state.clone().with_mailer(Arc::new(mailer.clone()));
    for _ in 0..2 {
        jobs::tick(&state).await;
    }
}

/// A letter but for the name that it is known by, the port and the secret of a link.
fn opened(letter: &Email, app: &TestApp) -> [String; 6] {
    let masked = |text: &str| {
        let mut parts = text.split("token=");
        let mut masked = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let rest = part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "-_".contains(c));
            masked.push_str(&format!("token=SECRET{rest}"));
        }
        masked.replace(&app.origin, "ORIGIN")
    };
    [
        letter.to_name.clone(),
        letter.to_address.clone(),
        letter.subject.clone(),
        masked(&letter.text),
        masked(&letter.html),
        format!("{:?}", letter.written_at),
    ]
}

async fn compare(first: TestApp, furnish: impl AsyncFn(&TestApp, World) -> Vec<Reference>) {
    let second = TestApp::on(first.backend).await;
    for app in [&first, &second] {
        set_deadlines(app).await;
    }
    let mut lives = Vec::new();
    for (app, world) in [(&first, World::First), (&second, World::Second)] {
        let leads = furnish(app, world).await;
        lives.push(live(app, &leads).await);
    }
    let ((ours, our_letters), (theirs, their_letters)) = (&lives[0], &lives[1]);

    for (one, other) in ours.iter().zip(theirs) {
        assert_eq!(one.what, other.what);
        let (a, b) = (one.wire(&first), other.wire(&second));
        assert_eq!((a.0, &a.1), (b.0, &b.1), "{}", one.what);
        assert!(
            a.2 == b.2,
            "{}:\n{}\n--- and ---\n{}",
            one.what,
            one.page.source(),
            other.page.source()
        );
    }
    assert_eq!(ours.len(), theirs.len());
    for (one, other) in our_letters.iter().zip(their_letters) {
        assert_eq!(opened(one, &first), opened(other, &second));
    }
    assert_eq!(our_letters.len(), their_letters.len());
    assert_much_was_done(ours, our_letters);
}

/// A comparison of nothing would find no difference.
fn assert_much_was_done(asked: &[Asked], letters: &[Email]) {
    assert_no_route_is_left_out(asked);
    println!("{} requests, {} letters", asked.len(), letters.len());
    assert!(asked.len() >= 2_000, "only {} requests", asked.len());
    assert!(asked.iter().filter(|one| one.page.status() == 200).count() > 1_200);
    for act in [
        "closing",
        "reassignment",
        "decline",
        "conversion",
        "attachments",
        "remove",
    ] {
        let is_done = |one: &&Asked| one.what.contains(&format!("/{act}, ")) && one.page.status() == 303;
        assert!(asked.iter().filter(is_done).count() > 2, "no {act} came through");
    }
    let subjects: BTreeSet<&str> = letters.iter().map(|letter| letter.subject.as_str()).collect();
    println!("{subjects:#?}");
    for subject in [
        "A new lead is waiting",
        "A question about a lead",
        "A note about a lead",
        "A lead needs you soon",
        "Destroy your copies of a lead",
    ] {
        assert!(subjects.contains(subject), "{subject} in {subjects:?}");
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
