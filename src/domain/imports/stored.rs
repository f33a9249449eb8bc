//! Imports as they are stored: the record of each, and its file in pieces until it is done.

use std::io::{self, Read};

use chrono::TimeDelta;
use diesel::prelude::*;

use super::encoding::Encoding;
use super::table::Delimiter;
use crate::db::page::{Cursor, Direction, Page, ROWS};
use crate::db::schema::{import_chunks, import_rejections, imports, users};
use crate::db::types::{ImportId, Reference, UserId, UtcTime};
use crate::db::{DbConn, Tx};
use crate::domain::access::StaffScope;
use crate::text_enum;

/// How many bytes of a file one piece holds.
pub const PIECE: usize = 256 * 1024;

/// An upload that nobody imports is removed after this long.
pub const UPLOAD_KEPT: TimeDelta = TimeDelta::hours(24);

/// Rejected rows wait this long for whoever mends them.
pub const REJECTED_KEPT: TimeDelta = TimeDelta::days(7);

text_enum! {
    /// How far an import is.
    pub enum ImportState {
        /// The file is on its way, or its upload broke off.
        Uploading = "uploading",
        /// Waits in its preview for whoever uploaded it.
        Uploaded = "uploaded",
        Running = "running",
        Done = "done",
        /// Removed before it ran, or stopped by a person while it did.
        Cancelled = "cancelled",
        /// Could not be carried to its end.
        Failed = "failed",
    }
}

impl ImportState {
    pub fn label(self) -> &'static str {
        match self {
            ImportState::Uploading => "Uploading",
            ImportState::Uploaded => "Waiting in its preview",
            ImportState::Running => "Running",
            ImportState::Done => "Done",
            ImportState::Cancelled => "Stopped",
            ImportState::Failed => "Failed",
        }
    }
}

/// An import, and how far it is.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = imports)]
pub struct Import {
    pub id: ImportId,
    pub reference: Reference,
    pub user_id: UserId,
    pub file_name: String,
    pub byte_count: i64,
    pub state: ImportState,
    encoding: String,
    pub is_guessed: bool,
    delimiter: String,
    headings: String,
    mapping: String,
    pub row_count: i64,
    pub last_row: i64,
    pub read_count: i64,
    pub created_count: i64,
    pub rejected_count: i64,
    pub remark_count: i64,
    pub created_at: UtcTime,
    pub started_at: Option<UtcTime>,
    pub finished_at: Option<UtcTime>,
}

impl Import {
    /// The encoding in which the file is read.
    pub fn encoding(&self) -> Encoding {
        Encoding::parse(&self.encoding).unwrap_or(Encoding::UTF_8)
    }

    /// The separator with which it is read.
    pub fn delimiter(&self) -> Delimiter {
        Delimiter::parse(&self.delimiter).unwrap_or(Delimiter::Comma)
    }

    pub fn headings(&self) -> Vec<String> {
        from_list(&self.headings)
    }

    /// What each column becomes, as [`super::columns::Mapping::choose`] takes it.
    pub fn choices(&self) -> Vec<String> {
        from_list(&self.mapping)
    }
}

/// One import in the list of all.
#[derive(Debug, Clone, Queryable)]
pub struct ImportRow {
    pub reference: Reference,
    pub file_name: String,
    pub user: String,
    pub state: ImportState,
    pub row_count: i64,
    pub created_count: i64,
    pub rejected_count: i64,
    pub created_at: UtcTime,
}

/// The import with this reference; one that is still being uploaded is nobody's yet.
pub fn find(conn: &mut DbConn, _scope: &StaffScope, reference: &Reference) -> QueryResult<Import> {
    imports::table
        .filter(imports::reference.eq(reference))
        .filter(imports::state.ne(ImportState::Uploading))
        .select(Import::as_select())
        .first(conn)
}

/// The names of the files of these imports.
pub fn names(
    conn: &mut DbConn,
    _scope: &StaffScope,
    references: &[&Reference],
) -> QueryResult<Vec<(Reference, String)>> {
    if references.is_empty() {
        return Ok(Vec::new());
    }
    imports::table
        .filter(imports::reference.eq_any(references))
        .select((imports::reference, imports::file_name))
        .order(imports::id)
        .load(conn)
}

/// One page of all imports, the newest first.
pub fn page(conn: &mut DbConn, _scope: &StaffScope, cursor: Option<&Cursor>) -> QueryResult<Page<ImportRow>> {
    let at = match cursor {
        Some(cursor) => imports::table
            .filter(imports::reference.eq(&cursor.row))
            .select(imports::id)
            .first::<ImportId>(conn)
            .optional()?,
        None => None,
    };
    let cursor = cursor.filter(|_| at.is_some());
    let backwards = cursor.is_some_and(|cursor| cursor.direction == Direction::Before);
    let mut query = imports::table
        .inner_join(users::table)
        .filter(imports::state.ne(ImportState::Uploading))
        .select((
            imports::reference,
            imports::file_name,
            users::name,
            imports::state,
            imports::row_count,
            imports::created_count,
            imports::rejected_count,
            imports::created_at,
        ))
        .limit(ROWS + 1)
        .into_boxed();
    query = match (at, backwards) {
        (Some(id), true) => query.filter(imports::id.gt(id)),
        (Some(id), false) => query.filter(imports::id.lt(id)),
        (None, _) => query,
    };
    query = if backwards {
        query.order(imports::id.asc())
    } else {
        query.order(imports::id.desc())
    };
    let rows = query.load::<ImportRow>(conn)?;
    Ok(Page::cut(rows, cursor, |row| &row.reference))
}

/// One piece of a file; `None` behind its end.
pub fn piece(conn: &mut DbConn, import: ImportId, position: i64) -> QueryResult<Option<Vec<u8>>> {
    import_chunks::table
        .find((import, position))
        .select(import_chunks::bytes)
        .first(conn)
        .optional()
}

/// A stored file as a reader that holds one piece at a time; `fetch` brings the piece of a position.
pub struct StoredFile<F> {
    fetch: F,
    next: i64,
    piece: Vec<u8>,
    given: usize,
}

impl<F: FnMut(i64) -> io::Result<Option<Vec<u8>>>> StoredFile<F> {
    pub fn new(fetch: F) -> Self {
        StoredFile {
            fetch,
            next: 0,
            piece: Vec::new(),
            given: 0,
        }
    }
}

/// The file of an import, read through one connection.
pub fn file(conn: &mut DbConn, import: ImportId) -> impl Read {
    StoredFile::new(move |position| piece(conn, import, position).map_err(io::Error::other))
}

impl<F: FnMut(i64) -> io::Result<Option<Vec<u8>>>> Read for StoredFile<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.piece.len() {
            match (self.fetch)(self.next)? {
                Some(piece) => {
                    self.piece = piece;
                    self.given = 0;
                    self.next += 1;
                }
                None => return Ok(0),
            }
        }
        let count = buffer.len().min(self.piece.len() - self.given);
        buffer[..count].copy_from_slice(&self.piece[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

/// Removes some pieces of files that are needed no more; `false` once there are none.
pub fn remove_pieces(tx: &mut Tx<'_>, now: UtcTime) -> QueryResult<bool> {
    const AT_ONCE: i64 = 16;
    const UPLOAD_TAKES: TimeDelta = TimeDelta::hours(1);
    let needed = [ImportState::Uploading, ImportState::Uploaded, ImportState::Running];
    diesel::delete(
        imports::table
            .filter(imports::state.eq(ImportState::Uploading))
            .filter(imports::created_at.le(now - UPLOAD_TAKES)),
    )
    .execute(&mut **tx)?;
    diesel::update(
        imports::table
            .filter(imports::state.eq(ImportState::Uploaded))
            .filter(imports::created_at.le(now - UPLOAD_KEPT)),
    )
    .set((
        imports::state.eq(ImportState::Cancelled),
        imports::finished_at.eq(Some(now)),
    ))
    .execute(&mut **tx)?;
    let pieces: Vec<(ImportId, i64)> = import_chunks::table
        .inner_join(imports::table)
        .filter(imports::state.ne_all(needed))
        .select((import_chunks::import_id, import_chunks::position))
        .limit(AT_ONCE)
        .load(&mut **tx)?;
    for (import, position) in &pieces {
        diesel::delete(import_chunks::table.find((import, position))).execute(&mut **tx)?;
    }
    Ok(pieces.len() == AT_ONCE as usize)
}

/// Removes the rejected rows that waited long enough.
pub fn remove_old_rejections(tx: &mut Tx<'_>, now: UtcTime) -> QueryResult<usize> {
    let old = imports::table
        .filter(imports::finished_at.le(now - REJECTED_KEPT))
        .select(imports::id);
    diesel::delete(import_rejections::table.filter(import_rejections::import_id.eq_any(old))).execute(&mut **tx)
}

pub(super) fn to_list(texts: &[impl AsRef<str>]) -> String {
    let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
    serde_json::to_string(&texts).unwrap_or_default()
}

pub(super) fn from_list(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_default()
}
