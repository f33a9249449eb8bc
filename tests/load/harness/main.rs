//! How fast it is: the release build on fresh databases of 10,000 and 1,000,000 leads, on SQLite and PostgreSQL, as
//! ratios to a bare hello of the same framework in the same run. `tests/load/speed` starts it.
#![allow(clippy::print_stdout)]

mod bulk;
mod client;
mod hello;
mod load;
mod places;
mod report;
mod scenes;
mod server;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use client::Client;
use load::{Cost, Span, connections, measure, warm_up};
use places::Place;
use report::{Beside, CLIENTS, Growth, Measured, Run};
use scenes::{CREATE, LIST, OWN_PASSWORD, PARTNER, PASSWORD, STAFF, Scene, Who};
use server::Server;

const SMALL: usize = 10_000;
const LARGE: usize = 1_000_000;

/// Of a hundred leads six are confirmed and unassigned: with this many some two thousand are, a fifth of what one act may
/// have.
const BULK: usize = 30_000;

/// How long each measurement takes, how many leads one may assign or open, how many leads there are, and how many for the
/// bulk act.
struct Effort {
    time: Duration,
    most: usize,
    sizes: &'static [usize],
    bulk: Option<usize>,
}

const WHOLE: Effort = Effort {
    time: Duration::from_millis(250),
    most: 80,
    sizes: &[SMALL, LARGE],
    bulk: Some(BULK),
};

const QUICK: Effort = Effort {
    time: Duration::from_millis(110),
    most: 30,
    sizes: &[SMALL],
    bulk: None,
};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [hello, address] = words.as_slice()
        && hello == "hello"
    {
        let address = address.parse().expect("an address to listen on");
        return hello::serve(address).expect("hello can be served");
    }
    let has = |option: &str| words.iter().any(|word| word == option);
    let effort = if has("--quick") { &QUICK } else { &WHOLE };
    let folder = PathBuf::from(std::env::var_os("LEADGATE_SPEED_FOLDER").expect("tests/load/speed starts this"));
    let postgres = std::env::var("LEADGATE_TEST_POSTGRES_URL").expect("tests/load/speed starts this");

    let made = places::make(effort.sizes, effort.bulk, &folder, &postgres);
    let runs: Vec<Run> = made
        .measured
        .iter()
        .map(|place| {
            let run = run(place, effort);
            run.print();
            run
        })
        .collect();

    let growths: Vec<Growth> = made
        .measured
        .chunk_by(|one, other| one.backend == other.backend)
        .filter_map(|places| match places {
            [small, large] => Some(growth(small, large, effort)),
            _ => None,
        })
        .collect();
    let binary = server::megabytes(&places::program());
    let mut marks = report::marks(&runs, &growths, binary);
    marks.extend(made.bulk.iter().map(|place| bulk::run(place).mark()));
    report::print_marks(&marks);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let tables = report::markdown(&runs, &marks, cores);
    std::fs::write(folder.join("speed.md"), &tables).expect("the tables can be written");
    if has("--readme") {
        report::write_into(&Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"), &tables);
    }
}

/// So many people sign in at one moment.
const STORM: usize = 16;

/// A place that is served, and those who are signed in there.
struct Stage {
    server: Server,
    ready: Duration,
    staff: Vec<Client>,
    partner: Client,
}

impl Stage {
    fn open(place: &Place) -> Self {
        let (server, ready) = place.installation.serve();
        let staff = (0..STAFF).map(|number| {
            let mut client = Client::new(server.address);
            client.sign_in(&scenes::staff(number), OWN_PASSWORD, &scenes::address(1 << 20 | number));
            client
        });
        let staff = staff.collect();
        let mut partner = Client::new(server.address);
        partner.sign_in(PARTNER, PASSWORD, &scenes::address(2 << 20));
        server.settle();
        Stage {
            server,
            ready,
            staff,
            partner,
        }
    }

    fn cost(&self, scene: &Scene, clients: usize, effort: &Effort) -> Cost {
        cost(&self.server, scene, &self.staff, &self.partner, clients, effort)
    }
}

/// How often the two sizes are asked in turn, or a hello and what has a mark of its own.
const TURNS: usize = 3;

/// The list that grows most from one size to the other: both are served at the same time and asked in turn, so that
/// whatever else the machine does befalls both.
fn growth(small: &Place, large: &Place, effort: &Effort) -> Growth {
    let mut stages = [Stage::open(small), Stage::open(large)];
    let scenes = stages.each_mut().map(|stage| scenes::lists(&mut stage.staff[0]));
    let [few, many] = &stages;
    let growths = scenes[0].iter().zip(&scenes[1]).map(|(of_few, of_many)| {
        let mut ratios = [0.0; TURNS];
        for ratio in &mut ratios {
            let before = few.cost(of_few, CLIENTS[1], effort).cpu;
            *ratio = many.cost(of_many, CLIENTS[1], effort).cpu / before;
        }
        ratios.sort_by(f64::total_cmp);
        println!("{}, {}: × {:.2}", small.backend, of_few.name, ratios[TURNS / 2]);
        Growth {
            backend: small.backend,
            list: of_few.name.clone(),
            ratio: ratios[TURNS / 2],
        }
    });
    growths
        .max_by(|one, other| one.ratio.total_cmp(&other.ratio))
        .expect("there are lists")
}

fn run(place: &Place, effort: &Effort) -> Run {
    let hello = Server::hello();
    let Stage {
        server,
        ready,
        mut staff,
        mut partner,
    } = Stage::open(place);
    let scenes = scenes::all(&mut staff[0], &mut partner, effort.most, CLIENTS.len());

    let measured = scenes.iter().map(|scene| Measured {
        name: scene.name.clone(),
        costs: CLIENTS.map(|clients| {
            let turns = if [LIST, CREATE].contains(&scene.name.as_str()) {
                TURNS
            } else {
                1
            };
            let turn = |_| Beside {
                hello: greet(&hello, clients, effort),
                cost: cost(&server, scene, &staff, &partner, clients, effort),
            };
            println!(
                "  {}, {} leads: {} at {clients}",
                place.backend, place.leads, scene.name
            );
            let mut turns: Vec<Beside> = (0..turns).map(turn).collect();
            turns.sort_by(|one, other| one.cpu().total_cmp(&other.cpu()));
            turns.swap_remove(turns.len() / 2)
        }),
    });
    let measured: Vec<Measured> = measured.collect();
    let list = scenes
        .iter()
        .find(|scene| scene.name == LIST)
        .expect("the list is a scene");
    let storm = storm(&server, list, &staff, effort);
    let gzip = gzip(&server, list, &staff, effort);
    Run {
        backend: place.backend,
        leads: place.leads,
        scenes: measured,
        storm,
        gzip,
        memory: server.largest_memory(),
        ready: ready.as_secs_f64(),
    }
}

/// A hello beside what it is compared with: whatever else the machine does befalls both.
fn greet(hello: &Server, clients: usize, effort: &Effort) -> Cost {
    let mut clients: Vec<Client> = (0..clients).map(|_| Client::new(hello.address)).collect();
    warm_up(&mut clients, |client, _| client.get("/"));
    let span = Span {
        time: effort.time / 3,
        most: usize::MAX,
    };
    measure(hello, &mut clients, span, |client, _| client.get("/"), 200)
}

fn cost(server: &Server, scene: &Scene, staff: &[Client], partner: &Client, clients: usize, effort: &Effort) -> Cost {
    let mut clients = match scene.who {
        Who::Nobody => (0..clients).map(|_| Client::new(server.address)).collect(),
        Who::Staff => connections(staff, clients),
        Who::Partner => connections(std::slice::from_ref(partner), clients),
    };
    if scene.most.is_none() {
        warm_up(&mut clients, &scene.ask);
    }
    let span = Span {
        time: effort.time,
        most: scene.most.unwrap_or(usize::MAX),
    };
    measure(
        server,
        &mut clients,
        span,
        |client, number| (scene.ask)(client, number),
        scene.expected,
    )
}

/// The list's p50 while 16 people sign in again and again, to that of the quiet before and after.
fn storm(server: &Server, list: &Scene, staff: &[Client], effort: &Effort) -> f64 {
    let span = Span {
        time: effort.time * 4,
        most: usize::MAX,
    };
    let p50 = || {
        measure(
            server,
            &mut connections(staff, 1),
            span,
            |client, number| (list.ask)(client, number),
            200,
        )
        .p50
    };
    let before = p50();
    let (is_over, sign_in) = (AtomicBool::new(false), scenes::sign_in());
    let during = std::thread::scope(|scope| {
        for person in 0..STORM {
            let (is_over, sign_in) = (&is_over, &sign_in);
            scope.spawn(move || {
                let mut client = Client::new(server.address);
                while !is_over.load(Ordering::Relaxed) {
                    assert_eq!((sign_in.ask)(&mut client, person).status, 303);
                }
            });
        }
        std::thread::sleep(effort.time);
        let during = p50();
        is_over.store(true, Ordering::Relaxed);
        during
    });
    during / ((before + p50()) / 2.0)
}

/// The list's p50 compressed to that uncompressed, at one connection, taken in turns.
fn gzip(server: &Server, list: &Scene, staff: &[Client], effort: &Effort) -> f64 {
    let span = Span {
        time: effort.time,
        most: usize::MAX,
    };
    let p50 = |client: Client| {
        measure(
            server,
            &mut [client],
            span,
            |client, number| (list.ask)(client, number),
            200,
        )
        .p50
    };
    let mut ratios: Vec<f64> = (0..3)
        .map(|_| p50(staff[0].again().with_gzip()) / p50(staff[0].again()))
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios[1]
}
