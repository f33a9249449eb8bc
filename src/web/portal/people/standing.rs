//! Suspending a colleague, letting them in again, inviting again.

use actix_web::web::Path;

use super::{admit_invitation, path_of, reference};
use crate::domain::accounts::UserState;
use crate::domain::accounts::colleagues::standing::{self, ColleagueError};
use crate::web::error::WebError;
use crate::web::extract::PartnerManager;
use crate::web::flash::Notice;
use crate::web::respond::{Answer, see_other_with};

/// The refusal of an act on the account at `href`.
fn refused(error: ColleagueError, href: &str) -> WebError {
    let conflict = |heading: &str, sentence: &str| WebError::conflict(heading, sentence, href, "Back to the person");
    match error {
        ColleagueError::Unknown => WebError::NotFound,
        ColleagueError::Oneself => conflict(
            "You can’t suspend yourself",
            "You would lock yourself out. Another manager of your company can do it.",
        ),
        ColleagueError::SuspendedByVendor => conflict(
            "This account was suspended by the vendor",
            "Only the vendor can let this person in again. Ask your contact there.",
        ),
        ColleagueError::NotInvited(UserState::Active) => conflict(
            "This person needs no invitation",
            "The invitation was accepted already. Whoever forgot the password sets a new one from the sign-in page.",
        ),
        ColleagueError::NotInvited(UserState::Suspended | UserState::Invited) => conflict(
            "This person can’t be invited now",
            "The account is suspended. Let the person in again first.",
        ),
        ColleagueError::Database(error) => error.into(),
    }
}

/// `POST /portal/people/{reference}/suspend`
pub async fn create_suspension(manager: PartnerManager, path: Path<String>) -> Answer {
    let asked = reference(&path)?;
    let href = path_of(&asked);
    manager
        .write(move |tx, scope, now| standing::suspend(tx, scope, &asked, now))
        .await?
        .map_err(|error| refused(error, &href))?;
    see_other_with(&href, Notice::UserSuspended)
}

/// `POST /portal/people/{reference}/resume`
pub async fn create_resumption(manager: PartnerManager, path: Path<String>) -> Answer {
    let asked = reference(&path)?;
    let (href, key) = (path_of(&asked), manager.state().link_key().clone());
    manager
        .write(move |tx, scope, now| standing::resume(tx, scope, &key, &asked, now))
        .await?
        .map_err(|error| refused(error, &href))?;
    see_other_with(&href, Notice::UserResumed)
}

/// `POST /portal/people/{reference}/invite`
pub async fn create_invitation(manager: PartnerManager, path: Path<String>) -> Answer {
    let asked = reference(&path)?;
    let (href, key) = (path_of(&asked), manager.state().link_key().clone());
    admit_invitation(&manager).await?;
    manager
        .write(move |tx, scope, now| standing::invite_again(tx, scope, &key, &asked, now))
        .await?
        .map_err(|error| refused(error, &href))?;
    see_other_with(&href, Notice::UserInvitedAgain)
}
