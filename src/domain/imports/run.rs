//! An import that runs: batches of rows, each in one transaction with the number of its last row, so that every row
//! comes in exactly once whoever is killed when.

use std::io::Read;

use chrono::TimeDelta;
use diesel::prelude::*;

use super::columns::Mapping;
use super::decoding::TextReader;
use super::rejected::{self, Rejection};
use super::stored::{Import, ImportState};
use super::table::{Row, Rows, Table, TableProblem};
use super::values::FileRow;
use crate::db::Tx;
use crate::db::schema::imports;
use crate::db::types::UtcTime;
use crate::domain::access::{Actor, Origin};
use crate::domain::audit::{self, Act, Subject};
use crate::domain::leads::LeadDraft;
use crate::domain::leads::intake;

/// So many rows make a batch: about 50 ms of the writer's time.
pub const BATCH: usize = 250;

/// And so many bytes at the most.
const BATCH_BYTES: usize = 1024 * 1024;

/// Whoever works on an import has it for this long after its last batch.
pub const LEASE: TimeDelta = TimeDelta::seconds(30);

/// Takes a running import that nobody works on, if there is one.
pub fn claim(tx: &mut Tx<'_>, now: UtcTime) -> QueryResult<Option<Import>> {
    let free = imports::lease_until.is_null().or(imports::lease_until.le(Some(now)));
    let Some(import) = imports::table
        .filter(imports::state.eq(ImportState::Running))
        .filter(free)
        .order(imports::id)
        .select(Import::as_select())
        .first(&mut **tx)
        .optional()?
    else {
        return Ok(None);
    };
    let free = imports::lease_until.is_null().or(imports::lease_until.le(Some(now)));
    let taken = diesel::update(
        imports::table
            .find(import.id)
            .filter(imports::state.eq(ImportState::Running))
            .filter(imports::last_row.eq(import.last_row))
            .filter(free),
    )
    .set(imports::lease_until.eq(Some(now + LEASE)))
    .execute(&mut **tx)?;
    Ok((taken == 1).then_some(import))
}

/// Gives an import back, for the next round of whoever comes first.
pub fn release(tx: &mut Tx<'_>, import: &Import) -> QueryResult<()> {
    diesel::update(imports::table.find(import.id))
        .set(imports::lease_until.eq(None::<UtcTime>))
        .execute(&mut **tx)
        .map(|_| ())
}

/// Rows that go in together.
#[derive(Debug, Default)]
pub struct Batch {
    leads: Vec<LeadDraft>,
    rejections: Vec<Rejection>,
    remarks: i64,
    last_row: i64,
}

impl Batch {
    pub fn row_count(&self) -> usize {
        self.leads.len() + self.rejections.len()
    }

    fn take(&mut self, row: Row, mapping: &Mapping) {
        let Row { number, cells, problem } = row;
        self.last_row = number as i64;
        let lead = match problem {
            Some(problem) => Err(problem),
            None => FileRow::from_cells(&cells, mapping),
        };
        match lead {
            Ok(row) => {
                self.remarks += i64::from(!row.remarks.is_empty());
                self.leads.push(LeadDraft::from_file(row.input));
            }
            Err(problem) => self.rejections.push(Rejection {
                number: number as i64,
                reason: problem.to_string(),
                cells,
            }),
        }
    }
}

/// Why the file of a running import can't be read any further.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It will not be better next time.
    #[error("the stored file no longer fits the import")]
    Unfit,
    #[error("the file could not be read")]
    Unreadable(#[from] std::io::Error),
}

/// The rows of a running import that did not come in yet, as batches.
pub struct Batches<R: Read> {
    rows: Rows<R>,
    mapping: Mapping,
}

impl<R: Read> Batches<R> {
    /// Goes to the row behind the last one that came in.
    pub fn open(file: R, import: &Import) -> Result<Self, ReadError> {
        let text = TextReader::new(file, import.encoding());
        let table = Table::open_with(text, Some(import.delimiter())).map_err(|problem| match problem {
            TableProblem::Unreadable(error) => ReadError::Unreadable(error),
            _ => ReadError::Unfit,
        })?;
        let mapping = Mapping::choose(table.headings(), &import.choices()).map_err(|_| ReadError::Unfit)?;
        Ok(Batches {
            rows: table.rows_after(import.last_row as u64),
            mapping,
        })
    }

    /// The next batch; an empty one behind the last row.
    pub fn next_batch(&mut self) -> Result<Batch, ReadError> {
        let mut batch = Batch::default();
        let mut bytes = 0;
        while batch.row_count() < BATCH
            && bytes < BATCH_BYTES
            && let Some(row) = self.rows.next()
        {
            let row = row?;
            bytes += row.cells.iter().map(String::len).sum::<usize>();
            batch.take(row, &self.mapping);
        }
        Ok(batch)
    }
}

/// Why a batch did not go in.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody stopped the import, or another worker took it over.
    #[error("the import is no longer this worker's")]
    Lost,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

/// Stores a batch: leads, rejected rows, counts and position together. `import` is moved on by it.
///
/// # Errors
/// `Lost` if the position is another one by now; then nothing of the batch is stored.
pub fn store(tx: &mut Tx<'_>, import: &mut Import, batch: &Batch, now: UtcTime) -> Result<(), StoreError> {
    let (created, rejected) = (batch.leads.len() as i64, batch.rejections.len() as i64);
    let moved = diesel::update(
        imports::table
            .find(import.id)
            .filter(imports::state.eq(ImportState::Running))
            .filter(imports::last_row.eq(import.last_row)),
    )
    .set((
        imports::last_row.eq(batch.last_row),
        imports::read_count.eq(imports::read_count + created + rejected),
        imports::created_count.eq(imports::created_count + created),
        imports::rejected_count.eq(imports::rejected_count + rejected),
        imports::remark_count.eq(imports::remark_count + batch.remarks),
        imports::lease_until.eq(Some(now + LEASE)),
    ))
    .execute(&mut **tx)?;
    if moved == 0 {
        return Err(StoreError::Lost);
    }
    let detail = format!("import {}", import.reference);
    intake::create_all(
        tx,
        &actor(import),
        import.user_id,
        Some(import.id),
        &batch.leads,
        &detail,
        now,
    )?;
    rejected::keep(tx, import.id, &batch.rejections)?;
    import.last_row = batch.last_row;
    Ok(())
}

/// Ends an import whose rows are all in, or which can't go on.
pub fn finish(tx: &mut Tx<'_>, import: &Import, state: ImportState, now: UtcTime) -> QueryResult<()> {
    let finished: Option<(i64, i64)> = diesel::update(
        imports::table
            .find(import.id)
            .filter(imports::state.eq(ImportState::Running))
            .filter(imports::last_row.eq(import.last_row)),
    )
    .set((
        imports::state.eq(state),
        imports::finished_at.eq(Some(now)),
        imports::lease_until.eq(None::<UtcTime>),
    ))
    .returning((imports::created_count, imports::rejected_count))
    .get_result(&mut **tx)
    .optional()?;
    if let Some((created, rejected)) = finished {
        let subject = Subject::import(import.id, &import.reference);
        let detail = format!("{}: {created} created, {rejected} rejected", state.as_str());
        audit::record(tx, &actor(import), Act::ImportFinished, &subject, &detail, now)?;
    }
    Ok(())
}

/// The person who started the import, acting through the worker.
fn actor(import: &Import) -> Actor {
    let origin = Origin {
        address: "local".to_owned(),
        request_id: "import".to_owned(),
    };
    Actor::user(import.user_id, origin)
}
