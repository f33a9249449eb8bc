//! A page costs the same number of statements whether it shows few rows or many (FAILURES.md, F04).

use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;
use leadgate::domain::assignments::note::{self, StatusNote};
use leadgate::domain::assignments::vendor_note::{self, VendorNote};
use leadgate::domain::assignments::{open, question};
use leadgate::domain::attachments::{self, NewAttachment, QUOTA};
use leadgate::domain::leads::internal_notes::{self, InternalNote};
use leadgate::domain::leads::staff;
use leadgate::jobs;
use leadgate::web::{Audience, ROUTES};

use super::imports;
use crate::support::TestApp;
use crate::support::builders::assign_to;
use crate::support::client::Client;
use crate::support::sql::texts;

/// More than so many statements, with those of the session, no page may need.
const MOST: u64 = 11;

/// Leads that were opened and deleted: each leaves a task.
async fn delete_some(app: &TestApp, count: usize) {
    for _ in 0..count {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        crate::support::builders::delete(app, &lead).await;
    }
}

/// A question that waits for its answer.
async fn ask(app: &TestApp, lead: &Reference) {
    let (scope, now) = (app.staff_scope(), app.now());
    let lead = staff::id_of(&mut app.conn(), &scope, lead).unwrap().unwrap();
    app.write(move |tx| question::ask(tx, &scope, lead, now)).await.unwrap();
}

/// So many notes, files and questions, and hand-overs to somebody else and back, on one lead of Nora's or Nils's.
async fn work_on(app: &TestApp, lead: &Reference, holder: &str, count: usize) {
    for _ in 0..count {
        assign_to(app, lead, cast::SAM).await;
        assign_to(app, lead, holder).await;
    }
    let (partner, staff, now) = (app.partner_scope(holder), app.staff_scope(), app.now());
    let lead = lead.clone();
    app.write(move |tx| {
        let id = staff::id_of(tx, &staff, &lead)?.expect("it is there");
        open::open(tx, &partner, &lead, now)?;
        let assignment = staff::live_assignment(tx, &staff, id)?.map(|assignment| assignment.id);
        for number in 0..count {
            let words = format!("Said {number}");
            note::put(tx, &partner, &lead, &StatusNote::parse(&words).unwrap(), now)?;
            vendor_note::write(tx, &staff, id, assignment, &VendorNote::parse(&words).unwrap(), now)?;
            internal_notes::add(tx, &staff, id, &InternalNote::parse(&words).unwrap(), now)?;
            let file = NewAttachment::parse(&words, b"%PDF-1.7\nan offer".to_vec())?;
            attachments::attach(tx, &partner, &lead, &file, QUOTA, now)?;
        }
        question::ask(tx, &staff, id, now)?;
        Ok::<_, anyhow::Error>(())
    })
    .await
    .unwrap();
}

/// A bulk act whose leads were all left as they are.
async fn act_on(app: &TestApp, staff: &Client, count: usize) {
    let mut fields = vec![("act".to_owned(), "recall".to_owned())];
    for _ in 0..count {
        let lead = app.a_lead().create().await;
        fields.push(("lead".to_owned(), lead.to_string()));
    }
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(staff.post("/leads/bulk", &fields).await.status(), 303);
    jobs::tick(&app.state).await;
}

/// A file that was imported but for its bad rows, one that is being imported, and one that is looked at.
async fn import(app: &TestApp, staff: &Client, count: usize) {
    let mut text = "Last name,E-mail\r\n".to_owned();
    for number in 0..count {
        text.push_str(&format!("Öberg,fair{number}@nordlicht.example\r\nNobody,\r\n"));
    }
    for is_left in [false, true] {
        let preview = imports::preview(staff, "fair.csv", text.as_bytes()).await;
        imports::start(staff, &preview).await;
        if !is_left {
            jobs::tick(&app.state).await;
        }
    }
    imports::preview(staff, "fair.csv", text.as_bytes()).await;
}

fn newest(app: &TestApp, table: &str, which: &str) -> String {
    let newest = format!("SELECT reference AS answer FROM {table} WHERE {which} ORDER BY id DESC LIMIT 1");
    texts(&mut app.conn(), &newest).remove(0)
}

async fn fill(app: &TestApp, from: usize, to: usize) -> Reference {
    let mut last = None;
    for number in from..to {
        let mut lead = app
            .a_lead()
            .named("Anna", &format!("Öberg {number:03}"))
            .with(|lead| lead.source = format!("Source {number}"));
        if number % 3 != 0 {
            lead = lead.assigned_to(cast::NORA);
        }
        if number % 3 == 2 {
            lead = lead.opened();
            let lead = lead.create().await;
            ask(app, &lead).await;
            last = Some(lead);
        } else {
            lead.create().await;
        }
    }
    last.expect("one of them is opened")
}

/// A path with a real reference in it, where there is one.
fn fill_in(app: &TestApp, path: &str, lead: &Reference) -> Option<String> {
    if !path.contains('{') {
        return Some(path.to_owned());
    }
    let reference = if path.contains("/leads/import/") {
        let state = match path.rsplit('/').next() {
            Some("result" | "rejected.csv") => "done",
            Some("run") => "running",
            _ => "uploaded",
        };
        newest(app, "imports", &format!("state = '{state}'"))
    } else if path.contains("/leads/bulk/") {
        newest(app, "bulk_acts", "state = 'done'")
    } else if path.contains("/leads/views") {
        texts(
            &mut app.conn(),
            "SELECT reference AS answer FROM lead_views ORDER BY id LIMIT 1",
        )
        .remove(0)
    } else if path.contains("/leads/{reference}") {
        lead.to_string()
    } else if path.contains("/people/{reference}") {
        texts(
            &mut app.conn(),
            "SELECT reference AS answer FROM users WHERE email = 'nils@northwind.example'",
        )
        .remove(0)
    } else if path.contains("/users/{reference}") {
        texts(
            &mut app.conn(),
            "SELECT reference AS answer FROM users WHERE role = 'staff'",
        )
        .remove(0)
    } else if path.contains("/partners/{reference}") {
        texts(
            &mut app.conn(),
            "SELECT reference AS answer FROM partners WHERE name = 'Northwind'",
        )
        .remove(0)
    } else if path.contains("/tasks/{reference}") {
        texts(
            &mut app.conn(),
            "SELECT reference AS answer FROM destroy_tasks ORDER BY id LIMIT 1",
        )
        .remove(0)
    } else {
        return None;
    };
    Some(path.replace("{reference}", &reference)).filter(|path| !path.contains('{'))
}

/// What each page costs these people, and the member of a partner what the portal does.
async fn all_costs(
    app: &TestApp,
    leads: [&Reference; 2],
    people: &[(Audience, &Client)],
    member: &Client,
) -> Vec<(String, u64)> {
    let mut all = costs(app, leads[0], people).await;
    let portal = costs(app, leads[1], &[(Audience::Partner, member)]).await;
    all.extend(
        portal
            .into_iter()
            .map(|(path, cost)| (format!("{path}, a member"), cost)),
    );
    all
}

async fn costs(app: &TestApp, lead: &Reference, people: &[(Audience, &Client)]) -> Vec<(String, u64)> {
    let mut costs = Vec::new();
    for route in ROUTES.iter().filter(|route| route.methods.contains(&"get")) {
        let Some((_, client)) = people.iter().find(|(audience, _)| *audience == route.audience) else {
            continue;
        };
        let Some(path) = fill_in(app, route.path, lead) else {
            continue;
        };
        let (page, statements) = app.statements_of(client.get(&path)).await;
        if page.status() == 200 {
            costs.push((route.path.to_owned(), statements));
        }
    }
    costs
}

async fn save_views(client: &Client, from: usize, to: usize) {
    for number in from..to {
        let name = format!("View {number}");
        let fields = [("list", "status=open"), ("name", name.as_str())];
        assert_eq!(client.post("/leads/views", &fields).await.status(), 303);
    }
}

db_test! {
    async fn a_page_of_many_rows_needs_no_more_statements_than_one_of_few(app) {
        let (ada, sofia, nora, nils) = (app.ada().await, app.sofia().await, app.nora().await, app.nils().await);
        let people = [(Audience::SignedIn, &ada), (Audience::Administrator, &ada), (Audience::Staff, &sofia), (Audience::Partner, &nora), (Audience::PartnerManager, &nora)];
        let lead = fill(&app, 0, 3).await;
        let members = app.a_lead().assigned_to(cast::NILS).create().await;
        for (lead, holder) in [(&lead, cast::NORA), (&members, cast::NILS)] {
            work_on(&app, lead, holder, 1).await;
        }
        delete_some(&app, 1).await;
        save_views(&sofia, 0, 1).await;
        act_on(&app, &sofia, 1).await;
        import(&app, &sofia, 1).await;
        // First looks are written down: what a page costs is counted at the second.
        all_costs(&app, [&lead, &members], &people, &nils).await;
        let few = all_costs(&app, [&lead, &members], &people, &nils).await;
        fill(&app, 3, 60).await;
        for (lead, holder) in [(&lead, cast::NORA), (&members, cast::NILS)] {
            work_on(&app, lead, holder, 9).await;
        }
        for _ in 0..30 {
            app.a_lead().assigned_to(cast::NILS).create().await;
        }
        delete_some(&app, 55).await;
        save_views(&sofia, 1, 30).await;
        act_on(&app, &sofia, 40).await;
        import(&app, &sofia, 30).await;

        all_costs(&app, [&lead, &members], &people, &nils).await;
        let many = all_costs(&app, [&lead, &members], &people, &nils).await;

        println!("{many:#?}");
        for path in ["/leads/bulk/{reference}", "/leads/bulk/{reference}/results.csv", "/leads/import/{reference}", "/leads/import/{reference}/run",
            "/leads/import/{reference}/result", "/portal/leads/{reference}, a member", "/leads/{reference}/disclosures"] {
            assert!(many.iter().any(|(known, _)| known == path), "{path} was not asked: {many:?}");
        }
        assert_eq!(many, few);
        let most: Vec<_> = many.iter().filter(|(_, statements)| *statements > MOST).collect();
        assert!(most.is_empty(), "too many statements: {most:?}");
    }
}
