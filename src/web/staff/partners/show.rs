//! One partner: its people, its leads, its standing.

use actix_web::web::Path;
use askama::Template;

use crate::db::page::thousands;
use crate::db::types::Reference;
use crate::domain::accounts::{Role, UserState};
use crate::domain::partners::PartnerState;
use crate::domain::partners::directory::{self, Colleague, PEOPLE_SHOWN, PartnerPage};
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page};
use crate::web::view::{Moment, country_name, user_tag};

/// Somebody of the partner as a row.
struct Row {
    reference: Reference,
    name: String,
    email: String,
    role: Role,
    state: UserState,
    tag: &'static str,
    last_signed_in: Option<Moment>,
}

#[derive(Template)]
#[template(path = "staff/partners/show.html")]
struct ShowPage {
    frame: StaffFrame,
    href: String,
    partner: PartnerPage,
    tag: &'static str,
    country: &'static str,
    created: Moment,
    people: Vec<Row>,
    /// `3 users`.
    users: String,
    has_more_people: bool,
    leads: String,
    unopened: String,
    opened: String,
    leads_href: String,
    unopened_href: String,
}

/// `GET /partners/{reference}`
pub async fn show(staff: Staff, path: Path<String>) -> Answer {
    let reference = Reference::parse(&path).ok_or(WebError::NotFound)?;
    let (frame, partner) = staff
        .page(move |conn, scope, _| directory::find(conn, scope, &reference)?.ok_or(WebError::NotFound))
        .await?;
    let here = staff.here();
    let row = |person: &Colleague| Row {
        reference: person.reference.clone(),
        name: person.name.clone(),
        email: person.email.clone(),
        role: person.role,
        state: person.state,
        tag: user_tag(person.state),
        last_signed_in: person.last_signed_in_at.map(|at| Moment::new(at, here)),
    };
    let reference = &partner.reference;
    page(&ShowPage {
        frame: frame.at("partners"),
        href: format!("/partners/{reference}"),
        tag: super::tag_of(partner.state),
        country: country_name(&partner.country),
        created: Moment::new(partner.created_at, here),
        people: partner.people.iter().map(row).collect(),
        users: format!(
            "{} {}",
            thousands(partner.users),
            if partner.users == 1 { "user" } else { "users" }
        ),
        has_more_people: partner.users > PEOPLE_SHOWN,
        leads: thousands(partner.leads.all),
        unopened: thousands(partner.leads.unopened()),
        opened: thousands(partner.leads.opened),
        leads_href: format!("/leads?partner={reference}"),
        unopened_href: format!("/leads?partner={reference}&status=unopened"),
        partner,
    })
}

impl ShowPage {
    fn is_suspended(&self) -> bool {
        self.partner.state == PartnerState::Suspended
    }
}
