//! What an answer must never give away.

use std::time::Instant;

use leadgate::cli::demo::cast;

use crate::support::client::encoded;

const SITE: &str = "leads.vendor.example";

db_test! {
    async fn with_tls_every_kind_of_answer_insists_on_it_and_says_its_kind(app) {
        let instance = app.another_instance(Some("https://leads.vendor.example"), "");
        let client = instance.anybody();
        let host = [("host", SITE)];
        let foreign = [("host", SITE), ("origin", "https://evil.test")];

        let answers = [
            (200, client.request("GET", "/sign-in", &host, "").await),
            (200, client.request("GET", "/healthz", &host, "").await),
            (303, client.request("GET", "/leads", &host, "").await),
            (400, client.request("GET", "/sign-in", &[("host", "evil.test")], "").await),
            (403, client.request("POST", "/sign-in", &foreign, "").await),
            (200, client.request("GET", "/sign-in", &foreign, "").await),
            (404, client.request("GET", "/nothing", &host, "").await),
            (405, client.request("PUT", "/sign-in", &[("host", SITE), ("origin", "https://leads.vendor.example")], "").await),
            (410, client.request("GET", "/invitation?token=x", &host, "").await),
        ];

        for (status, page) in answers {
            assert_eq!(page.status(), status, "{}", page.path);
            assert_eq!(page.header("strict-transport-security"), Some("max-age=63072000; includeSubDomains"), "{status}");
            assert_eq!(page.header("access-control-allow-origin"), None);
            if !page.body.is_empty() {
                assert!(page.header("content-type").unwrap().ends_with("; charset=utf-8"), "{status}");
            }
        }
    }

    async fn the_time_of_an_answer_does_not_tell_whether_there_is_an_account(app) {
        const SAMPLES: usize = 40;
        // Each guess comes from an address of its own, as behind a proxy, so that nobody is held up.
        let instance = app.another_instance(None, "127.0.0.1");
        let ask = async |path: &str, email: &str, number: usize| {
            let client = instance.anybody();
            let address = format!("198.51.{}.{}", number / 200, number % 200 + 1);
            let origin = instance.origin();
            let headers = [
                ("origin", origin),
                ("content-type", "application/x-www-form-urlencoded"),
                ("x-forwarded-for", address.as_str()),
            ];
            let status = client.request("POST", path, &headers, &encoded(&[("email", email), ("password", "wrong")])).await.status();
            assert!(matches!(status, 200 | 422), "{status}");
        };
        for path in ["/sign-in", "/forgotten-password"] {
            let mut times = [Vec::new(), Vec::new()];
            for number in 0..SAMPLES {
                // After so long a time nobody is held up for the failures before.
                app.clock.advance(chrono::TimeDelta::hours(1));
                // In turns, so that whatever else this machine does falls on both.
                for (which, email) in [cast::NORA, "nobody@vendor.example"].into_iter().enumerate() {
                    let start = Instant::now();
                    ask(path, email, number).await;
                    times[which].push(start.elapsed());
                }
            }
            let [known, unknown] = times.map(|mut times| {
                times.sort_unstable();
                times[SAMPLES / 2].as_secs_f64()
            });
            assert!((0.6..1.7).contains(&(known / unknown)), "{path}: {known} s for an account, {unknown} s for none");
        }
    }
}
