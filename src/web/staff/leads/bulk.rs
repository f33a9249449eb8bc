//! Bulk acts: something is done to a selection, or to all leads that match the filters of the list; lead by lead, in the
//! background, with a page that says how far it is and what became of each.

mod results;
mod show;

use actix_web::http::StatusCode;
use askama::Template;

use super::list_query::{Choices, ListQuery};
use super::recipients::{RecipientGroup, grouped, is_cut};
use super::selection::{Selection, refuse, way_back};
use super::way_back::WayBack;
use crate::db::page::{Count, thousands};
use crate::db::types::{LeadId, Reference};
use crate::db::{DbConn, Error};
use crate::domain::access::StaffScope;
use crate::domain::bulk::begin::begin;
use crate::domain::bulk::turn::Task;
use crate::domain::bulk::{BulkKind, LARGEST};
use crate::domain::leads::search;
use crate::domain::leads::selection::find;
use crate::domain::partners::receiving::{self, Recipient};
use crate::domain::settings;
use crate::domain::submissions;
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::forms::{FormData, QueryData};
use crate::web::frame::StaffFrame;
use crate::web::here::Here;
use crate::web::respond::{Answer, page_with, see_other};

pub use results::results;
pub use show::{index, show, stop};

/// Which leads are meant.
#[derive(Clone)]
enum Chosen {
    Ticked(Selection),
    /// All that match the filters of the list.
    Matching(ListQuery),
}

impl Chosen {
    /// Reads the form of the list; where it makes no sense, the answer that says so.
    async fn of(staff: &Staff, form: &FormData) -> Result<Result<Self, WebError>, Answer> {
        if form.is_ticked("all") {
            let list = QueryData::parse(&form.text("list")).and_then(|data| ListQuery::parse(&data));
            return Ok(list.map(Chosen::Matching));
        }
        match Selection::of(form) {
            Ok(selection) => Ok(Ok(Chosen::Ticked(selection))),
            Err(error) => Err(refuse(staff, error, way_back(form)).await),
        }
    }

    /// The leads, all of them: what is meant by all is never a part.
    fn ids(&self, conn: &mut DbConn, scope: &StaffScope, here: Here) -> Result<Result<Vec<LeadId>, NotThese>, Error> {
        let ids = match self {
            Chosen::Ticked(selection) => {
                let mut ids: Vec<LeadId> = find(conn, scope, selection.references())?
                    .into_iter()
                    .map(|lead| lead.id)
                    .collect();
                ids.sort_unstable();
                ids
            }
            Chosen::Matching(list) => {
                let filter = list.filter(&Choices::load(conn, scope, list, here)?);
                let ids = search::matching(conn, scope, &filter, LARGEST, here.now())?;
                let found = Count(ids.len() as i64);
                if found.0 <= LARGEST && search::cut(conn, scope, &filter, found, here.now())?.is_some() {
                    return Ok(Err(NotThese::Cut));
                }
                ids
            }
        };
        Ok(match ids.len() as i64 {
            0 => Err(NotThese::Gone),
            1..=LARGEST => Ok(ids),
            _ => Err(NotThese::TooMany),
        })
    }

    /// The filters that all of them match, in words.
    fn filters(&self, conn: &mut DbConn, scope: &StaffScope, here: Here) -> Result<Vec<String>, Error> {
        let Chosen::Matching(list) = self else {
            return Ok(Vec::new());
        };
        let in_words = list.in_words(&Choices::load(conn, scope, list, here)?);
        Ok(in_words.into_iter().map(|(_, words)| words).collect())
    }
}

/// Why nothing is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NotThese {
    Gone,
    TooMany,
    /// The search looks at some of the leads alone, so nobody knows all that match.
    Cut,
}

impl NotThese {
    fn told(self, way_back: &WayBack) -> WebError {
        let (heading, sentence) = match self {
            NotThese::Gone => (
                "There are no such leads any more",
                "They were deleted meanwhile, or no longer match the filters. Nothing was changed.",
            ),
            NotThese::TooMany => (
                "Too many leads at once",
                "More than 10,000 leads match by now. Narrow the filters. Nothing was changed.",
            ),
            NotThese::Cut => (
                "These are not all leads that match",
                "More than 10,000 leads match the search or how they are handed over, and the list looks at 10,000 of them. Narrow that, or tick the leads. Nothing was changed.",
            ),
        };
        WebError::conflict(heading, sentence, way_back.href(), "Back to the list")
    }
}

#[derive(Template)]
#[template(path = "staff/leads/bulk/new.html")]
struct NewPage {
    frame: StaffFrame,
    submission: String,
    kind: BulkKind,
    heading: String,
    count: i64,
    /// The references of ticked leads; none when all that match are meant.
    ticked: Vec<Reference>,
    filters: Vec<String>,
    words: String,
    groups: Vec<RecipientGroup>,
    is_cut: bool,
    errors: FieldErrors,
    way_back: WayBack,
}

impl NewPage {
    fn is_assign(&self) -> bool {
        self.kind == BulkKind::Assign
    }

    fn button(&self) -> String {
        if self.count == 1 {
            verb(self.kind).to_owned()
        } else {
            self.heading.clone()
        }
    }

    fn sentence(&self) -> &'static str {
        match self.kind {
            BulkKind::Assign => {
                "Each lead is decided by itself. Leads that somebody else has are reassigned; leads on hold are left out, and the result says which."
            }
            BulkKind::Recall => {
                "Partners lose sight of them at once. Leads that no partner has, and closed ones, are left as they are."
            }
            BulkKind::Remind => {
                "Whoever has them is told by e-mail and notice that they still wait, each lead once a day at the most."
            }
        }
    }
}

fn verb(kind: BulkKind) -> &'static str {
    match kind {
        BulkKind::Assign => "Assign",
        BulkKind::Recall => "Take back",
        BulkKind::Remind => "Remind",
    }
}

/// `1 lead`, `1,284 leads`.
fn leads(count: i64) -> String {
    format!("{} {}", thousands(count), if count == 1 { "lead" } else { "leads" })
}

/// The page that asks before anything is done, in answer to the form of the list.
pub async fn new(staff: &Staff, kind: BulkKind, form: &FormData, errors: FieldErrors) -> Answer {
    let chosen = match Chosen::of(staff, form).await {
        Ok(chosen) => chosen?,
        Err(answer) => return answer,
    };
    let words: String = form.text("q").trim().chars().take(200).collect();
    let (asked, searched, here) = (chosen.clone(), words.clone(), staff.here());
    let (frame, (ids, filters, recipients)) = staff
        .page(move |conn, scope, _| {
            let settings = settings::load(conn)?;
            let recipients: Vec<Recipient> = if kind == BulkKind::Assign {
                receiving::search(conn, scope, &settings, &searched, false, None)?
            } else {
                Vec::new()
            };
            Ok::<_, Error>((
                asked.ids(conn, scope, here)?,
                asked.filters(conn, scope, here)?,
                recipients,
            ))
        })
        .await?;
    let way_back = way_back(form);
    let count = ids.map_err(|not| not.told(&way_back))?.len() as i64;
    let status = if errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    page_with(
        status,
        &NewPage {
            frame: frame.at(way_back.section()),
            submission: form.submission_key(),
            kind,
            heading: format!("{} {}", verb(kind), leads(count)),
            count,
            ticked: match chosen {
                Chosen::Ticked(selection) => selection.references().to_vec(),
                Chosen::Matching(_) => Vec::new(),
            },
            filters,
            words,
            is_cut: is_cut(&recipients),
            groups: grouped(recipients, &form.text("recipient")),
            errors,
            way_back,
        },
    )
}

/// `POST /leads/bulk`
pub async fn create(staff: Staff, form: FormData) -> Answer {
    let kind = BulkKind::parse(&form.text("act")).ok_or(WebError::BadRequest(
        "The form does not say what to do with the leads. Use the buttons below the list.",
    ))?;
    if form.has("search") {
        return new(&staff, kind, &form, FieldErrors::default()).await;
    }
    let chosen = match Chosen::of(&staff, &form).await {
        Ok(chosen) => chosen?,
        Err(answer) => return answer,
    };
    let task = match kind {
        BulkKind::Recall => Task::Recall,
        BulkKind::Remind => Task::Remind,
        BulkKind::Assign => {
            let recipient = Reference::parse(&form.text("recipient"));
            let to = staff
                .read(move |conn, scope, _| match recipient {
                    Some(reference) => receiving::find(conn, scope, &reference),
                    None => Ok(None),
                })
                .await?;
            match to {
                Some(to) => Task::Assign(to),
                None => {
                    let mut errors = FieldErrors::default();
                    errors.add("recipient", "Choose who receives the leads");
                    return new(&staff, kind, &form, errors).await;
                }
            }
        }
    };
    let (way_back, here) = (way_back(&form), staff.here());
    let submission = form.submission("/leads/bulk", &["act", "recipient", "all", "list"]);
    let begun = staff
        .write(move |tx, scope, now| {
            submissions::once(tx, scope.user(), &submission, now, |tx| {
                // Asked anew in the transaction: the filters may match others by now.
                let ids = chosen.ids(tx, scope, here)?.map_err(BeginError::NotThese)?;
                let reference = begin(tx, scope, task, &ids, now)?;
                Ok(format!("/leads/bulk/{reference}"))
            })
        })
        .await?;
    match begun {
        Ok(location) => see_other(&location),
        Err(BeginError::NotThese(not)) => Err(not.told(&way_back)),
        Err(BeginError::Database(error)) => Err(error.into()),
    }
}

/// Why no bulk act began.
enum BeginError {
    NotThese(NotThese),
    Database(Error),
}

impl From<Error> for BeginError {
    fn from(error: Error) -> Self {
        BeginError::Database(error)
    }
}
