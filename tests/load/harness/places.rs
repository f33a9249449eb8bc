//! The databases that are measured, made anew by the program itself.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::scenes::{ARRIVING, OWN_PASSWORD, STAFF, arriving, staff};
use super::server::Installation;

const SQLITE: &str = "SQLite";
const POSTGRES: &str = "PostgreSQL";

/// A database of one size.
pub struct Place {
    pub backend: &'static str,
    pub leads: usize,
    pub installation: Installation,
}

/// Every database of a run: the small before the large one, SQLite before PostgreSQL.
pub struct Made {
    pub measured: Vec<Place>,
    /// Those on which a bulk act runs.
    pub bulk: Vec<Place>,
}

/// The release build.
pub fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_leadgate"))
}

/// Makes the databases: those on SQLite and those on PostgreSQL at the same time, each on a core of its own. A program that
/// asks and a server that answers in turn are quicker on one core than on two that must wake each other each time.
pub fn make(sizes: &[usize], bulk: Option<usize>, folder: &Path, postgres: &str) -> Made {
    let (server, _) = postgres.rsplit_once('/').expect("a URL with a database");
    let place = |backend: &'static str, leads: usize, name: &str| {
        let folder = folder.join(format!("{backend}-{name}"));
        let (database, core) = match backend {
            SQLITE => (format!("sqlite://{}", folder.join("leads.sqlite").display()), 1),
            _ => (format!("{server}/speed_{name}"), 0),
        };
        Place {
            backend,
            leads,
            installation: Installation {
                program: program(),
                database,
                folder,
                core: Some(core % cores()),
            },
        }
    };
    let of = |backend| {
        let measured: Vec<Place> = sizes
            .iter()
            .map(|leads| place(backend, *leads, &leads.to_string()))
            .collect();
        let bulk: Vec<Place> = bulk.into_iter().map(|leads| place(backend, leads, "bulk")).collect();
        Made { measured, bulk }
    };
    let (mut sqlite, mut postgres) = (of(SQLITE), of(POSTGRES));
    std::thread::scope(|scope| {
        scope.spawn(|| sqlite.fill());
        scope.spawn(|| postgres.fill());
    });
    sqlite.measured.append(&mut postgres.measured);
    sqlite.bulk.append(&mut postgres.bulk);
    sqlite
}

impl Made {
    fn fill(&mut self) {
        // The large one last: PostgreSQL tidies up behind it for a while.
        for place in self.bulk.iter_mut().chain(&mut self.measured) {
            place.fill();
            place.installation.core = None;
        }
    }
}

impl Place {
    /// Fills it with leads and with those who ask for them, and lets the program finish what it does with them afterwards.
    fn fill(&self) {
        let began = Instant::now();
        let log = "making.log";
        let made = if self.backend == POSTGRES {
            // The process that answers this maker stays on its core; those that help it make indexes need not.
            keep_server_on("0");
            let mut maker = self.installation.begin_making(self.leads, log);
            std::thread::sleep(Duration::from_secs(1));
            keep_server_on(&format!("0-{}", cores() - 1));
            maker.wait()
        } else {
            self.installation.begin_making(self.leads, log).wait()
        };
        let log = self.installation.folder.join(log);
        assert!(
            made.expect("leadgate ends").success(),
            "no leads: see {}",
            log.display()
        );
        let made = began.elapsed();
        for account in (0..STAFF).map(staff).chain((0..ARRIVING).map(arriving)) {
            self.installation.make_administrator(&account, OWN_PASSWORD);
        }
        let (server, _) = self.installation.serve();
        server.settle();
        println!(
            "{} leads on {}: made in {} s, quiet after {} s",
            self.leads,
            self.backend,
            made.as_secs(),
            began.elapsed().as_secs()
        );
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Keeps what PostgreSQL starts from now on, one process for each connection, on these cores.
fn keep_server_on(cores: &str) {
    let server = std::env::var("LEADGATE_SPEED_POSTGRES_PROCESS").expect("tests/load/speed starts this");
    let kept = Command::new("taskset").args(["-p", "-c", cores, &server]).output();
    assert!(
        kept.expect("taskset is there").status.success(),
        "no core for PostgreSQL"
    );
}
