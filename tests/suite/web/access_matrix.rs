//! Every route, by every method, for everybody: who is let in, who is sent away and how, and what every answer carries.

use std::io::{Read, Write};
use std::net::TcpStream;

use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;
use leadgate::web::{Audience, ROUTES, Route};

use crate::support::TestApp;
use crate::support::client::{Client, Page};
use crate::support::dump::dump;
use crate::support::records::one_of_each;

/// What stands for the `{…}` of a path. A route with a placeholder that is not among these fails the test: add it,
/// with a record that its audience may reach.
const EXAMPLES: &[(&str, Example)] = &[
    ("/portal/leads/{reference}", Example::Lead),
    ("/portal/attachments/{reference}", Example::Unknown),
    ("/attachments/{reference}", Example::Unknown),
    ("/portal/people/{reference}", Example::Nils),
    ("/leads/{reference}", Example::Lead),
    ("/leads/import/{reference}", Example::Unknown),
    ("/leads/bulk/{reference}", Example::Unknown),
    ("/leads/views/{reference}", Example::Unknown),
    ("/partners/{reference}", Example::Southgate),
    ("/users/{reference}", Example::Sam),
    ("/outbox/{reference}", Example::Unknown),
    ("/portal/tasks/{reference}", Example::Unknown),
    ("/settings/lead-distribution/module/texts/{version}", Example::Unknown),
    (
        "/settings/lead-distribution/closing/reasons/{reference}",
        Example::Unknown,
    ),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Example {
    /// A lead that is Nora's, and opened.
    Lead,
    /// A partner that nobody of the matrix works at.
    Southgate,
    /// A user whom the matrix does not need.
    Sam,
    /// Who works with the manager of the matrix.
    Nils,
    /// A record that is not there: whoever may ask is told so.
    Unknown,
}

impl Example {
    async fn create(self, app: &TestApp) -> String {
        match self {
            Example::Lead => app.a_lead().assigned_to(cast::NORA).opened().create().await.to_string(),
            Example::Southgate => app.text("SELECT reference AS t FROM partners WHERE name = 'Southgate'"),
            Example::Sam => app.text("SELECT reference AS t FROM users WHERE email = 'sam@southgate.example'"),
            Example::Nils => app.text("SELECT reference AS t FROM users WHERE email = 'nils@northwind.example'"),
            Example::Unknown => Reference::random().to_string(),
        }
    }
}

fn example_of(route: &Route) -> Option<(&'static str, Example)> {
    if !route.path.contains('{') {
        return None;
    }
    let found = EXAMPLES
        .iter()
        .filter(|(prefix, _)| route.path.starts_with(prefix))
        .max_by_key(|(prefix, _)| prefix.len());
    let missing = || panic!("{} has no example in tests/suite/web/access_matrix.rs", route.path);
    Some(*found.unwrap_or_else(missing))
}

/// The path of a route with an example in place of each placeholder.
async fn path_of(app: &TestApp, route: &Route) -> String {
    let Some((prefix, example)) = example_of(route) else {
        return route.path.to_owned();
    };
    let (before, after) = prefix.split_once('{').unwrap();
    let (_, after) = after.split_once('}').unwrap();
    let rest = route.path.strip_prefix(prefix).unwrap();
    let path = format!("{before}{}{after}{rest}", example.create(app).await);
    assert!(
        !path.contains('{'),
        "{} has no example for its second placeholder",
        route.path
    );
    path
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    SignedOut,
    Member,
    Manager,
    Staff,
    Administrator,
}

const EVERYBODY: [Who; 5] = [
    Who::SignedOut,
    Who::Member,
    Who::Manager,
    Who::Staff,
    Who::Administrator,
];

impl Who {
    async fn client(self, app: &TestApp) -> Client {
        match self {
            Who::SignedOut => app.anybody(),
            Who::Member => app.nils().await,
            Who::Manager => app.nora().await,
            Who::Staff => app.sofia().await,
            Who::Administrator => app.ada().await,
        }
    }

    fn belongs_to(self, audience: Audience) -> bool {
        match format!("{audience:?}").as_str() {
            "Anybody" => true,
            "SignedIn" => self != Who::SignedOut,
            "Partner" => matches!(self, Who::Member | Who::Manager),
            "PartnerManager" => self == Who::Manager,
            "Staff" => matches!(self, Who::Staff | Who::Administrator),
            "Administrator" => self == Who::Administrator,
            other => panic!("who is {other}?"),
        }
    }
}

async fn send(client: &Client, method: &str, path: &str) -> Page {
    match method {
        "get" => client.get(path).await,
        "post" => client.post(path, &[]).await,
        other => panic!("routes answer get and post, not {other}"),
    }
}

#[track_caller]
fn assert_headers(page: &Page, what: &str) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(page.header(name), Some(value), "{name} of {what} ({})", page.status());
    }
    let policy = page.header("content-security-policy").unwrap_or_default();
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "base-uri 'none'",
    ] {
        assert!(policy.contains(rule), "{rule} of {what} ({})", page.status());
    }
    assert!(!policy.contains("unsafe"), "{what}: {policy}");
    for (name, _) in page.headers() {
        let name = name.as_str();
        assert!(!name.starts_with("access-control-"), "{name} of {what}");
        assert!(
            !matches!(name, "etag" | "last-modified" | "server" | "x-powered-by"),
            "{name} of {what}"
        );
    }
}

/// Sends a request as it stands, without a client that tidies its path; gives the status and the head of the answer.
fn raw(app: &TestApp, method: &str, target: &str, cookies: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let address = app.origin.strip_prefix("http://").unwrap();
    let mut request =
        format!("{method} {target} HTTP/1.1\r\nconnection: close\r\ncookie: {cookies}\r\ncontent-length: 0\r\n");
    if !headers.iter().any(|(name, _)| *name == "host") {
        request.push_str(&format!("host: {address}\r\n"));
    }
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let head = answer.split("\r\n\r\n").next().unwrap().to_lowercase();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head)
}

db_test! {
    async fn every_route_lets_in_its_audience_and_nobody_else(app) {
        for who in EVERYBODY {
            for route in ROUTES {
                for method in route.methods {
                    let path = path_of(&app, route).await;
                    let client = who.client(&app).await;
                    let page = send(&client, method, &path).await;
                    let what = format!("{method} {} for {who:?}", route.path);
                    let status = page.status();

                    assert_headers(&page, &what);
                    if who.belongs_to(route.audience) {
                        let may_be_unknown = (who == Who::Member && route.path.contains('{'))
                            || example_of(route).is_some_and(|(_, example)| example == Example::Unknown)
                            // Nobody here has a second factor, and the forms name no session.
                            || matches!(
                                route.path,
                                "/account/second-factor/codes" | "/account/second-factor/remove" | "/account/sessions/end"
                            )
                            || route.audience == Audience::Anybody;
                        assert!(
                            !matches!(status, 401 | 403 | 405) && status < 500 && (status != 404 || may_be_unknown),
                            "{what}: {status}"
                        );
                        let is_sent_away = status == 303 && page.location().starts_with("/sign-in?");
                        assert!(!is_sent_away, "{what}: {}", page.location());
                    } else if who == Who::SignedOut {
                        assert_eq!(status, 303, "{what}");
                        let location = page.location();
                        assert!(location == "/sign-in" || location.starts_with("/sign-in?next="), "{what}: {location}");
                        assert!(page.body.is_empty(), "{what}");
                    } else {
                        assert_eq!(status, 403, "{what}");
                        assert_eq!(page.heading(), "You are not allowed to do this", "{what}");
                    }
                }
            }
        }
    }

    async fn every_route_refuses_the_methods_that_it_does_not_have(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await.to_string();
        for client in [app.ada().await, app.nora().await, app.anybody()] {
            for route in ROUTES {
                let path = route.path.replace("{reference}", &lead);
                for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
                    if route.methods.contains(&method.to_lowercase().as_str()) {
                        continue;
                    }
                    let page = client.request(method, &path, &[("origin", &app.origin)], "").await;

                    let what = format!("{method} {path}");
                    assert_eq!(page.status(), 405, "{what}");
                    assert_headers(&page, &what);
                }
            }
        }
    }

    async fn head_answers_like_get_without_a_body(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await.to_string();
        let nora = app.nora().await;
        for path in ["/portal/leads".to_owned(), format!("/portal/leads/{lead}"), "/sign-in".to_owned()] {
            let (got, head) = (nora.get(&path).await, nora.request("HEAD", &path, &[], "").await);

            assert_eq!(head.status(), got.status(), "{path}");
            assert!(head.body.is_empty(), "{path}");
            assert_headers(&head, &path);
        }
        let page = nora.request("HEAD", &format!("/portal/leads/{lead}/open"), &[], "").await;
        assert_eq!(page.status(), 405);
    }

    async fn nothing_is_changed_by_a_request_from_elsewhere(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).create().await.to_string();
        let clients = [app.ada().await, app.sofia().await, app.nora().await, app.anybody()];
        let before = dump(&mut app.conn(), app.backend);

        for route in ROUTES.iter().filter(|route| route.methods.contains(&"post")) {
            let path = route.path.replace("{reference}", &lead);
            for client in &clients {
                for headers in [
                    &[("origin", "https://evil.example")][..],
                    &[("origin", "null")],
                    &[],
                    &[("sec-fetch-site", "cross-site")],
                    &[("sec-fetch-site", "same-site")],
                    &[("sec-fetch-site", "cross-site"), ("origin", &app.origin)],
                    &[("referer", &app.origin)],
                ] {
                    let page = client.request("POST", &path, headers, "").await;

                    let what = format!("POST {path} with {headers:?}");
                    assert_eq!(page.status(), 403, "{what}");
                    assert!(page.text().contains("did not come from a page of this site"), "{what}");
                    assert_headers(&page, &what);
                }
            }
        }

        let mut after = dump(&mut app.conn(), app.backend);
        for (table, rows) in &before {
            // What was refused is written down, with the counters that keep it to a few rows.
            if !["audit_events", "throttles"].contains(&table.as_str()) {
                assert_eq!(after.remove(table).as_ref(), Some(rows), "{table}");
            }
        }
    }

    async fn reading_changes_nothing(app) {
        let records = one_of_each(&app, &app.sofia().await).await;
        let (lead, waiting) = (records.opened.as_str(), records.waiting.as_str());
        let of_nils = app.a_lead().confirmed().assigned_to(cast::NILS).opened().create().await.to_string();
        let mut clients = Vec::new();
        for who in EVERYBODY {
            clients.push((who, who.client(&app).await));
        }
        let before = dump(&mut app.conn(), app.backend);

        for route in ROUTES.iter().filter(|route| route.methods.contains(&"get")) {
            let path = records.path(route);
            let mut is_there = false;
            for path in [path.clone(), path.replace(lead, waiting), path.replace(lead, &of_nils)] {
                // Whoever is refused leaves a trace in the audit log.
                for (_, client) in clients.iter().filter(|(who, _)| who.belongs_to(route.audience)) {
                    is_there |= client.get(&path).await.status() < 400;
                    client.request("HEAD", &path, &[], "").await;
                }
            }
            // Nobody here has a second factor, and a link of an invitation is none of a record.
            let is_none = route.path.starts_with("/account/second-factor/") || route.audience == Audience::Anybody;
            assert!(is_there || is_none, "nobody sees anything at {path}");
        }

        let mut after = dump(&mut app.conn(), app.backend);
        // A lead of Nora's is none of Nils's: that he asked is written down, with the counter that keeps it to a few rows.
        let mut traces = after.remove("audit_events").unwrap();
        traces.retain(|row| !before["audit_events"].contains(row));
        let is_known = |row: &String| row.contains("audit.downloaded") || (row.contains("access.denied") && row.contains("/portal/"));
        assert!(traces.iter().all(is_known), "{traces:?}");
        // The first look of Nora at a lead that Nils opened is a disclosure: the ledger grows, and by nothing else.
        let mut looks = after.remove("disclosures").unwrap();
        looks.retain(|row| !before["disclosures"].contains(row));
        assert!(looks.iter().all(|row| row.contains("viewed") || row.contains("listed")), "{looks:?}");
        assert_eq!(looks.len(), 2, "one in the list and one of the page: {looks:?}");
        for (table, rows) in &before {
            if !["sessions", "audit_events", "throttles", "disclosures"].contains(&table.as_str()) {
                assert_eq!(after.remove(table).as_ref(), Some(rows), "{table}");
            }
        }
    }

    async fn every_kind_of_answer_carries_the_headers(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let nora = app.nora().await;
        let note = format!("/portal/leads/{lead}/note");
        let host = [("host", "evil.example")];
        let kinds = [
            (200, nora.get("/portal/leads").await),
            (303, nora.get("/").await),
            (303, app.anybody().get("/portal/leads").await),
            (400, nora.get("/portal/leads?sort=nonsense").await),
            (400, nora.get("/portal/leads?q=a&q=b").await),
            (400, nora.get("/portal/leads?q=%FF").await),
            (400, nora.request("GET", "/portal/leads", &host, "").await),
            (403, nora.get("/leads").await),
            (403, nora.request("POST", &note, &[], "").await),
            (404, nora.get("/portal/leads/nothing").await),
            (404, nora.get("/nothing").await),
            (405, nora.request("PUT", "/portal/leads", &[("origin", &app.origin)], "").await),
            (413, nora.post(&note, &[("status_note", &"x".repeat(300_000))]).await),
            (422, nora.post(&note, &[("status_note", &"x".repeat(2_000))]).await),
        ];

        for (status, page) in &kinds {
            assert_eq!(page.status(), *status, "{}", page.text());
            assert_headers(page, &page.path);
        }
    }

    async fn another_host_is_told_nothing(app) {
        let nora = app.nora().await;
        for path in ["/", "/portal/leads", "/sign-in", "/leads", "/nothing"] {
            for host in ["evil.example", "127.0.0.1.evil.example", "evil.example:80", ""] {
                let (status, head) = raw(&app, "GET", path, &nora.cookie_header(), &[("host", host)]);

                assert_eq!(status, 400, "{path} at {host:?}");
                assert!(head.contains("cache-control: no-store"), "{head}");
                assert!(!head.contains("evil.example"), "{head}");
            }
        }
    }

    async fn tricks_with_paths_reach_nothing(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let cookies = [app.nora().await.cookie_header(), app.ada().await.cookie_header(), String::new()];
        let lead = format!("/leads/{lead}");
        let portal = format!("/portal{lead}");

        for path in ["/portal/leads", "/leads", portal.as_str(), lead.as_str()] {
            for target in [
                format!("{path}/"), format!("{path}."), format!("{path}/."), format!("/nothing/..;{path}"), format!("{path}%2f"),
                format!("{path}%2Fopen"), format!("{path};x.js"), format!("{path}.css"), format!("{path}.json"),
                format!("{path}/logo.css/x"), format!("/{path}"), format!("/static/..{path}"), format!("/portal/..{path}/x"),
                format!("{path}%00"), format!("{path}%0d%0aSet-Cookie:x=y"), format!("{path}%20"), path.to_uppercase(),
                format!("/%2e%2e{path}"), format!("/./.{path}"),
            ] {
                for cookie in &cookies {
                    let (status, head) = raw(&app, "GET", &target, cookie, &[]);

                    let is_closed = matches!(status, 400 | 404 | 405)
                        // Below /leads a role that may not be there is refused before the rest of the path is looked at.
                        || (status == 403 || (status == 303 && head.contains("location: /sign-in")));
                    assert!(is_closed, "{target}: {status}");
                    assert!(head.contains("cache-control: no-store"), "{target}: {head}");
                    assert!(!head.contains("x=y"), "{target}: {head}");
                }
            }
        }
        for target in [format!("{portal}/logo.css"), format!("{portal};x.js"), format!("{portal}/"), "/portal/leads/..%2fleads".to_owned()] {
            let (status, _) = raw(&app, "GET", &target, &cookies[0], &[]);
            assert_eq!(status, 404, "{target}");
        }
    }

    async fn a_method_can_not_be_smuggled_in(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).create().await;
        let nora = app.nora().await;
        let open = format!("/portal/leads/{lead}/open");

        for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
            assert_eq!(nora.request("GET", &open, &[(name, "POST")], "").await.status(), 405, "{name}");
            let headers = [(name, "GET"), ("origin", app.origin.as_str())];
            assert_eq!(nora.request("POST", "/portal/leads", &headers, "").await.status(), 405, "{name}");
        }
        assert_eq!(nora.get(&format!("{open}?_method=POST")).await.status(), 405);
        let list = nora.get("/portal/leads").await;
        assert!(list.text().contains("Waiting for you 1"), "{}", list.text());
    }

    async fn unknown_references_are_unknown_for_everybody(app) {
        let clients = [app.ada().await, app.nora().await];
        for route in ROUTES.iter().filter(|route| route.path.contains('{')) {
            for text in [Reference::random().as_str(), "x", "%FF", "..%2f", "1", &"a".repeat(5_000)] {
                let path = route.path.replace("{reference}", text).replace("{version}", text);
                for client in &clients {
                    for method in route.methods {
                        let status = send(client, method, &path).await.status();
                        assert!(matches!(status, 303 | 400 | 403 | 404 | 405 | 409 | 414 | 422), "{method} {path}: {status}");
                    }
                }
            }
        }
    }
}
