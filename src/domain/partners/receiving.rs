//! Who can receive a lead now, and why not: every recipient with the gate's own reasons.

use diesel::prelude::*;

use super::PartnerState;
use crate::db::DbConn;
use crate::db::schema::{partners, users};
use crate::db::types::{PartnerId, Reference, UserId};
use crate::domain::access::StaffScope;
use crate::domain::accounts::{Role, UserState};
use crate::domain::permission::gate::{Facts, Reason, ReceivingParty, decide};
use crate::domain::settings::Settings;
use crate::domain::text::search_key;

/// At most so many recipients are listed; a search narrows them.
pub const SHOWN: i64 = 60;

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

/// The recipients whose name, address or partner contains `words`, with the reasons against each for a lead that is
/// on hold or not and is held by `holder`.
pub fn search(
    conn: &mut DbConn,
    _scope: &StaffScope,
    settings: &Settings,
    words: &str,
    is_on_hold: bool,
    holder: Option<ReceivingParty>,
) -> QueryResult<Vec<Recipient>> {
    let pattern = format!(
        "%{}%",
        search_key(words)
            .replace('\\', "\\\\")
            .replace('%', "\\%")
            .replace('_', "\\_")
    );
    let facts = |party: ReceivingParty, partner, user| Facts {
        is_on_hold,
        partner,
        user,
        whole_partner_allowed: settings.assign_to_partner,
        holds_it: holder == Some(party),
    };
    let companies: Vec<(PartnerId, Reference, String, PartnerState)> = partners::table
        .filter(partners::search_text.like(pattern.clone()).escape('\\'))
        .select((partners::id, partners::reference, partners::name, partners::state))
        .order((partners::name, partners::id))
        .limit(SHOWN)
        .load(conn)?;
    let people: Vec<Person> = users::table
        .inner_join(partners::table)
        .filter(
            users::search_text
                .like(pattern.clone())
                .escape('\\')
                .or(partners::search_text.like(pattern).escape('\\')),
        )
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
        .load(conn)?;
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
