//! The list of tasks: what waits for an answer, then what was answered last.

use askama::Template;

use super::Task;
use crate::db::Error;
use crate::db::page::Cursor;
use crate::domain::destroy_tasks;
use crate::web::extract::PartnerUser;
use crate::web::forms::{QueryData, query};
use crate::web::frame::PortalFrame;
use crate::web::respond::{Answer, page};

#[derive(Template)]
#[template(path = "portal/tasks/index.html")]
struct IndexPage {
    frame: PortalFrame,
    open: Vec<Task>,
    answered: Vec<Task>,
    previous: Option<String>,
    next: Option<String>,
}

/// `GET /portal/tasks`
pub async fn index(user: PartnerUser, asked: QueryData) -> Answer {
    let cursor = asked.choice("page", Cursor::parse)?;
    let (frame, (open, answered)) = user
        .page(move |conn, scope, _| {
            let open = destroy_tasks::open(conn, scope, cursor.as_ref())?;
            Ok::<_, Error>((open, destroy_tasks::answered(conn, scope)?))
        })
        .await?;
    let now = user.now();
    let href = |cursor: &Option<Cursor>| {
        let cursor = cursor.as_ref()?.to_text();
        Some(format!("/portal/tasks{}", query([("page", cursor.as_str())])))
    };
    page(&IndexPage {
        frame: frame.at("tasks"),
        previous: href(&open.previous),
        next: href(&open.next),
        open: open.rows.into_iter().map(|task| Task::new(task, now)).collect(),
        answered: answered.into_iter().map(|task| Task::new(task, now)).collect(),
    })
}
