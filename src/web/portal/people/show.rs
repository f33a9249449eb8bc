//! One person at the partner: what they have, and whether they may come in.

use actix_web::web::Path;
use askama::Template;

use super::{path_of, reference};
use crate::domain::accounts::UserState;
use crate::domain::accounts::colleagues::{self, Colleague};
use crate::web::error::WebError;
use crate::web::extract::PartnerManager;
use crate::web::frame::PortalFrame;
use crate::web::respond::{Answer, page};
use crate::web::view::{Moment, user_tag};

#[derive(Template)]
#[template(path = "portal/people/show.html")]
struct ShowPage {
    frame: PortalFrame,
    href: String,
    tag: &'static str,
    last_signed_in: Option<Moment>,
    waiting: String,
    open: String,
    is_self: bool,
    /// Only the vendor lets this person in again.
    is_suspended_by_vendor: bool,
    person: Colleague,
}

impl ShowPage {
    fn is_invited(&self) -> bool {
        self.person.state == UserState::Invited
    }

    fn is_suspended(&self) -> bool {
        self.person.state == UserState::Suspended
    }
}

/// `GET /portal/people/{reference}`
pub async fn show(manager: PartnerManager, path: Path<String>) -> Answer {
    let asked = reference(&path)?;
    let (frame, (person, by_vendor, holdings)) = manager
        .page(move |conn, scope, _| {
            let person = colleagues::find(conn, scope, &asked)?.ok_or(WebError::NotFound)?;
            let by_vendor =
                person.state == UserState::Suspended && colleagues::is_suspended_by_vendor(conn, scope, person.id)?;
            Ok::<_, WebError>((person, by_vendor, colleagues::holdings(conn, scope)?))
        })
        .await?;
    let (waiting, open) = holdings.of(Some(person.id));
    page(&ShowPage {
        frame: frame.at("people"),
        href: path_of(&person.reference),
        tag: user_tag(person.state),
        last_signed_in: person.last_signed_in_at.map(|at| Moment::new(at, manager.here())),
        waiting,
        open,
        is_self: person.id == manager.principal().user(),
        is_suspended_by_vendor: by_vendor,
        person,
    })
}
