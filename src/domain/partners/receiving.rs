//! Who can receive a lead now, and why not: every recipient with the gate's own reasons.

use diesel::prelude::*;

use super::PartnerState;
use crate::db::schema::{partners, users};
use crate::db::types::{PartnerId, Reference, UserId};
use crate::db::{DbConn, user_search_condition};
use crate::domain::access::StaffScope;
use crate::domain::accounts::{Role, UserState};
use crate::domain::permission::gate::{Facts, Reason, ReceivingParty, decide};
use crate::domain::settings::Settings;
use crate::domain::text::{like_patterns, search_key};

/// At most so many recipients are listed; a search narrows them.
pub const SHOWN: i64 = 60;

/// At most so many words of a search count.
const WORDS: usize = 8;

/// Somebody who could receive a lead.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// The reference of the user, or of the partner where it is the partner as a whole.
    pub reference: Reference,
    pub partner: String,
    /// Name and role of the user; none for the partner as a whole.
    pub user: Option<(String, Role)>,
    /// Why not; empty where nothing is in the way.
    pub reasons: Vec<Reason>,
}

type Company = (PartnerId, Reference, String, PartnerState);

type Person = (
    UserId,
    Reference,
    String,
    Role,
    UserState,
    PartnerId,
    String,
    PartnerState,
);

/// The recipients whose name and address contain `words`, or whose partner does, with the reasons against each for a
/// lead that is on hold or not and is held by `holder`.
pub fn search(
    conn: &mut DbConn,
    _scope: &StaffScope,
    settings: &Settings,
    words: &str,
    is_on_hold: bool,
    holder: Option<ReceivingParty>,
) -> QueryResult<Vec<Recipient>> {
    let facts = |party: ReceivingParty, partner, user| Facts {
        is_on_hold,
        partner,
        user,
        whole_partner_allowed: settings.assign_to_partner,
        holds_it: holder == Some(party),
    };
    let key = search_key(words);
    let companies = companies(conn, &key)?;
    let people = people(conn, &companies, &key)?;
    let mut recipients: Vec<Recipient> = companies
        .into_iter()
        .map(|(id, reference, partner, state)| {
            let reasons = decide(&facts(
                ReceivingParty {
                    partner: id,
                    user: None,
                },
                state,
                None,
            ));
            Recipient {
                reference,
                partner,
                user: None,
                reasons,
            }
        })
        .collect();
    recipients.extend(people.into_iter().map(
        |(id, reference, name, role, state, partner_id, partner, partner_state)| {
            let party = ReceivingParty {
                partner: partner_id,
                user: Some(id),
            };
            let reasons = decide(&facts(party, partner_state, Some((state, true))));
            Recipient {
                reference,
                partner,
                user: Some((name, role)),
                reasons,
            }
        },
    ));
    recipients.sort_by(|a, b| (&a.partner, a.user.is_some()).cmp(&(&b.partner, b.user.is_some())));
    recipients.truncate(SHOWN as usize);
    Ok(recipients)
}

/// The first partners by name that contain every word.
fn companies(conn: &mut DbConn, key: &str) -> QueryResult<Vec<Company>> {
    let mut query = partners::table.into_boxed();
    for pattern in like_patterns(key) {
        query = query.filter(partners::search_text.like(pattern).escape('\\'));
    }
    query
        .select((partners::id, partners::reference, partners::name, partners::state))
        .order((partners::name, partners::id))
        .limit(SHOWN)
        .load(conn)
}

/// The first people of these companies, and some of those who are called so. Each is found by an index: there may be
/// very many of them.
fn people(conn: &mut DbConn, companies: &[Company], key: &str) -> QueryResult<Vec<Person>> {
    let partners: Vec<i64> = companies.iter().map(|(id, ..)| id.get()).collect();
    let mut found: Vec<UserId> = conn
        .first_users(&partners, SHOWN)?
        .into_iter()
        .map(UserId::new)
        .collect();
    if !key.is_empty() {
        let words: Vec<&str> = key.split(' ').take(WORDS).collect();
        let called: Vec<UserId> = users::table
            .filter(user_search_condition(conn.search_index(), &words))
            .filter(users::partner_id.is_not_null())
            .select(users::id)
            .limit(SHOWN)
            .load(conn)?;
        found.extend(called);
    }
    users::table
        .inner_join(partners::table)
        .filter(users::id.eq_any(found))
        .select((
            users::id,
            users::reference,
            users::name,
            users::role,
            users::state,
            partners::id,
            partners::name,
            partners::state,
        ))
        .order((partners::name, users::name, users::id))
        .limit(SHOWN)
        .load(conn)
}

/// The recipient that a reference names: a partner user or a partner.
pub fn find(conn: &mut DbConn, _scope: &StaffScope, reference: &Reference) -> QueryResult<Option<ReceivingParty>> {
    let user = users::table
        .filter(users::reference.eq(reference))
        .filter(users::partner_id.is_not_null())
        .select((users::id, users::partner_id.assume_not_null()))
        .first::<(UserId, PartnerId)>(conn)
        .optional()?;
    if let Some((user, partner)) = user {
        return Ok(Some(ReceivingParty {
            partner,
            user: Some(user),
        }));
    }
    let partner = partners::table
        .filter(partners::reference.eq(reference))
        .select(partners::id)
        .first(conn)
        .optional()?;
    Ok(partner.map(|partner| ReceivingParty { partner, user: None }))
}
