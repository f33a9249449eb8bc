//! The demonstration: a database with a year of history, made through the domain's own commands.

use anyhow::bail;

use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::db::{DbConn, write};
use crate::domain::access::SystemScope;
use crate::domain::accounts::{self, NewUser, Role, password};
use crate::domain::countries::Country;
use crate::domain::partners;

const DATABASE: &str = "sqlite://data/demo.sqlite";

/// The password of every account of the demonstration.
pub const PASSWORD: &str = "leadgate-demo-2026";

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
    println!("Accounts (password for all: {PASSWORD}):");
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
    if accounts::find_by_email(conn, "ada@vendor.example")?.is_some() {
        return Ok(());
    }
    let scope = SystemScope::new("demo");
    let now = SystemClock.now();
    let hash = password::hash(PASSWORD, password::Cost::STANDARD);
    write(conn, |tx| {
        let country = Country::parse("SE").expect("Sweden is a country");
        let northwind = partners::create(tx, scope.actor(), "Northwind", country, now)?;
        let southgate = partners::create(tx, scope.actor(), "Southgate", country, now)?;
        for (email, name, role, partner) in [
            ("ada@vendor.example", "Ada Berg", Role::Administrator, None),
            ("sofia@vendor.example", "Sofia Lind", Role::Staff, None),
            (
                "nora@northwind.example",
                "Nora Lindqvist",
                Role::PartnerManager,
                Some(northwind),
            ),
            (
                "nils@northwind.example",
                "Nils Holm",
                Role::PartnerMember,
                Some(northwind),
            ),
            (
                "sam@southgate.example",
                "Sam Okafor",
                Role::PartnerManager,
                Some(southgate),
            ),
        ] {
            let new = NewUser {
                email: email.to_owned(),
                name: name.to_owned(),
                role,
                partner,
                password_hash: Some(hash.clone()),
            };
            accounts::create(tx, scope.actor(), &new, now)?;
        }
        Ok::<_, anyhow::Error>(())
    })
}
