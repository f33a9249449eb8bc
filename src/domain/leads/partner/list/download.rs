//! A list as a file: the rows are read, and the ledger tells that they left, in one transaction.

use diesel::prelude::*;

use super::filter::Filter;
use super::{PartnerLeadRow, Section, Sort, WaitingLead, arranged, row_columns, waiting_columns};
use crate::db::Tx;
use crate::db::types::{AssignmentId, LeadId, UtcTime};
use crate::domain::access::PartnerScope;
use crate::domain::audit::{self, Act, Subject};
use crate::domain::disclosures::{self, Disclosure};

/// The largest number of leads in one file.
pub const MOST: usize = 5_000;

/// The rows of a file, in the order of the list.
pub struct Download {
    pub waiting: Vec<WaitingLead>,
    pub opened: Vec<PartnerLeadRow>,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// More leads match than a file may hold; none of them was read out.
    #[error("too many leads for one file")]
    TooMany,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

/// Takes all leads of the filter out. `format` is told to the audit log.
pub fn take(
    tx: &mut Tx<'_>,
    scope: &PartnerScope,
    filter: &Filter,
    sort: Sort,
    format: &str,
    now: UtcTime,
) -> Result<Download, DownloadError> {
    let mut waiting: Vec<WaitingLead> = Vec::new();
    if filter.has(Section::Waiting) {
        waiting = arranged(filter.waiting(scope), Sort::Oldest, None, None)
            .select(waiting_columns())
            .limit(more_than(0))
            .load(&mut **tx)?;
    }
    let mut opened: Vec<PartnerLeadRow> = Vec::new();
    for section in [Section::Open, Section::Closed] {
        if filter.has(section) && waiting.len() + opened.len() <= MOST {
            let rows: Vec<PartnerLeadRow> = arranged(filter.opened(scope, section), sort, None, None)
                .select(row_columns())
                .limit(more_than(waiting.len() + opened.len()))
                .load(&mut **tx)?;
            opened.extend(rows);
        }
    }
    if waiting.len() + opened.len() > MOST {
        return Err(DownloadError::TooMany);
    }
    let read: Vec<(LeadId, AssignmentId)> = opened.iter().map(|row| (row.keys.lead, row.keys.assignment)).collect();
    let written = disclosures::record_all(
        tx,
        Disclosure::Downloaded,
        &read,
        scope.partner(),
        Some(scope.user()),
        now,
    )?;
    // On PostgreSQL an erasure may commit between the two statements.
    opened.retain(|row| written.contains(&row.keys.lead));
    let detail = format!("{format}; opened {}, waiting {}", opened.len(), waiting.len());
    audit::record(
        tx,
        scope.actor(),
        Act::LeadsDownloaded,
        &Subject::nothing(),
        &detail,
        now,
    )?;
    Ok(Download { waiting, opened })
}

/// One row more than there is room for, so that it is noticed.
fn more_than(taken: usize) -> i64 {
    (MOST - taken + 1) as i64
}
