//! Inviting a user.

use actix_session::Session;
use askama::Template;

use super::form::{Choices, person_input};
use crate::db::Tx;
use crate::domain::access::AdminScope;
use crate::domain::accounts::{self, PersonDraft, PersonError, PersonInput, Role};
use crate::domain::partners;
use crate::domain::submissions::{self, Submission};
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::Admin;
use crate::web::flash::Notice;
use crate::web::forms::{FormData, QueryData, submission_key};
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page, page_with, see_other_with};
use crate::web::step_up::{self, Proof};

#[derive(Template)]
#[template(path = "admin/users/new.html")]
struct NewPage {
    frame: StaffFrame,
    submission: String,
    person: PersonInput,
    choices: Choices,
    needs_proof: bool,
    errors: FieldErrors,
}

/// `GET /users/new`, also from the page of a partner (`?partner=…`).
pub async fn new(admin: Admin, data: QueryData) -> Answer {
    let (frame, partners) = admin.page(|conn, scope, _| partners::all(conn, scope.staff())).await?;
    let partner = data.text("partner");
    let is_known = partners.iter().any(|known| known.reference.as_str() == partner);
    let person = PersonInput {
        role: if is_known {
            Role::PartnerManager.as_str().to_owned()
        } else {
            String::new()
        },
        partner: if is_known { partner } else { String::new() },
        ..PersonInput::default()
    };
    page(&NewPage {
        frame: frame.at("users"),
        submission: submission_key(),
        person,
        choices: Choices::new(partners),
        needs_proof: false,
        errors: FieldErrors::default(),
    })
}

/// `POST /users`
pub async fn create(admin: Admin, session: Session, form: FormData) -> Answer {
    let person = person_input(&form);
    let submission = form.submission("/users", &["name", "email", "role", "partner"]);
    let parsed = person.parse();
    let mut unproved = FieldErrors::default();
    // What the vendor's people can do weighs much, so it takes a fresh proof of who lets one in.
    let proof = match &parsed {
        Ok(draft) if !draft.role.is_partner() => {
            step_up::prove(
                admin.state(),
                &session,
                &admin.actor(),
                admin.principal().user(),
                &form,
                &mut unproved,
            )
            .await?
        }
        _ => Proof::Given,
    };
    let errors = match (parsed, proof) {
        (Err(errors), _) => errors,
        (Ok(_), Proof::Missing) => unproved,
        (Ok(draft), Proof::Given) => match invite(&admin, draft, submission).await? {
            Ok(location) => return see_other_with(&location, Notice::UserInvited),
            Err(PersonError::Fields(errors)) => errors,
            Err(PersonError::Stale | PersonError::Unknown) => {
                return Err(WebError::Internal("a new user can't be stale or gone".to_owned()));
            }
            Err(PersonError::Database(error)) => return Err(error.into()),
        },
    };
    let (frame, partners) = admin.page(|conn, scope, _| partners::all(conn, scope.staff())).await?;
    let form_page = NewPage {
        frame: frame.at("users"),
        submission: form.submission_key(),
        person,
        choices: Choices::new(partners),
        needs_proof: proof == Proof::Missing,
        errors,
    };
    page_with(proof.status(), &form_page)
}

async fn invite(
    admin: &Admin,
    draft: PersonDraft,
    submission: Submission,
) -> Result<Result<String, PersonError>, WebError> {
    let link_key = admin.state().link_key().clone();
    let work = move |tx: &mut Tx<'_>, scope: &AdminScope, now| {
        submissions::once(tx, scope.user(), &submission, now, |tx| {
            let invitation = accounts::invite(tx, scope, &link_key, &draft, now)?;
            Ok(format!("/users/{}", invitation.reference))
        })
    };
    admin.write(work).await
}
