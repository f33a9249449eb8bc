//! What is left to do before the first lead reaches a partner, told from the data.

use diesel::dsl::exists;
use diesel::prelude::*;

use crate::db::DbConn;
use crate::db::schema::{audit_events, leads, partners, users};
use crate::db::types::LeadId;
use crate::domain::access::StaffScope;
use crate::domain::audit::Act;

/// The steps of setting Leadgate up, and which of them are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setup {
    pub has_partners: bool,
    /// Somebody beside the first administrator.
    pub has_users: bool,
    pub sends_mail: bool,
    /// Somebody looked at the GDPR options and saved them.
    pub has_decided_on_permission: bool,
    pub has_leads: bool,
}

impl Setup {
    pub fn is_done(&self) -> bool {
        self.steps().iter().all(|done| *done)
    }

    pub fn done(&self) -> usize {
        self.steps().iter().filter(|done| **done).count()
    }

    fn steps(&self) -> [bool; 5] {
        [
            self.has_partners,
            self.has_users,
            self.sends_mail,
            self.has_decided_on_permission,
            self.has_leads,
        ]
    }
}

/// `sends_mail`: whether the program is configured to.
pub fn load(conn: &mut DbConn, scope: &StaffScope, sends_mail: bool) -> QueryResult<Setup> {
    let colleagues = users::table.filter(users::id.ne(scope.user())).select(users::id);
    let decided = audit_events::table
        .filter(audit_events::action.eq(Act::SettingsChanged))
        .select(audit_events::id);
    let (has_partners, has_users, has_decided_on_permission, has_leads) = diesel::select((
        exists(partners::table.select(partners::id)),
        exists(colleagues),
        exists(decided),
        // Led by the key: SQLite would begin at the end of some other index.
        exists(leads::table.filter(leads::id.gt(LeadId::new(0))).select(leads::id)),
    ))
    .get_result(conn)?;
    Ok(Setup {
        has_partners,
        has_users,
        sends_mail,
        has_decided_on_permission,
        has_leads,
    })
}
