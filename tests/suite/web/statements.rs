//! A page costs the same number of statements whether it shows few rows or many (FAILURES.md, F04).

use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;
use leadgate::domain::assignments::question;
use leadgate::domain::leads::staff;
use leadgate::web::{Audience, ROUTES};

use crate::support::TestApp;
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
    let reference = if path.contains("/leads/import") || path.contains("/imports") {
        return None;
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
        let (ada, sofia, nora) = (app.ada().await, app.sofia().await, app.nora().await);
        let people = [(Audience::SignedIn, &ada), (Audience::Administrator, &ada), (Audience::Staff, &sofia), (Audience::Partner, &nora), (Audience::PartnerManager, &nora)];
        let lead = fill(&app, 0, 3).await;
        delete_some(&app, 1).await;
        save_views(&sofia, 0, 1).await;
        let few = costs(&app, &lead, &people).await;
        fill(&app, 3, 60).await;
        delete_some(&app, 55).await;
        save_views(&sofia, 1, 30).await;

        let many = costs(&app, &lead, &people).await;

        println!("{many:#?}");
        assert!(many.len() >= 3, "{many:?}");
        assert_eq!(many, few);
        let most: Vec<_> = many.iter().filter(|(_, statements)| *statements > MOST).collect();
        assert!(most.is_empty(), "too many statements: {most:?}");
    }
}
