//! Pages about the own account, for staff and partners alike: nothing here is about anybody else.

pub mod notifications;
pub mod password;
pub mod second_factor;
pub mod sessions;
pub mod step_up;
pub mod time_zone;

use actix_session::Session;
use askama::Template;

use super::extract::SignedIn;
use super::frame::AccountFrame;
use super::respond::{Answer, page};
use super::session;
use super::view::{Moment, device_name};
use crate::db::Error;
use crate::domain::access::own_sessions;
use crate::domain::accounts::own::{self, OwnAccount};

#[derive(Template)]
#[template(path = "account/show.html")]
struct AccountPage {
    frame: AccountFrame,
    account: OwnAccount,
    /// By whose clock this person reads: `Europe/Berlin`.
    zone: &'static str,
    sessions: Vec<SessionRow>,
    sign_ins: Vec<SignInRow>,
}

struct SessionRow {
    reference: String,
    device: String,
    address: String,
    began: Moment,
    last_seen: Moment,
    is_this: bool,
}

struct SignInRow {
    at: Moment,
    succeeded: bool,
    address: String,
}

/// `GET /account`
pub async fn show(person: SignedIn, session: Session) -> Answer {
    let (user, this) = (
        person.principal().user(),
        session::key_hash(&session).unwrap_or_default(),
    );
    let (limits, here) = (person.state().session_limits(), person.here());
    let (frame, (account, sessions, sign_ins)) = person
        .page(move |conn, _, now| {
            let sessions = own_sessions::open(conn, user, &this, limits, now)?;
            let sign_ins = own::recent_sign_ins(conn, user)?;
            Ok::<_, Error>((own::load(conn, user)?, sessions, sign_ins))
        })
        .await?;
    page(&AccountPage {
        frame,
        account,
        zone: here.zone().name(),
        sessions: sessions
            .into_iter()
            .map(|session| SessionRow {
                reference: session.reference.to_string(),
                device: device_name(&session.user_agent),
                address: session.address,
                began: Moment::new(session.began_at, here),
                last_seen: Moment::new(session.last_seen_at, here),
                is_this: session.is_this,
            })
            .collect(),
        sign_ins: sign_ins
            .into_iter()
            .map(|event| SignInRow {
                at: Moment::new(event.at, here),
                succeeded: event.succeeded,
                address: event.address,
            })
            .collect(),
    })
}
