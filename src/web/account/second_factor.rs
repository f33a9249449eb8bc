//! Setting up, renewing and turning off the own second factor.

pub mod picture;

use actix_session::Session;
use askama::Template;

use self::picture::Picture;
use crate::db::Error;
use crate::domain::access::session::Principal;
use crate::domain::accounts::own::{self, OwnAccount};
use crate::domain::accounts::password_rules::SHORTEST_ALONE;
use crate::domain::accounts::second_factor::secret::Secret;
use crate::domain::accounts::second_factor::{self, EnrolError, RemoveError, recovery};
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::SignedIn;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::frame::AccountFrame;
use crate::web::respond::{Answer, page, page_with, see_other, see_other_with};
use crate::web::view::Moment;
use crate::web::{session, step_up};

#[derive(Template)]
#[template(path = "account/second_factor.html")]
struct FactorPage {
    frame: AccountFrame,
    since: Moment,
    codes_left: i64,
    is_required: bool,
    /// Of whom it is required.
    everybody: String,
}

#[derive(Template)]
#[template(path = "account/second_factor_new.html")]
struct EnrolmentPage {
    frame: AccountFrame,
    email: String,
    secret: String,
    /// The secret in groups of four, for whoever types it.
    secret_to_read: String,
    picture: Picture,
    is_required: bool,
    /// Of whom it is required.
    everybody: String,
    needs_proof: bool,
    errors: FieldErrors,
}

#[derive(Template)]
#[template(path = "account/recovery_codes.html")]
struct CodesPage {
    frame: AccountFrame,
    codes: Vec<String>,
}

#[derive(Template)]
#[template(path = "account/second_factor_confirm.html")]
struct ConfirmPage {
    frame: AccountFrame,
    what: Change,
    email: String,
    needs_proof: bool,
    errors: FieldErrors,
}

/// What a page asks to confirm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    NewCodes,
    Removal,
}

impl Change {
    fn heading(self) -> &'static str {
        match self {
            Change::NewCodes => "New recovery codes",
            Change::Removal => "Turn off the second factor",
        }
    }

    fn consequence(self) -> &'static str {
        match self {
            Change::NewCodes => "You get ten new codes. The old ones work no longer.",
            Change::Removal => {
                "From then on your password alone opens your account. Your recovery codes work no longer, and your other \
                 devices are signed out."
            }
        }
    }

    fn button(self) -> &'static str {
        match self {
            Change::NewCodes => "Make new codes",
            Change::Removal => "Turn off the second factor",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Change::NewCodes => "/account/second-factor/codes",
            Change::Removal => "/account/second-factor/remove",
        }
    }
}

/// `GET /account/second-factor`
pub async fn show(person: SignedIn, session: Session) -> Answer {
    let user = person.principal().user();
    let here = person.here();
    let (frame, (account, codes_left)) = person
        .page(move |conn, _, _| Ok::<_, Error>((own::load(conn, user)?, recovery::left(conn, user)?)))
        .await?;
    match account.factor_since {
        Some(since) => page(&FactorPage {
            frame,
            since: Moment::new(since, here),
            codes_left,
            is_required: person.principal().factor_required(),
            everybody: everybody(person.principal()),
        }),
        None => {
            let shown = (frame, account);
            page(&enrolment(
                &person,
                &session,
                shown,
                &Secret::random(),
                FieldErrors::default(),
            )?)
        }
    }
}

/// `POST /account/second-factor`: takes the secret that the page offered, once a code shows that an app has it.
pub async fn create(person: SignedIn, session: Session, form: FormData) -> Answer {
    let Some(secret) = Secret::parse(&form.text("secret")) else {
        return see_other("/account/second-factor");
    };
    let (user, code) = (person.principal().user(), form.text("code"));
    let mut errors = FieldErrors::default();
    if code.trim().is_empty() {
        errors.add("code", "Enter the six digits that your app shows");
        let page = enrolment(&person, &session, enrolled_frame(&person).await?, &secret, errors)?;
        return page_with(step_up::Proof::Given.status(), &page);
    }
    let proof = step_up::prove(person.state(), &session, &person.actor(), user, &form, &mut errors).await?;
    if !errors.is_empty() {
        let page = enrolment(&person, &session, enrolled_frame(&person).await?, &secret, errors)?;
        return page_with(proof.status(), &page);
    }
    let (key, offered) = (person.state().seal_key().clone(), secret.clone());
    let enrolled = person
        .write(move |tx, scope, now| second_factor::enrol(tx, scope.actor(), &key, user, &offered, &code, now))
        .await?;
    match enrolled {
        Ok(codes) => {
            // A new key for a session that now rests on more than it began with (ASVS 5.0 V7.2.4).
            session::renew(&session)?;
            let (frame, _) = enrolled_frame(&person).await?;
            page(&CodesPage { frame, codes })
        }
        Err(EnrolError::WrongCode) => {
            errors.add(
                "code",
                "This is not the code of this moment: wait for the next one, and look at the time on your phone",
            );
            let page = enrolment(&person, &session, enrolled_frame(&person).await?, &secret, errors)?;
            page_with(proof.status(), &page)
        }
        Err(EnrolError::EnrolledAlready) => see_other("/account/second-factor"),
        Err(EnrolError::Database(error)) => Err(error.into()),
    }
}

/// `GET /account/second-factor/codes`
pub async fn codes(person: SignedIn, session: Session) -> Answer {
    page(&confirm(&person, &session, Change::NewCodes, FieldErrors::default()).await?)
}

/// `POST /account/second-factor/codes`
pub async fn renew_codes(person: SignedIn, session: Session, form: FormData) -> Answer {
    let user = person.principal().user();
    let mut errors = FieldErrors::default();
    if step_up::prove(person.state(), &session, &person.actor(), user, &form, &mut errors).await?
        == step_up::Proof::Missing
    {
        let page = confirm(&person, &session, Change::NewCodes, errors).await?;
        return page_with(step_up::Proof::Missing.status(), &page);
    }
    let codes = person
        .write(move |tx, scope, now| {
            if second_factor::enrolled_at(tx, user)?.is_none() {
                return Err(Error::NotFound);
            }
            second_factor::renew_recovery_codes(tx, scope.actor(), user, now)
        })
        .await??;
    let (frame, _) = enrolled_frame(&person).await?;
    page(&CodesPage { frame, codes })
}

/// `GET /account/second-factor/remove`
pub async fn removal(person: SignedIn, session: Session) -> Answer {
    refuse_removal_where_required(&person)?;
    page(&confirm(&person, &session, Change::Removal, FieldErrors::default()).await?)
}

/// `POST /account/second-factor/remove`
pub async fn remove(person: SignedIn, session: Session, form: FormData) -> Answer {
    refuse_removal_where_required(&person)?;
    let user = person.principal().user();
    let mut errors = FieldErrors::default();
    if step_up::prove(person.state(), &session, &person.actor(), user, &form, &mut errors).await?
        == step_up::Proof::Missing
    {
        let page = confirm(&person, &session, Change::Removal, errors).await?;
        return page_with(step_up::Proof::Missing.status(), &page);
    }
    let this = session::key_hash(&session);
    let removed = person
        .write(move |tx, scope, now| second_factor::remove(tx, scope.actor(), user, this.as_deref(), now))
        .await?;
    match removed {
        Ok(()) => {
            session::renew(&session)?;
            see_other_with("/account", Notice::FactorRemoved)
        }
        Err(RemoveError::NotEnrolled) => Err(WebError::NotFound),
        Err(RemoveError::PasswordTooShort) => Err(password_too_short()),
        Err(RemoveError::Database(error)) => Err(error.into()),
    }
}

fn password_too_short() -> WebError {
    WebError::conflict(
        "Set a longer password first",
        format!(
            "Your password has fewer than {SHORTEST_ALONE} characters: that is enough beside a second factor, but not alone. \
             Set one of {SHORTEST_ALONE} characters or more, then turn the second factor off."
        ),
        "/account/password",
        "Change the password",
    )
}

fn refuse_removal_where_required(person: &SignedIn) -> Result<(), WebError> {
    if !person.principal().factor_required() {
        return Ok(());
    }
    Err(WebError::conflict(
        "The second factor stays on",
        format!(
            "An administrator has set that everybody {} needs one. \
             To change phones, ask an administrator to reset it, and set it up anew.",
            everybody(person.principal())
        ),
        "/account/second-factor",
        "Back to the second factor",
    ))
}

/// Who needs a second factor like this person: `at Northwind`, `of your role`.
fn everybody(principal: &Principal) -> String {
    let partner = principal.partner_name().map(|name| format!("at {name}"));
    partner.unwrap_or_else(|| "of your role".to_owned())
}

fn enrolment(
    person: &SignedIn,
    session: &Session,
    (frame, account): (AccountFrame, OwnAccount),
    secret: &Secret,
    errors: FieldErrors,
) -> Result<EnrolmentPage, WebError> {
    let text = secret.text();
    let groups: Vec<&str> = (0..text.len() / 4)
        .map(|group| &text[group * 4..group * 4 + 4])
        .collect();
    let picture = Picture::of(&secret.uri(&account.email))
        .ok_or_else(|| WebError::Internal("the picture of a second factor is too large".to_owned()))?;
    Ok(EnrolmentPage {
        frame,
        email: account.email,
        secret_to_read: groups.join(" "),
        secret: text,
        picture,
        is_required: person.principal().must_enrol(),
        everybody: everybody(person.principal()),
        needs_proof: step_up::is_needed(session, person.now()),
        errors,
    })
}

async fn confirm(
    person: &SignedIn,
    session: &Session,
    what: Change,
    errors: FieldErrors,
) -> Result<ConfirmPage, WebError> {
    let (frame, account) = enrolled_frame(person).await?;
    if account.factor_since.is_none() {
        return Err(WebError::NotFound);
    }
    if what == Change::Removal && account.password_is_short {
        return Err(password_too_short());
    }
    Ok(ConfirmPage {
        frame,
        what,
        email: account.email,
        needs_proof: step_up::is_needed(session, person.now()),
        errors,
    })
}

async fn enrolled_frame(person: &SignedIn) -> Result<(AccountFrame, OwnAccount), WebError> {
    let user = person.principal().user();
    person.page(move |conn, _, _| own::load(conn, user)).await
}
