//! The demonstration: a database with a year of history, made through the domain's own commands.

use anyhow::bail;
use chrono::TimeDelta;

use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::db::{DbConn, write};
use crate::domain::access::SystemScope;
use crate::domain::accounts::{self, password};

pub mod cast;
mod people;
mod year;

const DATABASE: &str = "sqlite://data/demo.sqlite";

/// Fills the demonstration database if it is empty, and serves it on this machine.
pub fn run(reset: bool) -> anyhow::Result<()> {
    let config = Config::read_with_database(|name| std::env::var(name).ok(), DATABASE)?;
    if !config.listen.ip().is_loopback() {
        bail!("the demonstration listens on this machine alone: LEADGATE_LISTEN must be a loopback address");
    }
    if reset {
        remove(&config)?;
    }
    super::serve::migrate_now(&config)?;
    let mut conn = config.database.open()?;
    fill(&mut conn)?;
    drop(conn);
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
