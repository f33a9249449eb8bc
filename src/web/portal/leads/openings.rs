//! Opening a lead: a POST, so that nothing which merely follows links opens one.

use actix_web::web::Path;

use super::{path_of, reference};
use crate::domain::assignments::open::{self, OpenError};
use crate::web::error::WebError;
use crate::web::extract::PartnerUser;
use crate::web::flash::Notice;
use crate::web::respond::{Answer, see_other_with};

/// `POST /portal/leads/{reference}/open`
pub async fn create(user: PartnerUser, path: Path<String>) -> Answer {
    let reference = reference(&path)?;
    let wanted = reference.clone();
    let opened = user
        .write(move |tx, scope, now| open::open(tx, scope, &wanted, now))
        .await?;
    match opened {
        Ok(()) => see_other_with(&path_of(&reference), Notice::LeadOpened),
        Err(OpenError::NotFound) => Err(WebError::NotFound),
        Err(OpenError::Database(error)) => Err(error.into()),
    }
}
