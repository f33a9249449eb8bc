//! No page walks through a large table: the plan of every statement that pages run is read, on both databases.

use std::collections::BTreeSet;

use leadgate::cli::demo::crowd;
use leadgate::db::types::Reference;
use leadgate::web::{Audience, ROUTES};
use scraper::{ElementRef, Html, Selector};

use crate::support::TestApp;
use crate::support::client::{Client, Page};
use crate::support::database::Backend;
use crate::support::sql::{execute, texts};

/// The tables that grow without end, and what the view of partners calls them.
const LARGE: [&str; 7] = ["leads", "assignments", "audit_events", "outbox", "notices", "l", "a"];

/// A control of a filter form, with a value that it offers.
#[derive(Clone)]
struct Control {
    name: String,
    value: String,
}

/// The filters that a page offers, and the address that they lead to.
fn filters(page: &Page) -> Option<(String, Vec<Control>)> {
    let select = |css: &str| Selector::parse(css).unwrap();
    let html = Html::parse_document(&page.source());
    let form = html.select(&select("form.filters[method=get]")).next()?;
    let action = form.value().attr("action")?.to_owned();
    let value_of = |control: ElementRef<'_>| {
        let option = select("option");
        let options = control
            .select(&option)
            .filter_map(|option| option.value().attr("value"));
        let offered = options.filter(|value| !value.is_empty()).last().map(str::to_owned);
        offered.unwrap_or_else(|| match control.value().attr("type") {
            Some("date") => "2026-01-15".to_owned(),
            _ => "example".to_owned(),
        })
    };
    let control = select("select[name], input[name]:not([type=hidden])");
    let controls = form.select(&control).map(|control| Control {
        name: control.value().attr("name").unwrap().to_owned(),
        value: value_of(control),
    });
    Some((action, controls.collect()))
}

fn address(action: &str, controls: &[&Control]) -> String {
    let pairs: Vec<String> = controls
        .iter()
        .map(|control| format!("{}={}", control.name, control.value.replace(' ', "%20")))
        .collect();
    format!("{action}?{}", pairs.join("&"))
}

/// Looks at a page with each of its filters, each two of them, and all; in every order; and turns its pages.
async fn look_through(client: &Client, path: &str) {
    let page = client.get(path).await;
    turn(client, path, &page).await;
    let Some((action, controls)) = filters(&page) else {
        return;
    };
    let mut choices: Vec<Vec<&Control>> = controls.iter().map(|control| vec![control]).collect();
    for (index, first) in controls.iter().enumerate() {
        choices.extend(controls[index + 1..].iter().map(|second| vec![first, second]));
    }
    choices.push(controls.iter().collect());
    for choice in choices {
        let path = address(&action, &choice);
        let page = client.get(&path).await;
        assert_eq!(page.status(), 200, "{path}: {}", page.text());
        if choice.len() == 1 {
            turn(client, &path, &page).await;
        }
    }
}

/// Follows the links that sort the list or lead to another page of it, there and back.
async fn turn(client: &Client, path: &str, page: &Page) {
    let own = path.split('?').next().unwrap();
    let mut seen: BTreeSet<String> = BTreeSet::from([path.to_owned()]);
    let mut next: Vec<String> = ways_on(own, page);
    for _ in 0..3 {
        let mut found = Vec::new();
        for path in next {
            if seen.insert(path.clone()) {
                found.extend(ways_on(own, &client.get(&path).await));
            }
        }
        next = found;
    }
}

fn ways_on(own: &str, page: &Page) -> Vec<String> {
    let leads_on = |link: &String| {
        let (path, query) = link.split_once('?').unwrap_or((link, ""));
        path == own
            && ["sort=", "page=", "list=", "section="]
                .iter()
                .any(|name| query.contains(name))
    };
    page.links().into_iter().filter(leads_on).collect()
}

/// The statement alone, without the values that it was run with.
pub(super) fn statement(text: &str) -> &str {
    text.split(" -- binds:").next().unwrap().trim()
}

/// The plan, line by line.
pub(super) fn plan(app: &TestApp, statement: &str) -> Vec<String> {
    let mut conn = app.conn();
    match app.backend {
        Backend::Sqlite => {
            #[derive(diesel::QueryableByName)]
            struct Step {
                #[diesel(sql_type = diesel::sql_types::Text)]
                detail: String,
            }
            use diesel::RunQueryDsl;
            let steps: Vec<Step> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}"))
                .load(&mut conn)
                .unwrap_or_else(|error| panic!("{statement}: {error}"));
            steps.into_iter().map(|step| step.detail).collect()
        }
        Backend::Postgres => {
            let count = (1..)
                .take_while(|number| statement.contains(&format!("${number}")))
                .count();
            let values = vec!["NULL"; count].join(", ");
            let values = if count == 0 {
                String::new()
            } else {
                format!("({values})")
            };
            // On a small table the cheapest plan is another one: what is asked is whether an index could answer.
            execute(
                &mut conn,
                "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off; \
                 SET enable_mergejoin = off; SET enable_material = off; \
                 CREATE FUNCTION pg_temp.plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS \
                 $$ BEGIN RETURN QUERY EXECUTE query; END $$",
            )
            .unwrap();
            execute(&mut conn, &format!("PREPARE asked AS {statement}"))
                .unwrap_or_else(|error| panic!("{statement}: {error}"));
            let explain = format!("EXPLAIN (COSTS OFF) EXECUTE asked{values}");
            texts(
                &mut conn,
                &format!("SELECT answer FROM pg_temp.plan('{explain}') AS plan(answer)"),
            )
        }
    }
}

/// The steps of a plan that read a large table from one end to the other. A list of all, or of all days of a range, may
/// walk along the index of its order until its page is full; anything else must be led by one. PostgreSQL tells that by what it does when it must
/// not read tables through; of indexes it has the same ones (`migrations::shape`).
fn walks(backend: Backend, statement: &str, plan: &[String]) -> Vec<String> {
    let (_, conditions) = statement.split_once(" FROM ").unwrap_or_default();
    let chosen = conditions.split_once(" WHERE ").map_or("", |(_, chosen)| chosen);
    let is_list_of_all =
        statement.contains("LIMIT") && !["= ?", "LIKE", " IN "].iter().any(|word| chosen.contains(word));
    let large = |line: &str, before: &str| {
        let Some((_, rest)) = line.split_once(before) else {
            return false;
        };
        // Every request asks who it is: that must not read through even a small table.
        statement.contains("key_hash") || LARGE.contains(&rest.split_whitespace().next().unwrap_or_default())
    };
    let is_walk = |line: &&String| match backend {
        Backend::Sqlite => large(line, "SCAN ") && !(line.contains("USING") && is_list_of_all),
        Backend::Postgres => large(line, "Seq Scan on "),
    };
    plan.iter().filter(is_walk).cloned().collect()
}

/// A path with real references in it, where it has a place for them.
fn fill_in(path: &str, page_of_leads: &Page, of: &str) -> Option<String> {
    if !path.contains('{') {
        return Some(path.to_owned());
    }
    let lead = page_of_leads.links().into_iter().find(|link| {
        link.strip_prefix(of)
            .is_some_and(|rest| rest.len() > 20 && !rest.contains(['/', '?']))
    })?;
    let filled = path.replace(&format!("{of}{{reference}}"), &lead);
    (!filled.contains('{')).then_some(filled)
}

db_test! {
    async fn no_page_walks_through_a_large_table(app) {
        app.track_permission().await;
        crowd::enter(&mut app.conn(), 1_500, app.now()).unwrap();
        let (ada, sofia, nora) = (app.ada().await, app.sofia().await, app.nora().await);

        let before = app.statements.texts().len();
        for route in ROUTES.iter().filter(|route| route.methods.contains(&"get")) {
            let (client, list) = match route.audience {
                Audience::Administrator => (&ada, "/users"),
                Audience::Staff | Audience::SignedIn => (&sofia, "/leads"),
                Audience::Partner => (&nora, "/portal/leads"),
                Audience::PartnerManager => (&nora, "/portal/people"),
                Audience::Anybody => continue,
            };
            let of = format!("{list}/");
            if let Some(path) = fill_in(route.path, &client.get(list).await, &of) {
                look_through(client, &path).await;
            }
        }
        look_through(&ada, "/").await;
        // Who holds a lead is offered once a partner is chosen.
        let partner = app.text("SELECT reference AS t FROM partners WHERE name = 'Northwind'");
        look_through(&sofia, &format!("/leads?partner={partner}")).await;
        look_through(&sofia, &format!("/leads?import={}", Reference::random())).await;
        leadgate::jobs::tick(&app.state).await;
        let asked: BTreeSet<String> = app.statements.texts()[before..]
            .iter()
            .map(|text| statement(text).to_owned())
            .filter(|text| ["SELECT", "WITH", "UPDATE", "DELETE"].iter().any(|word| text.starts_with(word)))
            // Asked for none of a list.
            .filter(|text| !text.contains("(1=0)") && !text.contains("ANY('{}')"))
            .collect();

        let mut found = Vec::new();
        for statement in &asked {
            let plan = plan(&app, statement);
            for walk in walks(app.backend, statement, &plan) {
                found.push(format!("{walk}\n    in {statement}"));
            }
        }
        println!("{} plans", asked.len());
        assert!(asked.len() > 100, "{}", asked.len());
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}
