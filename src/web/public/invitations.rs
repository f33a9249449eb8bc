//! Accepting an invitation: the link shows the form, the form sets the password and uses the link up.

use actix_web::http::StatusCode;
use askama::Template;

use super::new_password::{self, Typed};
use crate::domain::accounts::invitation::{self, Invited};
use crate::domain::accounts::password_rules::Guard;
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::Visitor;
use crate::web::flash::Notice;
use crate::web::forms::{FormData, QueryData};
use crate::web::frame::PublicFrame;
use crate::web::here::Here;
use crate::web::respond::{Answer, page, page_with, see_other_with, unprocessable};
use crate::web::view::Moment;

#[derive(Template)]
#[template(path = "public/invitation.html")]
struct InvitationPage {
    frame: PublicFrame,
    token: String,
    invited: Invited,
    until: Moment,
    password_hint: String,
    errors: FieldErrors,
}

impl InvitationPage {
    fn new(visitor: &Visitor, token: String, invited: Invited, errors: FieldErrors) -> Self {
        InvitationPage {
            frame: visitor.frame(),
            token,
            until: Moment::new(invited.expires_at, Here::unknown(visitor.state().now())),
            invited,
            password_hint: new_password::hint(Guard::PasswordAlone),
            errors,
        }
    }
}

/// The answer to a link that works no longer.
#[derive(Template)]
#[template(path = "public/invitation_gone.html")]
struct GonePage {
    frame: PublicFrame,
}

fn gone(visitor: &Visitor) -> Answer {
    page_with(StatusCode::GONE, &GonePage { frame: visitor.frame() })
}

async fn find(visitor: &Visitor, token: &str) -> Result<Option<Invited>, WebError> {
    let (token, now) = (token.to_owned(), visitor.state().now());
    let found = visitor
        .state()
        .lanes()
        .read(move |conn| invitation::find(conn, &token, now))
        .await??;
    Ok(found)
}

/// `GET /invitation`: looking does not use the link, since scanners of mail look too.
pub async fn new(visitor: Visitor, query: QueryData) -> Answer {
    let token = query.text("token");
    match find(&visitor, &token).await? {
        Some(invited) => page(&InvitationPage::new(&visitor, token, invited, FieldErrors::default())),
        None => gone(&visitor),
    }
}

/// `POST /invitation`
pub async fn create(visitor: Visitor, form: FormData) -> Answer {
    let token = form.text("token");
    let Some(invited) = find(&visitor, &token).await? else {
        return gone(&visitor);
    };
    let typed = Typed::of(&form);
    let mut errors = FieldErrors::default();
    typed.check(Guard::PasswordAlone, &invited.owner(), &mut errors);
    if !errors.is_empty() {
        return unprocessable(&InvitationPage::new(&visitor, token, invited, errors));
    }
    let hash = new_password::hash(&visitor, typed).await?;
    let (origin, now) = (visitor.origin().clone(), visitor.state().now());
    let is_open = visitor
        .state()
        .lanes()
        .write(move |tx| invitation::accept(tx, &token, &hash, &origin, now))
        .await??;
    if is_open {
        see_other_with("/sign-in", Notice::PasswordSet)
    } else {
        gone(&visitor)
    }
}
