//! The demonstration: a database with a year of history, made through the domain's own commands.

use anyhow::{Context, bail};
use chrono::TimeDelta;

use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::db::page::thousands;
use crate::db::{DbConn, write};
use crate::domain::access::SystemScope;
use crate::domain::accounts::{self, password};

pub mod cast;
pub mod crowd;
mod partner_work;
mod people;
mod talk;
mod year;

const DATABASE: &str = "sqlite://data/demo.sqlite";

/// What was said behind `demo`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Start the demonstration over.
    reset: bool,
    /// So many more leads.
    leads: Option<usize>,
    /// Make it, but don't serve it.
    fill_only: bool,
}

impl Options {
    /// # Errors
    /// A word that is no option, an option that comes twice, or a number of leads that can't be made.
    pub fn parse(words: &[&str]) -> anyhow::Result<Self> {
        let mut options = Options::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let is_new = match *word {
                "--reset" => !std::mem::replace(&mut options.reset, true),
                "--fill-only" => !std::mem::replace(&mut options.fill_only, true),
                "--leads" => {
                    let count = words
                        .next()
                        .context("--leads takes a number: leadgate demo --leads 100000")?;
                    options.leads.replace(crowd::parse_count(count)?).is_none()
                }
                other => bail!("demo has no option {other}; it has --reset, --leads N and --fill-only"),
            };
            if !is_new {
                bail!("{word} is given twice");
            }
        }
        Ok(options)
    }
}

/// Fills the demonstration database if it is empty, and serves it on this machine.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let config = Config::read_with_database(|name| std::env::var(name).ok(), DATABASE)?;
    if !config.listen.ip().is_loopback() {
        bail!("the demonstration listens on this machine alone: LEADGATE_LISTEN must be a loopback address");
    }
    if options.reset {
        remove(&config)?;
    }
    super::serve::migrate_now(&config)?;
    let mut conn = config.database.open()?;
    fill(&mut conn)?;
    if let Some(count) = options.leads {
        println!("Making {} more leads:", thousands(count as i64));
        crowd::enter(&mut conn, count, SystemClock.now())?;
    }
    drop(conn);
    if options.fill_only {
        return Ok(());
    }
    println!("Leadgate demonstration: {}", config.base_url.origin());
    println!("Sign in, turn the pages of a vendor, then sign in as a partner and see what is left.");
    println!("Accounts (password for all: {}):", cast::PASSWORD);
    for (email, what) in [
        ("ada@vendor.example", "administrator"),
        ("sofia@vendor.example", "staff"),
        ("nora@northwind.example", "partner manager"),
        ("nils@northwind.example", "partner member"),
        ("sam@southgate.example", "partner manager of another partner"),
    ] {
        println!("  {email:<26} {what}");
    }
    super::serve::serve(&config, true)
}

fn remove(config: &Config) -> anyhow::Result<()> {
    match config.database.file() {
        Some(file) => {
            for ending in ["", "-wal", "-shm"] {
                let path = format!("{}{ending}", file.display());
                if std::path::Path::new(&path).exists() {
                    std::fs::remove_file(path)?;
                }
            }
            Ok(())
        }
        None => {
            let mut conn = config.database.open()?;
            Ok(crate::db::revert_all(&mut conn)?)
        }
    }
}

/// Fills an empty database; one with people in it is left as it is.
pub fn fill(conn: &mut DbConn) -> anyhow::Result<()> {
    if accounts::find_by_email(conn, cast::ADA)?.is_some() {
        return Ok(());
    }
    let now = SystemClock.now();
    write(conn, |tx| {
        cast::enter(
            tx,
            &SystemScope::new("demo"),
            password::Cost::STANDARD,
            now - TimeDelta::days(400),
        )?;
        year::tell(tx, now)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_come_in_any_order() {
        let options = Options::parse(&["--leads", "500", "--reset"]).expect("good options");

        assert_eq!(
            (options.leads, options.reset, options.fill_only),
            (Some(500), true, false)
        );
        assert_eq!(Options::parse(&[]).expect("none are needed"), Options::default());
    }

    #[test]
    fn what_can_not_be_done_is_refused_with_a_sentence() {
        for (words, sentence) in [
            (&["--leads"][..], "--leads takes a number"),
            (&["--leads", "none"], "a whole number from 1"),
            (&["--leads", "1", "--leads", "2"], "--leads is given twice"),
            (&["--rest"], "demo has no option --rest"),
        ] {
            let error = Options::parse(words).expect_err("bad options").to_string();
            assert!(error.contains(sentence), "{error}");
        }
    }
}
