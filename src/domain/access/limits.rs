//! How long sessions last, and how many there may be.

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::db::schema::{sessions, users};
use crate::db::types::UtcTime;
use crate::domain::accounts::Role;

/// When sessions end by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// A session ends when nobody used it for this long (ASVS 5.0 V7.3.1).
    pub idle: TimeDelta,
    /// An administrator's at the latest after this long.
    pub idle_of_administrators: TimeDelta,
    /// And in any case this long after it began (ASVS 5.0 V7.3.2).
    pub absolute: TimeDelta,
    /// And, the oldest of them first, when the same person has begun so many later ones (ASVS 5.0 V7.1.2).
    pub per_user: usize,
}

impl Default for SessionLimits {
    fn default() -> Self {
        SessionLimits {
            idle: TimeDelta::minutes(60),
            idle_of_administrators: TimeDelta::minutes(30),
            absolute: TimeDelta::hours(12),
            per_user: 10,
        }
    }
}

impl SessionLimits {
    /// How long somebody of this role may be idle; without a role, nobody is signed in.
    pub fn idle_as(self, role: Option<Role>) -> TimeDelta {
        match role {
            Some(Role::Administrator) => self.idle.min(self.idle_of_administrators),
            Some(Role::Staff | Role::PartnerManager | Role::PartnerMember) | None => self.idle,
        }
    }
}

/// Whether somebody's session has not run out.
#[diesel::dsl::auto_type]
pub(super) fn is_open(limits: SessionLimits, now: UtcTime) -> _ {
    let begun_after: UtcTime = now - limits.absolute;
    let used_after: UtcTime = now - limits.idle;
    let used_by_administrator_after: UtcTime = now - limits.idle_of_administrators;
    let administrator: Role = Role::Administrator;
    sessions::created_at
        .gt(begun_after)
        .and(sessions::last_seen_at.gt(used_after))
        .and(
            users::role
                .ne(administrator)
                .or(sessions::last_seen_at.gt(used_by_administrator_after)),
        )
}
