//! How a row becomes the values of a lead.

use super::{FileRow, LeadInput, Mapping, RowProblem};

fn lead(headings: &str, cells: &[&str]) -> Result<LeadInput, RowProblem> {
    row(headings, cells).map(|row| row.input)
}

fn row(headings: &str, cells: &[&str]) -> Result<FileRow, RowProblem> {
    let headings: Vec<String> = headings.split(',').map(str::to_owned).collect();
    let cells: Vec<String> = cells.iter().map(|cell| (*cell).to_owned()).collect();
    FileRow::from_cells(&cells, &Mapping::recognise(&headings))
}

#[test]
fn a_full_row_becomes_a_lead() {
    let row = row(
        "Vorname,Nachname,E-Mail,Telefon,Firma,Funktion,Straße,Hausnummer,Adresszusatz,PLZ,Ort,Bundesland,Land,Produkt,Quelle,Anliegen,Notiz",
        &[
            " Zoe\u{308} ", "Groß", "zoe@nordwind.example", "+49 30 1234", "Groß\u{7} AG", "Chefin", "Am Wall", "5", "Hof", "01067", "Dresden",
            "Sachsen", "deutschland", "Solar", "Messe", "eins\r\nzwei", "intern",
        ],
    )
    .expect("a lead");

    assert_eq!(row.input.first_name, "Zoë");
    assert_eq!(row.input.company, "Groß AG");
    assert_eq!(row.input.street, "Am Wall 5, Hof");
    assert_eq!(
        (row.input.postal_code.as_str(), row.input.country.as_str()),
        ("01067", "DE")
    );
    assert_eq!(row.input.need, "eins\nzwei");
    assert!(row.remarks.is_empty());
}

#[test]
fn a_full_name_is_split_only_without_columns_for_its_parts() {
    let split = lead("Name,E-mail", &["Ana  María Ruiz", "ana@westwind.example"]).expect("a lead");
    let single = lead("Name,E-mail", &["Ana", "ana@westwind.example"]).expect("a lead");
    let parts = lead(
        "Name,Last name,E-mail",
        &["Dr. Ana Ruiz", "Ruiz", "ana@westwind.example"],
    )
    .expect("a lead");

    assert_eq!(
        (split.first_name.as_str(), split.last_name.as_str()),
        ("Ana  María", "Ruiz")
    );
    assert_eq!((single.first_name.as_str(), single.last_name.as_str()), ("", "Ana"));
    assert_eq!((parts.first_name.as_str(), parts.last_name.as_str()), ("", "Ruiz"));
}

#[test]
fn an_unknown_country_is_kept_in_the_internal_note() {
    let row = row(
        "Name,E-mail,Country,Notes",
        &["Ana", "ana@westwind.example", "Atlantis", "met"],
    )
    .expect("a lead");

    assert_eq!(row.input.country, "");
    assert_eq!(row.input.internal_note, "met\nCountry in the file: Atlantis");
    assert_eq!(row.remarks.len(), 1);
}

#[test]
fn what_is_no_address_is_kept_in_the_internal_note() {
    let row = row("E-mail", &["L2wCCrXlVskCHtfY9e4EyA=="]).expect("a lead");

    assert_eq!(row.input.email, "");
    assert_eq!(row.input.internal_note, "E-mail in the file: L2wCCrXlVskCHtfY9e4EyA==");
    assert_eq!(row.remarks.len(), 1);
}

#[test]
fn the_first_of_several_contacts_is_taken() {
    let emails =
        r#"[{"label": "work", "value": "contact@wilson.example"}, {"label": "home", "value": "home@wilson.example"}]"#;
    let phones = r#"[{"label": "work", "value": "5454445454"}]"#;
    let lead = lead("name,emails,contact_numbers", &["Wilson Fisk", emails, phones]).expect("a lead");

    assert_eq!(lead.email, "contact@wilson.example");
    assert_eq!(lead.phone, "5454445454");
    assert!(lead.internal_note.contains("home@wilson.example"));
}

#[test]
fn the_mobile_stands_in_for_the_phone_or_goes_to_the_note() {
    let alone = lead("Name,Phone,Mobile", &["Ana", "N/A", "+49 171 1"]).expect("a lead");
    let second = lead("Name,Phone,Mobile", &["Ana", "+49 30 1", "+49 171 1"]).expect("a lead");
    let word = lead("Name,Phone", &["Ana", "ask reception"]).expect("a lead");

    assert_eq!((alone.phone.as_str(), alone.internal_note.as_str()), ("+49 171 1", ""));
    assert_eq!(
        (second.phone.as_str(), second.internal_note.as_str()),
        ("+49 30 1", "Mobile: +49 171 1")
    );
    assert_eq!(
        (word.phone.as_str(), word.internal_note.as_str()),
        ("", "Phone in the file: ask reception")
    );
}

#[test]
fn words_for_nothing_count_as_nothing_but_not_in_names() {
    let lead = lead(
        "Last name,E-mail,Product,Source",
        &["Null", "a@b.example", "Select", "n/a"],
    )
    .expect("a lead");

    assert_eq!(
        (lead.product.as_str(), lead.source.as_str(), lead.last_name.as_str()),
        ("", "", "Null")
    );
}

#[test]
fn cells_that_look_like_formulas_stay_as_they_are() {
    let lead = lead(
        "Name,E-mail,Phone,Notes",
        &["=1+1", "a@b.example", "+49 30 901820", "'=SUM(A1)"],
    )
    .expect("a lead");

    assert_eq!(
        (
            lead.last_name.as_str(),
            lead.phone.as_str(),
            lead.internal_note.as_str()
        ),
        ("=1+1", "+49 30 901820", "'=SUM(A1)")
    );
}

#[test]
fn a_lead_must_be_reachable_and_have_a_name_or_an_address() {
    assert_eq!(lead("Name,City", &["Ana", "Ulm"]), Err(RowProblem::Unreachable));
    assert_eq!(lead("Name,E-mail", &["Ana", "n/a"]), Err(RowProblem::Unreachable));
    assert_eq!(lead("Name,Phone", &["", "+49 30 1"]), Err(RowProblem::Nameless));
    assert!(lead("Name,E-mail", &["", "a@b.example"]).is_ok());
    assert!(lead("Name,Street,City", &["Ana", "Am Wall 5", "Ulm"]).is_ok());
    assert!(lead("Company,Phone", &["Ruiz SL", "+49 30 1"]).is_ok());
}

#[test]
fn values_that_are_too_long_reject_the_row_and_name_the_field() {
    let long = "é".repeat(201);

    assert_eq!(
        lead("Company,E-mail", &[&long, "a@b.example"]),
        Err(RowProblem::TooLong {
            label: "Company",
            length: 201,
            limit: 200
        })
    );
    assert!(lead("Company,E-mail", &[&long[2..], "a@b.example"]).is_ok());
}

#[test]
fn letters_lost_before_are_remarked() {
    let row = row("Name,E-mail", &["Ren\u{FFFD}", "a@b.example"]).expect("a lead");

    assert!(row.remarks[0].contains('\u{FFFD}'));
}
