//! By whose clock a person reads the pages.

use askama::Template;

use crate::domain::accounts::time_zone::{self, TimeZone};
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::SignedIn;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::frame::AccountFrame;
use crate::web::respond::{Answer, page, see_other_with, unprocessable};
use crate::web::view::{Moment, zone_options};

#[derive(Template)]
#[template(path = "account/time_zone.html")]
struct TimeZonePage {
    frame: AccountFrame,
    zones: Vec<(&'static str, &'static str)>,
    typed: String,
    /// What holds without a choice: `Not chosen: Europe/Stockholm, as for your company`.
    otherwise: String,
    now: Moment,
    errors: FieldErrors,
}

async fn form(person: &SignedIn, typed: Option<String>, errors: FieldErrors) -> Result<TimeZonePage, WebError> {
    let (user, here) = (person.principal().user(), person.here());
    let (frame, TimeZone { chosen, otherwise }) = person.page(move |conn, _, _| time_zone::load(conn, user)).await?;
    Ok(TimeZonePage {
        frame,
        zones: zone_options(),
        typed: typed.unwrap_or_else(|| chosen.map_or("", |zone| zone.name()).to_owned()),
        otherwise: match person.principal().partner_name() {
            Some(_) => format!("Not chosen: {}, as for your company", otherwise.name()),
            None => format!("Not chosen: {}", otherwise.name()),
        },
        now: Moment::new(here.now(), here),
        errors,
    })
}

/// `GET /account/time-zone`
pub async fn edit(person: SignedIn) -> Answer {
    page(&form(&person, None, FieldErrors::default()).await?)
}

/// `POST /account/time-zone`
pub async fn update(person: SignedIn, data: FormData) -> Answer {
    let typed = data.text("time_zone");
    let chosen = match time_zone::parse(&typed) {
        Ok(chosen) => chosen,
        Err(errors) => return unprocessable(&form(&person, Some(typed), errors).await?),
    };
    let user = person.principal().user();
    person
        .write(move |tx, scope, now| time_zone::choose(tx, scope.actor(), user, chosen, now))
        .await??;
    see_other_with("/account", Notice::TimeZoneChosen)
}
