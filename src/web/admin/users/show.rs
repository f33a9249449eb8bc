//! One user: what is known, where the account stands, what can be done about it.

use actix_web::web::Path;
use askama::Template;

use super::{find, reference};
use crate::db::page::thousands;
use crate::domain::accounts::directory::Person;
use crate::domain::accounts::{UserState, suspension};
use crate::domain::partners::PartnerState;
use crate::web::error::WebError;
use crate::web::extract::Admin;
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page};
use crate::web::view::{Moment, user_tag};

#[derive(Template)]
#[template(path = "admin/users/show.html")]
struct ShowPage {
    frame: StaffFrame,
    href: String,
    person: Person,
    tag: &'static str,
    is_self: bool,
    created: Moment,
    last_signed_in: Option<Moment>,
    invited_until: Option<Moment>,
    sessions: String,
    live_leads: String,
    /// The managers of the partner, who suspended this user, can let the user in again.
    is_suspended_by_partner: bool,
}

/// `GET /users/{reference}`
pub async fn show(admin: Admin, path: Path<String>) -> Answer {
    let (asked, limits) = (reference(&path)?, admin.state().session_limits());
    let (frame, (person, is_suspended_by_partner)) = admin
        .page(move |conn, scope, now| {
            let person = find(conn, scope, &asked, limits, now)?;
            let is_suspended = person.state == UserState::Suspended;
            let by_partner = is_suspended && !suspension::is_by_vendor(conn, person.id)?;
            Ok::<_, WebError>((person, by_partner))
        })
        .await?;
    let here = admin.here();
    page(&ShowPage {
        frame: frame.at("users"),
        href: format!("/users/{}", person.reference),
        tag: user_tag(person.state),
        is_self: person.id == admin.principal().user(),
        created: Moment::new(person.created_at, here),
        last_signed_in: person.last_signed_in_at.map(|at| Moment::new(at, here)),
        invited_until: person.invited_until.map(|at| Moment::new(at, here)),
        sessions: thousands(person.sessions),
        live_leads: thousands(person.live_leads),
        is_suspended_by_partner,
        person,
    })
}

impl ShowPage {
    fn is_invited(&self) -> bool {
        self.person.state == UserState::Invited
    }

    fn is_suspended(&self) -> bool {
        self.person.state == UserState::Suspended
    }

    /// The name of the partner, while it is suspended and shuts this user out.
    fn suspended_partner(&self) -> Option<&str> {
        let partner = self.person.partner.as_ref()?;
        (partner.state == PartnerState::Suspended).then_some(partner.name.as_str())
    }
}
