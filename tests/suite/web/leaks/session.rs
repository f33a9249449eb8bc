//! What one partner does in both worlds of the comparison.

use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;

use super::two_worlds::{TASK, fixed};
use crate::support::TestApp;
use crate::support::client::{Client, Page};

/// How many of them the partner opens and writes about.
const WORKED: usize = 20;

/// The reason "Price" of the list that every database begins with.
const LOST: &str = "9rd3f7kx2vq6hn1zj8tcw4ym5b";

/// One session: every route, order, page and error, the same in every world.
pub async fn session(app: &TestApp, client: &Client, leads: &[Reference]) -> Vec<(String, Page)> {
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
