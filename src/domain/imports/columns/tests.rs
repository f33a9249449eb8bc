//! What headings mean.

use super::{ColumnUse, LeadField, Mapping, MappingProblem, recognise, synonyms};

fn headings(line: &str) -> Vec<String> {
    line.split(',').map(str::to_owned).collect()
}

fn field(heading: &str) -> Option<LeadField> {
    match recognise(heading) {
        ColumnUse::Field(field) => Some(field),
        _ => None,
    }
}

#[test]
fn names_and_labels_are_distinct_and_every_field_has_its_position() {
    for (index, field) in LeadField::ALL.into_iter().enumerate() {
        assert_eq!(field as usize, index);
        assert_eq!(LeadField::parse(field.name()), Some(field));
        assert_eq!(recognise(field.name()), ColumnUse::Field(field));
        assert_eq!(recognise(field.label()), ColumnUse::Field(field));
    }
}

#[test]
fn headings_of_four_languages_and_other_programs_are_recognised() {
    use LeadField as F;
    for (heading, expected) in [
        ("First Name", F::FirstName),
        ("first_name", F::FirstName),
        ("FirstName", F::FirstName),
        ("FIRSTNAME", F::FirstName),
        ("property_firstname", F::FirstName),
        ("given_name", F::FirstName),
        ("Vorname", F::FirstName),
        ("Prénom", F::FirstName),
        ("Apellidos", F::LastName),
        ("surname", F::LastName),
        ("ContactName", F::FullName),
        ("NAME", F::FullName),
        ("Ansprechpartner/-in", F::FullName),
        ("E-Mail-Adresse", F::Email),
        ("Correo electrónico", F::Email),
        ("E-mail (work) *", F::Email),
        ("emails", F::Email),
        ("contact_numbers", F::Phone),
        ("Téléphone", F::Phone),
        ("Handy-Nr.", F::Mobile),
        ("mobile_phone", F::Mobile),
        ("CompanyName", F::Company),
        ("Raison sociale", F::Company),
        ("title", F::JobTitle),
        ("ContactTitle", F::JobTitle),
        ("address_one", F::Street),
        ("Straße", F::Street),
        ("mailing_street", F::Street),
        ("Hausnummer", F::HouseNumber),
        ("address_two", F::Street2),
        ("suburb", F::City),
        ("Wohnort", F::City),
        ("zip", F::PostalCode),
        ("PLZ", F::PostalCode),
        ("Código postal", F::PostalCode),
        ("State/Province", F::Region),
        ("Bundesland", F::Region),
        ("País", F::Country),
        ("Land", F::Country),
        ("Produit", F::Product),
        ("lead_source", F::Source),
        ("LEADSOURCE", F::Source),
        ("Anliegen", F::Need),
        ("Observaciones", F::InternalNote),
    ] {
        assert_eq!(field(heading), Some(expected), "{heading}");
    }
    for heading in [
        "CustomerId",
        "id",
        "Fax",
        "created_at",
        "_fivetran_synced",
        "",
        "Salutation",
        "lead_value",
    ] {
        assert_eq!(recognise(heading), ColumnUse::Ignored, "{heading}");
    }
}

#[test]
fn no_heading_means_two_fields() {
    synonyms::assert_unique();
}

#[test]
fn columns_about_permission_are_never_fields() {
    for heading in [
        "Permission to Distribute",
        "_expected_permission",
        "Permission Date",
        "email_opt_in_explicit_c",
        "gdpr_opt_in_explicit_c",
        "has_opted_out_of_email",
        "opted_out",
        "is_do_not_email",
        "Do Not Call",
        "DoNotCall",
        "Einwilligung (DSGVO)",
        "Consentement",
        "Consentimiento RGPD",
        "OptIn",
        "Newsletter opt-in",
        "Legal Basis",
    ] {
        assert_eq!(recognise(heading), ColumnUse::PermissionClaim, "{heading}");
    }
    for heading in [
        "Adopting Company",
        "I agree to pay the amount through cheque",
        "Submission",
    ] {
        assert_ne!(recognise(heading), ColumnUse::PermissionClaim, "{heading}");
    }
}

#[test]
fn the_first_matching_column_gives_the_field() {
    let mapping = Mapping::recognise(&headings("E-mail,Name,email_address,,Name"));

    assert_eq!(mapping.position(LeadField::Email), Some(0));
    assert_eq!(mapping.columns()[2], ColumnUse::Duplicate(LeadField::Email));
    assert_eq!(mapping.columns()[3], ColumnUse::Ignored);
    assert_eq!(mapping.columns()[4], ColumnUse::Duplicate(LeadField::FullName));
}

#[test]
fn the_user_can_choose_other_columns() {
    let headings = headings("E-mail,Name,email_address,Consent");
    let mapping = Mapping::choose(&headings, &["", "company", "email", ""]).expect("a mapping");

    assert_eq!(mapping.position(LeadField::Email), Some(2));
    assert_eq!(mapping.columns()[3], ColumnUse::PermissionClaim);
    assert_eq!(mapping.choices(), ["", "company", "email", ""]);
    assert_eq!(Mapping::choose(&headings, &mapping.choices()), Ok(mapping));
}

#[test]
fn choices_that_do_not_fit_are_refused() {
    let headings = headings("a,b");

    assert_eq!(
        Mapping::choose(&headings, &["email", "email"]),
        Err(MappingProblem::ChosenTwice(LeadField::Email))
    );
    assert_eq!(
        Mapping::choose(&headings, &["email", "fax"]),
        Err(MappingProblem::UnknownChoice(2))
    );
    assert_eq!(
        Mapping::choose(&headings, &["email"]),
        Err(MappingProblem::OtherNumber {
            headings: 2,
            choices: 1
        })
    );
}

#[test]
fn a_mapping_without_any_way_to_reach_a_lead_is_told() {
    let check = |line| Mapping::recognise(&headings(line)).check();

    assert_eq!(check("Name,City,Country"), Err(MappingProblem::NobodyReachable));
    assert_eq!(check("Name,Street,PLZ"), Ok(()));
    assert_eq!(check("Name,Handy"), Ok(()));
}
