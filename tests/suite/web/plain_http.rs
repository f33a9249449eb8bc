//! Where we are reached by TLS, nothing is said without it: a proxy of ours tells which requests came that way.

use leadgate::cli::demo::cast;

use crate::support::client::{Client, Page, encoded};

const SITE: &str = "leads.vendor.example";
const ORIGIN: &str = "https://leads.vendor.example";

/// A request as a proxy passes it on that was reached by `scheme`.
async fn by(client: &Client, scheme: &str, method: &str, path: &str, headers: &[(&str, &str)]) -> Page {
    let mut all = vec![
        ("host", SITE),
        ("x-forwarded-proto", scheme),
        ("x-forwarded-for", "192.0.2.9"),
    ];
    all.extend_from_slice(headers);
    client.request(method, path, &all, "").await
}

db_test! {
    async fn without_tls_pages_lead_to_tls_and_nothing_else_is_answered(app) {
        let instance = app.another_instance(Some(ORIGIN), "127.0.0.1");
        let client = instance.anybody();

        for (method, path) in [("GET", "/sign-in"), ("HEAD", "/sign-in"), ("GET", "/leads?q=a%26b&page=2"), ("GET", "//evil.test/x"), ("GET", "/nothing")] {
            let page = by(&client, "http", method, path, &[]).await;
            assert_eq!((page.status(), page.location()), (308, format!("{ORIGIN}{path}")), "{method}");
            assert_eq!(page.header("strict-transport-security"), None, "browsers must not heed it here");
            assert_eq!(page.header("set-cookie"), None);
            assert!(page.body.is_empty());
        }
        for (method, path, headers) in [
            ("POST", "/sign-in", [("origin", ORIGIN)]),
            ("POST", "/sign-out", [("sec-fetch-site", "same-origin")]),
            ("PUT", "/sign-in", [("origin", ORIGIN)]),
            ("OPTIONS", "/sign-in", [("origin", ORIGIN)]),
            ("GET", "/audit/download", [("accept", "application/json")]),
            ("GET", "/static/app.css", [("accept", "text/css,*/*;q=0.1")]),
        ] {
            let page = by(&client, "http", method, path, &headers).await;
            assert_eq!(page.status(), 403, "{method} {path}");
            assert!(page.header("content-security-policy").is_some());
        }
        for probe in ["/healthz", "/readyz"] {
            assert_eq!(by(&client, "http", "GET", probe, &[]).await.status(), 200, "{probe}");
        }
    }

    async fn a_password_that_came_without_tls_opens_nothing(app) {
        let instance = app.another_instance(Some(ORIGIN), "127.0.0.1");
        let client = instance.anybody();
        let body = encoded(&[("email", cast::SOFIA), ("password", cast::PASSWORD)]);
        let sign_in = async |scheme: &str| {
            let headers = [
                ("host", SITE),
                ("origin", ORIGIN),
                ("content-type", "application/x-www-form-urlencoded"),
                ("x-forwarded-proto", scheme),
            ];
            client.request("POST", "/sign-in", &headers, &body).await
        };

        let refused = sign_in("http").await;
        assert_eq!((refused.status(), refused.header("set-cookie")), (403, None));
        assert!(refused.text().contains("https address"), "{}", refused.text());
        assert_eq!(app.audited("session.begun"), 0);

        assert_eq!(sign_in("https").await.status(), 303);
        assert_eq!(app.audited("session.begun"), 1);
    }

    async fn nobody_is_believed_who_is_no_proxy_of_ours_and_where_there_is_no_tls_none_is_asked_for(app) {
        let behind_another = app.another_instance(Some(ORIGIN), "10.0.0.5");
        let page = by(&behind_another.anybody(), "http", "GET", "/sign-in", &[]).await;
        assert_eq!((page.status(), page.header("strict-transport-security").is_some()), (200, true));

        let instance = app.another_instance(Some(ORIGIN), "127.0.0.1");
        let silent = instance.anybody().request("GET", "/sign-in", &[("host", SITE)], "").await;
        assert_eq!(silent.status(), 200, "a proxy that says nothing changes nothing");

        let on_this_machine = app.another_instance(None, "127.0.0.1");
        let page = on_this_machine.anybody().request("GET", "/sign-in", &[("x-forwarded-proto", "http")], "").await;
        assert_eq!(page.status(), 200);
    }
}
