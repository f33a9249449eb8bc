//! Changing a user: name, address, role, partner.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;

use super::form::{Choices, person_input};
use super::{find, reference};
use crate::db::types::Reference;
use crate::domain::accounts::directory::Person;
use crate::domain::accounts::{self, PersonError, PersonInput, Role};
use crate::domain::partners::{self, Partner};
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::Admin;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page_with, see_other_with};
use crate::web::step_up::{self, Proof};

#[derive(Template)]
#[template(path = "admin/users/edit.html")]
struct EditPage {
    frame: StaffFrame,
    href: String,
    name: String,
    heading: String,
    person: PersonInput,
    choices: Choices,
    version: i64,
    /// What somebody else saved meanwhile, where it differs from what was typed.
    differences: Vec<(&'static str, String)>,
    needs_proof: bool,
    errors: FieldErrors,
}

impl EditPage {
    fn new(frame: StaffFrame, saved: &Person, person: PersonInput, partners: Vec<Partner>) -> Self {
        EditPage {
            frame: frame.at("users"),
            href: format!("/users/{}", saved.reference),
            name: saved.name.clone(),
            heading: format!("Edit {}", saved.name),
            person,
            choices: Choices::new(partners),
            version: saved.lock_version,
            differences: Vec::new(),
            needs_proof: false,
            errors: FieldErrors::default(),
        }
    }
}

fn input_of(saved: &Person) -> PersonInput {
    let partner = saved.partner.as_ref().map(|partner| partner.reference.to_string());
    PersonInput {
        name: saved.name.clone(),
        email: saved.email.clone(),
        role: saved.role.as_str().to_owned(),
        partner: partner.unwrap_or_default(),
    }
}

/// `GET /users/{reference}/edit`
pub async fn edit(admin: Admin, path: Path<String>) -> Answer {
    let asked = reference(&path)?;
    let limits = admin.state().session_limits();
    let (frame, (saved, partners)) = admin
        .page(move |conn, scope, now| {
            let saved = find(conn, scope, &asked, limits, now)?;
            Ok::<_, WebError>((saved, partners::all(conn, scope.staff())?))
        })
        .await?;
    let person = input_of(&saved);
    page_with(StatusCode::OK, &EditPage::new(frame, &saved, person, partners))
}

/// `POST /users/{reference}/edit`
pub async fn update(admin: Admin, session: Session, path: Path<String>, form: FormData) -> Answer {
    let asked = reference(&path)?;
    let person = person_input(&form);
    let seen = form.text("version").parse().unwrap_or(-1);
    let parsed = person.parse();
    let mut unproved = FieldErrors::default();
    let proof = if parsed.is_ok() && is_weighty(&admin, &asked, &person).await? {
        step_up::prove(
            admin.state(),
            &session,
            &admin.actor(),
            admin.principal().user(),
            &form,
            &mut unproved,
        )
        .await?
    } else {
        Proof::Given
    };
    let outcome = match (parsed, proof) {
        (Err(errors), _) => Err(PersonError::Fields(errors)),
        (Ok(_), Proof::Missing) => Err(PersonError::Fields(unproved)),
        (Ok(draft), Proof::Given) => {
            let (asked, key) = (asked.clone(), admin.state().link_key().clone());
            admin
                .write(move |tx, scope, now| accounts::edit(tx, scope, &key, &asked, &draft, seen, now))
                .await?
        }
    };
    if outcome.is_ok() {
        // Whoever took the own role away may not see the next page of it; the sign-in page tells.
        return see_other_with(&format!("/users/{asked}"), Notice::UserSaved);
    }
    let limits = admin.state().session_limits();
    // Read after the attempt, so that a stale form shows what it must now be compared with.
    let (frame, (saved, partners)) = admin
        .page(move |conn, scope, now| {
            let saved = find(conn, scope, &asked, limits, now)?;
            Ok::<_, WebError>((saved, partners::all(conn, scope.staff())?))
        })
        .await?;
    let mut form_page = EditPage::new(frame, &saved, person, partners);
    match outcome {
        Ok(()) => see_other_with(&form_page.href, Notice::UserSaved),
        Err(PersonError::Fields(errors)) => {
            form_page.errors = errors;
            form_page.version = seen;
            form_page.needs_proof = proof == Proof::Missing;
            page_with(proof.status(), &form_page)
        }
        Err(PersonError::Stale) => {
            form_page.differences = differences(&saved, &form_page.person);
            page_with(StatusCode::CONFLICT, &form_page)
        }
        Err(PersonError::Unknown) => Err(WebError::NotFound),
        Err(PersonError::Database(error)) => Err(error.into()),
    }
}

/// Another role or partner reaches other things, and whoever has the address sets the password: that takes a fresh proof of
/// who changes it.
async fn is_weighty(admin: &Admin, asked: &Reference, person: &PersonInput) -> Result<bool, WebError> {
    let (asked, limits) = (asked.clone(), admin.state().session_limits());
    let saved = admin
        .read(move |conn, scope, now| find(conn, scope, &asked, limits, now))
        .await?;
    let held = input_of(&saved);
    Ok(held.role != person.role || held.partner != person.partner || held.email != person.email)
}

fn differences(saved: &Person, typed: &PersonInput) -> Vec<(&'static str, String)> {
    let held = input_of(saved);
    let mut differences = Vec::new();
    if held.name != typed.name.trim() {
        differences.push(("Name", held.name));
    }
    if held.email != typed.email {
        differences.push(("E-mail address", held.email));
    }
    if held.role != typed.role {
        differences.push(("Role", Role::label(saved.role).to_owned()));
    }
    if held.partner != typed.partner {
        let name = saved.partner.as_ref().map_or("None", |partner| partner.name.as_str());
        differences.push(("Partner", name.to_owned()));
    }
    if differences.is_empty() {
        // Only the standing or the password changed.
        differences.push(("Status", saved.state.label().to_owned()));
    }
    differences
}
