//! Inviting a user.

use actix_session::Session;
use askama::Template;

use super::form::{Choices, person_input};
use crate::db::types::random_text;
use crate::db::{Error, Rule, Tx, violated};
use crate::domain::access::AdminScope;
use crate::domain::accounts::{self, PersonDraft, PersonError, PersonInput, Role};
use crate::domain::validation::FieldErrors;
use crate::domain::{partners, submissions};
use crate::web::error::WebError;
use crate::web::extract::Admin;
use crate::web::flash::Notice;
use crate::web::forms::{FormData, QueryData};
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page, page_with, see_other, see_other_with};
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
        submission: random_text(26),
        person,
        choices: Choices::new(partners),
        needs_proof: false,
        errors: FieldErrors::default(),
    })
}

/// `POST /users`
pub async fn create(admin: Admin, session: Session, form: FormData) -> Answer {
    let person = person_input(&form);
    let submission = form.text("submission");
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
        (Ok(draft), Proof::Given) => match invite(&admin, draft, submission.clone()).await? {
            Ok(location) => return see_other_with(&location, Notice::UserInvited),
            Err(PersonError::SentBefore(location)) => return see_other(&location),
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
        submission,
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
    submission: String,
) -> Result<Result<String, PersonError>, WebError> {
    let (key, link_key) = (submission.clone(), admin.state().link_key().clone());
    let work = move |tx: &mut Tx<'_>, scope: &AdminScope, now| {
        if let Some(location) = submissions::earlier(tx, scope.user(), &submission)? {
            return Err(PersonError::SentBefore(location));
        }
        let invitation = accounts::invite(tx, scope, &link_key, &draft, now)?;
        let location = format!("/users/{}", invitation.reference);
        if !submission.is_empty() {
            submissions::remember(tx, scope.user(), &submission, &location, now)?;
        }
        Ok::<_, PersonError>(location)
    };
    let invited = admin.write(work).await?;
    // Another sending of the same form overtook our look; what this one broke was its key, or the address it had taken.
    let overtaken = match &invited {
        Err(PersonError::Database(error)) => violated(error) == Some(Rule::SubmittedBefore),
        Err(PersonError::Fields(_)) => true,
        _ => false,
    };
    if overtaken
        && let Some(location) = admin
            .write(move |tx, scope, _| submissions::earlier(tx, scope.user(), &key))
            .await?
            .map_err(|error: Error| WebError::from(error))?
    {
        return Ok(Err(PersonError::SentBefore(location)));
    }
    Ok(invited)
}
