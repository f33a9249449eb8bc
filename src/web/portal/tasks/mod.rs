//! The tasks of a partner: copies of deleted leads that are to be destroyed.

pub mod answers;
pub mod index;
pub mod show;

use crate::db::types::Reference;
use crate::domain::destroy_tasks::{PartnerTask, TaskAnswer};
use crate::web::error::WebError;
use crate::web::here::Here;
use crate::web::view::Moment;

fn reference(text: &str) -> Result<Reference, WebError> {
    Reference::parse(text).ok_or(WebError::NotFound)
}

/// A task as pages show it.
struct Task {
    reference: Reference,
    product: String,
    received: Moment,
    opened: Moment,
    holder: String,
    asked: Moment,
    answer: Option<TaskAnswer>,
    remark: String,
    answered: Option<Moment>,
}

impl Task {
    fn new(task: PartnerTask, here: Here) -> Self {
        Task {
            reference: task.reference,
            product: task.product,
            received: Moment::new(task.received_at, here),
            opened: Moment::new(task.opened_at, here),
            holder: task.holder.unwrap_or_else(|| "a former colleague".to_owned()),
            asked: Moment::new(task.asked_at, here),
            answer: task.answer,
            remark: task.remark,
            answered: task.answered_at.map(|moment| Moment::new(moment, here)),
        }
    }

    fn tag(&self) -> &'static str {
        match self.answer {
            Some(TaskAnswer::Destroyed) => "good",
            Some(TaskAnswer::Kept) | None => "neutral",
        }
    }

    /// `ERP Cloud, received 4 May 2026`: what tells one task from another.
    fn title(&self) -> String {
        if self.product.is_empty() {
            format!("Lead received {}", self.received.day())
        } else {
            format!("{}, received {}", self.product, self.received.day())
        }
    }
}
