//! The settings of deadlines: one row; a deadline that is not set does not exist.

use diesel::prelude::*;

use super::Duty;
use crate::db::schema::{deadline_settings as settings, deadlines};
use crate::db::types::UtcTime;
use crate::db::{DbConn, Tx};
use crate::domain::access::AdminScope;
use crate::domain::audit::{self, Act, Subject};
use crate::domain::validation::FieldErrors;

/// The key of the only row.
pub const SETTINGS_ID: i64 = 1;

/// The longest deadline, in working days.
pub const LONGEST: i64 = 90;

/// The settings in force, in working days.
#[derive(Debug, Clone, Default, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = settings)]
pub struct DeadlineSettings {
    pub open_within: Option<i64>,
    pub first_update_within: Option<i64>,
    pub update_every: Option<i64>,
    /// Live assignments after this one wait for their deadlines; nothing when all have theirs.
    pub catch_up_after: Option<i64>,
    pub lock_version: i64,
}

impl DeadlineSettings {
    /// The deadline for a duty. Where none is set for the first update, the one for all updates counts.
    pub fn days(&self, duty: Duty) -> Option<(Duty, i64)> {
        let update = self.update_every.map(|days| (Duty::Update, days));
        match duty {
            Duty::Open => self.open_within.map(|days| (Duty::Open, days)),
            Duty::FirstUpdate => self
                .first_update_within
                .map(|days| (Duty::FirstUpdate, days))
                .or(update),
            Duty::Update => update,
        }
    }

    fn is_off(&self) -> bool {
        Duty::ALL.iter().all(|duty| self.days(*duty).is_none())
    }
}

/// What an administrator typed; an empty field means that there is no such deadline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeadlinesInput {
    pub open_within: String,
    pub first_update_within: String,
    pub update_every: String,
}

/// Settings that can be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadlinesDraft {
    open_within: Option<i64>,
    first_update_within: Option<i64>,
    update_every: Option<i64>,
}

impl DeadlinesInput {
    pub fn new(settings: &DeadlineSettings) -> Self {
        let text = |days: Option<i64>| days.map(|days| days.to_string()).unwrap_or_default();
        DeadlinesInput {
            open_within: text(settings.open_within),
            first_update_within: text(settings.first_update_within),
            update_every: text(settings.update_every),
        }
    }

    /// # Errors
    /// A field that is neither empty nor a number of days from 1 to [`LONGEST`].
    pub fn parse(&self) -> Result<DeadlinesDraft, FieldErrors> {
        let mut errors = FieldErrors::default();
        let mut days = |field, text: &str| match text.trim() {
            "" => None,
            text => match text.parse() {
                Ok(days) if (1..=LONGEST).contains(&days) => Some(days),
                _ => {
                    errors.add(field, "Enter a number of working days from 1 to 90, or nothing");
                    None
                }
            },
        };
        let draft = DeadlinesDraft {
            open_within: days("open_within", &self.open_within),
            first_update_within: days("first_update_within", &self.first_update_within),
            update_every: days("update_every", &self.update_every),
        };
        if errors.is_empty() { Ok(draft) } else { Err(errors) }
    }
}

/// Why settings were not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    #[error("somebody else saved the settings meanwhile")]
    ChangedMeanwhile,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

pub fn load(conn: &mut DbConn) -> QueryResult<DeadlineSettings> {
    settings::table
        .find(SETTINGS_ID)
        .select(DeadlineSettings::as_select())
        .first(conn)
}

/// Saves the settings if they are still those of version `seen`. Deadlines that run keep the days that they began with;
/// those of a kind that was turned off end.
pub fn save(
    tx: &mut Tx<'_>,
    scope: &AdminScope,
    draft: &DeadlinesDraft,
    seen: i64,
    now: UtcTime,
) -> Result<(), SaveError> {
    let before = load(tx)?;
    let after = DeadlineSettings {
        open_within: draft.open_within,
        first_update_within: draft.first_update_within,
        update_every: draft.update_every,
        ..before.clone()
    };
    let changes = changes(&before, &after);
    let catch_up_after = if after.is_off() {
        None
    } else if changes.is_empty() {
        before.catch_up_after
    } else {
        Some(0)
    };
    let saved = diesel::update(
        settings::table
            .find(SETTINGS_ID)
            .filter(settings::lock_version.eq(seen)),
    )
    .set((
        settings::open_within.eq(after.open_within),
        settings::first_update_within.eq(after.first_update_within),
        settings::update_every.eq(after.update_every),
        settings::catch_up_after.eq(catch_up_after),
        settings::lock_version.eq(settings::lock_version + 1),
    ))
    .execute(&mut **tx)?;
    if saved == 0 {
        return Err(SaveError::ChangedMeanwhile);
    }
    let ended: Vec<Duty> = Duty::ALL
        .iter()
        .copied()
        .filter(|duty| after.days(*duty).is_none_or(|(kept, _)| kept != *duty))
        .collect();
    diesel::delete(deadlines::table.filter(deadlines::duty.eq_any(ended))).execute(&mut **tx)?;
    if !changes.is_empty() {
        let subject = Subject::deadline_settings();
        audit::record(
            tx,
            scope.actor(),
            Act::DeadlinesChanged,
            &subject,
            &changes.join("; "),
            now,
        )?;
    }
    Ok(())
}

/// `open_within: off -> 3`, for the audit log.
fn changes(before: &DeadlineSettings, after: &DeadlineSettings) -> Vec<String> {
    let words = |days: Option<i64>| days.map_or_else(|| "off".to_owned(), |days| days.to_string());
    [
        ("open_within", before.open_within, after.open_within),
        (
            "first_update_within",
            before.first_update_within,
            after.first_update_within,
        ),
        ("update_every", before.update_every, after.update_every),
    ]
    .into_iter()
    .filter(|(_, before, after)| before != after)
    .map(|(name, before, after)| format!("{name}: {} -> {}", words(before), words(after)))
    .collect()
}
