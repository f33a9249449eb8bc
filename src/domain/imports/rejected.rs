//! Rows that were not imported, with the reason of each, kept until somebody has mended them.

use diesel::prelude::*;

use super::stored::{from_list, to_list};
use super::table::LONGEST_CELL;
use crate::db::schema::import_rejections;
use crate::db::types::ImportId;
use crate::db::{DbConn, Tx, on_backend};
use crate::domain::access::StaffScope;
use crate::domain::leads::LeadInput;
use crate::domain::text::search_key;

/// So many digits make a number that tells a person.
const TELLING_DIGITS: usize = 6;

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
                keys: keys(&rejection.cells),
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
    let anywhere = |key: &str| format!("%{}%", escaped(key));
    let cell = |key: &str| format!("%\n{}\n%", escaped(key));
    let mut patterns = Vec::new();
    if !person.email.is_empty() {
        patterns.push((anywhere(&search_key(&person.email)), "%".to_owned()));
    }
    let digits = digits(&person.phone);
    if digits.len() >= TELLING_DIGITS {
        patterns.push((cell(&digits), "%".to_owned()));
    }
    if !person.first_name.is_empty() && !person.last_name.is_empty() {
        let (first, last) = (search_key(&person.first_name), search_key(&person.last_name));
        patterns.push((cell(&first), cell(&last)));
        patterns.push((anywhere(&format!("{first} {last}")), "%".to_owned()));
    }
    for (one, other) in patterns {
        let named = import_rejections::table
            .filter(import_rejections::keys.like(one).escape('\\'))
            .filter(import_rejections::keys.like(other).escape('\\'));
        diesel::delete(named).execute(&mut **tx)?;
    }
    Ok(())
}

/// Each cell as a search key and, where it is a number, as its digits; a line each, with a line break on either side.
fn keys(cells: &[String]) -> String {
    let mut keys = String::from("\n");
    for cell in cells {
        let key = search_key(&cell.replace('\0', ""));
        let digits = digits(cell);
        keys.push_str(&key);
        keys.push('\n');
        if digits.len() >= TELLING_DIGITS && digits != key {
            keys.push_str(&digits);
            keys.push('\n');
        }
    }
    keys
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_hold_each_cell_in_a_line_of_its_own() {
        let cells = ["Zoë".to_owned(), "+49 30 901820".to_owned(), String::new()];

        assert_eq!(keys(&cells), "\nzoe\n+49 30 901820\n4930901820\n\n");
    }
}
