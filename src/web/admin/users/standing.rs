//! Suspending a user, letting the user in again, inviting again, signing out.

use actix_web::web::Path;

use super::{find, reference};
use crate::db::page::thousands;
use crate::domain::accounts::directory::Person;
use crate::domain::accounts::suspension::{self, LAST_ADMINISTRATOR, StandingError};
use crate::domain::accounts::{UserState, one_time_link};
use crate::web::admin::consequence::{ConsequencePage, counted};
use crate::web::error::WebError;
use crate::web::extract::Admin;
use crate::web::flash::Notice;
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page, see_other, see_other_with};

/// The refusal of an act on the account at `href`.
fn refused(error: StandingError, href: &str) -> WebError {
    match error {
        StandingError::Unknown => WebError::NotFound,
        StandingError::LastAdministrator => WebError::conflict(
            "The last administrator can’t be suspended",
            format!("{LAST_ADMINISTRATOR}."),
            href,
            "Back to the user",
        ),
        StandingError::NotInvited(state) => WebError::conflict(
            "This user needs no invitation",
            match state {
                UserState::Active => {
                    "The invitation was accepted already. Whoever forgot the password sets a new one from the sign-in page."
                }
                UserState::Suspended => "The user is suspended. Resume the user first.",
                UserState::Invited => "The invitation is open.",
            },
            href,
            "Back to the user",
        ),
        StandingError::Database(error) => error.into(),
    }
}

/// An account, as far as it matters to its standing.
struct Account {
    person: Person,
    is_last_administrator: bool,
    /// Whether it is suspended, and only the vendor lets it in again.
    is_suspended_by_vendor: bool,
}

async fn load(admin: &Admin, path: &str) -> Result<(StaffFrame, Account), WebError> {
    let (asked, limits) = (reference(path)?, admin.state().session_limits());
    let (frame, account) = admin
        .page(move |conn, scope, now| {
            let person = find(conn, scope, &asked, limits, now)?;
            Ok::<_, WebError>(Account {
                is_last_administrator: suspension::is_last_administrator(conn, person.id)?,
                is_suspended_by_vendor: person.state == UserState::Suspended
                    && suspension::is_by_vendor(conn, person.id)?,
                person,
            })
        })
        .await?;
    Ok((frame.at("users"), account))
}

/// `GET /users/{reference}/suspend`
pub async fn suspend(admin: Admin, path: Path<String>) -> Answer {
    let (frame, account) = load(&admin, &path).await?;
    let person = account.person;
    let href = format!("/users/{}", person.reference);
    if account.is_suspended_by_vendor {
        return see_other(&href);
    }
    if let (UserState::Suspended, Some(partner)) = (person.state, &person.partner) {
        return page(&ConsequencePage {
            frame,
            title: format!("Suspend {} for the vendor, too", person.name),
            lead: format!("{} was suspended by a manager of {}.", person.name, partner.name),
            effects: vec![format!(
                "The managers of {} can’t let {} in again any more: only an administrator can",
                partner.name, person.name
            )],
            refusal: None,
            action: format!("{href}/suspend"),
            button: "Suspend user",
            is_dangerous: true,
            back: (href, person.name),
        });
    }
    let is_self = person.id == admin.principal().user();
    let mut effects = vec![format!(
        "{} can’t sign in any more; {} at once",
        if is_self { "You" } else { &person.name },
        counted(person.sessions, "open session ends", "open sessions end"),
    )];
    if person.invited_until.is_some() {
        effects.push("The invitation works no longer".to_owned());
    }
    if let Some(partner) = &person.partner {
        effects.push(format!(
            "Leads that stay assigned: {}. The managers of {} see them; assign them to a colleague if nobody works them",
            thousands(person.live_leads),
            partner.name
        ));
    }
    page(&ConsequencePage {
        frame,
        title: format!("Suspend {}", person.name),
        lead: "Nothing is deleted: what this person did stays in the history, and the account can be resumed."
            .to_owned(),
        effects,
        refusal: account.is_last_administrator.then(|| LAST_ADMINISTRATOR.to_owned()),
        action: format!("{href}/suspend"),
        button: "Suspend user",
        is_dangerous: true,
        back: (href, person.name),
    })
}

/// `POST /users/{reference}/suspend`
pub async fn create_suspension(admin: Admin, path: Path<String>) -> Answer {
    let asked = reference(&path)?;
    let href = format!("/users/{asked}");
    admin
        .write(move |tx, scope, now| suspension::suspend(tx, scope, &asked, now))
        .await?
        .map_err(|error| refused(error, &href))?;
    see_other_with(&href, Notice::UserSuspended)
}

/// `GET /users/{reference}/resume`
pub async fn resume(admin: Admin, path: Path<String>) -> Answer {
    let (frame, Account { person, .. }) = load(&admin, &path).await?;
    let href = format!("/users/{}", person.reference);
    if person.state != UserState::Suspended {
        return see_other(&href);
    }
    let effect = if person.has_password {
        format!("{} can sign in again with the password of before", person.name)
    } else {
        format!(
            "{} is sent a new invitation, since there is no password yet",
            person.name
        )
    };
    page(&ConsequencePage {
        frame,
        title: format!("Resume {}", person.name),
        lead: format!(
            "{} is let in again as {}.",
            person.name,
            person.role.label().to_lowercase()
        ),
        effects: vec![effect],
        refusal: None,
        action: format!("{href}/resume"),
        button: "Resume user",
        is_dangerous: false,
        back: (href, person.name),
    })
}

/// `POST /users/{reference}/resume`
pub async fn create_resumption(admin: Admin, path: Path<String>) -> Answer {
    let asked = reference(&path)?;
    let (href, key) = (format!("/users/{asked}"), admin.state().link_key().clone());
    admin
        .write(move |tx, scope, now| suspension::resume(tx, scope, &key, &asked, now))
        .await?
        .map_err(|error| refused(error, &href))?;
    see_other_with(&href, Notice::UserResumed)
}

/// `POST /users/{reference}/invite`
pub async fn create_invitation(admin: Admin, path: Path<String>) -> Answer {
    let asked = reference(&path)?;
    let (href, key): (_, one_time_link::LinkKey) = (format!("/users/{asked}"), admin.state().link_key().clone());
    admin
        .write(move |tx, scope, now| suspension::invite_again(tx, scope, &key, &asked, now))
        .await?
        .map_err(|error| refused(error, &href))?;
    see_other_with(&href, Notice::UserInvitedAgain)
}

/// `POST /users/{reference}/sign-out`
pub async fn create_sign_out(admin: Admin, path: Path<String>) -> Answer {
    let asked = reference(&path)?;
    let href = format!("/users/{asked}");
    let ended = admin
        .write(move |tx, scope, now| suspension::sign_out(tx, scope, &asked, now))
        .await?
        .map_err(|error| refused(error, &href))?;
    see_other_with(&href, Notice::SignedOutElsewhere(ended as u64))
}
