//! Hand-overs, from the act that begins one to those that end it; `life` says which act is possible when.

pub mod assign;
pub mod closing;
pub mod deal;
pub mod decline;
mod ending;
pub mod held;
pub mod life;
pub mod next_step;
pub mod note;
pub mod open;
pub mod question;
pub mod reasons;
pub mod reassign;
pub mod recall;
pub mod recent;
pub mod remind;
pub mod reopen;
pub mod vendor_note;

use diesel::prelude::*;

use crate::db::Tx;
use crate::db::schema::{partners, users};
use crate::db::types::{PartnerId, UserId};
use crate::text_enum;

text_enum! {
    /// How an assignment ended.
    pub enum Ending {
        Recalled = "recalled",
        Reassigned = "reassigned",
        /// The partner gave it back.
        Declined = "declined",
        /// A deadline passed.
        Expired = "expired",
    }
}

/// The names of a recipient, for the audit log. Neither is a lead's data.
pub(super) fn recipient_words(tx: &mut Tx<'_>, partner: PartnerId, user: Option<UserId>) -> QueryResult<String> {
    let partner: String = partners::table.find(partner).select(partners::name).first(&mut **tx)?;
    let user: Option<String> = match user {
        None => None,
        Some(user) => Some(users::table.find(user).select(users::name).first(&mut **tx)?),
    };
    Ok(name_recipient(partner, user))
}

/// `Northwind`, or `Northwind, Nora Lindqvist`.
pub(super) fn name_recipient(partner: String, user: Option<String>) -> String {
    match user {
        None => partner,
        Some(user) => format!("{partner}, {user}"),
    }
}
