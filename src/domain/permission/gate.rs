//! The distribution gate: the one rule that decides whether a lead may reach a recipient now, with all its reasons.

use std::marker::PhantomData;

use diesel::prelude::*;

use crate::db::schema::{assignments, users};
use crate::db::types::{LeadId, PartnerId, UserId, UtcTime};
use crate::db::{Tx, lock_shared};
use crate::domain::access::{PartnerScope, StaffScope};
use crate::domain::accounts::UserState;
use crate::domain::assignments::held::Held;
use crate::domain::assignments::name_recipient;
use crate::domain::audit::{self, Act, Subject};
use crate::domain::leads::{LockedLead, lock, reference_of};
use crate::domain::partners::{self, PartnerState};
use crate::domain::settings::{self, Settings};

/// Proof that this lead may be passed on, inside one write transaction. Only [`clear`] makes one; it can't be stored,
/// returned from its transaction, or used for another recipient.
#[must_use = "a cleared lead is not assigned yet"]
#[derive(Debug)]
pub struct DistributableLead<'t> {
    id: LeadId,
    locked: LockedLead,
    to: ReceivingParty,
    recipient_words: String,
    brand: PhantomData<fn(&'t ()) -> &'t ()>,
}

impl DistributableLead<'_> {
    pub fn id(&self) -> LeadId {
        self.id
    }

    /// The lead as it is under lock.
    pub fn locked(&self) -> &LockedLead {
        &self.locked
    }

    /// The recipient that the gate decided on.
    pub fn recipient(&self) -> ReceivingParty {
        self.to
    }

    /// The names of the recipient, for the audit log. Neither is a lead's data.
    pub fn recipient_words(&self) -> &str {
        &self.recipient_words
    }
}

/// Who is to receive a lead: one user of a partner, or the partner as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceivingParty {
    pub partner: PartnerId,
    pub user: Option<UserId>,
}

/// Why a lead may not reach a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Permission is tracked and nobody confirmed it for this lead.
    OnHold,
    PartnerSuspended,
    UserSuspended,
    /// The user has not set a password yet.
    UserNotArrived,
    /// The user does not work at this partner (any more).
    UserElsewhere,
    /// A setting keeps leads from going to a partner as a whole.
    WholePartnerNotAllowed,
    /// This very recipient holds the lead already.
    HoldsItAlready,
}

impl Reason {
    /// What is the matter, as a sentence of its own.
    pub fn sentence(self) -> &'static str {
        match self {
            Reason::OnHold => "This lead is on hold: nobody has confirmed permission to distribute it.",
            Reason::PartnerSuspended => "The partner is suspended.",
            Reason::UserSuspended => "This user is suspended.",
            Reason::UserNotArrived => "This user has not accepted the invitation yet.",
            Reason::UserElsewhere => "This user does not work at the partner.",
            Reason::WholePartnerNotAllowed => "Leads go to a user of a partner, not to the partner as a whole.",
            Reason::HoldsItAlready => "Has this lead already.",
        }
    }

    /// What to do about it.
    pub fn way_on(self) -> &'static str {
        match self {
            Reason::OnHold => "Confirm permission, or delete the lead.",
            Reason::PartnerSuspended | Reason::UserSuspended | Reason::UserNotArrived | Reason::UserElsewhere => {
                "Choose another recipient."
            }
            Reason::WholePartnerNotAllowed => {
                "Choose a user, or let an administrator allow it under Lead Distribution Module Settings."
            }
            Reason::HoldsItAlready => "Nothing is left to do, or choose another recipient.",
        }
    }
}

/// What the decision rests on.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    pub is_on_hold: bool,
    pub partner: PartnerState,
    /// The state of the user, and whether the partner is the user's own; none for a partner as a whole.
    pub user: Option<(UserState, bool)>,
    pub whole_partner_allowed: bool,
    pub holds_it: bool,
}

/// Every reason against the hand-over; none means that it may happen.
pub fn decide(facts: &Facts) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if facts.is_on_hold {
        reasons.push(Reason::OnHold);
    }
    if facts.partner != PartnerState::Active {
        reasons.push(Reason::PartnerSuspended);
    }
    match facts.user {
        None if !facts.whole_partner_allowed => reasons.push(Reason::WholePartnerNotAllowed),
        None => {}
        Some((_, false)) => reasons.push(Reason::UserElsewhere),
        Some((UserState::Suspended, true)) => reasons.push(Reason::UserSuspended),
        Some((UserState::Invited, true)) => reasons.push(Reason::UserNotArrived),
        Some((UserState::Active, true)) => {}
    }
    if facts.holds_it {
        reasons.push(Reason::HoldsItAlready);
    }
    reasons
}

/// The gate's no, with all its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub reasons: Vec<Reason>,
}

/// Why a lead was not cleared.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    #[error("the lead may not reach this recipient")]
    Refused(Refusal),
    #[error("there is no such lead or recipient")]
    NotFound,
    #[error("the lead changed meanwhile")]
    ChangedMeanwhile,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

/// Decides under lock whether the lead may reach the recipient at this moment, and proves it.
///
/// The locks are taken in one order everywhere (settings, lead, partner, user), so that a setting, an erasure or a
/// suspension that comes at the same time either is seen here or waits for us. `seen` is the lead's lock version on
/// the page that asks, if it showed one.
pub fn clear<'t>(
    tx: &mut Tx<'t>,
    _scope: &StaffScope,
    lead: LeadId,
    to: ReceivingParty,
    seen: Option<i64>,
) -> Result<DistributableLead<'t>, GateError> {
    let settings = settings::hold(tx)?;
    let locked = lock(tx, lead)?.ok_or(GateError::NotFound)?;
    if seen.is_some_and(|seen| locked.lock_version != seen + 1) {
        return Err(GateError::ChangedMeanwhile);
    }
    let (facts, recipient_words) = facts(tx, &settings, lead, &locked, to)?.ok_or(GateError::NotFound)?;
    let reasons = decide(&facts);
    if reasons.is_empty() {
        Ok(DistributableLead {
            id: lead,
            locked,
            to,
            recipient_words,
            brand: PhantomData,
        })
    } else {
        Err(GateError::Refused(Refusal { reasons }))
    }
}

/// The same for a partner user who moves a lead to a colleague at the same partner.
///
/// A lead on hold can be moved like any other while its partner may work on it: the recipient is the partner (GDPR
/// Art. 4(9)), which has the data already, and what differed here would tell partners about permission. That the partner
/// may work on it now was asked under lock, which `held` proves; the database looks for itself.
pub(in crate::domain) fn clear_for_colleague<'t>(
    tx: &mut Tx<'t>,
    scope: &PartnerScope,
    held: &Held,
    colleague: UserId,
) -> Result<DistributableLead<'t>, GateError> {
    let to = ReceivingParty {
        partner: scope.partner(),
        user: Some(colleague),
    };
    let settings = settings::load(tx)?;
    let (facts, recipient_words) = facts(tx, &settings, held.lead, &held.locked, to)?.ok_or(GateError::NotFound)?;
    let reasons = decide(&Facts {
        is_on_hold: false,
        ..facts
    });
    if reasons.is_empty() {
        Ok(DistributableLead {
            id: held.lead,
            locked: held.locked.clone(),
            to,
            recipient_words,
            brand: PhantomData,
        })
    } else {
        Err(GateError::Refused(Refusal { reasons }))
    }
}

/// Writes down that the gate said no. Its own transaction calls this: the refused one was rolled back.
pub fn record_refusal(
    tx: &mut Tx<'_>,
    scope: &StaffScope,
    lead: LeadId,
    refusal: &Refusal,
    now: UtcTime,
) -> QueryResult<()> {
    let Some(reference) = reference_of(tx, lead)? else {
        return Ok(());
    };
    let words: Vec<String> = refusal.reasons.iter().map(|reason| format!("{reason:?}")).collect();
    let subject = Subject::lead(lead, &reference);
    audit::record(
        tx,
        scope.actor(),
        Act::DistributionRefused,
        &subject,
        &words.join(" "),
        now,
    )
}

/// The facts about a locked lead and a recipient that is locked now, and the recipient's names. None where there is no such
/// recipient.
fn facts(
    tx: &mut Tx<'_>,
    settings: &Settings,
    lead: LeadId,
    locked: &LockedLead,
    to: ReceivingParty,
) -> QueryResult<Option<(Facts, String)>> {
    let Some((partner_name, partner)) = partners::hold(tx, to.partner)? else {
        return Ok(None);
    };
    let (user_name, user) = match to.user {
        None => (None, None),
        Some(user) => {
            let row: Option<(String, UserState, Option<PartnerId>)> = lock_shared!(
                &mut **tx,
                users::table
                    .find(user)
                    .select((users::name, users::state, users::partner_id))
            )
            .optional()?;
            let Some((name, state, partner)) = row else {
                return Ok(None);
            };
            (Some(name), Some((state, partner == Some(to.partner))))
        }
    };
    let holder: Option<(PartnerId, Option<UserId>)> = assignments::table
        .filter(assignments::lead_id.eq(lead))
        .filter(assignments::ended_at.is_null())
        .select((assignments::partner_id, assignments::user_id))
        .first(&mut **tx)
        .optional()?;
    let facts = Facts {
        is_on_hold: settings.track_permission && !locked.has_confirmation,
        partner,
        user,
        whole_partner_allowed: settings.assign_to_partner,
        holds_it: holder == Some((to.partner, to.user)),
    };
    Ok(Some((facts, name_recipient(partner_name, user_name))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: Facts = Facts {
        is_on_hold: false,
        partner: PartnerState::Active,
        user: Some((UserState::Active, true)),
        whole_partner_allowed: true,
        holds_it: false,
    };

    #[test]
    fn nothing_against_it_means_it_may_happen() {
        assert_eq!(decide(&FREE), []);
        assert_eq!(decide(&Facts { user: None, ..FREE }), []);
    }

    #[test]
    fn every_reason_is_told_at_once() {
        let facts = Facts {
            is_on_hold: true,
            partner: PartnerState::Suspended,
            user: Some((UserState::Suspended, true)),
            ..FREE
        };

        assert_eq!(
            decide(&facts),
            [Reason::OnHold, Reason::PartnerSuspended, Reason::UserSuspended]
        );
    }

    #[test]
    fn each_fact_alone_is_enough_to_refuse() {
        assert_eq!(
            decide(&Facts {
                is_on_hold: true,
                ..FREE
            }),
            [Reason::OnHold]
        );
        assert_eq!(
            decide(&Facts {
                partner: PartnerState::Suspended,
                ..FREE
            }),
            [Reason::PartnerSuspended]
        );
        assert_eq!(
            decide(&Facts {
                user: Some((UserState::Invited, true)),
                ..FREE
            }),
            [Reason::UserNotArrived]
        );
        assert_eq!(
            decide(&Facts {
                user: Some((UserState::Active, false)),
                ..FREE
            }),
            [Reason::UserElsewhere]
        );
        assert_eq!(
            decide(&Facts {
                user: None,
                whole_partner_allowed: false,
                ..FREE
            }),
            [Reason::WholePartnerNotAllowed]
        );
        assert_eq!(decide(&Facts { holds_it: true, ..FREE }), [Reason::HoldsItAlready]);
    }
}
