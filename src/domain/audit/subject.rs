//! The records that acts are about.

use crate::db::types::{BulkActId, DestroyTaskId, ImportId, LeadId, MessageId, PartnerId, Reference, UserId, ViewId};

/// The record that an act is about. It outlives the record, so it is told by id and reference.
#[derive(Debug, Clone)]
pub struct Subject {
    pub(super) kind: &'static str,
    pub(super) id: Option<i64>,
    pub(super) reference: String,
}

impl Subject {
    pub const LEAD: &'static str = "lead";
    pub const USER: &'static str = "user";

    pub fn lead(id: LeadId, reference: &Reference) -> Self {
        Subject {
            kind: Self::LEAD,
            id: Some(id.get()),
            reference: reference.to_string(),
        }
    }

    pub fn user(id: UserId, reference: &Reference) -> Self {
        Subject {
            kind: Self::USER,
            id: Some(id.get()),
            reference: reference.to_string(),
        }
    }

    pub fn of_user(id: UserId) -> Self {
        Subject {
            kind: Self::USER,
            id: Some(id.get()),
            reference: String::new(),
        }
    }

    pub fn partner(id: PartnerId, reference: &Reference) -> Self {
        Subject {
            kind: "partner",
            id: Some(id.get()),
            reference: reference.to_string(),
        }
    }

    pub fn destroy_task(id: DestroyTaskId, reference: &Reference) -> Self {
        Subject {
            kind: "destroy_task",
            id: Some(id.get()),
            reference: reference.to_string(),
        }
    }

    pub fn import(id: ImportId, reference: &Reference) -> Self {
        Subject {
            kind: "import",
            id: Some(id.get()),
            reference: reference.to_string(),
        }
    }

    pub fn bulk_act(id: BulkActId, reference: &Reference) -> Self {
        Subject {
            kind: "bulk_act",
            id: Some(id.get()),
            reference: reference.to_string(),
        }
    }

    pub fn view(id: ViewId, reference: &Reference) -> Self {
        Subject {
            kind: "view",
            id: Some(id.get()),
            reference: reference.to_string(),
        }
    }

    pub fn settings() -> Self {
        Subject {
            kind: "settings",
            id: Some(1),
            reference: "lead-distribution".to_owned(),
        }
    }

    pub fn message(id: MessageId, reference: &Reference) -> Self {
        Subject {
            kind: "message",
            id: Some(id.get()),
            reference: reference.to_string(),
        }
    }

    pub fn security_settings() -> Self {
        Subject {
            kind: "settings",
            id: Some(1),
            reference: "security".to_owned(),
        }
    }

    pub fn deadline_settings() -> Self {
        Subject {
            kind: "settings",
            id: Some(1),
            reference: "deadlines".to_owned(),
        }
    }

    pub fn closing_settings() -> Self {
        Subject {
            kind: "settings",
            id: Some(1),
            reference: "closing".to_owned(),
        }
    }

    pub fn nothing() -> Self {
        Subject {
            kind: "",
            id: None,
            reference: String::new(),
        }
    }
}
