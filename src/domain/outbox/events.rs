//! Who among the vendor is told what partners do: whoever assigned the lead, who looks after the partner, and addresses
//! that belong to no account (a shared mailbox). Nobody is told who can't come in.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::Message;
use crate::db::schema::{assignments, event_recipients as rules, partners, users};
use crate::db::types::{AssignmentId, UserId, UtcTime};
use crate::db::{DbConn, Tx};
use crate::domain::access::AdminScope;
use crate::domain::accounts::{Role, UserState};
use crate::domain::audit::{self, Act, Subject};
use crate::domain::text::email_is_valid;

/// At most so many addresses for one event.
const ADDRESSES: usize = 5;

/// At most so many administrators stand in for somebody who is gone.
const STAND_INS: i64 = 50;

/// Who is told of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub event: Message,
    pub assigner: bool,
    pub channel_manager: bool,
    pub addresses: Vec<String>,
}

impl Rule {
    fn unless_set(event: Message) -> Self {
        Rule {
            event,
            assigner: true,
            channel_manager: false,
            addresses: Vec::new(),
        }
    }

    fn words(&self) -> String {
        let mut to: Vec<&str> = Vec::new();
        if self.assigner {
            to.push("assigner");
        }
        if self.channel_manager {
            to.push("channel manager");
        }
        to.extend(self.addresses.iter().map(String::as_str));
        format!(
            "{}: {}",
            self.event.as_str(),
            if to.is_empty() {
                "nobody".to_owned()
            } else {
                to.join(", ")
            }
        )
    }
}

/// The rules of all events.
pub fn rules(conn: &mut DbConn) -> QueryResult<Vec<Rule>> {
    let set: Vec<(Message, bool, bool, String)> = rules::table
        .select((rules::kind, rules::assigner, rules::channel_manager, rules::addresses))
        .order(rules::kind)
        .load(conn)?;
    let rule = |event: Message| {
        let found = set.iter().find(|(kind, ..)| *kind == event);
        found.map_or(Rule::unless_set(event), |(_, assigner, channel_manager, addresses)| {
            Rule {
                event,
                assigner: *assigner,
                channel_manager: *channel_manager,
                addresses: addresses.split_whitespace().map(str::to_owned).collect(),
            }
        })
    };
    Ok(Message::TO_STAFF.iter().map(|event| rule(*event)).collect())
}

/// Reads addresses that were typed, parted by commas or spaces.
///
/// # Errors
/// One of them is no address, or there are too many.
pub fn parse_addresses(text: &str) -> Result<Vec<String>, String> {
    let addresses: Vec<String> = text
        .split([',', ';', ' ', '\n', '\r', '\t'])
        .filter(|address| !address.is_empty())
        .map(str::to_owned)
        .collect();
    if let Some(wrong) = addresses.iter().find(|address| !email_is_valid(address)) {
        return Err(format!(
            "“{wrong}” is not an e-mail address: enter one like leads@vendor.example"
        ));
    }
    if addresses.len() > ADDRESSES {
        return Err(format!("Enter at most {ADDRESSES} addresses"));
    }
    Ok(addresses)
}

/// Saves the rules, with the old and the new ones in the audit log.
pub fn save(tx: &mut Tx<'_>, scope: &AdminScope, new: &[Rule], now: UtcTime) -> QueryResult<()> {
    let before = rules(tx)?;
    let changed: Vec<String> = before
        .iter()
        .zip(new)
        .filter(|(before, after)| before != after)
        .map(|(before, after)| format!("{} -> {}", before.words(), after.words()))
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    diesel::delete(rules::table).execute(&mut **tx)?;
    for rule in new {
        diesel::insert_into(rules::table)
            .values((
                rules::kind.eq(rule.event),
                rules::assigner.eq(rule.assigner),
                rules::channel_manager.eq(rule.channel_manager),
                rules::addresses.eq(rule.addresses.join(" ")),
            ))
            .execute(&mut **tx)?;
    }
    audit::record(
        tx,
        scope.actor(),
        Act::EventRecipientsChanged,
        &Subject::nothing(),
        &changed.join("; "),
        now,
    )
}

/// Tells the vendor of what happened to an assignment: whoever the settings name, but never who did it.
pub fn tell_staff(
    tx: &mut Tx<'_>,
    event: Message,
    assignment: AssignmentId,
    actor: Option<UserId>,
    now: UtcTime,
) -> QueryResult<()> {
    tell(tx, event, assignment, None, actor, now)
}

/// The same, and whoever asked for it.
pub fn tell_staff_and(
    tx: &mut Tx<'_>,
    event: Message,
    assignment: AssignmentId,
    asker: UserId,
    actor: Option<UserId>,
    now: UtcTime,
) -> QueryResult<()> {
    tell(tx, event, assignment, Some(asker), actor, now)
}

fn tell(
    tx: &mut Tx<'_>,
    event: Message,
    assignment: AssignmentId,
    asker: Option<UserId>,
    actor: Option<UserId>,
    now: UtcTime,
) -> QueryResult<()> {
    let rule = rules(tx)?
        .into_iter()
        .find(|rule| rule.event == event)
        .unwrap_or(Rule::unless_set(event));
    let (assigner, manager): (UserId, Option<UserId>) = assignments::table
        .inner_join(partners::table)
        .filter(assignments::id.eq(assignment))
        .select((assignments::assigned_by, partners::channel_manager_id))
        .first(&mut **tx)?;
    let named: BTreeSet<UserId> = [
        asker,
        Some(assigner).filter(|_| rule.assigner),
        manager.filter(|_| rule.channel_manager),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut told = active(tx, &named)?;
    let names_somebody = asker.is_some() || rule.assigner || rule.channel_manager;
    if told.is_empty() && names_somebody && rule.addresses.is_empty() && event.leaves_nobody_at_work() {
        told = stand_ins(tx, manager)?;
    }
    for user in told.into_iter().filter(|user| actor != Some(*user)) {
        super::queue(tx, event, user, assignment, now)?;
    }
    for address in &rule.addresses {
        super::queue_shared(tx, event, address, assigner, assignment, now)?;
    }
    Ok(())
}

/// Those of the vendor's people who can read what they are told.
fn active(tx: &mut Tx<'_>, people: &BTreeSet<UserId>) -> QueryResult<Vec<UserId>> {
    users::table
        .filter(users::id.eq_any(people))
        .filter(users::state.eq(UserState::Active))
        .filter(users::role.eq_any([Role::Administrator, Role::Staff]))
        .select(users::id)
        .order(users::id)
        .load(&mut **tx)
}

/// Who is told instead where everybody whom the settings name is gone: whoever looks after the partner, else the
/// administrators.
fn stand_ins(tx: &mut Tx<'_>, manager: Option<UserId>) -> QueryResult<Vec<UserId>> {
    let manager = active(tx, &manager.into_iter().collect())?;
    if !manager.is_empty() {
        return Ok(manager);
    }
    users::table
        .filter(users::state.eq(UserState::Active))
        .filter(users::role.eq(Role::Administrator))
        .select(users::id)
        .order(users::id)
        .limit(STAND_INS)
        .load(&mut **tx)
}
