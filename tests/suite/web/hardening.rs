//! What an answer must never give away, and requests that must never be read in two ways.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use leadgate::cli::demo::cast;

use crate::support::TestApp;
use crate::support::client::encoded;
use crate::support::instance::Instance;
use crate::support::sql::execute;

const SITE: &str = "leads.vendor.example";

/// What the server says to these bytes, and whether it hangs up afterwards.
fn say(app: &TestApp, request: &str) -> (String, bool) {
    let mut stream = TcpStream::connect(app.origin.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    let hung_up = loop {
        match stream.read(&mut buffer) {
            Ok(0) => break true,
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
            Err(error) => break error.kind() == std::io::ErrorKind::ConnectionReset,
        }
    };
    (String::from_utf8_lossy(&answer).into_owned(), hung_up)
}

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

    async fn with_tls_what_goes_wrong_insists_on_it_too(app) {
        let instance = app.another_instance(Some("https://leads.vendor.example"), "");
        let ada = instance.anybody();
        let typed = [("host", SITE), ("origin", "https://leads.vendor.example"), ("content-type", "application/x-www-form-urlencoded")];
        let sign_in = async |password: &str| {
            ada.request("POST", "/sign-in", &typed, &encoded(&[("email", cast::ADA), ("password", password)])).await
        };
        assert_eq!(sign_in(cast::PASSWORD).await.status(), 303);
        let huge = encoded(&[("email", &"x".repeat(300_000))]);
        let mut answers = vec![(413, instance.anybody().request("POST", "/sign-in", &typed, &huge).await)];
        let stranger = instance.anybody();
        let guess = encoded(&[("email", cast::NORA), ("password", "wrong")]);
        for _ in 0..5 {
            stranger.request("POST", "/sign-in", &typed, &guess).await;
        }
        answers.push((429, stranger.request("POST", "/sign-in", &typed, &guess).await));
        execute(&mut app.conn(), "ALTER TABLE closing_reasons RENAME TO out_of_reach").unwrap();
        answers.push((500, ada.request("GET", "/settings/lead-distribution/closing", &[("host", SITE)], "").await));
        execute(&mut app.conn(), "ALTER TABLE sessions RENAME TO out_of_reach_too").unwrap();
        answers.push((503, ada.request("GET", "/settings", &[("host", SITE)], "").await));

        for (status, page) in answers {
            assert_eq!(page.status(), status, "{} {}", page.path, page.text());
            for (name, value) in [
                ("strict-transport-security", "max-age=63072000; includeSubDomains"),
                ("x-content-type-options", "nosniff"),
                ("x-frame-options", "DENY"),
                ("referrer-policy", "no-referrer"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
                ("cache-control", "no-store"),
                ("content-type", "text/html; charset=utf-8"),
            ] {
                assert_eq!(page.header(name), Some(value), "{name} with {status}");
            }
            let policy = page.header("content-security-policy").unwrap_or_default();
            assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{status}: {policy}");
            assert_eq!(page.header("retry-after").is_some(), matches!(status, 429 | 503), "{status}");
        }
    }

    async fn whoever_makes_up_an_address_is_written_down_under_the_own_one(app) {
        let behind = app.another_instance(None, "127.0.0.1");
        for (origin, client, expected) in [
            (app.origin.as_str(), app.anybody(), "127.0.0.1"),
            (behind.origin(), behind.anybody(), "198.51.100.7"),
        ] {
            // The own proxy adds what it saw at the end; what stands before is the client's own word.
            let headers = [
                ("origin", origin),
                ("content-type", "application/x-www-form-urlencoded"),
                ("x-forwarded-for", "203.0.113.9, 198.51.100.7"),
                ("x-real-ip", "203.0.113.9"),
                ("forwarded", "for=203.0.113.9"),
            ];
            let (right, wrong) = (("password", cast::PASSWORD), ("password", "wrong"));
            for password in [wrong, right] {
                client.request("POST", "/sign-in", &headers, &encoded(&[("email", cast::NORA), password])).await;
            }
            client.request("GET", "/leads", &headers[2..], "").await;

            for act in ["session.refused", "session.begun", "access.denied"] {
                let newest = format!("SELECT address AS t FROM audit_events WHERE action = '{act}' ORDER BY id DESC LIMIT 1");
                assert_eq!(app.text(&newest), expected, "{act}");
            }
            assert_eq!(app.text("SELECT address AS t FROM sessions ORDER BY id DESC LIMIT 1"), expected);
        }
    }

    async fn a_request_that_can_be_read_in_two_ways_is_not_read_at_all(app) {
        // The server begins to serve once the test lets it.
        assert_eq!(app.anybody().get("/healthz").await.status(), 200);
        let host = app.origin.strip_prefix("http://").unwrap();
        for head in [
            "POST /sign-in HTTP/1.1\r\nHost: HOST\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
            "POST /sign-in HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
            "POST /sign-in HTTP/1.1\r\nHost: HOST\r\nContent-Length: +5\r\n\r\nhello",
            "POST /sign-in HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5, 5\r\n\r\nhello",
            "POST /sign-in HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            "POST /sign-in HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nHost: HOST\r\nX: y\r\n folded\r\n\r\n",
            "GET /healthz\0 HTTP/1.1\r\nHost: HOST\r\n\r\n",
        ] {
            let follower = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n");
            let (answer, hung_up) = say(&app, &format!("{}{follower}", head.replace("HOST", host)));

            // What was not read may take the answer with it when the connection goes.
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{head:?}: {answer}");
            assert!(hung_up, "{head:?}");
            assert!(answer.matches("HTTP/1.1").count() <= 1, "{head:?}: the rest was taken for a request: {answer}");
        }
    }

    async fn the_time_of_an_answer_does_not_tell_whether_there_is_an_account(app) {
        // Of a hundred comparisons of two that are alike, one looks unlike by chance: so three times may be tried, and one
        // must look alike. Where there is a difference, none does.
        const TRIES: usize = 3;
        // Each guess comes from an address of its own, as behind a proxy, so that nobody is held up.
        let instance = app.another_instance(None, "127.0.0.1");
        for path in ["/sign-in", "/forgotten-password"] {
            let mut odds = Vec::new();
            while odds.len() < TRIES && odds.iter().all(|odds| *odds <= 0.01) {
                let [known, unknown] = times(&app, &instance, path).await;
                let gap = (median(&known) - median(&unknown)).abs();
                odds.push(same_distribution(&known, &unknown));
                println!("{path}: {gap} s between the medians of {} s and {} s, p = {odds:?}", median(&known), median(&unknown));
                assert!(gap < 0.005, "{path}: {gap} s");
            }
            assert!(odds.iter().any(|odds| *odds > 0.01), "{path}: p = {odds:?}");
        }
    }
}

/// How long answers take for an account that there is and for one that there is not, 500 of each.
async fn times(app: &TestApp, instance: &Instance, path: &str) -> [Vec<f64>; 2] {
    const SAMPLES: usize = 500;
    let mut times = [Vec::new(), Vec::new()];
    for number in 0..SAMPLES {
        // After so long a time nobody is held up for the failures before, and none of them counts any more.
        app.clock.advance(chrono::TimeDelta::hours(1));
        execute(&mut app.conn(), "DELETE FROM throttles").unwrap();
        // In turns, so that whatever else this machine does falls on both.
        let mut turns = [(0, cast::NORA), (1, "nobody@vendor.example")];
        turns.rotate_left(number % 2);
        for (which, email) in turns {
            let address = format!("198.51.{}.{}", number / 200, number % 200 + 1);
            let headers = [
                ("origin", instance.origin()),
                ("content-type", "application/x-www-form-urlencoded"),
                ("x-forwarded-for", address.as_str()),
            ];
            let form = encoded(&[("email", email), ("password", "wrong")]);
            let client = instance.anybody();
            let start = Instant::now();
            let status = client.request("POST", path, &headers, &form).await.status();
            times[which].push(start.elapsed().as_secs_f64());
            assert!(matches!(status, 200 | 422), "{status}");
        }
    }
    times
}

fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}

/// How likely such a difference is when there is none: the two-sided test of Mann and Whitney, by the normal
/// approximation.
fn same_distribution(first: &[f64], second: &[f64]) -> f64 {
    let wins = first
        .iter()
        .map(|time| second.iter().filter(|other| time > other).count())
        .sum::<usize>() as f64;
    let (m, n) = (first.len() as f64, second.len() as f64);
    let deviation = (m * n * (m + n + 1.0) / 12.0).sqrt();
    let z = (wins - m * n / 2.0).abs() / deviation;
    // The complement of the error function (Abramowitz and Stegun, 7.1.26).
    let x = z / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let series =
        t * (0.254_829_592 + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    series * (-x * x).exp()
}
