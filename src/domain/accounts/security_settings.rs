//! What the installation asks of its accounts: one row.

use diesel::prelude::*;

use crate::db::schema::security_settings as settings;
use crate::db::types::UtcTime;
use crate::db::{DbConn, Tx};
use crate::domain::access::AdminScope;
use crate::domain::audit::{self, Act, Subject};

/// The key of the only row.
pub const SETTINGS_ID: i64 = 1;

/// The settings in force.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = settings)]
pub struct SecuritySettings {
    /// Administrators and staff must have a second factor; until they have, they reach nothing else.
    pub second_factor_required: bool,
    pub lock_version: i64,
}

/// Why settings were not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    #[error("somebody else saved the settings meanwhile")]
    ChangedMeanwhile,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

pub fn load(conn: &mut DbConn) -> QueryResult<SecuritySettings> {
    settings::table
        .find(SETTINGS_ID)
        .select(SecuritySettings::as_select())
        .first(conn)
}

/// Saves the settings if they are still those of version `seen`, with the old and the new value in the audit log.
pub fn save(
    tx: &mut Tx<'_>,
    scope: &AdminScope,
    second_factor_required: bool,
    seen: i64,
    now: UtcTime,
) -> Result<(), SaveError> {
    let before = load(tx)?;
    let saved = diesel::update(
        settings::table
            .find(SETTINGS_ID)
            .filter(settings::lock_version.eq(seen)),
    )
    .set((
        settings::second_factor_required.eq(second_factor_required),
        settings::lock_version.eq(settings::lock_version + 1),
    ))
    .execute(&mut **tx)?;
    if saved == 0 {
        return Err(SaveError::ChangedMeanwhile);
    }
    if before.second_factor_required != second_factor_required {
        let on_off = |on: bool| if on { "on" } else { "off" };
        let detail = format!(
            "second_factor_required: {} -> {}",
            on_off(before.second_factor_required),
            on_off(second_factor_required)
        );
        audit::record(
            tx,
            scope.actor(),
            Act::SecurityChanged,
            &Subject::security_settings(),
            &detail,
            now,
        )?;
    }
    Ok(())
}
