//! What a person may reach, as types: a function that takes a scope can't be called without one, and only
//! [`super::session`] makes them.

use std::sync::{Arc, Mutex, PoisonError};

use crate::db::types::{PartnerId, UserId};
use crate::domain::disclosures::looks::Look;

/// Where a request came from, for the audit log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    pub address: String,
    pub request_id: String,
}

/// Who acts, and from where; `user` is absent when the program itself acts.
#[derive(Debug, Clone)]
pub struct Actor {
    user: Option<UserId>,
    origin: Origin,
}

impl Actor {
    pub(in crate::domain) fn user(user: UserId, origin: Origin) -> Self {
        Actor {
            user: Some(user),
            origin,
        }
    }

    /// Somebody who is not signed in.
    pub fn anonymous(origin: Origin) -> Self {
        Actor { user: None, origin }
    }

    pub fn user_id(&self) -> Option<UserId> {
        self.user
    }

    pub fn origin(&self) -> &Origin {
        &self.origin
    }
}

/// All leads, with every column.
#[derive(Debug, Clone)]
pub struct StaffScope {
    user: UserId,
    actor: Actor,
}

impl StaffScope {
    pub(super) fn new(user: UserId, origin: Origin) -> Self {
        StaffScope {
            user,
            actor: Actor::user(user, origin),
        }
    }

    pub fn user(&self) -> UserId {
        self.user
    }

    pub fn actor(&self) -> &Actor {
        &self.actor
    }
}

/// Settings, users, partners and the audit log; and everything that staff can do.
#[derive(Debug, Clone)]
pub struct AdminScope(StaffScope);

impl AdminScope {
    pub(super) fn new(user: UserId, origin: Origin) -> Self {
        AdminScope(StaffScope::new(user, origin))
    }

    pub fn staff(&self) -> &StaffScope {
        &self.0
    }

    pub fn user(&self) -> UserId {
        self.0.user
    }

    pub fn actor(&self) -> &Actor {
        &self.0.actor
    }
}

/// The leads of one partner: all of them for its manager, the own ones for a member.
#[derive(Debug, Clone)]
pub struct PartnerScope {
    user: UserId,
    partner: PartnerId,
    is_manager: bool,
    actor: Actor,
    /// What was read through this scope and is not written down yet.
    looks: Arc<Mutex<Vec<Look>>>,
}

impl PartnerScope {
    pub(super) fn new(user: UserId, partner: PartnerId, is_manager: bool, origin: Origin) -> Self {
        PartnerScope {
            user,
            partner,
            is_manager,
            actor: Actor::user(user, origin),
            looks: Arc::default(),
        }
    }

    pub fn user(&self) -> UserId {
        self.user
    }

    pub fn partner(&self) -> PartnerId {
        self.partner
    }

    pub fn is_manager(&self) -> bool {
        self.is_manager
    }

    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Notes what is read, for the ledger.
    pub(in crate::domain) fn note_looks(&self, looks: impl IntoIterator<Item = Look>) {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner).extend(looks);
    }

    /// What was read since this was asked last.
    pub(in crate::domain) fn take_looks(&self) -> Vec<Look> {
        std::mem::take(&mut *self.looks.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The same person as a manager, for who is one.
    pub fn manager(&self) -> Option<ManagerScope> {
        self.is_manager.then(|| ManagerScope(self.clone()))
    }
}

/// The people of one partner: who leads it there invites them and shuts them out.
#[derive(Debug, Clone)]
pub struct ManagerScope(PartnerScope);

impl ManagerScope {
    /// The leads of the same person.
    pub fn leads_scope(&self) -> &PartnerScope {
        &self.0
    }

    pub fn user(&self) -> UserId {
        self.0.user
    }

    pub fn partner(&self) -> PartnerId {
        self.0.partner
    }

    pub fn actor(&self) -> &Actor {
        &self.0.actor
    }
}

/// The address that stands in the audit log for acts of the program itself.
pub const LOCAL: &str = "local";

/// The program itself: background work and the command line. It can't distribute: that takes a [`StaffScope`].
#[derive(Debug, Clone)]
pub struct SystemScope(Actor);

impl SystemScope {
    /// `part` names the command or job that acts, for the audit log.
    pub fn new(part: &str) -> Self {
        let origin = Origin {
            address: LOCAL.to_owned(),
            request_id: part.to_owned(),
        };
        SystemScope(Actor { user: None, origin })
    }

    pub fn actor(&self) -> &Actor {
        &self.0
    }
}

/// The scope of whoever is signed in.
#[derive(Debug, Clone)]
pub enum Scope {
    Admin(AdminScope),
    Staff(StaffScope),
    Partner(PartnerScope),
}

impl Scope {
    pub fn actor(&self) -> &Actor {
        match self {
            Scope::Admin(scope) => scope.actor(),
            Scope::Staff(scope) => scope.actor(),
            Scope::Partner(scope) => scope.actor(),
        }
    }
}
