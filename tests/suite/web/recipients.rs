//! Whoever assigns a lead finds the recipient among very many: by indexes, in few statements, with a bounded answer.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use leadgate::cli::demo::cast;

use super::plans::{plan, statement};
use crate::support::TestApp;
use crate::support::client::{Client, Page};
use crate::support::database::Backend;
use crate::support::sql::execute;

const PARTNERS: usize = 500;

/// Partners with so many users altogether, as the program stores them; the users are called Person and a number.
fn enter(app: &TestApp, partners: usize, users: usize) {
    let mut conn = app.conn();
    let numbers =
        |count: usize| format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})");
    let statements = [
        format!(
            "INSERT INTO partners (reference, name, search_text, country, state, created_at) {} \
             SELECT 'p' || i, 'Company ' || i, 'company ' || i, 'SE', 'active', '2026-05-04 10:00:00' FROM n",
            numbers(partners)
        ),
        format!(
            "INSERT INTO users (reference, email, email_key, name, search_text, role, partner_id, state, created_at) {} \
             SELECT 'u' || i, 'person' || i || '@company.example', 'person' || i || '@company.example', 'Person ' || i, \
             'person ' || i || ' person' || i || '@company.example', 'partner_member', \
             (SELECT min(id) FROM partners WHERE name LIKE 'Company%') + i % {partners}, 'active', '2026-05-04 10:00:00' FROM n",
            numbers(users)
        ),
    ];
    for statement in statements {
        execute(&mut conn, &statement).unwrap();
    }
    match app.backend {
        Backend::Sqlite => execute(&mut conn, "INSERT INTO user_search (user_search) VALUES ('rebuild')").unwrap(),
        Backend::Postgres => execute(&mut conn, "ANALYZE users; ANALYZE partners").unwrap(),
    }
}

const SEARCHES: [&str; 6] = [
    "",
    "person%2049",
    "person42%40company.example",
    "Company%2017",
    "person",
    "pe",
];

async fn search(client: &Client, lead: &str, words: &str) -> Page {
    let page = client.get(&format!("/leads/{lead}/assign?q={words}")).await;
    assert_eq!(page.status(), 200, "{}", page.text());
    page
}

/// The shortest of some tries of each search.
async fn times(client: &Client, lead: &str) -> Vec<Duration> {
    let mut times = Vec::new();
    for words in SEARCHES {
        let mut best = Duration::MAX;
        for _ in 0..5 {
            let begun = Instant::now();
            search(client, lead, words).await;
            best = best.min(begun.elapsed());
        }
        times.push(best);
    }
    times
}

db_test! {
    async fn a_recipient_is_found_among_fifty_thousand(app) {
        // Given a lead, and the searches among few
        let lead = app.a_lead().create().await.to_string();
        let sofia = app.sofia().await;
        enter(&app, 10, 50);
        let few = times(&sofia, &lead).await;
        let (_, statements) = app.statements_of(search(&sofia, &lead, "person%2049")).await;
        execute(&mut app.conn(), "DELETE FROM users WHERE name LIKE 'Person %'").unwrap();
        execute(&mut app.conn(), "DELETE FROM partners WHERE name LIKE 'Company %'").unwrap();

        // When there are very many
        enter(&app, PARTNERS, 50_000);
        // Entering them takes longer than a connection is kept.
        let sofia = app.sofia().await;
        let (found, among_many) = app.statements_of(search(&sofia, &lead, "person%2049999")).await;

        // Then whoever is meant is found, with as many statements
        assert!(found.text().contains("Person 49999"), "{}", found.text());
        assert_eq!(statements, among_many);
        assert!(search(&sofia, &lead, "person31415%40company.example").await.text().contains("Person 31415"));
        assert!(search(&sofia, &lead, "company%20499").await.text().contains("Company 499"));
        // And no answer is longer than sixty of them
        for words in SEARCHES {
            let page = search(&sofia, &lead, words).await;
            let choices = page.source().matches("type=\"radio\"").count();
            assert!((1..=60).contains(&choices), "{words}: {choices}");
        }
        // And none takes long: a thousand times as many people cost no more than a few times as much
        let many = times(&sofia, &lead).await;
        for ((words, few), many) in SEARCHES.iter().zip(&few).zip(&many) {
            let ratio = many.as_secs_f64() / few.as_secs_f64();
            println!("{words:?}: {few:?} among 50, {many:?} among 50,000, ratio {ratio:.1}");
            assert!(ratio < 40.0, "{words:?}: {few:?} among 50, {many:?} among 50,000");
        }
        // And no statement reads all of them
        let before = app.statements.texts().len();
        for words in SEARCHES {
            search(&sofia, &lead, words).await;
        }
        let asked: BTreeSet<String> = app.statements.texts()[before..].iter().map(|text| statement(text).to_owned()).collect();
        for asked in asked.iter().filter(|asked| asked.starts_with("SELECT") && asked.contains("users")) {
            let plan = plan(&app, asked);
            let reads_all = |step: &String| step.contains("SCAN users") || step.contains("Seq Scan on users");
            assert!(!plan.iter().any(reads_all), "{plan:#?}\n{asked}");
        }
    }

    async fn a_colleague_is_found_among_many(app) {
        // Given a lead of Nils's, three hundred colleagues, and others of the same names elsewhere
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        enter(&app, 1, 350);
        let colleagues = "UPDATE users SET partner_id = (SELECT id FROM partners WHERE name = 'Northwind') WHERE name LIKE 'Person %' AND name < 'Person 345'";
        execute(&mut app.conn(), colleagues).unwrap();
        let named = "UPDATE users SET reference = 'abcdefghjkmnpqrstvwxyz0299' WHERE name = 'Person 299'";
        execute(&mut app.conn(), named).unwrap();
        let nils = app.nils().await;
        let path = format!("/portal/leads/{lead}/reassignment");
        let offered = |page: &Page| page.source().matches("type=\"radio\"").count();

        // When Nils looks for somebody
        let first = nils.get(&path).await;
        let found = nils.get(&format!("{path}?q=person+299")).await;

        // Then the first page is bounded and says so, and the search finds who is meant, and nobody elsewhere
        assert_eq!(offered(&first), 60);
        assert!(first.text().contains("Only the first are shown: search to find others."), "{}", first.text());
        assert_eq!(offered(&found), 1, "{}", found.text());
        assert!(found.text().contains("Person 299") && !found.text().contains("Only the first"), "{}", found.text());
        for elsewhere in ["person+350", "nobody+of+this+name", "%25"] {
            let nobody = nils.get(&format!("{path}?q={elsewhere}")).await;
            assert!(nobody.text().contains("Nobody matches"), "{}", nobody.text());
        }
        // And without a choice the search stays as it was
        let again = nils.submit(&found, "Move lead", &[]).await;
        assert_eq!((again.status(), again.value("q").as_str(), offered(&again)), (422, "person 299", 1));
        // And the lead goes where it should
        let to = app.text("SELECT reference AS t FROM users WHERE name = 'Person 299'");
        assert_eq!(nils.submit(&again, "Move lead", &[("colleague", &to)]).await.status(), 303);
        assert_eq!(app.audited("lead.moved"), 1);
        // And no statement reads everybody
        for asked in app.statements.texts().iter().map(|text| statement(text)) {
            if asked.starts_with("SELECT") && asked.contains("search_text") {
                let plan = plan(&app, asked);
                assert!(!plan.iter().any(|step| step.contains("SCAN users") || step.contains("Seq Scan on users")), "{plan:#?}\n{asked}");
            }
        }
    }
}
