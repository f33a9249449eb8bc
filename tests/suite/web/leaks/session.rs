//! What the people of one partner do with its leads in both worlds of the comparison.

use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;

use super::script::Script;
use super::two_worlds::{TASK, fixed};
use crate::support::TestApp;
use crate::support::sql::{execute, number};

/// How many of them the manager opens and writes about.
const WORKED: usize = 20;

/// The first of those that are the member's.
pub const OF_THE_MEMBER: usize = 40;

/// The reason "Price" of the list that every database begins with.
const LOST: &str = "9rd3f7kx2vq6hn1zj8tcw4ym5b";

const DEAL: [(&str, &str); 5] = [
    ("amount", "12,500"),
    ("currency", "EUR"),
    ("stage", "proposal"),
    ("expected_on", "2026-09-30"),
    ("permission", "1"),
];

const PDF: &[u8] = b"%PDF-1.7\nan offer";

/// Gives everything with a random name the same one in both worlds.
pub fn name_what_chance_named(app: &TestApp) {
    let numbered = [("notices", 1_000), ("attachments", 2_000)].map(|(table, first)| {
        format!("UPDATE {table} SET reference = 'abcdefghjkmnpqrstvwxyz' || CAST({first} + id AS TEXT)")
    });
    let [notices, attachments] = numbered;
    for statement in [
        notices,
        attachments,
        format!("UPDATE destroy_tasks SET reference = '{}'", fixed(TASK)),
        "UPDATE users SET reference = 'abcdefghjkmnpqrstvwxyz' || CAST(4000 + id AS TEXT) WHERE password_hash IS NULL"
            .to_owned(),
    ] {
        execute(&mut app.conn(), &statement).unwrap();
    }
}

/// Every page that tells of leads, in every order and with every filter.
pub async fn look_around(script: &mut Script<'_>, leads: &[Reference]) {
    for path in paths(leads) {
        script.get(&path, "").await;
    }
    for lead in leads.iter().chain([&fixed(200)]) {
        script.get(&format!("/portal/leads/{lead}"), "").await;
    }
}

fn paths(leads: &[Reference]) -> Vec<String> {
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
            for (section, direction) in ["page", "waiting", "closed"]
                .iter()
                .flat_map(|section| [(section, "after"), (section, "before")])
            {
                let lead = &leads[place];
                paths.push(format!("/portal/leads?sort={sort}&{section}={direction}-{lead}"));
            }
        }
        paths.push(format!("/portal/leads?sort={sort}&page=after-{unknown}"));
    }
    for filter in [
        "state=waiting",
        "state=open",
        "state=overdue",
        "state=due_soon",
        "state=closed",
        "state=won",
        "state=lost",
        "state=converted",
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
    for number in [1_000, 1_005, 1_040] {
        let notice = format!("abcdefghjkmnpqrstvwxyz{number}");
        paths.push(format!("/portal/notices?page=after-{notice}"));
        paths.push(format!("/portal/notices?page=before-{notice}"));
    }
    paths.push(format!("/portal/tasks/{}", fixed(TASK)));
    paths.push(format!("/portal/tasks/{unknown}"));
    paths
}

/// The manager: looks at everything, works on some leads, and looks again.
pub async fn of_the_manager(script: &mut Script<'_>, leads: &[Reference]) {
    look_around(script, leads).await;
    for (number, lead) in leads.iter().take(WORKED).chain([&fixed(200)]).enumerate() {
        work_on(script, number, lead).await;
    }
    answer_the_task(script).await;
    script.post("/portal/notices/read", &[], "").await;
    name_what_chance_named(script.app);
    look_around(script, leads).await;
    downloads(script).await;
}

/// The member: sees the own leads alone, and works on a few.
pub async fn of_the_member(script: &mut Script<'_>, leads: &[Reference]) {
    look_around(script, leads).await;
    for path in ["/portal/people", "/portal/people/new"] {
        script.get(path, "as a member").await;
    }
    for (number, lead) in leads.iter().enumerate().skip(OF_THE_MEMBER).take(8) {
        work_on(script, number, lead).await;
    }
    // One of the manager's, and one that the manager passed on.
    for lead in [&leads[4], &leads[1]] {
        work_on(script, 100, lead).await;
    }
    script.post("/portal/notices/read", &[], "").await;
    downloads(script).await;
}

async fn work_on(script: &mut Script<'_>, number: usize, lead: &Reference) {
    let path = format!("/portal/leads/{lead}");
    let (open, write) = (format!("{path}/open"), format!("{path}/note"));
    let long = "x".repeat(1_500);
    script.post(&write, &[("status_note", "early")], "early").await;
    script.post(&write, &[("status_note", &long)], "long").await;
    attach(script, &path, "early.pdf", PDF, "early").await;
    if number % 4 != 3 {
        script.post(&open, &[], "").await;
        script.get(&path, "opened").await;
        script.get(&path, "again").await;
        script.post(&open, &[], "again").await;
    }
    let note = [("status_note", "Called, wants an offer"), ("permission", "1")];
    script.post(&write, &note, "").await;
    script.post(&write, &[("status_note", &long)], "too long").await;
    let step = format!("{path}/next-step");
    let day = format!("2026-05-{:02}", 1 + number % 28);
    script
        .post(&step, &[("next_step", "Call again"), ("next_step_on", &day)], "")
        .await;
    script
        .post(
            &step,
            &[("next_step", "Call again"), ("next_step_on", "soon")],
            "without a day",
        )
        .await;
    script.get(&path, "noted").await;
    attachments(script, number, &path).await;
    let answer = format!("{path}/answer");
    for (chosen, remark) in [
        ("", "typed"),
        ("no", long.as_str()),
        ("yes", "Offer is out"),
        ("no", "late"),
    ] {
        let fields = [("answer", chosen), ("answer_remark", remark), ("permission", "1")];
        script
            .post(&answer, &fields, &format!("{chosen} {}", remark.len()))
            .await;
    }
    script.get(&path, "answered").await;
    script.request("POST", &open, &[], "from elsewhere").await;
    let origin = script.app.origin.clone();
    script.request("PUT", &path, &[("origin", &origin)], "").await;
    for act in ["closing", "conversion", "decline", "reassignment"] {
        let form = format!("{path}/{act}");
        script.get(&form, "").await;
        script.post(&form, &[], "empty").await;
    }
    end(script, number, &path).await;
    script
        .request("GET", &path, &[("accept-encoding", "gzip")], "compressed")
        .await;
}

/// Adds a file, saves it, and takes every other one away.
async fn attachments(script: &mut Script<'_>, number: usize, path: &str) {
    attach(script, path, "offer.pdf", PDF, "").await;
    attach(script, path, "offer.exe", b"MZ\0\0", "of another kind").await;
    attach(script, path, "offer.pdf", b"", "empty").await;
    let newest = number_of_the_newest_file(script.app);
    let file = format!("/portal/attachments/abcdefghjkmnpqrstvwxyz{newest}");
    script.get(path, "with a file").await;
    script.get(&file, path).await;
    if number.is_multiple_of(2) {
        script.post(&format!("{file}/remove"), &[], path).await;
        script.post(&format!("{file}/remove"), &[], "again").await;
        script.get(&file, "removed").await;
    }
}

async fn attach(script: &mut Script<'_>, path: &str, name: &str, bytes: &[u8], note: &str) {
    let path = format!("{path}/attachments");
    script.upload(&path, name, bytes, note).await;
    name_what_chance_named(script.app);
}

fn number_of_the_newest_file(app: &TestApp) -> i64 {
    number(&mut app.conn(), "SELECT 2000 + COALESCE(MAX(id), 0) FROM attachments")
}

async fn end(script: &mut Script<'_>, number: usize, path: &str) {
    let colleague = script.app.reference_of(cast::NILS);
    let (act, fields): (&str, Vec<(&str, &str)>) = match number % 5 {
        0 => ("closing", vec![("choice", LOST), ("remark", "Too dear")]),
        1 => ("reassignment", vec![("colleague", &colleague), ("permission", "1")]),
        2 => ("decline", vec![("reason", "other"), ("remark", "Our own customer")]),
        3 => ("conversion", DEAL.to_vec()),
        _ => return,
    };
    let form = format!("{path}/{act}");
    script.post(&form, &fields, "done").await;
    script.get(path, &format!("after {act}")).await;
    script.post(&form, &fields, "once more").await;
}

async fn answer_the_task(script: &mut Script<'_>) {
    let answer = format!("/portal/tasks/{}/answer", fixed(TASK));
    for (chosen, remark) in [
        ("", ""),
        ("kept", ""),
        ("kept", "The law wants it for six years"),
        ("destroyed", ""),
    ] {
        let fields = [("answer", chosen), ("remark", remark), ("permission", "1")];
        script.post(&answer, &fields, chosen).await;
    }
}

async fn downloads(script: &mut Script<'_>) {
    for format in ["csv", "xlsx", "permission"] {
        for filter in [
            ("state", "waiting"),
            ("state", "open"),
            ("sort", "next_step"),
            ("q", "name1"),
            ("permission", "1"),
        ] {
            let note = format!("{format} {filter:?}");
            script
                .post("/portal/leads/download", &[("format", format), filter], &note)
                .await;
        }
    }
}
