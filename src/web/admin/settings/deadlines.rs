//! Settings of deadlines: by when partners must open leads and say how they stand.

use askama::Template;

use crate::db::Error;
use crate::domain::deadlines::settings::{self, DeadlinesInput, SaveError};
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::Admin;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page, see_other_with, unprocessable};

#[derive(Template)]
#[template(path = "admin/settings/deadlines.html")]
struct DeadlinesPage {
    frame: StaffFrame,
    input: DeadlinesInput,
    seen: i64,
    errors: FieldErrors,
}

/// `GET /settings/deadlines`
pub async fn edit(admin: Admin) -> Answer {
    let (frame, settings) = admin.page(|conn, _, _| settings::load(conn)).await?;
    page(&DeadlinesPage {
        frame: frame.at("settings"),
        input: DeadlinesInput::new(&settings),
        seen: settings.lock_version,
        errors: FieldErrors::default(),
    })
}

/// `POST /settings/deadlines`
pub async fn update(admin: Admin, form: FormData) -> Answer {
    let input = DeadlinesInput {
        open_within: form.text("open_within"),
        first_update_within: form.text("first_update_within"),
        update_every: form.text("update_every"),
    };
    let seen = form
        .text("seen")
        .parse()
        .map_err(|_| WebError::BadRequest("The form does not say which settings it changes. Open the page anew."))?;
    let draft = match input.parse() {
        Ok(draft) => draft,
        Err(errors) => {
            let (frame, ()) = admin.page(|_, _, _| Ok::<_, Error>(())).await?;
            return unprocessable(&DeadlinesPage {
                frame: frame.at("settings"),
                input,
                seen,
                errors,
            });
        }
    };
    let saved = admin
        .write(move |tx, scope, now| settings::save(tx, scope, &draft, seen, now))
        .await?;
    match saved {
        Ok(()) => see_other_with("/settings/deadlines", Notice::SettingsSaved),
        Err(SaveError::ChangedMeanwhile) => Err(WebError::conflict(
            "Somebody else saved these settings meanwhile",
            "Nothing of yours was saved. Look at what is set now, and change it anew if need be.",
            "/settings/deadlines",
            "See the settings",
        )),
        Err(SaveError::Database(error)) => Err(error.into()),
    }
}
