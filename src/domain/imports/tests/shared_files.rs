//! Tests over the files of shared/data: every one comes in or is refused with a sentence, and no row gets lost.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::import;
use crate::domain::countries::Country;
use crate::domain::imports::RowProblem;

/// Where the data lie; a machine without them passes these tests, and says so.
fn shared_data() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = std::env::var_os("LEADGATE_SHARED_DATA").map_or_else(beside, PathBuf::from);
    if !folder.try_exists().expect("a folder that may be looked at") {
        // Written past the test harness, which swallows what a passing test prints.
        let notice = format!(
            "NOT TESTED: the folder {} with the test data is absent\n",
            folder.display()
        );
        std::io::stderr()
            .write_all(notice.as_bytes())
            .expect("an open standard error");
        return None;
    }
    Some(folder)
}

/// What is expected of a file.
enum Outcome {
    /// Encoding (with `?` if guessed), created, rejected.
    Read(&'static str, usize, usize),
    /// The same, but no column is recognised by which a lead could be reached: the import stops before the rows.
    NobodyReachable(&'static str, usize),
    /// The beginning of the sentence.
    Refused(&'static str),
}
use Outcome::{NobodyReachable, Read, Refused};

#[rustfmt::skip]
const EXPECTED: &[(&str, Outcome)] = &[
    ("derived/chinook_customers_cp1250_semicolon_crlf_excel_cz.csv", Read("windows-1250?", 51, 0)),
    ("derived/chinook_customers_cp1252_semicolon_crlf_excel_de.csv", Read("windows-1252?", 58, 0)),
    ("derived/chinook_customers_utf16le_tab_crlf_excel_unicode_text.txt", Read("UTF-16LE", 59, 0)),
    ("derived/chinook_customers_utf8_comma_lf.csv", Read("UTF-8", 59, 0)),
    ("derived/chinook_customers_utf8_with_3_invalid_bytes.csv", Read("UTF-8", 57, 2)),
    ("derived/chinook_customers_utf8bom_comma_crlf.csv", Read("UTF-8", 59, 0)),
    ("derived/leads_multiscript_200_utf16le_tab.txt", Read("UTF-16LE", 200, 0)),
    ("derived/leads_multiscript_5000_utf8bom_comma_crlf.csv", Read("UTF-8", 5_000, 0)),
    ("derived/northwind_customers_utf8.csv", Read("UTF-8", 91, 2)),
    ("original/country-codes.csv", NobodyReachable("UTF-8", 249)),
    ("original/csvspectrum_comma_in_quotes.csv", Read("UTF-8", 1, 0)),
    ("original/csvspectrum_empty.csv", NobodyReachable("UTF-8", 2)),
    ("original/csvspectrum_empty_crlf.csv", NobodyReachable("UTF-8", 2)),
    ("original/csvspectrum_json.csv", NobodyReachable("UTF-8", 1)),
    ("original/csvspectrum_newlines.csv", NobodyReachable("UTF-8", 3)),
    ("original/csvspectrum_newlines_crlf.csv", NobodyReachable("UTF-8", 3)),
    ("original/csvspectrum_quotes_and_newlines.csv", NobodyReachable("UTF-8", 2)),
    ("original/csvspectrum_utf8.csv", NobodyReachable("UTF-8", 2)),
    ("original/dataloader_20kRows.csv", NobodyReachable("UTF-8", 20_000)),
    ("original/dataloader_csvEscapedQuotes.csv", NobodyReachable("UTF-8", 2)),
    ("original/dataloader_csvSeparator.csv", NobodyReachable("UTF-8", 2)),
    ("original/dataloader_csvtext_BOM_UTF16BE.csv", NobodyReachable("UTF-16BE", 2)),
    ("original/dataloader_csvtext_BOM_UTF16LE.csv", NobodyReachable("UTF-16LE", 2)),
    ("original/dataloader_csvtext_BOM_UTF32LE.csv", Refused("The file contradicts itself: its first bytes announce UTF-16BE")),
    ("original/dataloader_csvtext_BOM_UTF8.csv", NobodyReachable("UTF-8", 2)),
    ("original/dataloader_dateWithTimeZone.csv", Read("UTF-8", 2, 0)),
    ("original/dataloader_import_error_report_example.csv", NobodyReachable("UTF-8", 11)),
    ("original/febrl_dataset1_1000rows_with_duplicates.csv", Read("UTF-8", 1_000, 0)),
    ("original/febrl_dataset3_5000rows_with_duplicates.csv", Read("UTF-8", 4_992, 8)),
    ("original/frictionless_bom_utf8_chinese.csv", NobodyReachable("UTF-8", 2)),
    ("original/frictionless_defective-rows.csv", NobodyReachable("UTF-8", 2)),
    ("original/frictionless_doublequote_spanish.csv", NobodyReachable("UTF-8", 5)),
    ("original/frictionless_duplicate-headers.csv", NobodyReachable("UTF-8", 2)),
    ("original/frictionless_empty.csv", Refused("The file is empty")),
    ("original/frictionless_encoding-issue-274.csv", Read("UTF-8", 0, 507)),
    ("original/frictionless_issue-1138_german_semicolon.csv", NobodyReachable("UTF-8", 7)),
    ("original/frictionless_latin1.csv", NobodyReachable("windows-1252?", 2)),
    ("original/frictionless_leading-zeros.csv", NobodyReachable("UTF-8", 3)),
    ("original/frictionless_table-infer-iso-8859-7_greek.csv", NobodyReachable("windows-1253?", 4)),
    ("original/frictionless_without-headers.csv", Refused("The first row looks like a lead")),
    ("original/hubspot_contact_data.csv", Read("UTF-8", 22, 0)),
    ("original/hubspot_contact_merge_audit_data.csv", NobodyReachable("UTF-8", 4)),
    ("original/krayin_import_sample_leads.csv", NobodyReachable("UTF-8", 2)),
    ("original/krayin_import_sample_persons.csv", Read("UTF-8", 2, 0)),
    ("original/marketo_activity_merge_leads_data.csv", NobodyReachable("UTF-8", 100)),
    ("original/marketo_lead_data.csv", Read("UTF-8", 100, 0)),
    ("original/messytables_characters_big5.csv", NobodyReachable("Big5?", 382)),
    ("original/messytables_spanish_chars_latin1.csv", NobodyReachable("windows-1252?", 116)),
    ("original/messytables_utf-16le_encoded.csv", NobodyReachable("UTF-16LE", 327)),
    ("original/messytables_utf8bom.csv", Refused("The file has headings, but no rows")),
    ("original/messytables_weird_head_padding_german.csv", Refused("The first row is empty")),
    ("original/pardot_prospect_data.csv", Read("UTF-8", 100, 0)),
    ("original/popularnames_common-forenames-by-country.csv", NobodyReachable("UTF-8", 2_480)),
    ("original/popularnames_common-surnames-by-country.csv", NobodyReachable("UTF-8", 2_576)),
    ("original/rustcsv_strange.csv", Refused("The first row looks like a lead")),
    ("original/rustcsv_uspop-latin1.csv", NobodyReachable("windows-1252?", 100)),
    ("original/salesforce_sf_contact_data.csv", Read("UTF-8", 2, 2)),
    ("original/salesforce_sf_lead_data.csv", Read("UTF-8", 1, 0)),
    ("original/xeducation_lead_scoring.csv", NobodyReachable("UTF-8", 9_240)),
    ("original/xeducation_leads_data_dictionary.xlsx", Refused("This is an Excel file")),
];

#[test]
fn every_file_comes_in_or_is_refused_with_a_sentence() {
    let Some(folder) = shared_data() else { return };
    let mut seen = 0;
    let mut surprises = Vec::new();

    for part in ["original", "derived"] {
        for entry in fs::read_dir(folder.join(part)).expect("a readable folder") {
            let path = entry.expect("a readable folder").path();
            let name = format!("{part}/{}", path.file_name().expect("a name").display());
            let import = import(&path);
            let expected = EXPECTED
                .iter()
                .find(|(file, _)| *file == name)
                .map(|(_, outcome)| outcome);
            let (created, rejected) = (import.leads.len(), import.rejected.len());
            let fits = match expected {
                Some(Read(encoding, leads, rows)) => {
                    import.is_reachable && (import.encoding.as_str(), created, rejected) == (encoding, *leads, *rows)
                }
                Some(NobodyReachable(encoding, rows)) => {
                    !import.is_reachable && (import.encoding.as_str(), created, rejected) == (encoding, 0, *rows)
                }
                Some(Refused(beginning)) => import.refusal.starts_with(beginning),
                None => false,
            };
            if !fits {
                let (encoding, reachable) = (&import.encoding, import.is_reachable);
                surprises.push(format!(
                    "{name}: {encoding} {created} {rejected} {reachable} {}",
                    import.refusal
                ));
            }
            seen += 1;
        }
    }

    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
    assert_eq!(seen, EXPECTED.len());
}

#[test]
fn rows_without_contact_and_rows_quoted_as_a_whole_are_rejected_with_their_reason() {
    let Some(folder) = shared_data() else { return };
    let rejected = import(&folder.join("original/xeducation_lead_scoring.csv")).rejected;
    let count = |problem: RowProblem| {
        rejected
            .values()
            .filter(|reason| **reason == problem.to_string())
            .count()
    };

    assert_eq!(count(RowProblem::OneQuotedCell), 338);
    assert_eq!(count(RowProblem::Unreachable), 8_902);
}

#[test]
fn the_letters_of_all_encodings_arrive_whole() {
    let Some(folder) = shared_data() else { return };
    let chinook = |name: &str| import(&folder.join("derived").join(format!("chinook_customers_{name}"))).leads;

    let plain = chinook("utf8_comma_lf.csv");
    assert_eq!(chinook("utf8bom_comma_crlf.csv"), plain);
    assert_eq!(chinook("utf16le_tab_crlf_excel_unicode_text.txt"), plain);
    for page in [
        "cp1250_semicolon_crlf_excel_cz.csv",
        "cp1252_semicolon_crlf_excel_de.csv",
        "utf8_with_3_invalid_bytes.csv",
    ] {
        let leads = chinook(page);
        assert!(leads.len() > 50);
        assert!(leads.iter().all(|lead| plain.contains(lead)), "{page}");
    }
}

#[test]
fn rows_with_broken_bytes_are_told_by_their_row_number() {
    let Some(folder) = shared_data() else { return };
    let import = import(&folder.join("derived/chinook_customers_utf8_with_3_invalid_bytes.csv"));

    let sentence = "The row has bytes that are no valid UTF-8: correct its letters, or choose another encoding";
    assert!(import.rejected.values().all(|reason| reason == sentence));
    assert_eq!(import.rejected.keys().copied().collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn the_multiscript_leads_come_in_with_recognised_countries_and_whole_texts() {
    let Some(folder) = shared_data() else { return };
    let all = import(&folder.join("derived/leads_multiscript_5000_utf8bom_comma_crlf.csv"));
    assert!(all.remarks.is_empty());
    let all = all.leads;
    let part = import(&folder.join("derived/leads_multiscript_200_utf16le_tab.txt")).leads;

    assert!(all.iter().all(|lead| Country::parse(&lead.country).is_some()));
    assert!(all.iter().all(|lead| !lead.email.is_empty() && !lead.phone.is_empty()));
    assert!(all.iter().any(|lead| lead.internal_note == "Line one\nline two"));
    assert!(
        all.iter()
            .any(|lead| lead.internal_note == "naïve façade — “smart quotes”")
    );
    assert_eq!(part, all[..200]);
}

#[test]
fn every_country_of_the_list_is_known_by_its_codes_and_names() {
    let Some(folder) = shared_data() else { return };
    let mut reader = csv::Reader::from_path(folder.join("original/country-codes.csv")).expect("a readable list");
    let headings = reader.headers().expect("headings").clone();
    let column = |name| headings.iter().position(|heading| heading == name).expect("a heading");
    let code = column("ISO3166-1-Alpha-2");
    let names = [
        "ISO3166-1-Alpha-3",
        "CLDR display name",
        "official_name_en",
        "official_name_fr",
        "official_name_es",
    ]
    .map(column);

    for record in reader.records() {
        let record = record.expect("a record");
        for name in names {
            let found = Country::recognise(&record[name]).map(Country::code);
            assert_eq!(found, Some(&record[code]), "{}", &record[name]);
        }
    }
}
