//! How texts become rows.

use super::{Delimiter, Encoding, LONGEST_CELL, Row, RowProblem, Table, TableProblem, TextReader};

fn open(bytes: &'static [u8]) -> Result<Table<&'static [u8]>, TableProblem> {
    Table::open(TextReader::new(bytes, Encoding::UTF_8))
}

fn rows(bytes: &'static [u8]) -> Vec<Row> {
    open(bytes)
        .expect("a table")
        .rows()
        .map(|row| row.expect("a readable file"))
        .collect()
}

#[test]
fn the_separator_that_fits_all_rows_is_found() {
    for (bytes, delimiter) in [
        (b"Name,Mail\na;b,c\n".as_slice(), Delimiter::Comma),
        (b"Name;Mail, private;Sum\na;b;1,5\nc;d;2,5\n", Delimiter::Semicolon),
        (b"Name\tMail\na, b\tc\n", Delimiter::Tab),
        (b"\"Name, all\"|Mail\na|b\n", Delimiter::Pipe),
        (b"Mail\na@b.example\n", Delimiter::Comma),
        (
            include_bytes!("../../../../tests/data/separator_hint.csv"),
            Delimiter::Pipe,
        ),
    ] {
        assert_eq!(open(bytes).expect("a table").delimiter(), delimiter);
    }
}

#[test]
fn a_chosen_separator_is_used() {
    let text = TextReader::new(b"a,b;c\n1,2;3\n".as_slice(), Encoding::UTF_8);
    let table = Table::open_with(text, Some(Delimiter::Semicolon)).expect("a table");

    assert_eq!(table.headings(), ["a,b", "c"]);
}

#[test]
fn rows_have_the_numbers_of_a_spreadsheets_margin() {
    let rows = rows(include_bytes!("../../../../tests/data/multi_line_cells.csv"));

    assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [2, 4]);
    assert_eq!(rows[0].cells[2], "first line\n\nthird line");
    assert_eq!(rows[0].cells[3], "She said \"call me\"");
}

#[test]
fn numbers_do_not_depend_on_the_line_breaks() {
    for bytes in [b"Mail\r\na\r\n\r\nb".as_slice(), b"Mail\na\n\nb\n", b"Mail\ra\r\rb\r"] {
        assert_eq!(rows(bytes).iter().map(|row| row.number).collect::<Vec<_>>(), [2, 4]);
    }
}

#[test]
fn reading_resumes_after_a_row() {
    let bytes: &[u8] = include_bytes!("../../../../tests/data/multi_line_cells.csv");
    let rest: Vec<_> = open(bytes)
        .expect("a table")
        .rows_after(2)
        .map(|row| row.expect("readable").number)
        .collect();

    assert_eq!(rest, [4]);
}

#[test]
fn rows_that_are_too_wide_are_rejected_and_short_ones_filled() {
    let rows = rows(include_bytes!("../../../../tests/data/too_wide_rows.csv"));
    let problems: Vec<_> = rows.iter().map(|row| row.problem.clone()).collect();

    assert_eq!(
        problems,
        [
            Some(RowProblem::TooManyCells { cells: 3, headings: 2 }),
            None,
            None,
            Some(RowProblem::Empty),
            None
        ]
    );
    assert_eq!(rows[0].cells, ["Ann", "ann@nordwind.example", "extra"]);
    assert_eq!(rows[1].cells, ["Bob", "bob@nordwind.example"]);
    assert_eq!(rows[2].cells, ["Cid", ""]);
}

#[test]
fn a_row_quoted_as_a_whole_is_rejected() {
    let rows = rows(b"Name,Mail,City\n\"Dan,dan@nordwind.example,Ulm\"\n");

    assert_eq!(rows[0].problem, Some(RowProblem::OneQuotedCell));
}

#[test]
fn an_open_quotation_mark_rejects_the_row_that_swallowed_the_rest() {
    let rows = rows(include_bytes!("../../../../tests/data/unclosed_quote.csv"));

    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].problem, None);
    assert_eq!(
        (rows[1].number, rows[1].problem.clone()),
        (3, Some(RowProblem::UnclosedQuote))
    );
    assert_eq!(rows[1].cells[2], "open\nCid,cid@nordwind.example,lost\n");
}

#[test]
fn a_cell_longer_than_excel_allows_is_rejected() {
    let bytes = format!("Mail,Note\na,{}\nb,c\n", "x".repeat(LONGEST_CELL + 1)).into_bytes();
    let table = Table::open(TextReader::new(bytes.as_slice(), Encoding::UTF_8)).expect("a table");
    let problems: Vec<_> = table.rows().map(|row| row.expect("readable").problem).collect();

    assert_eq!(problems, [Some(RowProblem::CellTooLong), None]);
}

#[test]
fn only_rows_with_broken_bytes_are_rejected() {
    let rows = rows(include_bytes!("../../../../tests/data/invalid_bytes.csv"));

    assert_eq!(rows[1].number, 3);
    assert_eq!(rows[1].problem, Some(RowProblem::Undecodable { encoding: "UTF-8" }));
    assert_eq!(rows[1].cells[0], "Ren\u{FFFD}");
    assert!(rows[0].problem.is_none() && rows[2].problem.is_none());
}

#[test]
fn doubled_and_empty_headings_keep_their_position() {
    let table = open(include_bytes!("../../../../tests/data/duplicate_headings.csv")).expect("a table");

    assert_eq!(table.headings(), ["E-mail", "Name", "E-mail", "", "Name"]);
}

#[test]
fn a_file_without_headings_or_rows_is_refused_with_a_reason() {
    let problem = |bytes| open(bytes).err().map(|problem| problem.to_string()).unwrap_or_default();

    assert!(problem(b"\nName,Mail\na,b\n").starts_with("The first row is empty"));
    assert!(problem(b";;;\nName;Mail;;\n").starts_with("The first row is empty"));
    assert!(problem(b"Ann,ann@nordwind.example\nBob,bob@nordwind.example\n").contains("“ann@nordwind.example”"));
    assert!(problem(b"1,english\n2,german\n").contains("“1”"));
    assert!(problem(b"Our leads\nName,Mail\na,b\n").starts_with("The first row looks like a title"));
    assert!(problem(b"Our leads;\nName;Mail\na;b\n").starts_with("The first row looks like a title"));
    assert!(problem(b"Name,Mail\n\n").ends_with("no rows below them"));
}

#[test]
fn control_characters_do_not_break_rows() {
    let rows = rows(b"Name,Mail\nA\0nn,a\x07@b.example\n");

    assert_eq!(rows[0].cells, ["A\0nn", "a\u{7}@b.example"]);
}
