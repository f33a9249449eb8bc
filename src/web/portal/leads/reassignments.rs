//! Moving a lead to a colleague.

use actix_web::web::Path;
use askama::Template;

use super::refused::{asked, cannot};
use super::{path_of, reference};
use crate::db::types::Reference;
use crate::domain::assignments::life::Transition;
use crate::domain::assignments::reassign::{self, Colleague, ReassignError};
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::PartnerUser;
use crate::web::flash::Notice;
use crate::web::forms::{FormData, QueryData};
use crate::web::frame::PortalFrame;
use crate::web::respond::{Answer, page, see_other_with, unprocessable};

#[derive(Template)]
#[template(path = "portal/leads/reassignment.html")]
struct ReassignmentPage {
    frame: PortalFrame,
    href: String,
    title: String,
    /// What was looked for.
    words: String,
    colleagues: Vec<(String, String, &'static str)>,
    is_cut: bool,
    chosen: String,
    errors: FieldErrors,
}

async fn form(
    user: &PartnerUser,
    reference: Reference,
    words: &str,
    chosen: String,
    errors: FieldErrors,
) -> Result<ReassignmentPage, WebError> {
    let href = path_of(&reference);
    let words: String = words.trim().chars().take(200).collect();
    let searched = words.clone();
    let (frame, (title, colleagues)) = user
        .page(move |conn, scope, _| {
            let title = asked(conn, scope, &reference, Transition::Move)?;
            let colleagues =
                reassign::colleagues(conn, scope, &reference, &searched).map_err(|error| cannot(error, &reference))?;
            Ok::<_, WebError>((title, colleagues))
        })
        .await?;
    let triple = |colleague: Colleague| (colleague.reference.to_string(), colleague.name, colleague.role.label());
    Ok(ReassignmentPage {
        frame,
        href,
        title,
        words,
        is_cut: colleagues.len() >= reassign::SHOWN as usize,
        colleagues: colleagues.into_iter().map(triple).collect(),
        chosen,
        errors,
    })
}

/// `GET /portal/leads/{reference}/reassignment`
pub async fn new(user: PartnerUser, path: Path<String>, query: QueryData) -> Answer {
    let reference = reference(&path)?;
    let words = query.text("q");
    page(&form(&user, reference, &words, String::new(), FieldErrors::default()).await?)
}

/// `POST /portal/leads/{reference}/reassignment`
pub async fn create(user: PartnerUser, path: Path<String>, data: FormData) -> Answer {
    let reference = reference(&path)?;
    let (words, chosen) = (data.text("q"), data.text("colleague"));
    let Some(colleague) = Reference::parse(&chosen) else {
        return nobody(
            &user,
            reference,
            &words,
            chosen,
            "Choose the colleague who gets the lead",
        )
        .await;
    };
    let wanted = reference.clone();
    let moved = user
        .write(move |tx, scope, now| reassign::reassign(tx, scope, &wanted, &colleague, now))
        .await?;
    match moved {
        Ok(()) => see_other_with("/portal/leads", Notice::LeadMoved),
        Err(ReassignError::CannotReceive) => {
            let sentence = "This colleague can't receive the lead now. Choose another one";
            nobody(&user, reference, &words, chosen, sentence).await
        }
        Err(ReassignError::Held(error)) => Err(cannot(error, &reference)),
    }
}

async fn nobody(user: &PartnerUser, reference: Reference, words: &str, chosen: String, sentence: &str) -> Answer {
    let mut errors = FieldErrors::default();
    errors.add("colleague", sentence);
    unprocessable(&form(user, reference, words, chosen, errors).await?)
}
