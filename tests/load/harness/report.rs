//! What was measured, as tables; what must hold, as marks.

use std::fmt::Write as _;
use std::path::Path;

use super::load::Cost;
use super::scenes::{CREATE, LIST, RARE};

pub const CLIENTS: [usize; 3] = [1, 16, 64];

/// What a request cost, and what a hello did just before.
pub struct Beside {
    pub hello: Cost,
    pub cost: Cost,
}

impl Beside {
    /// Processor time to that of hello.
    pub fn cpu(&self) -> f64 {
        self.ratio(|cost| cost.cpu)
    }

    fn ratio(&self, part: fn(&Cost) -> f64) -> f64 {
        part(&self.cost) / part(&self.hello)
    }
}

/// One scene on one database, with each number of clients.
pub struct Measured {
    pub name: String,
    pub costs: [Beside; 3],
}

impl Measured {
    /// Processor time to that of hello: the median over the numbers of clients.
    fn cpu(&self) -> f64 {
        let mut ratios = [0, 1, 2].map(|at| self.costs[at].cpu());
        ratios.sort_by(f64::total_cmp);
        ratios[1]
    }
}

/// The list that grows most, as a multiple of itself, from 10,000 leads to 1,000,000.
pub struct Growth {
    pub backend: &'static str,
    pub list: String,
    pub ratio: f64,
}

/// Everything about one database of one size.
pub struct Run {
    pub backend: &'static str,
    pub leads: usize,
    pub scenes: Vec<Measured>,
    /// The list's p50 in a storm of sign-ins, to that without.
    pub storm: f64,
    /// The list's p50 compressed, to that uncompressed, at one connection.
    pub gzip: f64,
    /// MiB.
    pub memory: f64,
    /// Seconds.
    pub ready: f64,
}

impl Run {
    fn title(&self) -> String {
        let leads = if self.leads >= 1_000_000 { "1,000,000" } else { "10,000" };
        format!("{}, {leads}", self.backend)
    }

    fn scene(&self, name: &str) -> &Measured {
        let mut scenes = self.scenes.iter();
        scenes.find(|scene| scene.name == name).expect("it was measured")
    }

    /// The whole run, for the terminal.
    pub fn print(&self) {
        println!(
            "\n{} leads: ready after {:.2} s, {:.0} MiB at the most",
            self.title(),
            self.ready,
            self.memory
        );
        println!(
            "{:<28}  CPU x hello at 1, 16, 64   p50 x hello             p99 x hello",
            ""
        );
        for scene in &self.scenes {
            let columns = |part: fn(&Cost) -> f64| -> String {
                let ratios = scene.costs.iter().map(|beside| beside.ratio(part));
                ratios.map(|ratio| format!("{ratio:>7.1}")).collect()
            };
            let refused = scene.costs.iter().map(|beside| beside.cost.refused).fold(0.0, f64::max);
            println!(
                "{:<28}  {}   {}   {}{}",
                scene.name,
                columns(|cost| cost.cpu),
                columns(|cost| cost.p50),
                columns(|cost| cost.p99),
                if refused > 0.0 {
                    format!("   {refused:.0} % told to come again")
                } else {
                    String::new()
                },
            );
        }
        let [one, some, many] = self.scene(LIST).costs.each_ref().map(|beside| beside.hello);
        println!(
            "the hello beside the list: {:.0}, {:.0}, {:.0} µs of CPU; p50 {:.2}, {:.2}, {:.2} ms",
            one.cpu, some.cpu, many.cpu, one.p50, some.p50, many.p50
        );
    }
}

pub struct Mark {
    what: String,
    limit: String,
    measured: String,
    holds: bool,
}

impl Mark {
    pub fn at_most(what: impl Into<String>, limit: f64, unit: &str, measured: f64) -> Self {
        let number = |value: f64| {
            if unit.trim() == "s" {
                format!("{value:.2}{unit}")
            } else {
                format!("{value:.1}{unit}")
            }
        };
        Mark {
            what: what.into(),
            limit: number(limit),
            measured: number(measured),
            holds: measured <= limit,
        }
    }
}

fn largest(values: impl Iterator<Item = f64>) -> Option<f64> {
    values.max_by(f64::total_cmp)
}

/// Every mark that these runs can tell something about.
pub fn marks(runs: &[Run], growths: &[Growth], binary: f64) -> Vec<Mark> {
    let sqlite = || runs.iter().filter(|run| run.backend == "SQLite");
    let mut marks = Vec::new();
    let mut mark = |what: &str, limit: f64, unit: &str, measured: Option<f64>| {
        if let Some(measured) = measured {
            marks.push(Mark::at_most(what, limit, unit, measured));
        }
    };
    let list = largest(sqlite().map(|run| run.scene(LIST).cpu()));
    mark("CPU of the lead list to hello's, SQLite", 20.0, " ×", list);
    let create = largest(sqlite().map(|run| run.scene(CREATE).costs[2].cpu()));
    mark(
        "CPU of entering a lead at 64 clients, `synchronous=FULL`",
        12.0,
        " ×",
        create,
    );
    mark(
        "p50 of the list in a storm of 16 sign-ins to idle",
        1.5,
        " ×",
        largest(runs.iter().map(|run| run.storm)),
    );
    mark(
        "p50 of a compressed page to an uncompressed one, one connection",
        3.0,
        " ×",
        largest(runs.iter().map(|run| run.gzip)),
    );
    mark(
        "resident memory under load",
        100.0,
        " MiB",
        largest(runs.iter().map(|run| run.memory)),
    );
    mark("size of the program", 20.0, " MB", Some(binary));
    for growth in growths {
        let what = format!(
            "{}: a list among 1,000,000 to 10,000, the worst ({})",
            growth.backend, growth.list
        );
        mark(&what, 1.3, " ×", Some(growth.ratio));
    }
    for large in runs.iter().filter(|run| run.leads >= 1_000_000) {
        let p50 = |name| large.scene(name).costs[0].cost.p50;
        let rare = p50(RARE) / p50(LIST);
        mark(
            &format!("{}: p50 of a rare name among 1,000,000 to the list", large.backend),
            5.0,
            " ×",
            Some(rare),
        );
        mark(
            &format!("{}: ready at 1,000,000", large.backend),
            1.0,
            " s",
            Some(large.ready),
        );
    }
    marks
}

pub fn print_marks(marks: &[Mark]) {
    println!();
    for mark in marks {
        let word = if mark.holds { "PASS" } else { "MISS" };
        println!("{word}  {}: {} (at most {})", mark.what, mark.measured, mark.limit);
    }
}

/// The tables of the README.
pub fn markdown(runs: &[Run], marks: &[Mark], cores: usize) -> String {
    let mut text = format!("Measured on {cores} cores; every figure is a ratio to, or was taken in, the same run.\n\n");
    text.push_str("| mark | at most | measured | |\n| --- | --- | --- | --- |\n");
    for mark in marks {
        let word = if mark.holds { "holds" } else { "**missed**" };
        let _ = writeln!(text, "| {} | {} | {} | {word} |", mark.what, mark.limit, mark.measured);
    }
    text.push_str(
        "\nProcessor time of the server for one request, as a multiple of a bare hello of the same framework",
    );
    text.push_str(" (on PostgreSQL without that of the database):\n\n| request |");
    for run in runs {
        let _ = write!(text, " {} |", run.title());
    }
    text.push_str("\n| --- |");
    text.push_str(&" ---: |".repeat(runs.len()));
    for (index, scene) in runs[0].scenes.iter().enumerate() {
        let _ = write!(text, "\n| {} |", scene.name);
        for run in runs {
            let _ = write!(text, " {:.1} |", run.scenes[index].cpu());
        }
    }
    text.push('\n');
    text
}

const BEGIN: &str = "<!-- speed: written by tests/load/speed --readme -->\n";
const END: &str = "<!-- speed: end -->\n";

/// Puts the tables where the README has a place for them.
pub fn write_into(readme: &Path, tables: &str) {
    let text = std::fs::read_to_string(readme).expect("the README is there");
    let (before, rest) = text.split_once(BEGIN).expect("the README has a place for the tables");
    let (_, after) = rest.split_once(END).expect("the place for the tables ends");
    std::fs::write(readme, format!("{before}{BEGIN}{tables}{END}{after}")).expect("the README can be written");
}
