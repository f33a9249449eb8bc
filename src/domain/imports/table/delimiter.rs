//! The character between the cells of a row: the four that occur, and how to tell which one a file uses.

use csv::ByteRecord;

const SAMPLE_ROWS: usize = 100;

/// A character that separates cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delimiter {
    Comma,
    Semicolon,
    Tab,
    Pipe,
}

impl Delimiter {
    pub const ALL: [Self; 4] = [Self::Comma, Self::Semicolon, Self::Tab, Self::Pipe];

    pub fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Pipe => b'|',
        }
    }

    /// The name that is stored and that forms send.
    pub fn name(self) -> &'static str {
        match self {
            Self::Comma => "comma",
            Self::Semicolon => "semicolon",
            Self::Tab => "tab",
            Self::Pipe => "pipe",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|delimiter| delimiter.name() == name)
    }

    fn of(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|delimiter| delimiter.byte() == byte)
    }
}

/// Excel's own hint, a first line such as `sep=;`, with the length of that line.
pub(super) fn hint(head: &[u8]) -> Option<(Delimiter, usize)> {
    match head {
        [s, e, p, b'=', delimiter, b'\n', ..] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") => {
            Some((Delimiter::of(*delimiter)?, 6))
        }
        _ => None,
    }
}

/// The delimiter that cuts the first row into several cells and most rows into as many.
pub(super) fn sniff(head: &[u8]) -> Option<Delimiter> {
    let scored = Delimiter::ALL.into_iter().filter_map(|delimiter| {
        let widths = widths(head, delimiter);
        let width = *widths.first()?;
        let alike = widths.iter().filter(|other| **other == width).count();
        (width > 1).then_some((width * alike, delimiter))
    });
    // On equal scores the first one wins: the comma is the commonest.
    scored
        .reduce(|best, other| if other.0 > best.0 { other } else { best })
        .map(|(_, delimiter)| delimiter)
}

/// Whether most rows after the first have several cells.
pub(super) fn is_below_first_row(head: &[u8]) -> bool {
    Delimiter::ALL.into_iter().any(|delimiter| {
        let widths = widths(head, delimiter);
        let below = widths.get(1..).unwrap_or_default();
        below.iter().filter(|width| **width > 1).count() * 2 > below.len()
    })
}

fn widths(head: &[u8], delimiter: Delimiter) -> Vec<usize> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter.byte())
        .from_reader(head);
    let mut record = ByteRecord::new();
    let mut widths = Vec::new();
    while widths.len() <= SAMPLE_ROWS && matches!(reader.read_byte_record(&mut record), Ok(true)) {
        widths.push(record.len());
    }
    // The last row of a long file's head may be cut.
    if widths.len() > 2 && widths.len() <= SAMPLE_ROWS && reader.position().byte() >= 60_000 {
        widths.pop();
    }
    widths
}
