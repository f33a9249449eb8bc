//! The list of tasks: questions about leads, what waits for an answer, then what was answered last.

use askama::Template;

use super::Task;
use crate::db::Error;
use crate::db::page::Cursor;
use crate::db::types::Reference;
use crate::domain::assignments::question::QUESTION;
use crate::domain::destroy_tasks;
use crate::domain::to_do::{self, AskedLead};
use crate::web::extract::PartnerUser;
use crate::web::forms::{QueryData, query};
use crate::web::frame::PortalFrame;
use crate::web::here::Here;
use crate::web::portal::leads::refused::waiting_title;
use crate::web::respond::{Answer, page};
use crate::web::view::{Moment, country_name};

#[derive(Template)]
#[template(path = "portal/tasks/index.html")]
struct IndexPage {
    frame: PortalFrame,
    questions: Vec<Question>,
    open: Vec<Task>,
    answered: Vec<Task>,
    previous: Option<String>,
    next: Option<String>,
}

/// A question about a lead, as a row.
struct Question {
    reference: Reference,
    title: String,
    /// Product and country of a lead that has a name; nothing where they are the title.
    about: String,
    words: &'static str,
    asked: Moment,
}

impl Question {
    fn new(lead: AskedLead, here: Here) -> Self {
        let about = waiting_title(&lead.product, country_name(&lead.country));
        let (title, about) = match lead.title() {
            Some(title) => (title, about),
            None => (about, String::new()),
        };
        Question {
            reference: lead.reference,
            title,
            about,
            words: QUESTION,
            asked: Moment::new(lead.asked_at, here),
        }
    }
}

/// `GET /portal/tasks`
pub async fn index(user: PartnerUser, asked: QueryData) -> Answer {
    let cursor = asked.choice("page", Cursor::parse)?;
    let (frame, (questions, open, answered)) = user
        .page(move |conn, scope, _| {
            let questions = to_do::questions(conn, scope)?;
            let open = destroy_tasks::open(conn, scope, cursor.as_ref())?;
            Ok::<_, Error>((questions, open, destroy_tasks::answered(conn, scope)?))
        })
        .await?;
    let here = user.here();
    let href = |cursor: &Option<Cursor>| {
        let cursor = cursor.as_ref()?.to_text();
        Some(format!("/portal/tasks{}", query([("page", cursor.as_str())])))
    };
    page(&IndexPage {
        frame: frame.at("tasks"),
        previous: href(&open.previous),
        next: href(&open.next),
        questions: questions.into_iter().map(|lead| Question::new(lead, here)).collect(),
        open: open.rows.into_iter().map(|task| Task::new(task, here)).collect(),
        answered: answered.into_iter().map(|task| Task::new(task, here)).collect(),
    })
}
