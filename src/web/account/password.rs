//! Changing the own password.

use actix_session::Session;
use askama::Template;

use crate::db::Error;
use crate::domain::accounts::own;
use crate::domain::accounts::password::NewPassword;
use crate::domain::accounts::password_rules::{self, Guard};
use crate::domain::validation::FieldErrors;
use crate::web::extract::SignedIn;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::frame::AccountFrame;
use crate::web::respond::{Answer, page, see_other_with, unprocessable};
use crate::web::{proof, session};

#[derive(Template)]
#[template(path = "account/password.html")]
struct PasswordPage {
    frame: AccountFrame,
    email: String,
    guard: Guard,
    errors: FieldErrors,
}

/// `GET /account/password`
pub async fn edit(person: SignedIn) -> Answer {
    page(&form(&person, FieldErrors::default()).await?)
}

/// `POST /account/password`
pub async fn update(person: SignedIn, session: Session, data: FormData) -> Answer {
    let (current, new, again) = (data.text("current"), data.text("new"), data.text("again"));
    let user = person.principal().user();
    let (account, seen) = person
        .read(move |conn, _, _| Ok::<_, Error>((own::load(conn, user)?, own::password_hash(conn, user)?)))
        .await?;
    let mut errors = FieldErrors::default();
    if current.is_empty() {
        errors.add("current", "Enter your current password");
    }
    check_new(&mut errors, &new, &again, &account.owner(), account.guard);
    // The current password is looked at last: a new one that won't do costs nobody an attempt.
    if errors.is_empty() && !proof::password_is_right(person.state(), &person.actor(), user, current).await? {
        errors.add("current", "The current password is wrong");
    }
    if !errors.is_empty() {
        return unprocessable(&form(&person, errors).await?);
    }
    let cost = person.state().password_cost();
    let hashed = person.state().lanes().hash(move || NewPassword::of(&new, cost)).await?;
    let this = session::key_hash(&session);
    let is_changed = person
        .write(move |tx, scope, now| {
            own::change_password(tx, scope.actor(), user, seen.as_deref(), &hashed, this.as_deref(), now)
        })
        .await??;
    if !is_changed {
        errors.add(
            "current",
            "Your password or your second factor was changed meanwhile: enter your current password anew",
        );
        return unprocessable(&form(&person, errors).await?);
    }
    see_other_with("/account", Notice::PasswordChanged)
}

/// Looks at a new password that was typed twice.
pub fn check_new(errors: &mut FieldErrors, new: &str, again: &str, owner: &password_rules::Owner<'_>, guard: Guard) {
    if new.is_empty() {
        errors.add("new", "Enter a new password");
    } else if let Err(weakness) = password_rules::check(new, guard, owner) {
        errors.add("new", weakness.to_string());
    } else if new != again {
        errors.add("again", "The two new passwords differ: enter the same one twice");
    }
}

async fn form(person: &SignedIn, errors: FieldErrors) -> Result<PasswordPage, crate::web::error::WebError> {
    let user = person.principal().user();
    let (frame, account) = person.page(move |conn, _, _| own::load(conn, user)).await?;
    Ok(PasswordPage {
        frame,
        email: account.email,
        guard: account.guard,
        errors,
    })
}
