//! Rows that were not imported, with the reason of each, kept until somebody has mended them.

use diesel::prelude::*;

use super::stored::{from_list, to_list};
use super::table::LONGEST_CELL;
use crate::db::schema::import_rejections;
use crate::db::types::ImportId;
use crate::db::{DbConn, Tx, on_backend};
use crate::domain::access::StaffScope;
use crate::domain::leads::LeadInput;
use crate::domain::naming;

/// A row that is to be kept.
#[derive(Debug, Clone)]
pub struct Rejection {
    pub number: i64,
    pub reason: String,
    pub cells: Vec<String>,
}

/// A row as it is read again.
#[derive(Debug, Clone)]
pub struct RejectedRow {
    pub id: i64,
    pub number: i64,
    pub reason: String,
    pub cells: Vec<String>,
}

#[derive(Insertable)]
#[diesel(table_name = import_rejections, treat_none_as_default_value = false)]
struct NewRejection<'a> {
    import_id: ImportId,
    row_number: i64,
    reason: &'a str,
    cells: String,
    keys: String,
}

/// Keeps rejected rows, in one statement.
pub(super) fn keep(tx: &mut Tx<'_>, import: ImportId, rejections: &[Rejection]) -> QueryResult<()> {
    if rejections.is_empty() {
        return Ok(());
    }
    let rows: Vec<NewRejection<'_>> = rejections
        .iter()
        .map(|rejection| {
            // A cell that swallowed the rest of its file is no help to anybody.
            let cells: Vec<String> = rejection.cells.iter().map(|cell| beginning(cell)).collect();
            NewRejection {
                import_id: import,
                row_number: rejection.number,
                reason: &rejection.reason,
                keys: naming::keys(&rejection.cells),
                cells: to_list(&cells),
            }
        })
        .collect();
    on_backend!(&mut **tx, |conn| diesel::insert_into(import_rejections::table)
        .values(&rows)
        .execute(conn))
    .map(|_| ())
}

fn beginning(cell: &str) -> String {
    if cell.len() <= LONGEST_CELL {
        return cell.to_owned();
    }
    cell.chars().take(LONGEST_CELL).collect()
}

/// Whether there are any.
pub fn exist(conn: &mut DbConn, import: ImportId) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(
        import_rejections::table.filter(import_rejections::import_id.eq(import)),
    ))
    .get_result(conn)
}

/// Some of them, in the file's order, behind the row with this id.
pub fn after(
    conn: &mut DbConn,
    _scope: &StaffScope,
    import: ImportId,
    id: i64,
    limit: i64,
) -> QueryResult<Vec<RejectedRow>> {
    let rows: Vec<(i64, i64, String, String)> = import_rejections::table
        .filter(import_rejections::import_id.eq(import))
        .filter(import_rejections::id.gt(id))
        .order(import_rejections::id)
        .limit(limit)
        .select((
            import_rejections::id,
            import_rejections::row_number,
            import_rejections::reason,
            import_rejections::cells,
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(id, number, reason, cells)| RejectedRow {
            id,
            number,
            reason,
            cells: from_list(&cells),
        })
        .collect())
}

/// Removes all rejected rows of an import.
pub(super) fn remove(tx: &mut Tx<'_>, import: ImportId) -> QueryResult<usize> {
    diesel::delete(import_rejections::table.filter(import_rejections::import_id.eq(import))).execute(&mut **tx)
}

/// Removes the rejected rows, of every import, that name this person: by e-mail, by phone, or by first and last name.
pub(in crate::domain) fn erase_person(tx: &mut Tx<'_>, person: &LeadInput) -> QueryResult<()> {
    for (one, other) in naming::patterns(person) {
        let named = import_rejections::table
            .filter(import_rejections::keys.like(one).escape('\\'))
            .filter(import_rejections::keys.like(other).escape('\\'));
        diesel::delete(named).execute(&mut **tx)?;
    }
    Ok(())
}
