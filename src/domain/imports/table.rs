//! A file's text as a table: separator, headings, numbered rows; what the cells mean is not here.

mod delimiter;

use std::io::{self, Chain, Cursor, Read};

use csv::ByteRecord;

use super::RowProblem;
use super::columns::means_something;
use super::decoding::{TextReader, UNDECODABLE};
use super::encoding::Encoding;
use crate::domain::text::email_is_valid;
pub use delimiter::Delimiter;

/// Excel's limit for one cell; what is longer came from an unclosed quotation mark.
pub const LONGEST_CELL: usize = 32_767;

const HEAD: u64 = 64 * 1024;
/// A last row of our own: if it is swallowed by a cell, a quotation mark was left open.
const END_MARK: &str = "\u{FDD1}\n";

/// Why a text can't be read as a table with headings.
#[derive(Debug, thiserror::Error)]
pub enum TableProblem {
    #[error("The first row is empty. Put the headings (such as First name, E-mail) into the first row")]
    FirstRowEmpty,
    #[error("The first row looks like a title, not like headings. Delete the rows above the headings")]
    TitleAboveHeadings,
    #[error(
        "The first row looks like a lead, not like headings: it holds “{cell}”. Put the headings (such as First name, E-mail) into the first row"
    )]
    HeadingsMissing { cell: String },
    #[error("The file has headings, but no rows below them")]
    NoRows,
    #[error("the file could not be read")]
    Unreadable(#[from] io::Error),
}

type Source<R> = Chain<Chain<Cursor<Vec<u8>>, TextReader<R>>, &'static [u8]>;

/// An opened table, its headings read and its rows still to come.
pub struct Table<R: Read> {
    delimiter: Delimiter,
    headings: Vec<String>,
    rows: Rows<R>,
}

/// One row below the headings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// As a spreadsheet's margin shows it: the headings are row 1, empty lines count, line breaks in cells don't.
    pub number: u64,
    /// One cell per heading; all cells of the file if there is a problem. Undecodable bytes show as U+FFFD.
    pub cells: Vec<String>,
    pub problem: Option<RowProblem>,
}

/// The rows of a table in the file's order; a failure to read the file ends them.
pub struct Rows<R: Read> {
    reader: csv::Reader<Source<R>>,
    record: ByteRecord,
    is_peeked: bool,
    is_finished: bool,
    width: usize,
    delimiter: Delimiter,
    encoding: Encoding,
    line_breaks_in_cells: u64,
    after: u64,
}

impl<R: Read> Table<R> {
    /// Finds the separator and reads the headings.
    pub fn open(text: TextReader<R>) -> Result<Self, TableProblem> {
        Self::open_with(text, None)
    }

    /// Reads the headings with the separator the user chose, if any.
    pub fn open_with(mut text: TextReader<R>, chosen: Option<Delimiter>) -> Result<Self, TableProblem> {
        let mut head = Vec::new();
        (&mut text).take(HEAD).read_to_end(&mut head)?;
        let hint = delimiter::hint(&head);
        if let Some((_, line_length)) = hint {
            head.drain(..line_length);
        }
        if head
            .split(|byte| *byte == b'\n')
            .next()
            .is_none_or(|line| line.trim_ascii().is_empty())
        {
            return Err(TableProblem::FirstRowEmpty);
        }
        let found = chosen
            .or(hint.map(|(delimiter, _)| delimiter))
            .or_else(|| delimiter::sniff(&head));
        if found.is_none() && delimiter::is_below_first_row(&head) {
            return Err(TableProblem::TitleAboveHeadings);
        }
        Self::read_headings(text, head, found.unwrap_or(Delimiter::Comma))
    }

    fn read_headings(text: TextReader<R>, head: Vec<u8>, delimiter: Delimiter) -> Result<Self, TableProblem> {
        let encoding = text.encoding();
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter.byte())
            .buffer_capacity(64 * 1024)
            .from_reader(Cursor::new(head).chain(text).chain(END_MARK.as_bytes()));
        let mut rows = Rows {
            reader,
            record: ByteRecord::new(),
            is_peeked: false,
            is_finished: false,
            width: 0,
            delimiter,
            encoding,
            line_breaks_in_cells: 0,
            after: 0,
        };
        rows.advance()?;
        let headings: Vec<String> = rows.record.iter().map(|cell| shown(cell).trim().to_owned()).collect();
        check_headings(&headings)?;
        rows.width = headings.len();
        rows.advance()?;
        rows.is_peeked = true;
        if rows.is_finished {
            return Err(TableProblem::NoRows);
        }
        Ok(Self {
            delimiter,
            headings,
            rows,
        })
    }

    pub fn delimiter(&self) -> Delimiter {
        self.delimiter
    }

    /// The headings by position; doubled and empty ones stay as they are.
    pub fn headings(&self) -> &[String] {
        &self.headings
    }

    /// All rows.
    pub fn rows(self) -> Rows<R> {
        self.rows
    }

    /// The rows whose number is greater, for an import that was interrupted.
    pub fn rows_after(self, number: u64) -> Rows<R> {
        Rows {
            after: number,
            ..self.rows
        }
    }
}

impl<R: Read> Rows<R> {
    fn advance(&mut self) -> io::Result<()> {
        if self.is_peeked {
            self.is_peeked = false;
            return Ok(());
        }
        self.is_finished = !self.reader.read_byte_record(&mut self.record)?
            || self.record.as_slice() == END_MARK.trim_end().as_bytes();
        self.line_breaks_in_cells += self.record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
        Ok(())
    }

    fn number(&self) -> u64 {
        // A row that swallowed the end has no line break of its own.
        let is_open = self.record.as_slice().ends_with(END_MARK.as_bytes());
        self.reader.position().line() - 1 + u64::from(is_open) - self.line_breaks_in_cells
    }

    fn row(&self) -> Row {
        let mut cells: Vec<String> = self.record.iter().map(shown).collect();
        let problem = self.problem(&cells);
        if problem.is_none() {
            cells.resize(self.width, String::new());
        }
        Row {
            number: self.number(),
            cells,
            problem,
        }
    }

    fn problem(&self, cells: &[String]) -> Option<RowProblem> {
        let (filled, beyond) = cells.split_at(self.width.min(cells.len()));
        if !self.record.as_slice().is_ascii() {
            let text = String::from_utf8_lossy(self.record.as_slice());
            if text.contains(END_MARK.trim_end()) {
                return Some(RowProblem::UnclosedQuote);
            }
            if text.contains(UNDECODABLE) {
                return Some(RowProblem::Undecodable {
                    encoding: self.encoding.name(),
                });
            }
        }
        if cells
            .iter()
            .any(|cell| cell.len() > LONGEST_CELL && cell.chars().count() > LONGEST_CELL)
        {
            Some(RowProblem::CellTooLong)
        } else if beyond.iter().any(|cell| !cell.trim().is_empty()) {
            Some(RowProblem::TooManyCells {
                cells: cells.len(),
                headings: self.width,
            })
        } else if filled.iter().all(|cell| cell.trim().is_empty()) {
            Some(RowProblem::Empty)
        } else if cells.len() == 1 && self.width > 2 && self.holds_a_row(&cells[0]) {
            Some(RowProblem::OneQuotedCell)
        } else {
            None
        }
    }

    fn holds_a_row(&self, cell: &str) -> bool {
        cell.bytes().filter(|byte| *byte == self.delimiter.byte()).count() + 1 >= self.width
    }
}

impl<R: Read> Iterator for Rows<R> {
    type Item = io::Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.is_finished {
            if let Err(error) = self.advance() {
                self.is_finished = true;
                return Some(Err(error));
            }
            if !self.is_finished && self.number() > self.after {
                return Some(Ok(self.row()));
            }
        }
        None
    }
}

impl Row {
    /// The cells of a sound row.
    pub fn into_cells(self) -> Result<Vec<String>, RowProblem> {
        self.problem.map_or(Ok(self.cells), Err)
    }
}

fn shown(cell: &[u8]) -> String {
    let text = String::from_utf8_lossy(cell);
    if text.is_ascii() {
        return text.into_owned();
    }
    text.replace(END_MARK, "").replace(UNDECODABLE, "\u{FFFD}")
}

fn check_headings(headings: &[String]) -> Result<(), TableProblem> {
    let mut filled = headings.iter().filter(|heading| !heading.is_empty());
    let Some(first) = filled.next() else {
        return Err(TableProblem::FirstRowEmpty);
    };
    if let Some(cell) = headings.iter().find(|heading| email_is_valid(heading)) {
        return Err(TableProblem::HeadingsMissing { cell: cell.clone() });
    }
    if headings.iter().any(|heading| means_something(heading)) {
        return Ok(());
    }
    if let Some(cell) = headings.iter().find(|heading| is_number_or_date(heading)) {
        return Err(TableProblem::HeadingsMissing { cell: cell.clone() });
    }
    if headings.len() > 1 && filled.next().is_none() && !first.is_empty() {
        return Err(TableProblem::TitleAboveHeadings);
    }
    Ok(())
}

fn is_number_or_date(cell: &str) -> bool {
    cell.bytes().any(|byte| byte.is_ascii_digit())
        && cell
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b" +-.,/:()".contains(&byte))
}

#[cfg(test)]
mod tests;
