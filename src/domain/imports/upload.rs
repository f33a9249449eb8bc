//! A file on its way in: stored piece by piece, looked at, and kept for its preview or removed.

use std::io;

use diesel::prelude::*;

use super::columns::Mapping;
use super::decoding::TextReader;
use super::encoding::Encoding;
use super::stored::{self, ImportState, to_list};
use super::table::{Delimiter, Row, Table, TableProblem};
use crate::db::schema::{import_chunks, imports};
use crate::db::types::{ImportId, Reference, UtcTime};
use crate::db::{DbConn, Tx};
use crate::domain::access::StaffScope;
use crate::domain::audit::{self, Act, Subject};
use crate::domain::text::clean_line;

/// The largest file, in bytes.
pub const LARGEST_FILE: usize = 50 * 1024 * 1024;

/// How many rows a preview shows.
pub const PREVIEW_ROWS: usize = 10;

const LONGEST_NAME: usize = 150;

/// A name of a file without its folders, as it may be shown; never used as a path.
pub fn shown_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = clean_line(last).chars().take(LONGEST_NAME).collect();
    if clean.is_empty() { "file.csv".to_owned() } else { clean }
}

/// Begins an upload.
pub fn begin(tx: &mut Tx<'_>, scope: &StaffScope, file_name: &str, now: UtcTime) -> QueryResult<(ImportId, Reference)> {
    let reference = Reference::random();
    let id = diesel::insert_into(imports::table)
        .values((
            imports::reference.eq(&reference),
            imports::user_id.eq(scope.user()),
            imports::file_name.eq(shown_name(file_name)),
            imports::byte_count.eq(0),
            imports::state.eq(ImportState::Uploading),
            imports::encoding.eq(""),
            imports::is_guessed.eq(false),
            imports::delimiter.eq(""),
            imports::headings.eq("[]"),
            imports::mapping.eq("[]"),
            imports::row_count.eq(0),
            imports::created_at.eq(now),
        ))
        .returning(imports::id)
        .get_result(&mut **tx)?;
    Ok((id, reference))
}

/// Stores the next piece.
pub fn add(tx: &mut Tx<'_>, import: ImportId, position: i64, bytes: &[u8]) -> QueryResult<()> {
    diesel::insert_into(import_chunks::table)
        .values((
            import_chunks::import_id.eq(import),
            import_chunks::position.eq(position),
            import_chunks::bytes.eq(bytes),
        ))
        .execute(&mut **tx)?;
    diesel::update(imports::table.find(import))
        .set(imports::byte_count.eq(imports::byte_count + bytes.len() as i64))
        .execute(&mut **tx)
        .map(|_| ())
}

/// Removes a file that was refused or broke off, as if it had never come.
pub fn discard(tx: &mut Tx<'_>, import: ImportId) -> QueryResult<()> {
    diesel::delete(
        imports::table
            .find(import)
            .filter(imports::state.eq(ImportState::Uploading)),
    )
    .execute(&mut **tx)
    .map(|_| ())
}

/// What a file is when it is read in one way.
#[derive(Debug, Clone)]
pub struct Reading {
    pub encoding: Encoding,
    pub is_guessed: bool,
    pub delimiter: Delimiter,
    pub headings: Vec<String>,
    pub row_count: i64,
}

/// Reads the file to its end and counts its rows.
pub fn read_through(
    conn: &mut DbConn,
    import: ImportId,
    encoding: Encoding,
    is_guessed: bool,
    chosen: Option<Delimiter>,
) -> Result<Reading, TableProblem> {
    let text = TextReader::new(stored::file(conn, import), encoding);
    let table = Table::open_with(text, chosen)?;
    let (delimiter, headings) = (table.delimiter(), table.headings().to_vec());
    let mut row_count = 0;
    for row in table.rows() {
        row?;
        row_count += 1;
    }
    Ok(Reading {
        encoding,
        is_guessed,
        delimiter,
        headings,
        row_count,
    })
}

/// The first rows of a file as it is read now.
pub fn first_rows(conn: &mut DbConn, import: &stored::Import) -> Result<Vec<Row>, TableProblem> {
    let text = TextReader::new(stored::file(conn, import.id), import.encoding());
    let table = Table::open_with(text, Some(import.delimiter()))?;
    let rows: io::Result<Vec<Row>> = table.rows().take(PREVIEW_ROWS).collect();
    Ok(rows?)
}

/// Keeps a reading: of a file that has come whole, or another one of a file in its preview. The columns are recognised
/// anew.
///
/// # Errors
/// `NotFound` when the import is not one that waits.
pub fn keep(tx: &mut Tx<'_>, import: ImportId, reading: &Reading) -> QueryResult<()> {
    let mapping = Mapping::recognise(&reading.headings);
    let changed = diesel::update(
        imports::table
            .find(import)
            .filter(imports::state.eq_any([ImportState::Uploading, ImportState::Uploaded])),
    )
    .set((
        imports::state.eq(ImportState::Uploaded),
        imports::encoding.eq(reading.encoding.name()),
        imports::is_guessed.eq(reading.is_guessed),
        imports::delimiter.eq(reading.delimiter.name()),
        imports::headings.eq(to_list(&reading.headings)),
        imports::mapping.eq(to_list(&mapping.choices())),
        imports::row_count.eq(reading.row_count),
    ))
    .execute(&mut **tx)?;
    if changed == 1 {
        Ok(())
    } else {
        Err(diesel::result::Error::NotFound)
    }
}

/// Starts an import with what its columns become; `false` when it was started or removed before.
pub fn start(
    tx: &mut Tx<'_>,
    scope: &StaffScope,
    import: &stored::Import,
    mapping: &Mapping,
    now: UtcTime,
) -> QueryResult<bool> {
    let started = diesel::update(
        imports::table
            .find(import.id)
            .filter(imports::state.eq(ImportState::Uploaded)),
    )
    .set((
        imports::state.eq(ImportState::Running),
        imports::mapping.eq(to_list(&mapping.choices())),
        imports::started_at.eq(Some(now)),
    ))
    .execute(&mut **tx)?;
    if started == 1 {
        let subject = Subject::import(import.id, &import.reference);
        audit::record(tx, scope.actor(), Act::ImportStarted, &subject, "", now)?;
    }
    Ok(started == 1)
}

/// Ends an import that waits or runs, or takes the rejected rows of one that has ended; the leads that came in stay.
/// The file goes with the next round of the worker.
pub fn remove(tx: &mut Tx<'_>, scope: &StaffScope, import: &stored::Import, now: UtcTime) -> QueryResult<()> {
    let waiting = [ImportState::Uploaded, ImportState::Running];
    let stopped = diesel::update(imports::table.find(import.id).filter(imports::state.eq_any(waiting)))
        .set((
            imports::state.eq(ImportState::Cancelled),
            imports::finished_at.eq(Some(now)),
            imports::lease_until.eq(None::<UtcTime>),
        ))
        .execute(&mut **tx)?;
    let rows = if stopped == 0 {
        super::rejected::remove(tx, import.id)?
    } else {
        0
    };
    if stopped == 1 || rows > 0 {
        let subject = Subject::import(import.id, &import.reference);
        let detail = if stopped == 1 { "file" } else { "rejected rows" };
        audit::record(tx, scope.actor(), Act::ImportRemoved, &subject, detail, now)?;
    }
    Ok(())
}
