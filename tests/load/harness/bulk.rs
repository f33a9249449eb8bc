//! A list of somebody else's while very many leads are assigned at once, to the same list in the quiet before and after.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::client::{Client, all_between};
use super::load::{Span, connections, measure};
use super::places::Place;
use super::report::Mark;
use super::scenes::{self, OWN_PASSWORD};
use super::server::Server;

/// The leads that are assigned.
const READY: &str = "status=unassigned&permission=confirmed";

/// How long the list is asked for in the quiet.
const QUIET: Duration = Duration::from_secs(2);

/// How long the act may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// What one act did to the list of others.
pub struct BulkRun {
    backend: &'static str,
    leads: usize,
    seconds: f64,
    /// The list's p50 meanwhile to that in the quiet.
    p50: f64,
    p99: f64,
}

impl BulkRun {
    pub fn mark(&self) -> Mark {
        let what = format!(
            "{}: p50 of the list while {} leads are assigned at once ({:.0} a second) to idle",
            self.backend,
            self.leads,
            self.leads as f64 / self.seconds
        );
        Mark::at_most(what, 2.0, " ×", self.p50)
    }

    fn print(&self) {
        println!(
            "{}: {} leads assigned in {:.1} s, {:.0} a second; the list meanwhile: p50 × {:.2}, p99 × {:.2}",
            self.backend,
            self.leads,
            self.seconds,
            self.leads as f64 / self.seconds,
            self.p50,
            self.p99
        );
    }
}

/// Such an act on a database of its own.
pub fn run(place: &Place) -> BulkRun {
    let Place {
        backend, installation, ..
    } = place;
    let (server, _) = installation.serve();
    let people: Vec<Client> = (0..2)
        .map(|number| {
            let mut client = Client::new(server.address);
            client.sign_in(&scenes::staff(number), OWN_PASSWORD, &scenes::address(3 << 20 | number));
            client
        })
        .collect();
    server.settle();

    let before = list(&server, &people[1], QUIET);
    let (leads, seconds, during) = assign_all(&people[0], &people[1]);
    server.settle();
    let after = list(&server, &people[1], QUIET);
    let idle = |part: fn(&(f64, f64)) -> f64| (part(&before) + part(&after)) / 2.0;
    let run = BulkRun {
        backend,
        leads,
        seconds,
        p50: during.0 / idle(|times| times.0),
        p99: during.1 / idle(|times| times.1),
    };
    run.print();
    run
}

/// Median and slowest hundredth of the list for one person, in milliseconds.
fn list(server: &Server, person: &Client, time: Duration) -> (f64, f64) {
    let mut clients = connections(std::slice::from_ref(person), 1);
    let span = Span { time, most: usize::MAX };
    let cost = measure(server, &mut clients, span, |client, _| client.get("/leads"), 200);
    (cost.p50, cost.p99)
}

/// Begins the act as the list's form does, and follows it to its end while the other one looks at the list: how many
/// leads, how many seconds, and what the list took.
fn assign_all(staff: &Client, other: &Client) -> (usize, f64, (f64, f64)) {
    let mut staff = staff.again();
    let asked = [("all", "true"), ("act", "assign"), ("list", READY)];
    let question = staff.post("/leads/selection", &asked).text();
    let recipient = all_between(&question, "name=\"recipient\" type=\"radio\" value=\"", "\"")[1];
    let fields = [asked[0], asked[1], asked[2], ("recipient", recipient)];
    let began = Instant::now();
    let begun = staff.post("/leads/bulk", &fields);
    assert_eq!(begun.status, 303, "{}", begun.text());
    let (is_over, waits) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    let result = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut other = other.again();
            let mut own = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                let asked = Instant::now();
                assert_eq!(other.get("/leads").status, 200);
                own.push(asked.elapsed().as_secs_f64() * 1e3);
            }
            waits.lock().expect("nobody panicked").append(&mut own);
        });
        let result = loop {
            std::thread::sleep(Duration::from_millis(250));
            let page = staff.get(&begun.location).text();
            if !page.contains("<progress") {
                break page;
            }
            assert!(began.elapsed() < PATIENCE, "it never ends");
        };
        is_over.store(true, Ordering::Relaxed);
        result
    });
    let seconds = began.elapsed().as_secs_f64();
    let mut waits = waits.into_inner().expect("nobody panicked");
    waits.sort_by(f64::total_cmp);
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize];
    let done = all_between(&result, "<dt>Done</dt><dd>", "</dd>")[0].replace(',', "");
    (done.parse().expect("a number"), seconds, (at(0.5), at(0.99)))
}
