//! Setting a new password with a mailed link. Looking at the page does not use the link up, so that scanners of mail
//! spoil nothing.

use actix_web::http::StatusCode;
use askama::Template;

use crate::domain::accounts::own::OwnAccount;
use crate::domain::accounts::password::NewPassword;
use crate::domain::accounts::password_reset;
use crate::domain::accounts::password_rules::Guard;
use crate::domain::validation::FieldErrors;
use crate::web::account::password::check_new;
use crate::web::error::WebError;
use crate::web::extract::Visitor;
use crate::web::flash::Notice;
use crate::web::forms::{FormData, QueryData};
use crate::web::frame::PublicFrame;
use crate::web::respond::{Answer, page, page_with, see_other_with, unprocessable};

#[derive(Template)]
#[template(path = "public/reset_password.html")]
struct ResetPage {
    frame: PublicFrame,
    token: String,
    email: String,
    guard: Guard,
    errors: FieldErrors,
}

#[derive(Template)]
#[template(path = "public/reset_gone.html")]
struct GonePage {
    frame: PublicFrame,
}

/// `GET /reset-password?token=…`
pub async fn new(visitor: Visitor, query: QueryData) -> Answer {
    let token = query.text("token");
    match owner(&visitor, &token).await? {
        Some(account) => page(&form(&visitor, token, account, FieldErrors::default())),
        None => gone(&visitor),
    }
}

/// `POST /reset-password`
pub async fn create(visitor: Visitor, data: FormData) -> Answer {
    let (token, new, again) = (data.text("token"), data.text("new"), data.text("again"));
    let Some(account) = owner(&visitor, &token).await? else {
        return gone(&visitor);
    };
    let mut errors = FieldErrors::default();
    check_new(&mut errors, &new, &again, &account.owner(), account.guard);
    if !errors.is_empty() {
        return unprocessable(&form(&visitor, token, account, errors));
    }
    let (state, cost) = (visitor.state(), visitor.state().password_cost());
    let hashed = state.lanes().hash(move || NewPassword::of(&new, cost)).await?;
    let (origin, now) = (visitor.origin().clone(), state.now());
    let is_set = state
        .lanes()
        .write(move |tx| password_reset::set(tx, &token, &hashed, &origin, now))
        .await??;
    if is_set {
        see_other_with("/sign-in", Notice::PasswordReset)
    } else {
        gone(&visitor)
    }
}

async fn owner(visitor: &Visitor, token: &str) -> Result<Option<OwnAccount>, WebError> {
    let (token, now) = (token.to_owned(), visitor.state().now());
    let found = visitor
        .state()
        .lanes()
        .read(move |conn| password_reset::owner_of(conn, &token, now))
        .await??;
    Ok(found.map(|(_, account)| account))
}

fn form(visitor: &Visitor, token: String, account: OwnAccount, errors: FieldErrors) -> ResetPage {
    ResetPage {
        frame: visitor.frame(),
        token,
        email: account.email,
        guard: account.guard,
        errors,
    }
}

fn gone(visitor: &Visitor) -> Answer {
    page_with(StatusCode::GONE, &GonePage { frame: visitor.frame() })
}
