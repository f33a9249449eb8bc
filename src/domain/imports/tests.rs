//! Tests of an import as a whole, from a file's bytes to the values of its leads.

mod shared_files;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use super::columns::{ColumnUse, LeadField, Mapping};
use super::decoding::TextReader;
use super::encoding::{Certainty, detect};
use super::table::Table;
use super::values::FileRow;
use crate::domain::leads::LeadInput;

#[derive(Default)]
struct Import {
    encoding: String,
    refusal: String,
    columns: Vec<ColumnUse>,
    leads: Vec<LeadInput>,
    remarks: Vec<String>,
    rejected: BTreeMap<u64, String>,
    is_reachable: bool,
}

fn import(path: &Path) -> Import {
    try_import(path).unwrap_or_else(|refusal| Import {
        refusal,
        ..Import::default()
    })
}

fn try_import(path: &Path) -> Result<Import, String> {
    let open = || File::open(path).expect("a readable file");
    let detected = detect(open()).map_err(|error| error.to_string())?;
    let guessed = if detected.certainty == Certainty::Guessed {
        "?"
    } else {
        ""
    };
    let text = TextReader::new(open(), detected.encoding);
    let table = Table::open(text).map_err(|problem| problem.to_string())?;
    let mapping = Mapping::recognise(table.headings());
    let mut import = Import {
        encoding: format!("{:?}{guessed}", detected.encoding),
        columns: mapping.columns().to_vec(),
        is_reachable: mapping.check().is_ok(),
        ..Import::default()
    };
    for row in table.rows() {
        let row = row.expect("a readable file");
        let number = row.number;
        match row.into_cells().and_then(|cells| FileRow::from_cells(&cells, &mapping)) {
            Ok(row) => {
                import.leads.push(row.input);
                import.remarks.extend(row.remarks);
            }
            Err(problem) => drop(import.rejected.insert(number, problem.to_string())),
        }
    }
    Ok(import)
}

fn own(name: &str) -> Import {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "data"].iter().collect();
    import(&folder.join(name))
}

#[test]
fn a_file_saved_by_a_german_excel_comes_in_whole() {
    let import = own("cp1252_semicolon.csv");
    let zoe = &import.leads[1];

    assert_eq!(import.encoding, "windows-1252?");
    assert_eq!((import.leads.len(), import.rejected.len()), (2, 0));
    assert_eq!((zoe.first_name.as_str(), zoe.last_name.as_str()), ("Zoë", "Müller"));
    assert_eq!(
        (zoe.street.as_str(), zoe.company.as_str()),
        ("Königstraße 12a", "„Müller“ GmbH")
    );
    assert_eq!(import.leads[0].postal_code, "01067");
}

#[test]
fn unicode_text_of_every_kind_comes_in_whole() {
    let marked = own("bom_crlf.csv");
    let wide = own("utf16le_tab.txt");
    let unmarked = own("utf16be_without_bom.csv");

    assert_eq!(marked.columns[0], ColumnUse::Field(LeadField::FirstName));
    assert_eq!(
        (marked.leads[0].first_name.as_str(), marked.leads[0].country.as_str()),
        ("Åsa", "SE")
    );
    assert_eq!(
        (marked.leads[1].first_name.as_str(), marked.leads[1].country.as_str()),
        ("李", "CN")
    );
    assert_eq!(
        (wide.leads[0].last_name.as_str(), wide.leads[0].internal_note.as_str()),
        ("Żak", "two\nlines")
    );
    assert_eq!(
        (unmarked.encoding.as_str(), unmarked.leads[1].last_name.as_str()),
        ("UTF-16BE", "Núñez")
    );
}

#[test]
fn cells_that_a_spreadsheet_would_compute_are_stored_as_they_are() {
    let leads = own("formula_cells.csv").leads;

    assert_eq!(
        (leads[0].last_name.as_str(), leads[0].phone.as_str()),
        ("=1+1", "+49 30 901820")
    );
    assert_eq!(leads[0].internal_note, "=HYPERLINK(\"http://x.example\",\"click\")");
    assert_eq!(
        (leads[1].last_name.as_str(), leads[1].internal_note.as_str()),
        ("'@SUM", "-2+3\nPhone in the file: '+49 30 901820")
    );
}

#[test]
fn line_breaks_stay_in_texts_and_become_blanks_in_names() {
    let leads = own("multi_line_cells.csv").leads;

    assert_eq!(
        (leads[0].first_name.as_str(), leads[0].last_name.as_str()),
        ("Ana", "Ruiz")
    );
    assert_eq!(leads[0].need, "first line\n\nthird line");
}

#[test]
fn the_first_of_doubled_headings_is_used() {
    let import = own("duplicate_headings.csv");

    assert_eq!(
        (import.leads[0].email.as_str(), import.leads[0].last_name.as_str()),
        ("first@northwind.example", "One")
    );
    assert_eq!(import.columns[2], ColumnUse::Duplicate(LeadField::Email));
}

#[test]
fn claims_of_permission_reach_no_value_of_the_lead() {
    let import = own("permission_columns.csv");
    let expected = LeadInput {
        last_name: "Ann".to_owned(),
        email: "ann@nordwind.example".to_owned(),
        ..LeadInput::default()
    };

    assert_eq!(import.columns[2..], [ColumnUse::PermissionClaim; 4]);
    assert_eq!(import.leads, [expected]);
}

#[test]
fn every_row_is_either_created_or_rejected_with_its_number() {
    let broken = own("invalid_bytes.csv");
    let wide = own("too_wide_rows.csv");
    let open = own("unclosed_quote.csv");

    assert_eq!(
        (broken.leads.len(), broken.rejected.keys().copied().collect::<Vec<_>>()),
        (2, vec![3])
    );
    assert_eq!(
        (wide.leads.len(), wide.rejected.keys().copied().collect::<Vec<_>>()),
        (1, vec![2, 4, 5, 6])
    );
    assert_eq!(
        (open.leads.len(), open.rejected.keys().copied().collect::<Vec<_>>()),
        (1, vec![3])
    );
}

#[test]
fn a_file_with_a_false_name_is_told_by_its_content() {
    assert!(
        own("excel_named.csv")
            .refusal
            .starts_with("This is an Excel file, not a CSV file")
    );
}
