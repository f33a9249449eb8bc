//! How a person wants to be told: at once, once an hour, or by the notices alone.

use askama::Template;

use crate::domain::outbox::Message;
use crate::domain::outbox::choices::{self, Delivery};
use crate::web::error::WebError;
use crate::web::extract::SignedIn;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::frame::AccountFrame;
use crate::web::respond::{Answer, page, see_other_with};

/// The choice for one kind of message: the name of its field, the words, what is chosen.
struct Choice {
    name: &'static str,
    label: &'static str,
    chosen: &'static str,
}

#[derive(Template)]
#[template(path = "account/notifications.html")]
struct NotificationsPage {
    frame: AccountFrame,
    choices: Vec<Choice>,
}

impl NotificationsPage {
    /// What can be chosen, for the radio buttons.
    fn options(&self) -> [(&'static str, &'static str, &'static str); 3] {
        [
            (Delivery::AtOnce.as_str(), "By e-mail at once", ""),
            (Delivery::Hourly.as_str(), "By e-mail once an hour, all together", ""),
            (Delivery::Never.as_str(), "Not by e-mail", ""),
        ]
    }
}

/// `GET /account/notifications`
pub async fn edit(person: SignedIn) -> Answer {
    let (user, role) = (person.principal().user(), person.principal().role());
    let (frame, chosen) = person.page(move |conn, _, _| choices::all(conn, user, role)).await?;
    let choice = |(message, delivery): (Message, Delivery)| Choice {
        name: message.as_str(),
        label: message.label(),
        chosen: delivery.as_str(),
    };
    page(&NotificationsPage {
        frame,
        choices: chosen.into_iter().map(choice).collect(),
    })
}

/// `POST /account/notifications`
pub async fn update(person: SignedIn, form: FormData) -> Answer {
    let (user, role) = (person.principal().user(), person.principal().role());
    let chosen = choices::offered(role)
        .iter()
        .map(|message| Some((*message, Delivery::parse(&form.text(message.as_str()))?)))
        .collect::<Option<Vec<_>>>()
        .ok_or(WebError::BadRequest(
            "The form does not say how you want to be told. Open the page anew.",
        ))?;
    person
        .write(move |tx, scope, now| choices::save(tx, scope.actor(), user, &chosen, now))
        .await??;
    see_other_with("/account/notifications", Notice::SettingsSaved)
}
