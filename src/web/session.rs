//! Sessions for actix-session, kept in the database: any instance serves any request, and an end is an end everywhere.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use actix_session::config::{BrowserSession, CookieContentSecurity};
use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::SameSite;
use actix_web::cookie::time::Duration;
use actix_web::dev::ServiceRequest;
use actix_web::http::header;
use actix_web::{HttpMessage, HttpRequest};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::WebError;
use crate::app::AppState;
use crate::db::types::{UserId, UtcTime, random_text};
use crate::domain::access::Origin;
use crate::domain::access::session::{self, NewSession, Principal};
use crate::domain::zone::Zone;

const USER: &str = "user";
const ADDRESS: &str = "address";
const USER_AGENT: &str = "user_agent";
const PROVED_AT: &str = "proved_at";
const PENDING: &str = "pending";

/// How long the second factor may take after the password.
const PENDING_FOR: TimeDelta = TimeDelta::minutes(10);

/// Not stored: joined to the session each time it is read, so that a changed role or a suspension holds at once.
const PRINCIPAL: &str = "principal";

/// Nor this: the fingerprint of the password with which a session begins.
const PASSWORD: &str = "password";

/// Nor this: the session is to have another key.
const RENEWED: &str = "renewed";

/// Not stored either: by what the session knows which of a person's sessions it is.
const KEY_HASH: &str = "key_hash";

/// Characters of a session key, 5 random bits each (ASVS 5.0 V7.2.3 asks for 128 bits).
const KEY_LENGTH: usize = 52;

/// The sessions of the database.
#[derive(Clone)]
pub struct DatabaseSessions(AppState);

type State = HashMap<String, String>;

/// What actix-session needs to keep sessions in the database.
pub fn middleware(state: &AppState) -> SessionMiddleware<DatabaseSessions> {
    let is_secure = state.base_url().is_secure();
    // Browsers take the __Host- prefix with TLS only; without TLS this program serves its own machine alone.
    let name = if is_secure {
        "__Host-session"
    } else {
        "leadgate-session"
    };
    SessionMiddleware::builder(DatabaseSessions(state.clone()), state.cookie_key().clone())
        .cookie_name(name.to_owned())
        .cookie_secure(is_secure)
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .cookie_path("/".to_owned())
        .cookie_content_security(CookieContentSecurity::Private)
        .session_lifecycle(BrowserSession::default())
        .build()
}

impl DatabaseSessions {
    async fn begin(&self, key: String, state: State) -> Result<(), anyhow::Error> {
        let user = state
            .get(USER)
            .and_then(|user| serde_json::from_str::<UserId>(user).ok());
        let text = |name: &str| {
            state
                .get(name)
                .and_then(|text| serde_json::from_str(text).ok())
                .unwrap_or_default()
        };
        let (address, user_agent, password): (String, String, String) =
            (text(ADDRESS), text(USER_AGENT), text(PASSWORD));
        let json = stored(state)?;
        let (limits, now) = (self.0.session_limits(), self.0.now());
        // Where the account is not any more as it was, nothing begins: the key that is given out opens nothing.
        self.0
            .lanes()
            .write(move |tx| {
                let new = NewSession {
                    key_hash: &hash(&key),
                    user,
                    password: &password,
                    state: &json,
                    user_agent: &user_agent,
                    address: &address,
                };
                session::begin(tx, &new, limits, now)
            })
            .await??;
        Ok(())
    }

    async fn change(&self, key: &str, state: State) -> Result<(), anyhow::Error> {
        let (key_hash, json, now) = (hash(key), stored(state)?, self.0.now());
        self.0
            .lanes()
            .write(move |tx| session::change(tx, &key_hash, &json, now))
            .await??;
        Ok(())
    }

    /// In one statement: what deletes and stores anew would bring back a session that was ended in between.
    async fn renew(&self, old: &str, state: State) -> Result<SessionKey, anyhow::Error> {
        let key = random_text(KEY_LENGTH);
        let (old_hash, new_hash) = (hash(old), hash(&key));
        let (json, now) = (stored(state)?, self.0.now());
        self.0
            .lanes()
            .write(move |tx| session::renew(tx, &old_hash, &new_hash, &json, now))
            .await??;
        session_key(key)
    }
}

/// What is stored of a session's state.
fn stored(mut state: State) -> Result<String, serde_json::Error> {
    for passing in [PRINCIPAL, KEY_HASH, PASSWORD, RENEWED] {
        state.remove(passing);
    }
    serde_json::to_string(&state)
}

impl SessionStore for DatabaseSessions {
    async fn load(&self, session_key: &SessionKey) -> Result<Option<State>, LoadError> {
        let (key_hash, now) = (hash(session_key.as_ref()), self.0.now());
        let limits = self.0.session_limits();
        let read_hash = key_hash.clone();
        let found = self
            .0
            .lanes()
            .glance(move |conn| session::find(conn, &read_hash, limits, now))
            .await;
        let found = found.map_err(|error| LoadError::Other(error.into()))?;
        let Some(stored) = found.map_err(|error| LoadError::Other(error.into()))? else {
            return Ok(None);
        };
        if stored.is_stale {
            // Nobody waits for this: it only keeps the session from running out.
            let (lanes, key_hash) = (self.0.lanes().clone(), key_hash.clone());
            actix_web::rt::spawn(async move {
                let _ = lanes.write(move |tx| session::touch(tx, &key_hash, now)).await;
            });
        }
        let mut state: State =
            serde_json::from_str(&stored.state).map_err(|error| LoadError::Deserialization(error.into()))?;
        if let Some(principal) = stored.principal {
            let json = serde_json::to_string(&principal).map_err(|error| LoadError::Deserialization(error.into()))?;
            state.insert(PRINCIPAL.to_owned(), json);
        }
        let json = serde_json::to_string(&key_hash).map_err(|error| LoadError::Deserialization(error.into()))?;
        state.insert(KEY_HASH.to_owned(), json);
        Ok(Some(state))
    }

    async fn save(&self, session_state: State, _: &Duration) -> Result<SessionKey, SaveError> {
        let key = random_text(KEY_LENGTH);
        self.begin(key.clone(), session_state).await.map_err(SaveError::Other)?;
        session_key(key).map_err(SaveError::Other)
    }

    async fn update(&self, key: SessionKey, session_state: State, _: &Duration) -> Result<SessionKey, UpdateError> {
        if session_state.contains_key(RENEWED) {
            return self
                .renew(key.as_ref(), session_state)
                .await
                .map_err(UpdateError::Other);
        }
        self.change(key.as_ref(), session_state)
            .await
            .map_err(UpdateError::Other)?;
        Ok(key)
    }

    async fn update_ttl(&self, _: &SessionKey, _: &Duration) -> Result<(), anyhow::Error> {
        // `load` has seen to it.
        Ok(())
    }

    async fn delete(&self, session_key: &SessionKey) -> Result<(), anyhow::Error> {
        let key_hash = hash(session_key.as_ref());
        self.0.lanes().write(move |tx| session::end(tx, &key_hash)).await??;
        Ok(())
    }
}

fn session_key(key: String) -> Result<SessionKey, anyhow::Error> {
    key.try_into()
        .map_err(|_| anyhow::anyhow!("a session key is of a length that cookies take"))
}

fn hash(key: &str) -> String {
    Sha256::digest(key.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Whether somebody is signed in, for the pages that are written around the session: those of errors, which then show the
/// way out.
#[derive(Debug, Clone, Default)]
pub struct Presence(Rc<Cell<bool>>);

impl Presence {
    pub fn is_signed_in(&self) -> bool {
        self.0.get()
    }

    /// Tells it to whoever put a presence on the request.
    pub fn tell(request: &ServiceRequest) {
        if let Some(presence) = request.extensions().get::<Presence>() {
            presence.0.set(true);
        }
    }
}

/// Who is signed in with this session.
pub fn principal(session: &Session) -> Option<Principal> {
    session.get::<Principal>(PRINCIPAL).ok().flatten()
}

/// The hash of this session's key, by which the database knows it.
pub fn key_hash(session: &Session) -> Option<String> {
    session.get::<String>(KEY_HASH).ok().flatten()
}

/// What the browser calls itself, as far as it is kept and shown.
pub fn agent(request: &HttpRequest) -> String {
    let agent = request.headers().get(header::USER_AGENT);
    let text = agent.map(|agent| String::from_utf8_lossy(agent.as_bytes()));
    let text = text.unwrap_or_default();
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// Somebody whose password was right and whose second factor is still to be asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Pending {
    pub user: UserId,
    /// A fingerprint of the password's hash: a password that is changed meanwhile ends this.
    pub password: String,
    /// The device, if the account signed in on it before.
    pub device: Option<String>,
    pub next: Option<String>,
    /// The time zone that the device names.
    pub zone: Option<Zone>,
    pub since: UtcTime,
}

/// Begins a session for a user under a new key (ASVS 5.0 V7.2.4), if the password is still the one with this fingerprint
/// when it is stored. Signing in is a proof of who it is, too.
///
/// # Errors
/// The session can't hold what it should.
pub fn begin(
    session: &Session,
    user: UserId,
    password: &str,
    origin: &Origin,
    user_agent: String,
    now: UtcTime,
) -> Result<(), WebError> {
    session.clear();
    session.renew();
    session.insert(USER, user).map_err(failed)?;
    session.insert(PASSWORD, password).map_err(failed)?;
    session.insert(ADDRESS, &origin.address).map_err(failed)?;
    session.insert(PROVED_AT, now).map_err(failed)?;
    session.insert(USER_AGENT, user_agent).map_err(failed)
}

/// Gives a session that now rests on other things than it began with another key (ASVS 5.0 V7.2.4); the old one is dead.
///
/// # Errors
/// The session can't hold what it should.
pub fn renew(session: &Session) -> Result<(), WebError> {
    session.insert(RENEWED, true).map_err(failed)
}

/// Remembers that the password was right; nobody is signed in by that.
///
/// # Errors
/// The session can't hold what it should.
pub fn await_second_factor(session: &Session, pending: &Pending) -> Result<(), WebError> {
    session.clear();
    session.renew();
    session.insert(PENDING, pending).map_err(failed)
}

/// Whose second factor is to be asked for, if the password was given a short while ago.
pub fn pending(session: &Session, now: UtcTime) -> Option<Pending> {
    let pending = session.get::<Pending>(PENDING).ok().flatten()?;
    (now - pending.since < PENDING_FOR).then_some(pending)
}

/// Notes that whoever is signed in has just proved it again.
///
/// # Errors
/// The session can't hold what it should.
pub fn proved(session: &Session, now: UtcTime) -> Result<(), WebError> {
    session.insert(PROVED_AT, now).map_err(failed)
}

/// When that was proved last.
pub fn proved_at(session: &Session) -> Option<UtcTime> {
    session.get::<UtcTime>(PROVED_AT).ok().flatten()
}

fn failed(error: actix_session::SessionInsertError) -> WebError {
    WebError::Internal(error.to_string())
}
