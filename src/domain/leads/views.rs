//! The views of the lead list that staff keep for themselves: filters, search and order under a name.

use diesel::prelude::*;

use super::LeadInput;
use crate::db::schema::lead_views;
use crate::db::types::{Reference, UserId, UtcTime, ViewId};
use crate::db::{DbConn, Rule, Tx, violated};
use crate::domain::access::StaffScope;
use crate::domain::audit::{self, Act, Subject};
use crate::domain::naming;
use crate::domain::text::{clean_line, search_key};
use crate::domain::validation::FieldErrors;

/// So many views somebody may keep.
pub const MOST: i64 = 30;

/// The longest name, in characters.
pub const LONGEST_NAME: usize = 60;

/// A view of one's own.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = lead_views)]
pub struct SavedView {
    id: ViewId,
    pub reference: Reference,
    pub name: String,
    /// The query string of the list, without its question mark.
    pub query: String,
}

/// Why a view was not kept or changed.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    #[error("a field is wrong")]
    Fields(FieldErrors),
    #[error("there are as many views as somebody may keep")]
    TooMany,
    #[error("there is no such view")]
    NotFound,
    #[error(transparent)]
    Database(diesel::result::Error),
}

impl From<diesel::result::Error> for ViewError {
    fn from(error: diesel::result::Error) -> Self {
        match violated(&error) {
            Some(Rule::ViewNameTaken) => ViewError::wrong_name("You have a view of this name already"),
            _ => ViewError::Database(error),
        }
    }
}

impl ViewError {
    fn wrong_name(message: &str) -> Self {
        let mut errors = FieldErrors::default();
        errors.add("name", message);
        ViewError::Fields(errors)
    }
}

/// All views of one's own, by name.
pub fn own(conn: &mut DbConn, scope: &StaffScope) -> QueryResult<Vec<SavedView>> {
    lead_views::table
        .filter(lead_views::user_id.eq(scope.user()))
        .select(SavedView::as_select())
        .order((lead_views::name_key, lead_views::id))
        .limit(MOST)
        .load(conn)
}

/// A view of one's own; one of somebody else is as unknown as one that never was.
pub fn find(conn: &mut DbConn, scope: &StaffScope, reference: &Reference) -> QueryResult<Option<SavedView>> {
    lead_views::table
        .filter(lead_views::user_id.eq(scope.user()))
        .filter(lead_views::reference.eq(reference))
        .select(SavedView::as_select())
        .first(conn)
        .optional()
}

/// Whether another view may be kept.
pub fn has_room(conn: &mut DbConn, scope: &StaffScope) -> QueryResult<bool> {
    let count: i64 = lead_views::table
        .filter(lead_views::user_id.eq(scope.user()))
        .count()
        .get_result(conn)?;
    Ok(count < MOST)
}

#[derive(Insertable)]
#[diesel(table_name = lead_views, treat_none_as_default_value = false)]
struct NewView<'a> {
    reference: Reference,
    user_id: UserId,
    name: &'a str,
    name_key: String,
    query: &'a str,
    keys: String,
    created_at: UtcTime,
}

/// Keeps the list as it is under a name; `words` is what its query searches for.
///
/// # Errors
/// The name is missing, too long or taken, or there are as many views as may be.
pub fn save(
    tx: &mut Tx<'_>,
    scope: &StaffScope,
    name: &str,
    query: &str,
    words: &str,
    now: UtcTime,
) -> Result<(), ViewError> {
    let name = name_of(name)?;
    if !has_room(tx, scope)? {
        return Err(ViewError::TooMany);
    }
    let view = NewView {
        reference: Reference::random(),
        user_id: scope.user(),
        name_key: search_key(&name),
        query,
        keys: keys(&name, words),
        name: &name,
        created_at: now,
    };
    let id = diesel::insert_into(lead_views::table)
        .values(&view)
        .returning(lead_views::id)
        .get_result(&mut **tx)?;
    let subject = Subject::view(id, &view.reference);
    audit::record(tx, scope.actor(), Act::ViewSaved, &subject, "", now)?;
    Ok(())
}

/// Gives a view another name; `words` is what its query searches for.
///
/// # Errors
/// There is no such view, or the name is missing, too long or taken.
pub fn rename(
    tx: &mut Tx<'_>,
    scope: &StaffScope,
    reference: &Reference,
    name: &str,
    words: &str,
    now: UtcTime,
) -> Result<(), ViewError> {
    let view = find(tx, scope, reference)?.ok_or(ViewError::NotFound)?;
    let name = name_of(name)?;
    if view.name == name {
        return Ok(());
    }
    diesel::update(lead_views::table.find(view.id))
        .set((
            lead_views::name.eq(&name),
            lead_views::name_key.eq(search_key(&name)),
            lead_views::keys.eq(keys(&name, words)),
        ))
        .execute(&mut **tx)?;
    let subject = Subject::view(view.id, reference);
    audit::record(tx, scope.actor(), Act::ViewRenamed, &subject, "", now)?;
    Ok(())
}

/// Deletes a view of one's own.
///
/// # Errors
/// There is no such view.
pub fn delete(tx: &mut Tx<'_>, scope: &StaffScope, reference: &Reference, now: UtcTime) -> Result<(), ViewError> {
    let view = find(tx, scope, reference)?.ok_or(ViewError::NotFound)?;
    diesel::delete(lead_views::table.find(view.id)).execute(&mut **tx)?;
    let subject = Subject::view(view.id, reference);
    audit::record(tx, scope.actor(), Act::ViewDeleted, &subject, "", now)?;
    Ok(())
}

/// Deletes the views, of everybody, that name this person: by e-mail, by phone, or by first and last name.
pub(super) fn erase_person(tx: &mut Tx<'_>, scope: &StaffScope, person: &LeadInput, now: UtcTime) -> QueryResult<()> {
    for (one, other) in naming::patterns(person) {
        let naming_them = lead_views::table
            .filter(lead_views::keys.like(one).escape('\\'))
            .filter(lead_views::keys.like(other).escape('\\'));
        let gone: Vec<(ViewId, Reference)> = diesel::delete(naming_them)
            .returning((lead_views::id, lead_views::reference))
            .get_results(&mut **tx)?;
        for (id, reference) in gone {
            let subject = Subject::view(id, &reference);
            audit::record(tx, scope.actor(), Act::ViewDeleted, &subject, "erasure", now)?;
        }
    }
    Ok(())
}

fn name_of(typed: &str) -> Result<String, ViewError> {
    let name = clean_line(typed);
    if search_key(&name).is_empty() {
        return Err(ViewError::wrong_name("Enter a name for the view"));
    }
    let mut errors = FieldErrors::default();
    errors.limit("name", "Name", &name, LONGEST_NAME);
    if errors.is_empty() {
        Ok(name)
    } else {
        Err(ViewError::Fields(errors))
    }
}

/// Each word stands by itself, too: a search may name a person in any order.
fn keys(name: &str, words: &str) -> String {
    let mut texts = vec![name.to_owned(), words.to_owned()];
    texts.extend(
        [name, words]
            .iter()
            .flat_map(|text| text.split_whitespace())
            .map(str::to_owned),
    );
    naming::keys(&texts)
}
