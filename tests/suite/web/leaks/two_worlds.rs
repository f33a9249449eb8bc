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

use crate::support::TestApp;
use crate::support::client::{Client, Page};

/// How many leads the partner sees: more than a page has.
const LEADS: usize = 52;

/// The number of the task that a deleted lead left.
const TASK: usize = 210;

/// The reason "Price" of the list that every database begins with.
const LOST: &str = "9rd3f7kx2vq6hn1zj8tcw4ym5b";

/// How many of them the partner opens and writes about.
const WORKED: usize = 20;

/// The world as it would be with one record or the other about permission.
#[derive(Clone, Copy, PartialEq, Eq)]
enum World {
    First,
    Second,
}

/// The same name for the same lead in both worlds, so that nothing needs masking.
fn fixed(number: usize) -> Reference {
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

/// One session: every route, order, page and error, the same in every world.
async fn session(app: &TestApp, client: &Client, leads: &[Reference]) -> Vec<(String, Page)> {
    let mut answers = Vec::new();
    macro_rules! note {
        ($what:expr, $answer:expr) => {
            answers.push(($what, $answer.await))
        };
    }
    let unknown = fixed(200);
    let mut paths: Vec<String> = [
        "/portal",
        "/portal/leads",
        "/portal/notices",
        "/portal/tasks",
        "/",
        "/leads",
        "/settings",
        "/nothing",
        "/portal/nothing",
    ]
    .map(str::to_owned)
    .to_vec();
    for sort in [
        "",
        "newest",
        "oldest",
        "name",
        "name_backwards",
        "next_step",
        "permission",
        "zzz",
    ] {
        for words in ["", "name", "name07", "nordlicht", "qwrtyx", "permission", "confirmed"] {
            paths.push(format!("/portal/leads?sort={sort}&q={words}"));
        }
        for place in [0, 17, 49, 51] {
            for direction in ["after", "before"] {
                paths.push(format!("/portal/leads?sort={sort}&page={direction}-{}", leads[place]));
                paths.push(format!(
                    "/portal/leads?sort={sort}&waiting={direction}-{}",
                    leads[place]
                ));
            }
        }
        paths.push(format!("/portal/leads?sort={sort}&page=after-{unknown}"));
    }
    for filter in [
        "state=waiting",
        "state=open",
        "state=overdue",
        "state=closed",
        "state=won",
        "state=zzz",
        "product=ERP%20Cloud",
        "product=zzz",
        "country=SE",
        "country=DE&state=open",
        "country=ZZ",
        "period=7_days",
        "colleague=everybody",
        "colleague=zzz",
    ] {
        paths.push(format!("/portal/leads?{filter}"));
        paths.push(format!("/portal/leads?{filter}&sort=next_step&page=after-{}", leads[3]));
    }
    for name in [
        "permission",
        "filter[permission]",
        "fields",
        "include",
        "has_confirmation",
        "on_hold",
        "ground",
    ] {
        for value in ["1", "confirmed", "on_hold"] {
            paths.push(format!("/portal/leads?{name}={value}"));
        }
    }
    let task = format!("/portal/tasks/{}", fixed(TASK));
    paths.push(task.clone());
    paths.push(format!("/portal/tasks/{unknown}"));
    let walk = async |answers: &mut Vec<(String, Page)>| {
        for path in &paths {
            answers.push((format!("GET {path}"), client.get(path).await));
        }
        for lead in leads.iter().chain([&unknown]) {
            let path = format!("/portal/leads/{lead}");
            answers.push((format!("GET {path}"), client.get(&path).await));
        }
    };
    walk(&mut answers).await;
    for (number, lead) in leads.iter().take(WORKED).chain([&unknown]).enumerate() {
        let path = format!("/portal/leads/{lead}");
        let open = format!("{path}/open");
        let write = format!("{path}/note");
        let long = "x".repeat(1_500);
        note!(
            format!("POST {write}, early"),
            client.post(&write, &[("status_note", "early")])
        );
        note!(
            format!("POST {write}, long"),
            client.post(&write, &[("status_note", &long)])
        );
        if number % 4 != 3 {
            note!(format!("POST {open}"), client.post(&open, &[]));
            note!(format!("GET {path}, opened"), client.get(&path));
            note!(format!("GET {path}, again"), client.get(&path));
            note!(format!("POST {open}, again"), client.post(&open, &[]));
        }
        note!(
            format!("POST {write}"),
            client.post(
                &write,
                &[("status_note", "Called, wants an offer"), ("permission", "1")]
            )
        );
        note!(
            format!("POST {write}, too long"),
            client.post(&write, &[("status_note", &long)])
        );
        let step = format!("{path}/next-step");
        let day = format!("2026-05-{:02}", 1 + number);
        note!(
            format!("POST {step}"),
            client.post(&step, &[("next_step", "Call again"), ("next_step_on", &day)])
        );
        note!(
            format!("POST {step}, without a day"),
            client.post(&step, &[("next_step", "Call again"), ("next_step_on", "soon")])
        );
        note!(format!("GET {path}, noted"), client.get(&path));
        let answer = format!("{path}/answer");
        for (chosen, remark) in [
            ("", "typed"),
            ("no", long.as_str()),
            ("yes", "Offer is out"),
            ("no", "late"),
        ] {
            note!(
                format!("POST {answer}, {chosen} {}", remark.len()),
                client.post(
                    &answer,
                    &[("answer", chosen), ("answer_remark", remark), ("permission", "1")]
                )
            );
        }
        note!(format!("GET {path}, answered"), client.get(&path));
        note!(
            format!("POST {open}, from elsewhere"),
            client.request("POST", &open, &[], "")
        );
        note!(
            format!("PUT {path}"),
            client.request("PUT", &path, &[("origin", &app.origin)], "")
        );
        for act in ["closing", "conversion", "decline", "reassignment"] {
            let form = format!("{path}/{act}");
            note!(format!("GET {form}"), client.get(&form));
            note!(format!("POST {form}, empty"), client.post(&form, &[]));
        }
        let colleague = app.reference_of(cast::NILS);
        let end: Option<(&str, [(&str, &str); 2])> = match number % 5 {
            0 => Some(("closing", [("choice", LOST), ("remark", "Too dear")])),
            1 => Some(("reassignment", [("colleague", &colleague), ("permission", "1")])),
            2 => Some(("decline", [("reason", "other"), ("remark", "Our own customer")])),
            _ => None,
        };
        if let Some((act, fields)) = end {
            let form = format!("{path}/{act}");
            note!(format!("POST {form}, done"), client.post(&form, &fields));
            note!(format!("GET {path}, after {act}"), client.get(&path));
            note!(format!("POST {form}, again"), client.post(&form, &fields));
        }
        let zipped = [("accept-encoding", "gzip")];
        note!(
            format!("GET {path}, compressed"),
            client.request("GET", &path, &zipped, "")
        );
    }
    let answer = format!("{task}/answer");
    for (chosen, remark) in [
        ("", ""),
        ("kept", ""),
        ("kept", "The law wants it for six years"),
        ("destroyed", ""),
    ] {
        note!(
            format!("POST {answer}, {chosen}"),
            client.post(&answer, &[("answer", chosen), ("remark", remark), ("permission", "1")])
        );
    }
    walk(&mut answers).await;
    for format in ["csv", "xlsx", "permission"] {
        for filter in [
            ("state", "waiting"),
            ("state", "open"),
            ("sort", "next_step"),
            ("q", "name1"),
            ("permission", "1"),
        ] {
            note!(
                format!("POST /portal/leads/download {format} {filter:?}"),
                client.post("/portal/leads/download", &[("format", format), filter])
            );
        }
    }
    answers
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
