//! The numbers of the start page. Each is a list of leads with its filters: what the link shows is what was counted.

use crate::db::{DbConn, Error};
use crate::domain::access::StaffScope;
use crate::domain::leads::LeadStatus;
use crate::domain::leads::search::{self, Permission};
use crate::web::counter::Counter;
use crate::web::here::Here;
use crate::web::staff::leads::list_query::{Choices, ListQuery, Period, Question};

/// More days than so many are too long for a lead to stay unopened.
const UNOPENED_DAYS: i64 = 7;

/// And so many without a word about an open one.
const SILENT_DAYS: i64 = 14;

struct Figure {
    list: ListQuery,
    words: String,
    class: &'static str,
}

fn figures() -> [Figure; 6] {
    let figure = |list, words: &str, class| Figure {
        list,
        words: words.to_owned(),
        class,
    };
    [
        figure(
            ListQuery {
                permission: Some(Permission::OnHold),
                ..ListQuery::default()
            },
            "on hold",
            "counter-waiting",
        ),
        figure(
            ListQuery {
                status: Some(LeadStatus::Unassigned),
                ..ListQuery::default()
            },
            "unassigned",
            "",
        ),
        figure(
            ListQuery {
                unopened_days: Some(UNOPENED_DAYS),
                ..ListQuery::default()
            },
            &format!("unopened for more than {UNOPENED_DAYS} days"),
            "counter-attention",
        ),
        figure(
            ListQuery {
                silent_days: Some(SILENT_DAYS),
                ..ListQuery::default()
            },
            &format!("open without update for more than {SILENT_DAYS} days"),
            "counter-attention",
        ),
        figure(
            ListQuery {
                question: Some(Question::Waiting),
                ..ListQuery::default()
            },
            "waiting for an answer",
            "",
        ),
        figure(
            ListQuery {
                closed: Some(Period::ThisMonth),
                ..ListQuery::default()
            },
            "closed this month",
            "",
        ),
    ]
}

/// Counts all of them, the leads on hold first.
pub fn load(conn: &mut DbConn, scope: &StaffScope, here: Here) -> Result<Vec<Counter>, Error> {
    let figures = figures();
    let choices = Choices::of_no_partner(here);
    let filters = figures.each_ref().map(|figure| figure.list.filter(&choices));
    let counts = search::counts(conn, scope, &filters, here.now())?;
    let counted = figures.into_iter().zip(counts);
    Ok(counted
        .map(|(figure, count)| Counter::new(count, figure.words, figure.list.address()).marked(figure.class))
        .collect())
}

/// Those that this installation shows: nothing is on hold where permission is not tracked.
pub fn shown(counters: Vec<Counter>, is_tracking: bool) -> Vec<Counter> {
    let hidden = usize::from(!is_tracking);
    counters.into_iter().skip(hidden).collect()
}
