//! Rows of CSV files as people open them: quoted where needed (RFC 4180), and harmless to a spreadsheet that would
//! compute a cell (CWE-1236).

use std::borrow::Cow;

/// What a file begins with, so that Excel reads it as UTF-8.
pub const MARK: &str = "\u{FEFF}";

/// One row, with its line break.
pub fn row<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let mut row = String::new();
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            row.push(',');
        }
        let cell = defused(cell);
        if cell.contains(['"', ',', ';', '\n', '\r', '\t']) {
            row.push('"');
            row.push_str(&cell.replace('"', "\"\""));
            row.push('"');
        } else {
            row.push_str(&cell);
        }
    }
    row.push_str("\r\n");
    row
}

/// A cell that would be computed gets an apostrophe in front, which spreadsheets show as text. Numbers and phone
/// numbers compute nothing and stay as they are.
fn defused(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\0']) && !is_number(cell) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

fn is_number(cell: &str) -> bool {
    let rest = cell.strip_prefix(['+', '-']).unwrap_or(cell);
    rest.starts_with(|first: char| first.is_ascii_digit() || first == '(')
        && rest
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, ' ' | '(' | ')' | '-' | '.' | ',' | '/'))
        && (cell.starts_with('+') || !rest.contains('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_would_be_computed_are_defused() {
        assert_eq!(
            row(["=1+1", "@SUM(A1)", "-2+3", "\tx"]),
            "'=1+1,'@SUM(A1),'-2+3,\"'\tx\"\r\n"
        );
        assert_eq!(row(["+cmd|' /C calc'!A0"]), "'+cmd|' /C calc'!A0\r\n");
    }

    #[test]
    fn phone_numbers_and_numbers_stay() {
        assert_eq!(
            row(["+49 30 901820", "+1 (555) 010-0100", "-5.3"]),
            "+49 30 901820,+1 (555) 010-0100,-5.3\r\n"
        );
    }

    #[test]
    fn separators_and_quotes_are_quoted() {
        assert_eq!(
            row(["a,b", "say \"x\"", "one\ntwo"]),
            "\"a,b\",\"say \"\"x\"\"\",\"one\ntwo\"\r\n"
        );
    }
}
