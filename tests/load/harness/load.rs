//! Some clients that ask as fast as they are answered, and what that cost.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::client::{Answer, Client};
use super::server::Server;

/// What one request cost.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Processor time of the server in microseconds.
    pub cpu: f64,
    /// Milliseconds until the answer was there.
    pub p50: f64,
    pub p99: f64,
    /// How many of a hundred requests were told to come again (503): the machine has no time for all of them.
    pub refused: f64,
}

/// For how long, and for how many requests at the most.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub time: Duration,
    pub most: usize,
}

/// Lets every client ask once, all at the same moment: what a connection, a statement or a page of memory costs at first is
/// not measured.
pub fn warm_up<C: Send>(clients: &mut [C], ask: impl Fn(&mut C, usize) -> Answer + Sync) {
    std::thread::scope(|scope| {
        for (number, client) in clients.iter_mut().enumerate() {
            let ask = &ask;
            scope.spawn(move || ask(client, number));
        }
    });
}

/// Lets every client ask again and again; `ask` is told the number of the request.
pub fn measure<C: Send>(
    server: &Server,
    clients: &mut [C],
    span: Span,
    ask: impl Fn(&mut C, usize) -> Answer + Sync,
    expected: u16,
) -> Cost {
    let (number, refused, waits) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let before = server.cpu();
    let end = Instant::now() + span.time;
    std::thread::scope(|scope| {
        for client in clients.iter_mut() {
            scope.spawn(|| {
                let mut own = Vec::new();
                while Instant::now() < end {
                    let number = number.fetch_add(1, Ordering::Relaxed);
                    if number >= span.most {
                        break;
                    }
                    let began = Instant::now();
                    let answer = ask(client, number);
                    own.push(began.elapsed().as_secs_f64() * 1e3);
                    if answer.status == 503 {
                        refused.fetch_add(1, Ordering::Relaxed);
                    } else {
                        assert_eq!(answer.status, expected, "{}", answer.text());
                    }
                }
                waits.lock().expect("no client panicked").append(&mut own);
            });
        }
    });
    let cpu = server.cpu() - before;
    let mut waits = waits.into_inner().expect("no client panicked");
    waits.sort_by(f64::total_cmp);
    assert!(!waits.is_empty(), "nobody was answered");
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize];
    Cost {
        cpu: cpu / waits.len() as f64,
        p50: at(0.5),
        p99: at(0.99),
        refused: 100.0 * refused.into_inner() as f64 / waits.len() as f64,
    }
}

/// So many connections of the same people, in turn.
pub fn connections(people: &[Client], count: usize) -> Vec<Client> {
    (0..count).map(|index| people[index % people.len()].again()).collect()
}
