//! How often somebody may try: a password, a code, a mailed link. The counters are rows, so that all instances share
//! them. An attempt counts as failed from the moment it is let in and is taken back when it succeeds: a burst of
//! guesses at one moment gets no further than a slow one.

mod counter;

use std::fmt::Write as _;
use std::net::IpAddr;

use chrono::TimeDelta;
use diesel::prelude::*;
use sha2::{Digest, Sha256};

use self::counter::{Window, count, known, locked, set, take_back, used_up_until};
use super::user::email_key;
use crate::db::Tx;
use crate::db::schema::throttles;
use crate::db::types::{UserId, UtcTime};

pub use self::counter::{FORGOTTEN_AT_ONCE, purge};

/// So many failures cost nothing.
const FREE_FAILURES: i64 = 5;

/// The wait doubles from one second up to here.
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(15);

/// After so many failures in a row only a new password opens the account (NIST SP 800-63B-4, section 3.2.2).
const MOST_FAILURES: i64 = 100;

const PER_ADDRESS: Window = Window {
    most: 20,
    length: TimeDelta::minutes(5),
};

/// Failed sign-ins from unknown devices at the whole installation, against guesses that are spread over many accounts and
/// many addresses.
const ALTOGETHER: Window = Window {
    most: 120,
    length: TimeDelta::minutes(1),
};

const MAILED_LINKS: Window = Window {
    most: 3,
    length: TimeDelta::hours(1),
};

/// Invitations that one partner manager may send.
const INVITATIONS: Window = Window {
    most: 20,
    length: TimeDelta::hours(1),
};

/// Of refusals for too many attempts so many are written down, for each account and for each address.
const REFUSALS_TOLD: Window = Window {
    most: 1,
    length: TimeDelta::minutes(1),
};

/// And so many of them in all.
const REFUSALS_TOLD_ALTOGETHER: Window = Window {
    most: 60,
    length: TimeDelta::minutes(1),
};

/// And so many times that one person, or one address, asked for what is not theirs or in a way that no page does.
const DENIALS_TOLD: Window = Window {
    most: 10,
    length: TimeDelta::minutes(1),
};

/// And so many times that nobody who is signed in did so, in all.
const DENIALS_TOLD_ALTOGETHER: Window = REFUSALS_TOLD_ALTOGETHER;

/// Files that one partner user may take out.
const DOWNLOADS: Window = Window {
    most: 20,
    length: TimeDelta::hours(1),
};

/// What is tried, and by whom: the counters that an attempt falls under. Made only from verified facts and from the
/// normalised name of the account, never from what else a request says (CVE-2025-64526).
#[derive(Debug, Clone)]
pub struct Attempt {
    own: String,
    /// What somebody on a known device is free of.
    shared: Option<Shared>,
}

/// The counters that strangers share: those of one address, and all of them.
#[derive(Debug, Clone)]
struct Shared {
    address: String,
    altogether: String,
}

impl Attempt {
    /// A password for the account of this e-mail address, whether or not there is one.
    pub fn sign_in(email: &str, address: &str) -> Self {
        Attempt {
            own: key("account", &email_key(email)),
            shared: Some(Shared {
                address: address_key("sign-in", address),
                altogether: key("sign-in", "altogether"),
            }),
        }
    }

    /// The same from a device on which this account signed in before. It has a counter of its own, so that strangers
    /// can't lock the owner out. `password` is the fingerprint of what is guessed at: a new one is counted anew.
    pub fn sign_in_from_known_device(device: &str, password: &str) -> Self {
        Attempt {
            own: key("device", &format!("{device} {password}")),
            shared: None,
        }
    }

    /// A code of the second factor, after a right password (`password` is its fingerprint); on a known device it has a
    /// counter of its own.
    pub fn code(user: UserId, device: Option<&str>, password: &str) -> Self {
        let device = device.unwrap_or_default();
        Attempt {
            own: key("code", &format!("{} {device} {password}", user.get())),
            shared: None,
        }
    }

    /// A link to set a new password, asked for from this address.
    pub fn link(address: &str) -> Self {
        Attempt {
            own: address_key("link", address),
            shared: None,
        }
    }

    /// The password again, by somebody who is signed in.
    pub fn proof(user: UserId) -> Self {
        Attempt {
            own: key("proof", &user.get().to_string()),
            shared: None,
        }
    }
}

/// The attempt is not looked at; nothing that it brought was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Until this moment.
    Wait(UtcTime),
    /// Until the password is set anew.
    ResetNeeded,
}

/// Lets an attempt in, or tells how long to wait. An attempt that is let in counts as failed until [`succeeded`]; one that
/// is refused leaves no counter of its own behind.
pub fn admit(tx: &mut Tx<'_>, attempt: &Attempt, now: UtcTime) -> QueryResult<Result<(), Refused>> {
    // Looked at before anything is counted: who must wait uses up nothing that others share.
    if let Some(refused) = known(tx, &attempt.own)?.and_then(|own| own.refusal(now)) {
        return Ok(Err(refused));
    }
    if let Some(shared) = &attempt.shared
        && let Err(until) = count_shared(tx, shared, now)?
    {
        return Ok(Err(Refused::Wait(until)));
    }
    let own = locked(tx, &attempt.own, now)?;
    if let Some(refused) = own.refusal(now) {
        // Others were counted since we looked.
        take_back_shared(tx, attempt)?;
        return Ok(Err(refused));
    }
    let failures = own.failures + 1;
    set(
        tx,
        &attempt.own,
        failures,
        own.counted_since,
        now + wait_after(failures),
    )?;
    Ok(Ok(()))
}

/// Takes back that an attempt was counted as failed, and what failed before it. The shared counters go first here, too:
/// locks are taken in one order.
pub fn succeeded(tx: &mut Tx<'_>, attempt: &Attempt) -> QueryResult<()> {
    take_back_shared(tx, attempt)?;
    diesel::delete(throttles::table.find(&attempt.own))
        .execute(&mut **tx)
        .map(|_| ())
}

/// Takes back one attempt that nobody could check: it told nothing, and what failed before it still counts.
pub fn unchecked(tx: &mut Tx<'_>, attempt: &Attempt) -> QueryResult<()> {
    take_back_shared(tx, attempt)?;
    take_back(tx, &attempt.own)
}

/// The address goes first: what is refused there must not use up what all have together, or one address could shut out
/// everybody's new devices. An address that was never seen leaves no row once that is used up.
fn count_shared(tx: &mut Tx<'_>, shared: &Shared, now: UtcTime) -> QueryResult<Result<(), UtcTime>> {
    if let Some(until) = used_up_until(tx, &shared.altogether, ALTOGETHER, now)? {
        return Ok(Err(until));
    }
    if let Err(until) = count(tx, &shared.address, PER_ADDRESS, now)? {
        return Ok(Err(until));
    }
    let counted = count(tx, &shared.altogether, ALTOGETHER, now)?;
    if counted.is_err() {
        take_back(tx, &shared.address)?;
    }
    Ok(counted)
}

fn take_back_shared(tx: &mut Tx<'_>, attempt: &Attempt) -> QueryResult<()> {
    if let Some(shared) = &attempt.shared {
        take_back(tx, &shared.address)?;
        take_back(tx, &shared.altogether)?;
    }
    Ok(())
}

/// Forgets the failures of an account whose password was set anew.
pub fn forgive(tx: &mut Tx<'_>, email: &str, user: UserId) -> QueryResult<()> {
    let keys = [key("account", &email_key(email)), Attempt::proof(user).own];
    diesel::delete(throttles::table.filter(throttles::key.eq_any(keys)))
        .execute(&mut **tx)
        .map(|_| ())
}

/// Whether one more link may be asked for.
pub fn admit_request_for_link(tx: &mut Tx<'_>, attempt: &Attempt, now: UtcTime) -> QueryResult<Result<(), Refused>> {
    let counted = count(tx, &attempt.own, PER_ADDRESS, now)?;
    Ok(counted.map_err(Refused::Wait))
}

/// Whether one more link may be mailed to this account.
pub fn may_mail_link(tx: &mut Tx<'_>, user: UserId, now: UtcTime) -> QueryResult<bool> {
    Ok(count(tx, &key("mailed-link", &user.get().to_string()), MAILED_LINKS, now)?.is_ok())
}

/// Whether somebody at a partner may send one more invitation: each goes to an address of the sender's choice.
pub fn admit_invitation(tx: &mut Tx<'_>, sender: UserId, now: UtcTime) -> QueryResult<Result<(), Refused>> {
    let counted = count(tx, &key("invitation", &sender.get().to_string()), INVITATIONS, now)?;
    Ok(counted.map_err(Refused::Wait))
}

/// Whether the refusal of an attempt is to be written down: a flood of them must fill neither the audit log nor this table.
pub fn refusal_is_told(tx: &mut Tx<'_>, attempt: &Attempt, now: UtcTime) -> QueryResult<bool> {
    let whose = attempt.shared.as_ref().map_or(&attempt.own, |shared| &shared.address);
    is_told(
        tx,
        (&key("told", whose), REFUSALS_TOLD),
        (&key("told", "altogether"), REFUSALS_TOLD_ALTOGETHER),
        now,
    )
}

/// Whether it is to be written down that somebody who is signed in asked for what is not theirs, or in a way that no page
/// does.
pub fn denial_is_told(tx: &mut Tx<'_>, user: UserId, now: UtcTime) -> QueryResult<bool> {
    Ok(count(tx, &key("denied", &user.get().to_string()), DENIALS_TOLD, now)?.is_ok())
}

/// The same of somebody who is not, at this address.
pub fn denial_of_stranger_is_told(tx: &mut Tx<'_>, address: &str, now: UtcTime) -> QueryResult<bool> {
    is_told(
        tx,
        (&address_key("denied", address), DENIALS_TOLD),
        (&key("denied", "altogether"), DENIALS_TOLD_ALTOGETHER),
        now,
    )
}

fn is_told(
    tx: &mut Tx<'_>,
    (one, of_one): (&str, Window),
    (all, of_all): (&str, Window),
    now: UtcTime,
) -> QueryResult<bool> {
    Ok(used_up_until(tx, all, of_all, now)?.is_none()
        && count(tx, one, of_one, now)?.is_ok()
        && count(tx, all, of_all, now)?.is_ok())
}

/// Whether somebody at a partner may take out one more file of leads.
pub fn admit_download(tx: &mut Tx<'_>, user: UserId, now: UtcTime) -> QueryResult<Result<(), Refused>> {
    let counted = count(tx, &key("download", &user.get().to_string()), DOWNLOADS, now)?;
    Ok(counted.map_err(Refused::Wait))
}

fn wait_after(failures: i64) -> TimeDelta {
    match u32::try_from(failures - FREE_FAILURES) {
        Ok(more) => LONGEST_WAIT.min(TimeDelta::seconds(1 << more.min(20))),
        Err(_) => TimeDelta::zero(),
    }
}

fn key(kind: &str, of: &str) -> String {
    let mut key = format!("{kind}:");
    for byte in Sha256::digest(of.as_bytes()) {
        let _ = write!(key, "{byte:02x}");
    }
    key
}

/// One counter for all addresses that one customer of a provider has: an IPv4 address, or a /64 of IPv6.
fn address_key(kind: &str, address: &str) -> String {
    let network = match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => format!("{:x}", address.to_bits() >> 64),
        Ok(IpAddr::V4(address)) => address.to_string(),
        Err(_) => String::new(),
    };
    key(kind, &network)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_are_free_and_then_the_wait_doubles_up_to_a_quarter_of_an_hour() {
        let waits: Vec<i64> = (1..=17).map(|failures| wait_after(failures).num_seconds()).collect();

        assert_eq!(
            waits,
            [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
        );
        assert_eq!(wait_after(99), LONGEST_WAIT);
    }

    #[test]
    fn one_network_of_ipv6_is_one_address_and_mapped_ipv4_is_ipv4() {
        let key = |address| address_key("x", address);

        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
    }

    #[test]
    fn every_spelling_of_an_account_has_one_counter() {
        let key = |email| Attempt::sign_in(email, "192.0.2.1").own;

        assert_eq!(key("nora@northwind.example"), key(" NORA@Northwind.Example"));
        assert_eq!(key("nora@northwind.example"), key("ｎｏｒａ@northwind.example"));
    }
}
