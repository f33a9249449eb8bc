//! Acting on each lead of a selection by itself, and telling what became of each.

use std::borrow::Cow;

use askama::Template;

use crate::db::types::LeadId;
use crate::db::types::UtcTime;
use crate::db::{Error, Tx};
use crate::domain::access::StaffScope;
use crate::domain::leads::selection::SelectedLead;
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page};
use crate::web::staff::leads::way_back::WayBack;

/// So many leads take one write job: a job must not keep other writers waiting.
const CHUNK: usize = 25;

/// What became of one lead; a refusal says why.
pub type Outcome = Result<(), Cow<'static, str>>;

const NOT_ANSWERED: &str = "The database gave no answer, so nothing was changed for this lead. Try it again";

/// A lead that was refused, with the reason.
pub struct Refused {
    pub lead: SelectedLead,
    pub reason: Cow<'static, str>,
}

/// What became of a whole selection.
pub struct Outcomes {
    pub done: usize,
    pub refused: Vec<Refused>,
}

/// Does something with each lead: in several write jobs, so that what one lead meets does not touch the others.
///
/// # Errors
/// The database did not answer at all.
pub async fn each<F>(staff: &Staff, leads: Vec<SelectedLead>, act: F) -> Result<Outcomes, WebError>
where
    F: for<'t> Fn(&mut Tx<'t>, &StaffScope, LeadId, UtcTime) -> Result<Outcome, Error> + Clone + Send + 'static,
{
    let mut outcomes = Outcomes {
        done: 0,
        refused: Vec::new(),
    };
    let mut failure = None;
    for chunk in leads.chunks(CHUNK) {
        let ids: Vec<LeadId> = chunk.iter().map(|lead| lead.id).collect();
        let act = act.clone();
        let done = staff
            .write(move |tx, scope, now| {
                ids.iter()
                    .map(|id| act(tx, scope, *id, now))
                    .collect::<Result<Vec<Outcome>, Error>>()
            })
            .await
            .and_then(|done| done.map_err(WebError::from));
        let results = match done {
            Ok(results) => results,
            Err(error) => {
                failure = Some(error);
                vec![Err(Cow::Borrowed(NOT_ANSWERED)); chunk.len()]
            }
        };
        for (lead, result) in chunk.iter().zip(results) {
            match result {
                Ok(()) => outcomes.done += 1,
                Err(reason) => outcomes.refused.push(Refused {
                    lead: lead.clone(),
                    reason,
                }),
            }
        }
    }
    match failure {
        Some(error) if outcomes.refused.iter().all(|refused| refused.reason == NOT_ANSWERED) && outcomes.done == 0 => {
            Err(error)
        }
        _ => Ok(outcomes),
    }
}

#[derive(Template)]
#[template(path = "staff/leads/selection/result.html")]
struct ResultPage {
    frame: StaffFrame,
    heading: String,
    /// What was done, in one sentence.
    done: String,
    refused: Vec<Refused>,
    /// Leads that were gone before anything was done.
    gone: usize,
    way_back: WayBack,
}

/// The page that tells what became of each lead that something else happened to than was asked for.
pub fn show(
    frame: StaffFrame,
    heading: String,
    done: String,
    refused: Vec<Refused>,
    gone: usize,
    way_back: WayBack,
) -> Answer {
    page(&ResultPage {
        frame: frame.at(way_back.section()),
        heading,
        done,
        refused,
        gone,
        way_back,
    })
}
