//! The settings of lead distribution: one row, read in the statement or transaction that rests on it, never kept in memory.

use diesel::prelude::*;

use crate::db::page::{COUNT_LIMIT, Count, CountOf};
use crate::db::schema::{assignments, audit_events, lead_distribution_settings as settings, leads, users};
use crate::db::types::UtcTime;
use crate::db::{DbConn, Tx, lock_shared, remembered};
use crate::domain::access::AdminScope;
use crate::domain::assignments::closing::ClosingModes;
use crate::domain::audit::{self, Act, Subject};
use crate::domain::permission::text;
use crate::domain::text::clean_block;
use crate::domain::validation::FieldErrors;
use crate::text_enum;

/// The key of the only row.
pub const SETTINGS_ID: i64 = 1;

text_enum! {
    /// What becomes of leads that a partner had opened before tracking was turned on.
    pub enum OpenedLeads {
        /// They stay with the partner while staff review them.
        Keep = "keep",
        /// The partner loses sight of them until permission is confirmed.
        Suspend = "suspend",
    }
}

/// The settings in force.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = settings)]
pub struct Settings {
    pub track_permission: bool,
    pub ask_on_create: bool,
    pub opened_leads: OpenedLeads,
    pub assign_to_partner: bool,
    pub tracking_since: Option<UtcTime>,
    pub lock_version: i64,
    pub closing_modes: ClosingModes,
}

pub fn load(conn: &mut DbConn) -> QueryResult<Settings> {
    settings::table
        .find(SETTINGS_ID)
        .select(Settings::as_select())
        .first(conn)
}

/// The same, which stay as they are until the transaction ends. Whoever locks them begins with them: then leads, partners,
/// users.
pub fn hold(tx: &mut Tx<'_>) -> QueryResult<Settings> {
    lock_shared!(
        &mut **tx,
        settings::table.find(SETTINGS_ID).select(Settings::as_select())
    )
}

/// Whether permission is tracked, as a question that is remembered.
#[derive(PartialEq, Eq, Hash)]
struct Tracking;

/// Whether permission is tracked, for pages that show it. A decision reads the settings in its own transaction.
pub fn is_tracking(conn: &mut DbConn) -> QueryResult<bool> {
    remembered(conn, Tracking, |conn| Ok(load(conn)?.track_permission))
}

/// What an administrator typed on the settings page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsInput {
    pub track_permission: bool,
    pub ask_on_create: bool,
    pub opened_leads: String,
    pub assign_to_partner: bool,
    pub text: String,
}

/// Settings that can be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsDraft {
    track_permission: bool,
    ask_on_create: bool,
    opened_leads: OpenedLeads,
    assign_to_partner: bool,
    text: String,
}

impl SettingsInput {
    /// # Errors
    /// Asking without tracking, asking without a text, a text that is too long.
    pub fn parse(&self) -> Result<SettingsDraft, FieldErrors> {
        let mut errors = FieldErrors::default();
        let text = clean_block(&self.text);
        if self.ask_on_create && !self.track_permission {
            errors.add(
                "ask_on_create",
                "Turn on Track permission to distribute Leads first: asking needs it",
            );
        }
        if self.ask_on_create && text.is_empty() {
            errors.add(
                "text",
                "Enter the confirmation text: users see it when they create a lead",
            );
        }
        errors.limit("text", "Confirmation text", &text, text::LONGEST);
        let opened_leads = OpenedLeads::parse(&self.opened_leads);
        if opened_leads.is_none() {
            errors.add("opened_leads", "Choose what becomes of leads that partners have opened");
        }
        match opened_leads {
            Some(opened_leads) if errors.is_empty() => Ok(SettingsDraft {
                track_permission: self.track_permission,
                ask_on_create: self.ask_on_create,
                opened_leads,
                assign_to_partner: self.assign_to_partner,
                text,
            }),
            _ => Err(errors),
        }
    }
}

impl SettingsDraft {
    pub fn turns_tracking_on(&self, current: &Settings) -> bool {
        self.track_permission && !current.track_permission
    }

    pub fn turns_tracking_off(&self, current: &Settings) -> bool {
        !self.track_permission && current.track_permission
    }
}

/// What turning tracking on does to the leads that exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consequence {
    /// Leads that go on hold.
    pub on_hold: Count,
    /// Those of them that partners hold and have opened.
    pub opened: Count,
    /// Those of them that partners hold and have not opened.
    pub unopened: Count,
}

/// Counts what turning tracking on would put on hold.
pub fn consequence(conn: &mut DbConn, _scope: &AdminScope) -> QueryResult<Consequence> {
    let unconfirmed = leads::table.filter(leads::has_confirmation.eq(false)).select(leads::id);
    let on_hold = CountOf(unconfirmed.limit(COUNT_LIMIT + 1)).get_result(conn)?;
    let held = || {
        assignments::table
            .inner_join(leads::table)
            .filter(leads::has_confirmation.eq(false))
            .filter(assignments::ended_at.is_null())
            .select(assignments::id)
            .into_boxed()
    };
    let opened = CountOf(
        held()
            .filter(assignments::opened_at.is_not_null().or(assignments::was_opened))
            .limit(COUNT_LIMIT + 1),
    )
    .get_result(conn)?;
    let unopened = CountOf(
        held()
            .filter(assignments::opened_at.is_null())
            .filter(assignments::was_opened.eq(false))
            .limit(COUNT_LIMIT + 1),
    )
    .get_result(conn)?;
    Ok(Consequence {
        on_hold: Count(on_hold),
        opened: Count(opened),
        unopened: Count(unopened),
    })
}

/// Why settings were not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    #[error("somebody else saved the settings meanwhile")]
    ChangedMeanwhile,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

/// Saves the settings if they are still those of version `seen`, with the old and the new values in the audit log.
///
/// The row's lock is the one that the gate holds while it decides: after this commits, no hand-over that was decided
/// under the old setting is still to come.
pub fn save(
    tx: &mut Tx<'_>,
    scope: &AdminScope,
    draft: &SettingsDraft,
    seen: i64,
    now: UtcTime,
) -> Result<(), SaveError> {
    let locked = diesel::update(
        settings::table
            .find(SETTINGS_ID)
            .filter(settings::lock_version.eq(seen)),
    )
    .set(settings::lock_version.eq(settings::lock_version + 1))
    .execute(&mut **tx)?;
    if locked == 0 {
        return Err(SaveError::ChangedMeanwhile);
    }
    let before = load(tx)?;
    let text_before = text::current(tx)?.map_or(0, |text| text.version);
    // The suggestion that nobody touched is no decision about the wording while the wording is of no use.
    let is_untouched = text_before == 0 && !draft.track_permission && draft.text == text::SUGGESTED;
    let text_after = if draft.text.is_empty() || is_untouched {
        text_before
    } else {
        text::put(tx, scope.user(), &draft.text, now)?
    };
    let tracking_since = match (before.track_permission, draft.track_permission) {
        (false, true) => Some(now),
        (_, false) => None,
        (true, true) => before.tracking_since,
    };
    diesel::update(settings::table.find(SETTINGS_ID))
        .set((
            settings::track_permission.eq(draft.track_permission),
            settings::ask_on_create.eq(draft.ask_on_create),
            settings::opened_leads.eq(draft.opened_leads),
            settings::assign_to_partner.eq(draft.assign_to_partner),
            settings::tracking_since.eq(tracking_since),
        ))
        .execute(&mut **tx)?;
    let changes = changes(&before, draft, text_before, text_after);
    if !changes.is_empty() {
        audit::record(
            tx,
            scope.actor(),
            Act::SettingsChanged,
            &Subject::settings(),
            &changes.join("; "),
            now,
        )?;
    }
    Ok(())
}

/// Who saved these settings last, and when.
pub fn last_change(conn: &mut DbConn, _scope: &AdminScope) -> QueryResult<Option<(String, UtcTime)>> {
    audit_events::table
        .inner_join(users::table)
        .filter(audit_events::action.eq(Act::SettingsChanged))
        .select((users::name, audit_events::happened_at))
        .order((audit_events::happened_at.desc(), audit_events::id.desc()))
        .first(conn)
        .optional()
}

fn changes(before: &Settings, draft: &SettingsDraft, text_before: i64, text_after: i64) -> Vec<String> {
    let on_off = |on: bool| if on { "on" } else { "off" };
    let mut changes = Vec::new();
    let mut note = |name: &str, old: &str, new: &str| {
        if old != new {
            changes.push(format!("{name}: {old} -> {new}"));
        }
    };
    note(
        "track_permission",
        on_off(before.track_permission),
        on_off(draft.track_permission),
    );
    note(
        "ask_on_create",
        on_off(before.ask_on_create),
        on_off(draft.ask_on_create),
    );
    note(
        "opened_leads",
        before.opened_leads.as_str(),
        draft.opened_leads.as_str(),
    );
    note(
        "assign_to_partner",
        on_off(before.assign_to_partner),
        on_off(draft.assign_to_partner),
    );
    note(
        "confirmation_text",
        &format!("version {text_before}"),
        &format!("version {text_after}"),
    );
    changes
}
