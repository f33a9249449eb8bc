//! Looking at the audit log from the command line.

use std::fs;

use anyhow::{Context, bail};

use crate::config::Config;
use crate::db::page::thousands;
use crate::domain::audit::seals::AuditKey;
use crate::domain::audit::seals::verify::{self, Copied};

/// `audit verify [--copy FILE]`: whether the log still says what was sealed.
///
/// # Errors
/// It does not, the copy can't be read, or the database can't be reached.
pub fn verify(config: &Config, options: &[&str]) -> anyhow::Result<()> {
    let copied = match options {
        [] => Copied::default(),
        ["--copy", file] => {
            let log = fs::read(file).with_context(|| format!("--copy {file} can't be read"))?;
            let copied = Copied::parse(&String::from_utf8_lossy(&log));
            if copied.is_empty() {
                bail!("--copy {file} holds no seal: give the program's log, with lines like “audit seal 1: events …”");
            }
            copied
        }
        _ => bail!("say: leadgate audit verify, or: leadgate audit verify --copy FILE"),
    };
    let key = AuditKey::derive_from(config.cookie_key.master());
    let mut conn = config.database.read_only().open()?;
    let report = verify::verify(&mut conn, &key, &copied, None)?;
    if let Some(finding) = report.finding {
        bail!(
            "the audit log was changed. {finding}. Seals before it that match: {}",
            thousands(report.seals)
        );
    }
    println!(
        "the audit log is as it was sealed. Seals that match: {}; events under them: {}; seals of the copy: {}; newer events, not sealed yet: {}",
        thousands(report.seals),
        thousands(report.events),
        thousands(copied.len() as i64),
        thousands(report.unsealed)
    );
    Ok(())
}
