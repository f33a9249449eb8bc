//! Links that work once: to make the first administrator, to accept an invitation, to set a forgotten password anew.
//!
//! The token of a link is an HMAC over the link's random seed with the secret of the installation. The database holds
//! the seed and a hash of the token: whoever reads the database alone can't make a token, and whoever sends the mail
//! makes it again at that moment, so that it is stored nowhere (ASVS 5.0 V6.4.1).

use std::fmt;

use chrono::TimeDelta;
use diesel::prelude::*;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::db::schema::{one_time_links as links, users};
use crate::db::types::{LinkId, UserId, UtcTime, random_text};
use crate::db::{DbConn, Tx};
use crate::text_enum;

text_enum! {
    /// What a link is good for, and nothing else.
    pub enum Purpose {
        /// To make the first administrator of an empty database; the only one that belongs to no user.
        FirstRun = "first_run",
        Invitation = "invitation",
        PasswordReset = "password_reset",
    }
}

impl Purpose {
    /// How long a link works.
    pub fn lifetime(self) -> TimeDelta {
        match self {
            Purpose::FirstRun | Purpose::Invitation => TimeDelta::hours(24),
            Purpose::PasswordReset => TimeDelta::minutes(60),
        }
    }

    /// The page to which a link leads.
    pub fn path(self) -> &'static str {
        match self {
            Purpose::FirstRun => "/first-run",
            Purpose::Invitation => "/invitation",
            Purpose::PasswordReset => "/reset-password",
        }
    }
}

text_enum! {
    /// Why a link works no longer.
    pub enum Ending {
        Used = "used",
        /// A newer one was made.
        Replaced = "replaced",
        /// The account was suspended, got another address, or needs the link no longer.
        Withdrawn = "withdrawn",
    }
}

/// Characters of a seed, 5 random bits each.
const SEED_LENGTH: usize = 26;

/// How long links that ended or ran out are remembered, so that their page can say so.
const REMEMBERED: TimeDelta = TimeDelta::days(30);

/// The part of the installation's secret that makes tokens.
#[derive(Clone)]
pub struct LinkKey([u8; 32]);

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKey(…)")
    }
}

impl LinkKey {
    /// The key for links out of the secret that everything rests on, of no use for anything else.
    pub fn derive_from(secret: &[u8]) -> Self {
        LinkKey(authenticate(secret, &["leadgate one-time links"]))
    }

    fn token(&self, purpose: Purpose, seed: &str) -> Token {
        Token(hex(&authenticate(&self.0, &[purpose.as_str(), seed])))
    }
}

/// What makes a link work: 256 bits, as it stands in the link. It is never stored, and `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The link itself. `origin` is that of the configured base URL, never what a request said (`BaseUrl::origin`).
    pub fn url(&self, origin: &str, purpose: Purpose) -> String {
        format!("{origin}{}?token={}", purpose.path(), self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A link that works now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenLink {
    pub id: LinkId,
    /// Absent for the first run alone.
    pub user: Option<UserId>,
    pub expires_at: UtcTime,
}

/// Makes a link for a user; an earlier one of the same purpose ends.
pub fn issue(tx: &mut Tx<'_>, key: &LinkKey, purpose: Purpose, user: UserId, now: UtcTime) -> QueryResult<LinkId> {
    diesel::update(
        links::table
            .filter(links::user_id.eq(user))
            .filter(links::purpose.eq(purpose))
            .filter(links::ended_at.is_null()),
    )
    .set((links::ended_at.eq(now), links::ending.eq(Ending::Replaced)))
    .execute(&mut **tx)?;
    insert(tx, key, purpose, Some(user), now).map(|(id, _)| id)
}

/// The link that makes the first administrator, while nobody has an account. Every start of the program tells the same
/// one until it runs out.
pub fn first_run(tx: &mut Tx<'_>, key: &LinkKey, now: UtcTime) -> QueryResult<Option<Token>> {
    if has_users(tx)? {
        return Ok(None);
    }
    let open: Option<LinkId> = links::table
        .filter(links::purpose.eq(Purpose::FirstRun))
        .filter(links::ended_at.is_null())
        .filter(links::expires_at.gt(now))
        .select(links::id)
        .order(links::id.desc())
        .first(&mut **tx)
        .optional()?;
    if let Some(open) = open
        && let Some(token) = token(tx, key, open, now)?
    {
        return Ok(Some(token));
    }
    insert(tx, key, Purpose::FirstRun, None, now).map(|(_, token)| Some(token))
}

fn insert(
    tx: &mut Tx<'_>,
    key: &LinkKey,
    purpose: Purpose,
    user: Option<UserId>,
    now: UtcTime,
) -> QueryResult<(LinkId, Token)> {
    let seed = random_text(SEED_LENGTH);
    let token = key.token(purpose, &seed);
    let id = diesel::insert_into(links::table)
        .values((
            links::purpose.eq(purpose),
            links::user_id.eq(user),
            links::seed.eq(&seed),
            links::token_hash.eq(hash(token.as_str())),
            links::created_at.eq(now),
            links::expires_at.eq(now + purpose.lifetime()),
        ))
        .returning(links::id)
        .get_result(&mut **tx)?;
    Ok((id, token))
}

/// The token of a link, for whoever renders the message that carries it; `None` when the link works no longer, or was
/// made with another secret: then the message is not sent.
pub fn token(conn: &mut DbConn, key: &LinkKey, link: LinkId, now: UtcTime) -> QueryResult<Option<Token>> {
    let row: Option<(Purpose, String, String)> = links::table
        .find(link)
        .filter(links::ended_at.is_null())
        .filter(links::expires_at.gt(now))
        .select((links::purpose, links::seed, links::token_hash))
        .first(conn)
        .optional()?;
    Ok(row.and_then(|(purpose, seed, token_hash)| {
        let token = key.token(purpose, &seed);
        (hash(token.as_str()) == token_hash).then_some(token)
    }))
}

/// The link with this token, if it works now; looking does not use it.
pub fn find(conn: &mut DbConn, purpose: Purpose, token: &str, now: UtcTime) -> QueryResult<Option<OpenLink>> {
    let row: Option<(LinkId, Option<UserId>, UtcTime)> = links::table
        .filter(links::token_hash.eq(hash(token)))
        .filter(links::purpose.eq(purpose))
        .filter(links::ended_at.is_null())
        .filter(links::expires_at.gt(now))
        .select((links::id, links::user_id, links::expires_at))
        .first(conn)
        .optional()?;
    Ok(row.map(|(id, user, expires_at)| OpenLink { id, user, expires_at }))
}

/// Uses the link with this token up; of several at once, one succeeds.
pub fn consume(tx: &mut Tx<'_>, purpose: Purpose, token: &str, now: UtcTime) -> QueryResult<Option<OpenLink>> {
    let row: Option<(LinkId, Option<UserId>, UtcTime)> = diesel::update(
        links::table
            .filter(links::token_hash.eq(hash(token)))
            .filter(links::purpose.eq(purpose))
            .filter(links::ended_at.is_null())
            .filter(links::expires_at.gt(now)),
    )
    .set((links::ended_at.eq(now), links::ending.eq(Ending::Used)))
    .returning((links::id, links::user_id, links::expires_at))
    .get_result(&mut **tx)
    .optional()?;
    Ok(row.map(|(id, user, expires_at)| OpenLink { id, user, expires_at }))
}

/// Ends every link of a user that still works.
pub fn withdraw_all(tx: &mut Tx<'_>, user: UserId, now: UtcTime) -> QueryResult<()> {
    diesel::update(
        links::table
            .filter(links::user_id.eq(user))
            .filter(links::ended_at.is_null()),
    )
    .set((links::ended_at.eq(now), links::ending.eq(Ending::Withdrawn)))
    .execute(&mut **tx)
    .map(|_| ())
}

/// Ends the link of the first run: somebody has an account.
pub fn withdraw_first_run(tx: &mut Tx<'_>, now: UtcTime) -> QueryResult<()> {
    diesel::update(
        links::table
            .filter(links::purpose.eq(Purpose::FirstRun))
            .filter(links::ended_at.is_null()),
    )
    .set((links::ended_at.eq(now), links::ending.eq(Ending::Withdrawn)))
    .execute(&mut **tx)
    .map(|_| ())
}

/// Forgets the links of long ago.
pub fn purge(tx: &mut Tx<'_>, now: UtcTime) -> QueryResult<usize> {
    diesel::delete(links::table.filter(links::expires_at.le(now - REMEMBERED))).execute(&mut **tx)
}

/// Whether anybody has an account.
pub fn has_users(conn: &mut DbConn) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(users::table.select(users::id))).get_result(conn)
}

fn authenticate(key: &[u8], parts: &[&str]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part.as_bytes());
        // A byte that no part holds keeps ("ab", "c") apart from ("a", "bc").
        mac.update(&[0]);
    }
    mac.finalize().into_bytes().into()
}

fn hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_belongs_to_its_secret_its_purpose_and_its_seed() {
        let key = LinkKey::derive_from(&[7; 64]);
        let token = key.token(Purpose::Invitation, "seed");

        assert_eq!(token.as_str().len(), 64);
        assert_eq!(token, key.token(Purpose::Invitation, "seed"));
        assert_ne!(token, key.token(Purpose::PasswordReset, "seed"));
        assert_ne!(token, key.token(Purpose::Invitation, "other"));
        assert_ne!(token, LinkKey::derive_from(&[8; 64]).token(Purpose::Invitation, "seed"));
    }

    #[test]
    fn neither_key_nor_token_prints_itself() {
        let key = LinkKey::derive_from(&[7; 64]);

        assert_eq!(
            format!("{key:?} {:?}", key.token(Purpose::FirstRun, "x")),
            "LinkKey(…) Token(…)"
        );
    }
}
