//! The answer to a task; given once.

use actix_web::web::Path;

use super::reference;
use super::show::TaskPage;
use crate::domain::destroy_tasks::{self, AnswerError, AnswerInput};
use crate::web::error::WebError;
use crate::web::extract::PartnerUser;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::respond::{Answer, see_other_with, unprocessable};

/// `POST /portal/tasks/{reference}/answer`
pub async fn create(user: PartnerUser, path: Path<String>, form: FormData) -> Answer {
    let reference = reference(&path)?;
    let input = AnswerInput {
        answer: form.text("answer"),
        remark: form.text("remark"),
    };
    let given = match input.parse() {
        Ok(given) => given,
        Err(errors) => {
            let page = TaskPage::load(&user, &path).await?;
            return if page.is_open() {
                unprocessable(&page.with(input, errors))
            } else {
                Err(answered(&path))
            };
        }
    };
    let stored = user
        .write(move |tx, scope, now| destroy_tasks::answer(tx, scope, &reference, &given, now))
        .await?;
    match stored {
        Ok(()) => see_other_with("/portal/tasks", Notice::TaskAnswered),
        Err(AnswerError::NotFound) => Err(WebError::NotFound),
        Err(AnswerError::AlreadyAnswered) => Err(answered(&path)),
        Err(AnswerError::Database(error)) => Err(error.into()),
    }
}

fn answered(reference: &str) -> WebError {
    WebError::conflict(
        "This task is answered already",
        "You or a colleague answered it meanwhile. The answer stands.",
        format!("/portal/tasks/{reference}"),
        "See the answer",
    )
}
