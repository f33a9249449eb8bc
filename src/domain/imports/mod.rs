//! Import of leads from a file: what a file says (`encoding`, `decoding`, `table`, `columns`, `values`, all pure), and
//! what is stored of it and when (`upload`, `stored`, `run`, `rejected`).

pub mod columns;
pub mod decoding;
pub mod encoding;
pub mod rejected;
pub mod run;
pub mod stored;
pub mod table;
pub mod upload;
pub mod values;

#[cfg(test)]
mod tests;

/// Why a row is not imported; the sentence goes beside the row in the file of rejected rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowProblem {
    #[error("The row is empty")]
    Empty,
    #[error("The row has bytes that are no valid {encoding}: correct its letters, or choose another encoding")]
    Undecodable { encoding: &'static str },
    #[error("A quotation mark is opened in this row and never closed, so the rest of the file is in one cell")]
    UnclosedQuote,
    #[error(
        "A cell has more than {} characters: probably a quotation mark is not closed in this row",
        table::LONGEST_CELL
    )]
    CellTooLong,
    #[error(
        "The row has {cells} cells, but there are {headings} headings: put cells that hold the separator in quotation marks"
    )]
    TooManyCells { cells: usize, headings: usize },
    #[error("The whole row is one cell in quotation marks: remove the outer quotation marks")]
    OneQuotedCell,
    #[error(
        "The row has neither an e-mail address, nor a phone number, nor a postal address (street with city or postal code)"
    )]
    Unreachable,
    #[error("The row has neither a name, nor a company, nor an e-mail address")]
    Nameless,
    #[error("{label} has {length} characters, but {limit} at most can be stored: shorten it")]
    TooLong {
        label: &'static str,
        length: usize,
        limit: usize,
    },
}
