//! Inviting somebody to the own partner.

use askama::Template;

use super::{admit_invitation, path_of};
use crate::db::types::Reference;
use crate::domain::accounts::Role;
use crate::domain::accounts::colleagues::standing::{self, ColleagueDraft, ColleagueInput, InviteError, ROLES};
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::PartnerManager;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::frame::PortalFrame;
use crate::web::respond::{Answer, page, see_other_with, unprocessable};

#[derive(Template)]
#[template(path = "portal/people/new.html")]
struct NewPage {
    frame: PortalFrame,
    person: ColleagueInput,
    errors: FieldErrors,
}

impl NewPage {
    /// Value, label and hint of each role.
    fn roles(&self) -> [(&'static str, &'static str, &'static str); 2] {
        ROLES.map(|role| (role.as_str(), role.label(), role.hint()))
    }
}

/// `GET /portal/people/new`
pub async fn new(manager: PartnerManager) -> Answer {
    let (frame, ()) = manager.page(|_, _, _| Ok::<_, WebError>(())).await?;
    page(&NewPage {
        frame: frame.at("people"),
        person: ColleagueInput {
            role: Role::PartnerMember.as_str().to_owned(),
            ..ColleagueInput::default()
        },
        errors: FieldErrors::default(),
    })
}

/// `POST /portal/people`
pub async fn create(manager: PartnerManager, form: FormData) -> Answer {
    let person = ColleagueInput {
        name: form.text("name"),
        email: form.text("email").trim().to_owned(),
        role: form.text("role"),
    };
    let invited = match person.parse() {
        Ok(draft) => invite(&manager, draft).await?,
        Err(errors) => Err(errors),
    };
    match invited {
        Ok(reference) => see_other_with(&path_of(&reference), Notice::UserInvited),
        Err(errors) => {
            let (frame, ()) = manager.page(|_, _, _| Ok::<_, WebError>(())).await?;
            unprocessable(&NewPage {
                frame: frame.at("people"),
                person,
                errors,
            })
        }
    }
}

async fn invite(manager: &PartnerManager, draft: ColleagueDraft) -> Result<Result<Reference, FieldErrors>, WebError> {
    admit_invitation(manager).await?;
    let message = match attempt(manager, draft.clone()).await? {
        Ok(reference) => return Ok(Ok(reference)),
        // Now that the address is taken, what happens is what happens to any that is.
        Err(InviteError::Overtaken) => match attempt(manager, draft).await? {
            Ok(reference) => return Ok(Ok(reference)),
            Err(InviteError::IsColleague | InviteError::Overtaken) => IS_COLLEAGUE,
            Err(InviteError::Database(error)) => return Err(error.into()),
        },
        Err(InviteError::IsColleague) => IS_COLLEAGUE,
        Err(InviteError::Database(error)) => return Err(error.into()),
    };
    let mut errors = FieldErrors::default();
    errors.add("email", message);
    Ok(Err(errors))
}

const IS_COLLEAGUE: &str = "Somebody here has this e-mail address already: find them in the list";

async fn attempt(manager: &PartnerManager, draft: ColleagueDraft) -> Result<Result<Reference, InviteError>, WebError> {
    let key = manager.state().link_key().clone();
    manager
        .write(move |tx, scope, now| standing::invite(tx, scope, &key, &draft, now))
        .await
}
