//! Moving a lead to a colleague at the same partner, for whom it is unopened again.

use diesel::prelude::*;

use super::assign::{self, Giving};
use super::ending::{How, end_live};
use super::held::{self, HeldError};
use super::life::Transition;
use crate::db::schema::users;
use crate::db::types::{Reference, UserId, UtcTime};
use crate::db::{DbConn, Rule, Tx, violated};
use crate::domain::access::PartnerScope;
use crate::domain::accounts::{Role, UserState};
use crate::domain::audit::Act;
use crate::domain::permission::gate::{self, GateError};
use crate::domain::text::{like_patterns, search_key};

/// At most so many colleagues are listed; a search narrows them.
pub const SHOWN: i64 = 60;

/// Somebody at the own partner who may receive leads.
#[derive(Debug, Clone, Queryable)]
pub struct Colleague {
    pub reference: Reference,
    pub name: String,
    pub role: Role,
}

/// Why a lead was not moved.
#[derive(Debug, thiserror::Error)]
pub enum ReassignError {
    /// There is no such colleague, or that person can't receive leads (any more), or has this one already.
    #[error("this colleague can't receive the lead")]
    CannotReceive,
    #[error(transparent)]
    Held(#[from] HeldError),
}

impl From<diesel::result::Error> for ReassignError {
    fn from(error: diesel::result::Error) -> Self {
        match violated(&error) {
            Some(Rule::UserCannotReceive | Rule::PartnerCannotReceive) => ReassignError::CannotReceive,
            _ => ReassignError::Held(HeldError::Database(error)),
        }
    }
}

impl From<GateError> for ReassignError {
    fn from(error: GateError) -> Self {
        match error {
            GateError::Refused(_) | GateError::NotFound | GateError::ChangedMeanwhile => ReassignError::CannotReceive,
            GateError::Database(error) => error.into(),
        }
    }
}

/// The first people at the own partner, by name, who may receive leads and whose name or address contains every word,
/// but for whoever has this one.
pub fn colleagues(
    conn: &mut DbConn,
    scope: &PartnerScope,
    reference: &Reference,
    words: &str,
) -> Result<Vec<Colleague>, HeldError> {
    let holder: Option<UserId> = held::look(conn, scope, reference, Transition::Move)?.user;
    let mut people = users::table
        .filter(users::partner_id.eq(scope.partner()))
        .filter(users::state.eq(UserState::Active))
        .select((users::reference, users::name, users::role))
        .order((users::name, users::id))
        .limit(SHOWN)
        .into_boxed();
    if let Some(holder) = holder {
        people = people.filter(users::id.ne(holder));
    }
    // Among the own people alone: a search over everybody's would end before it comes to them.
    for pattern in like_patterns(&search_key(words)) {
        people = people.filter(users::search_text.like(pattern).escape('\\'));
    }
    Ok(people.load(conn)?)
}

/// Gives a lead to a colleague; whoever had it loses sight of it with this commit, managers excepted.
pub fn reassign(
    tx: &mut Tx<'_>,
    scope: &PartnerScope,
    reference: &Reference,
    colleague: &Reference,
    now: UtcTime,
) -> Result<(), ReassignError> {
    let held = held::hold(tx, scope, reference, Transition::Move)?;
    let user: UserId = users::table
        .filter(users::reference.eq(colleague))
        .filter(users::partner_id.eq(scope.partner()))
        .select(users::id)
        .first(&mut **tx)
        .optional()?
        .ok_or(ReassignError::CannotReceive)?;
    let cleared = gate::clear_for_colleague(tx, scope, &held, user)?;
    let giving = Giving {
        assigned_by: held.assigned_by,
        moved_by: Some(scope.user()),
        was_opened: held.was_opened,
    };
    if let Some(ending) = held.outcome.ending {
        let ended = end_live(tx, held.lead, How::plain(ending), now)?;
        if let Some(ended) = ended {
            ended.tell(tx, Some(cleared.recipient()), Some(scope.user()), now)?;
        }
    }
    assign::give(
        tx,
        scope.actor(),
        Act::LeadMoved,
        cleared,
        &giving,
        held.outcome.status,
        now,
    )?;
    Ok(())
}
