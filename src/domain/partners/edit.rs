//! The form of a partner, its rules, and what it does.

use diesel::prelude::*;

use super::{CreatePartnerError, create};
use crate::db::schema::{partners, users};
use crate::db::types::{PartnerId, Reference, UserId, UtcTime};
use crate::db::{Rule, Tx, violated};
use crate::domain::access::AdminScope;
use crate::domain::accounts::{Role, UserState};
use crate::domain::audit::{self, Act, Subject};
use crate::domain::countries::Country;
use crate::domain::text::{clean_line, search_key};
use crate::domain::validation::FieldErrors;
use crate::domain::zone::Zone;

/// Characters of a name.
const LONGEST_NAME: usize = 120;

const NO_SUCH_MANAGER: &str = "Choose somebody of your staff who can sign in";

const NAME_TAKEN: &str = "There is a partner with this name already: enter another name, or edit that partner";

/// What was typed into the form of a partner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartnerInput {
    pub name: String,
    pub country: String,
    /// A name of the time zone database; nothing typed is UTC.
    pub time_zone: String,
    /// The reference of a member of staff; nobody where nothing was chosen.
    pub channel_manager: String,
}

/// A partner that can be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerDraft {
    name: String,
    country: Country,
    zone: Zone,
    channel_manager: Option<Reference>,
}

impl PartnerInput {
    /// # Errors
    /// Everything that is missing.
    pub fn parse(&self) -> Result<PartnerDraft, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = clean_line(&self.name);
        if search_key(&name).is_empty() {
            errors.add("name", "Enter the name of the company");
        }
        errors.limit("name", "Name", &name, LONGEST_NAME);
        let country = Country::parse(&self.country);
        if country.is_none() {
            errors.add("country", "Choose the country of the company");
        }
        let zone = match self.time_zone.trim() {
            "" => Some(Zone::UTC),
            name => Zone::parse(name),
        };
        if zone.is_none() {
            errors.add("time_zone", Zone::CHOOSE);
        }
        let channel_manager = Reference::parse(&self.channel_manager);
        if channel_manager.is_none() && !self.channel_manager.is_empty() {
            errors.add("channel_manager", NO_SUCH_MANAGER);
        }
        match (country, zone) {
            (Some(country), Some(zone)) if errors.is_empty() => Ok(PartnerDraft {
                name,
                country,
                zone,
                channel_manager,
            }),
            _ => Err(errors),
        }
    }
}

/// Why a partner can't be saved.
#[derive(Debug, thiserror::Error)]
pub enum PartnerError {
    /// Something beside a field that only the database knows.
    #[error("a field is wrong")]
    Fields(FieldErrors),
    #[error("somebody else changed this partner meanwhile")]
    Stale,
    #[error("there is no such partner")]
    Unknown,
    #[error(transparent)]
    Database(diesel::result::Error),
}

impl From<diesel::result::Error> for PartnerError {
    fn from(error: diesel::result::Error) -> Self {
        match violated(&error) {
            Some(Rule::NameTaken) => name_taken(),
            _ => PartnerError::Database(error),
        }
    }
}

impl From<CreatePartnerError> for PartnerError {
    fn from(error: CreatePartnerError) -> Self {
        match error {
            CreatePartnerError::NameTaken => name_taken(),
            CreatePartnerError::Database(error) => PartnerError::Database(error),
        }
    }
}

fn name_taken() -> PartnerError {
    let mut errors = FieldErrors::default();
    errors.add("name", NAME_TAKEN);
    PartnerError::Fields(errors)
}

/// Enters a partner; it can receive leads at once.
///
/// # Errors
/// The name is taken.
pub fn enter(
    tx: &mut Tx<'_>,
    scope: &AdminScope,
    draft: &PartnerDraft,
    now: UtcTime,
) -> Result<Reference, PartnerError> {
    let channel_manager = manager_id(tx, draft)?;
    let id = create(tx, scope.actor(), &draft.name, draft.country, now)?;
    diesel::update(partners::table.find(id))
        .set((
            partners::time_zone.eq(draft.zone.name()),
            partners::channel_manager_id.eq(channel_manager),
        ))
        .execute(&mut **tx)?;
    Ok(partners::table.find(id).select(partners::reference).first(&mut **tx)?)
}

/// The member of staff who looks after the partner, if the form names one.
fn manager_id(tx: &mut Tx<'_>, draft: &PartnerDraft) -> Result<Option<UserId>, PartnerError> {
    let Some(reference) = &draft.channel_manager else {
        return Ok(None);
    };
    let user: Option<UserId> = users::table
        .filter(users::reference.eq(reference))
        .filter(users::role.eq_any([Role::Staff, Role::Administrator]))
        .filter(users::state.eq(UserState::Active))
        .select(users::id)
        .first(&mut **tx)
        .optional()?;
    match user {
        Some(user) => Ok(Some(user)),
        None => {
            let mut errors = FieldErrors::default();
            errors.add("channel_manager", NO_SUCH_MANAGER);
            Err(PartnerError::Fields(errors))
        }
    }
}

/// Changes a partner.
///
/// # Errors
/// The name is taken, or somebody else was faster (`seen` is the version that the form showed).
pub fn edit(
    tx: &mut Tx<'_>,
    scope: &AdminScope,
    reference: &Reference,
    draft: &PartnerDraft,
    seen: i64,
    now: UtcTime,
) -> Result<(), PartnerError> {
    let known: Option<(PartnerId, String, String, String, Option<UserId>, i64)> = partners::table
        .filter(partners::reference.eq(reference))
        .select((
            partners::id,
            partners::name,
            partners::country,
            partners::time_zone,
            partners::channel_manager_id,
            partners::lock_version,
        ))
        .first(&mut **tx)
        .optional()?;
    let (id, name, country, zone, manager, version) = known.ok_or(PartnerError::Unknown)?;
    if version != seen {
        return Err(PartnerError::Stale);
    }
    let channel_manager = manager_id(tx, draft)?;
    let changed: Vec<&str> = [
        ("name", name != draft.name),
        ("country", country != draft.country.code()),
        ("time_zone", zone != draft.zone.name()),
        ("channel_manager", manager != channel_manager),
    ]
    .into_iter()
    .filter_map(|(field, is_changed)| is_changed.then_some(field))
    .collect();
    if changed.is_empty() {
        return Ok(());
    }
    let updated = diesel::update(partners::table.find(id).filter(partners::lock_version.eq(seen)))
        .set((
            partners::name.eq(&draft.name),
            partners::search_text.eq(search_key(&draft.name)),
            partners::country.eq(draft.country.code()),
            partners::time_zone.eq(draft.zone.name()),
            partners::channel_manager_id.eq(channel_manager),
            partners::lock_version.eq(partners::lock_version + 1),
        ))
        .execute(&mut **tx)?;
    if updated == 0 {
        return Err(PartnerError::Stale);
    }
    audit::record(
        tx,
        scope.actor(),
        Act::PartnerEdited,
        &Subject::partner(id, reference),
        &changed.join(", "),
        now,
    )?;
    Ok(())
}
