//! Making an administrator from the command line.

use std::io::BufRead;

use anyhow::{Context, bail};

use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::db::write;
use crate::domain::access::SystemScope;
use crate::domain::accounts::password_rules::{Guard, Owner, SHORTEST_ALONE};
use crate::domain::accounts::{self, NewUser, Role, password, password_rules};
use crate::domain::text::{clean_line, email_is_valid};

/// `admin create --email E --name N`: the password comes on standard input, so that no process list shows it.
pub fn create(config: &Config, options: &[&str]) -> anyhow::Result<()> {
    let (email, name) = match options {
        ["--email", email, "--name", name] | ["--name", name, "--email", email] => {
            (clean_line(email), clean_line(name))
        }
        _ => bail!("say: leadgate admin create --email ada@vendor.example --name 'Ada Berg'"),
    };
    if !email_is_valid(&email) {
        bail!("--email must be an address in the format name@example.com");
    }
    if name.is_empty() {
        bail!("--name must not be empty");
    }
    super::serve::migrate_now(config)?;
    eprintln!("Password for {email} ({SHORTEST_ALONE} characters or more), then Enter:");
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .context("the password can't be read")?;
    let typed = line.trim_end_matches(['\r', '\n']);
    let owner = Owner {
        name: &name,
        email: &email,
        partner: None,
    };
    password_rules::check(typed, Guard::PasswordAlone, &owner)?;
    let hash = password::hash(typed, password::Cost::STANDARD);
    let new = NewUser {
        email,
        name,
        role: Role::Administrator,
        partner: None,
        password_hash: Some(hash),
    };
    let mut conn = config.database.open()?;
    let scope = SystemScope::new("admin create");
    write(&mut conn, |tx| {
        accounts::create(tx, scope.actor(), &new, SystemClock.now())
    })?;
    println!("{} may sign in at {}/sign-in", new.email, config.base_url.origin());
    Ok(())
}
