//! One task, with the form of its answer while it has none.

use actix_web::web::Path;
use askama::Template;

use super::{Task, reference};
use crate::domain::destroy_tasks::{self, AnswerInput, LONGEST_REMARK, TaskAnswer};
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::PartnerUser;
use crate::web::frame::PortalFrame;
use crate::web::respond::{Answer, page};

#[derive(Template)]
#[template(path = "portal/tasks/show.html")]
pub(super) struct TaskPage {
    pub frame: PortalFrame,
    task: Task,
    choices: [(&'static str, &'static str, &'static str); 2],
    input: AnswerInput,
    errors: FieldErrors,
    remark_hint: String,
}

/// `GET /portal/tasks/{reference}`
pub async fn show(user: PartnerUser, path: Path<String>) -> Answer {
    let asked = TaskPage::load(&user, &path).await?;
    page(&asked)
}

impl TaskPage {
    pub(super) async fn load(user: &PartnerUser, text: &str) -> Result<Self, WebError> {
        let reference = reference(text)?;
        let (frame, task) = user
            .page(move |conn, scope, _| destroy_tasks::find(conn, scope, &reference)?.ok_or(WebError::NotFound))
            .await?;
        Ok(TaskPage {
            frame: frame.at("tasks"),
            task: Task::new(task, user.here()),
            choices: [
                (
                    TaskAnswer::Destroyed.as_str(),
                    "All copies are destroyed",
                    "Files, mails, notes, and entries in your own systems.",
                ),
                (
                    TaskAnswer::Kept.as_str(),
                    "We must keep copies",
                    "Because a law or a contract with this person requires it. Say why below.",
                ),
            ],
            input: AnswerInput::default(),
            errors: FieldErrors::default(),
            remark_hint: format!(
                "Up to {LONGEST_REMARK} characters; the vendor reads it. Do not name the person: this note outlives the \
                 lead."
            ),
        })
    }

    pub(super) fn with(mut self, input: AnswerInput, errors: FieldErrors) -> Self {
        self.input = input;
        self.errors = errors;
        self
    }

    pub(super) fn is_open(&self) -> bool {
        self.task.answer.is_none()
    }
}
