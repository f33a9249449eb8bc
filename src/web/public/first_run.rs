//! The first run: a page that makes the first administrator, for whoever has the link from the log.

use actix_web::http::StatusCode;
use askama::Template;

use super::new_password::{self, Typed};
use crate::db::Error;
use crate::domain::accounts::CreateUserError;
use crate::domain::accounts::first_run::{self, FirstRunInput};
use crate::domain::accounts::password_rules::{Guard, Owner};
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::Visitor;
use crate::web::flash::Notice;
use crate::web::forms::{FormData, QueryData};
use crate::web::frame::PublicFrame;
use crate::web::respond::{Answer, page, page_with, see_other_with, unprocessable};

#[derive(Template)]
#[template(path = "public/first_run.html")]
struct FirstRunPage {
    frame: PublicFrame,
    token: String,
    person: FirstRunInput,
    password_hint: String,
    errors: FieldErrors,
}

/// What stands where nobody can sign in yet, or where the link works no longer.
#[derive(Template)]
#[template(path = "public/first_run_closed.html")]
struct ClosedPage {
    frame: PublicFrame,
    /// Whether somebody has an account, so that the first run is over.
    is_over: bool,
    /// Whether a link was tried.
    was_tried: bool,
}

/// Whether nobody has an account yet.
pub async fn is_due(visitor: &Visitor) -> Result<bool, WebError> {
    Ok(visitor.state().lanes().read(first_run::is_due).await??)
}

/// The page in place of the sign-in while nobody can sign in.
pub fn waiting(visitor: &Visitor) -> Answer {
    page(&ClosedPage {
        frame: visitor.frame(),
        is_over: false,
        was_tried: false,
    })
}

/// The answer to a link that works no longer.
async fn gone(visitor: &Visitor) -> Answer {
    let is_over = !is_due(visitor).await?;
    page_with(
        StatusCode::GONE,
        &ClosedPage {
            frame: visitor.frame(),
            is_over,
            was_tried: true,
        },
    )
}

async fn works(visitor: &Visitor, token: &str) -> Result<bool, WebError> {
    let (token, now) = (token.to_owned(), visitor.state().now());
    let link = visitor
        .state()
        .lanes()
        .read(move |conn| first_run::find(conn, &token, now))
        .await??;
    Ok(link.is_some())
}

/// `GET /first-run`: looking does not use the link.
pub async fn new(visitor: Visitor, query: QueryData) -> Answer {
    let token = query.text("token");
    if !works(&visitor, &token).await? {
        return gone(&visitor).await;
    }
    page(&FirstRunPage {
        frame: visitor.frame(),
        token,
        person: FirstRunInput::default(),
        password_hint: new_password::hint(Guard::PasswordAlone),
        errors: FieldErrors::default(),
    })
}

/// `POST /first-run`
pub async fn create(visitor: Visitor, form: FormData) -> Answer {
    let token = form.text("token");
    if !works(&visitor, &token).await? {
        return gone(&visitor).await;
    }
    let person = FirstRunInput {
        name: form.text("name"),
        email: form.text("email"),
    };
    let (draft, mut errors) = person.parse();
    let owner = Owner {
        name: &draft.name,
        email: &draft.email,
        partner: None,
    };
    let typed = Typed::of(&form);
    typed.check(Guard::PasswordAlone, &owner, &mut errors);
    if errors.is_empty() {
        let hash = new_password::hash(&visitor, typed).await?;
        let (origin, now) = (visitor.origin().clone(), visitor.state().now());
        let made = visitor
            .state()
            .lanes()
            .write(move |tx| first_run::finish(tx, &token, &draft, hash, &origin, now))
            .await?;
        return match made {
            Ok(true) => see_other_with("/sign-in", Notice::AdministratorMade),
            Ok(false) | Err(CreateUserError::EmailTaken) => gone(&visitor).await,
            Err(CreateUserError::Database(error)) => Err(Error::into(error)),
        };
    }
    unprocessable(&FirstRunPage {
        frame: visitor.frame(),
        token,
        person,
        password_hint: new_password::hint(Guard::PasswordAlone),
        errors,
    })
}
