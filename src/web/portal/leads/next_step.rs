//! The next step of a lead.

use actix_web::web::Path;

use super::refused::refused;
use super::show::{self, Typed};
use super::{path_of, reference};
use crate::domain::assignments::held::HeldError;
use crate::domain::assignments::next_step::{self, NextStep};
use crate::web::error::WebError;
use crate::web::extract::PartnerUser;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::respond::{Answer, see_other_with};

/// `POST /portal/leads/{reference}/next-step`
pub async fn create(user: PartnerUser, path: Path<String>, form: FormData) -> Answer {
    let reference = reference(&path)?;
    let (text, day) = (form.text("next_step"), form.text("next_step_on"));
    let wanted = reference.clone();
    match NextStep::parse(&text, &day) {
        Ok(step) => {
            let stored = user
                .write(move |tx, scope, now| next_step::put(tx, scope, &wanted, &step, now))
                .await?;
            match stored {
                Ok(()) => see_other_with(&path_of(&reference), Notice::NextStepSaved),
                Err(HeldError::Refused(refusal)) => Err(refused(refusal, &path_of(&reference))),
                Err(HeldError::Database(error)) => Err(WebError::from(error)),
            }
        }
        Err(errors) => show::with_problems(&user, reference, Typed::next_step(text, day), errors).await,
    }
}
