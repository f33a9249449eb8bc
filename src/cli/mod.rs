//! What can be said on the command line.

mod admin;
mod audit;
pub mod demo;
mod serve;

use anyhow::bail;

use crate::config::Config;

const HELP: &str = "\
Leadgate hands sales leads to partner companies, and only when that is lawful.

  leadgate serve           serve the application
  leadgate work            do its background work alone: deliver messages, clear up
  leadgate migrate         bring the database to the shape that this program needs
  leadgate demo            fill a demonstration database and serve it on this machine
    --reset                  start the demonstration over
    --leads N                make N more leads first, up to 10,000,000
    --fill-only              make it, but don't serve it
  leadgate admin create --email E --name N
                           make an administrator; the password is read from standard input
  leadgate audit verify    look whether the audit log still says what was sealed
    --copy FILE              and whether a copy of the program's log says the same

Configuration by environment: DATABASE_URL, LEADGATE_LISTEN, LEADGATE_BASE_URL, LEADGATE_SECRET_FILE,
LEADGATE_TRUSTED_PROXIES, RUST_LOG;
for mail LEADGATE_SMTP_URL, LEADGATE_MAIL_FROM, LEADGATE_SMTP_PASSWORD_FILE, LEADGATE_SMTP_CA_FILE";

/// Runs the command that the arguments name.
///
/// # Errors
/// The command is unknown, the configuration can't be used, or the command itself failed.
pub fn run(arguments: &[String]) -> anyhow::Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("info"))
        // At its most talkative it repeats what clients send.
        .filter_module("actix_http", log::LevelFilter::Info)
        .init();
    match words.as_slice() {
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        ["--version"] => {
            println!("leadgate {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
        ["serve"] => serve::serve(&config()?, false),
        ["work"] => serve::work(&config()?),
        ["migrate"] => serve::migrate_now(&config()?),
        ["demo", options @ ..] => demo::run(&demo::Options::parse(options)?),
        ["admin", "create", options @ ..] => admin::create(&config()?, options),
        ["audit", "verify", options @ ..] => audit::verify(&config()?, options),
        _ => bail!("there is no such command: {}\n\n{HELP}", words.join(" ")),
    }
}

fn config() -> anyhow::Result<Config> {
    Ok(Config::read(|name| std::env::var(name).ok())?)
}
