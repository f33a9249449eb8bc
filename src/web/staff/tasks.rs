//! The board of destroy tasks: which partners were asked to destroy copies, and what they said.

use askama::Template;

use crate::db::Error;
use crate::db::page::Cursor;
use crate::db::types::Reference;
use crate::domain::destroy_tasks::{self, BoardFilter, BoardRow, BoardState, MIN_DAYS, TaskAnswer};
use crate::domain::partners::PartnerState;
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::forms::{QueryData, query};
use crate::web::frame::StaffFrame;
use crate::web::here::Here;
use crate::web::respond::{Answer, page};
use crate::web::view::Moment;

/// The parameters of the board as they stand in its address.
#[derive(Debug, Clone)]
struct BoardQuery {
    state: Option<BoardState>,
    partner: Option<Reference>,
    min_days: Option<i64>,
    page: Option<Cursor>,
}

impl BoardQuery {
    fn parse(data: &QueryData) -> Result<Self, WebError> {
        let days = |text: &str| text.parse().ok().filter(|days| MIN_DAYS.contains(days));
        Ok(BoardQuery {
            state: data.choice("state", BoardState::parse)?,
            partner: data.choice("partner", Reference::parse)?,
            min_days: data.choice("age", days)?,
            page: data.choice("page", Cursor::parse)?,
        })
    }

    fn filter(&self) -> BoardFilter {
        BoardFilter {
            state: self.state.unwrap_or(BoardState::Open),
            partner: self.partner.clone(),
            min_days: self.min_days,
        }
    }

    fn state(&self) -> &'static str {
        self.state.map_or("", BoardState::as_str)
    }

    fn partner(&self) -> String {
        self.partner.as_ref().map(Reference::to_string).unwrap_or_default()
    }

    fn age(&self) -> String {
        self.min_days.map(|days| days.to_string()).unwrap_or_default()
    }

    fn href(&self, at: &Cursor) -> String {
        let (partner, age, at) = (self.partner(), self.age(), at.to_text());
        let pairs = [
            ("state", self.state()),
            ("partner", partner.as_str()),
            ("age", age.as_str()),
            ("page", at.as_str()),
        ];
        format!("/tasks{}", query(pairs))
    }

    fn is_narrowed(&self) -> bool {
        self.state.is_some() || self.partner.is_some() || self.min_days.is_some()
    }
}

/// A task as a row of the table.
struct Row {
    reference: Reference,
    partner: String,
    partner_reference: Reference,
    is_suspended: bool,
    product: String,
    opened: Moment,
    asked: Moment,
    /// What was said, or how often it was asked.
    tag: &'static str,
    state: &'static str,
    note: String,
    remark: String,
    answered: Option<(String, Moment)>,
}

impl Row {
    fn new(row: BoardRow, here: Here) -> Self {
        let (tag, state) = match row.answer {
            Some(TaskAnswer::Destroyed) => ("good", TaskAnswer::Destroyed.label()),
            Some(TaskAnswer::Kept) => ("neutral", TaskAnswer::Kept.label()),
            None => ("waiting", BoardState::Open.label()),
        };
        let is_suspended = row.partner_state != PartnerState::Active;
        let note = match (row.answer, row.told) {
            (Some(_), _) => String::new(),
            (None, _) if is_suspended => "waits until the partner is let in".to_owned(),
            (None, 0 | 1) => "asked once".to_owned(),
            (None, 2) => "reminded once".to_owned(),
            (None, _) => "reminded twice".to_owned(),
        };
        Row {
            reference: row.reference,
            partner: row.partner,
            partner_reference: row.partner_reference,
            is_suspended,
            product: row.product,
            opened: Moment::new(row.opened_at, here),
            asked: Moment::new(row.asked_at, here),
            tag,
            state,
            note,
            remark: row.remark,
            answered: row
                .answered_by
                .zip(row.answered_at)
                .map(|(who, when)| (who, Moment::new(when, here))),
        }
    }
}

#[derive(Template)]
#[template(path = "staff/tasks/index.html")]
struct BoardPage {
    frame: StaffFrame,
    state: &'static str,
    partner: String,
    age: String,
    is_narrowed: bool,
    states: Vec<(&'static str, &'static str)>,
    partners: Vec<(Reference, String)>,
    ages: Vec<(i64, String)>,
    count: String,
    rows: Vec<Row>,
    previous: Option<String>,
    next: Option<String>,
}

/// `GET /tasks`
pub async fn index(staff: Staff, data: QueryData) -> Answer {
    let asked = BoardQuery::parse(&data)?;
    let (filter, cursor) = (asked.filter(), asked.page.clone());
    let (frame, (found, count, partners)) = staff
        .page(move |conn, scope, now| {
            let found = destroy_tasks::board(conn, scope, &filter, cursor.as_ref(), now)?;
            let count = destroy_tasks::count(conn, scope, &filter, now)?;
            Ok::<_, Error>((found, count, destroy_tasks::partners_asked(conn, scope)?))
        })
        .await?;
    let here = staff.here();
    page(&BoardPage {
        frame: frame.at("tasks"),
        states: BoardState::ALL
            .iter()
            .filter(|state| **state != BoardState::Open)
            .map(|state| (state.as_str(), state.label()))
            .collect(),
        partners,
        ages: MIN_DAYS
            .iter()
            .map(|days| (*days, format!("{days} days or more")))
            .collect(),
        count: count.words(),
        previous: found.previous.as_ref().map(|at| asked.href(at)),
        next: found.next.as_ref().map(|at| asked.href(at)),
        rows: found.rows.into_iter().map(|row| Row::new(row, here)).collect(),
        state: asked.state(),
        partner: asked.partner(),
        age: asked.age(),
        is_narrowed: asked.is_narrowed(),
    })
}
