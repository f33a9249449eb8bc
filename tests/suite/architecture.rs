//! Who may name whom: the picture of the architecture, held against the sources.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a folder (or the file itself) with one of these endings.
fn files(place: &str, endings: &[&str]) -> Vec<PathBuf> {
    fn collect(path: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
        if path.is_dir() {
            for entry in std::fs::read_dir(path).unwrap() {
                collect(&entry.unwrap().path(), endings, found);
            }
        } else if endings
            .iter()
            .any(|ending| path.extension().is_some_and(|own| own == *ending))
        {
            found.push(path.to_owned());
        }
    }
    let path = root().join(place);
    assert!(path.exists(), "{place} is not there: has it moved?");
    let mut found = Vec::new();
    collect(&path, endings, &mut found);
    found.sort();
    found
}

/// Whether a word stands in a line by itself, not as a part of a longer one.
fn names(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + word.len()..].chars().next();
        let goes_on = before.is_some_and(is_part) && word.starts_with(is_part)
            || after.is_some_and(is_part) && word.ends_with(is_part);
        !goes_on
    })
}

/// Every line of these places that meets the test, as `path:line: text`.
fn lines_where(places: &[&str], endings: &[&str], is_meant: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for file in places.iter().flat_map(|place| files(place, endings)) {
        let source = std::fs::read_to_string(&file).unwrap();
        for (number, line) in source.lines().enumerate().filter(|(_, line)| is_meant(line)) {
            let path = file.strip_prefix(root()).unwrap().display();
            found.push(format!("{path}:{}: {}", number + 1, line.trim()));
        }
    }
    found
}

#[track_caller]
fn assert_unnamed(places: &[&str], words: &[&str]) {
    let found = lines_where(places, &["rs", "html"], |line| {
        words.iter().any(|word| names(line, word))
    });
    assert!(found.is_empty(), "{words:#?} must not be named:\n{}", found.join("\n"));
}

#[test]
fn the_domain_knows_neither_the_web_nor_mail_nor_the_wall_clock() {
    assert_unnamed(
        &["src/domain", "src/db"],
        &[
            "actix_web",
            "actix_session",
            "askama",
            "lettre",
            "crate::web",
            "Utc::now",
            "SystemTime::now",
            "Local::now",
        ],
    );
    assert_unnamed(&["src/domain"], &["SystemClock"]);
}

#[test]
fn the_web_speaks_to_the_domain_and_never_to_tables() {
    assert_unnamed(&["src/web"], &["diesel", "db::schema", "schema::", "sql_query"]);
}

#[test]
fn the_portal_can_not_name_what_a_partner_may_not_see() {
    assert_unnamed(
        &["src/web/portal", "templates/portal", "templates/layouts/portal.html"],
        &[
            "StaffScope",
            "AdminScope",
            "SystemScope",
            "Staff",
            "Admin",
            "leads::staff",
            "leads::search",
            "leads::history",
            "internal_notes",
            "domain::permission",
            "domain::settings",
            "domain::audit",
            "web::staff",
            "web::admin",
            "has_confirmation",
        ],
    );
    let found = lines_where(
        &["src/web/portal", "templates/portal", "templates/layouts/portal.html"],
        &["rs", "html"],
        |line| {
            let line = line.to_lowercase();
            ["permission", "confirm", "on hold", "on_hold", "consent", "legal ground"]
                .iter()
                .any(|word| line.contains(word))
        },
    );
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_partners_view_of_leads_reads_no_hidden_table() {
    assert_unnamed(
        &[
            "src/domain/leads/partner.rs",
            "src/domain/leads/partner",
            "src/domain/to_do.rs",
        ],
        &[
            "schema::leads",
            "leads::table",
            "confirmations",
            "has_confirmation",
            "permission",
            "internal_note",
            "internal_notes",
        ],
    );
}

#[test]
fn only_two_places_know_which_database_it_is() {
    let found = lines_where(&["src"], &["rs"], |line| names(line, "DbConn::"));
    let elsewhere: Vec<&String> = found
        .iter()
        .filter(|line| !line.starts_with("src/db/backend") && !line.starts_with("src/db/migrations.rs"))
        .collect();
    assert!(elsewhere.is_empty(), "{elsewhere:#?}");
}

#[test]
fn no_statement_is_put_together_from_text() {
    let found = lines_where(&["src"], &["rs"], |line| {
        line.contains("sql_query(format!")
            || line.contains("sql_query(&format!")
            || line.contains("batch_execute(&format!")
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn only_the_system_clock_reads_the_clock() {
    let found = lines_where(&["src"], &["rs"], |line| {
        names(line, "Utc::now") || names(line, "SystemTime::now") || names(line, "Local::now")
    });
    let elsewhere: Vec<&String> = found.iter().filter(|line| !line.starts_with("src/clock.rs")).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:#?}");
}

#[test]
fn templates_escape_everything_and_hold_no_code() {
    let attribute = |line: &str| {
        line.split(['"', ' ', '\t']).any(|part| {
            part.strip_suffix('=').is_some_and(|name| {
                name == "style"
                    || (name.starts_with("on") && name.len() > 2 && name[2..].bytes().all(|b| b.is_ascii_lowercase()))
            })
        })
    };
    // A mail can't bring a file with its styles; pages can, and their policy asks for it.
    let styled = lines_where(&["templates"], &["html"], |line| line.contains("<style"));
    assert!(
        styled.iter().all(|line| line.starts_with("templates/email/")),
        "{}",
        styled.join("\n")
    );
    let found = lines_where(&["templates"], &["html"], |line| {
        line.contains("|safe")
            || line.contains("| safe")
            || line.contains("javascript:")
            || attribute(line)
            || (line.contains("<script") && !line.contains("<script src="))
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
    let safe = lines_where(&["src"], &["rs"], |line| {
        names(line, "MarkupDisplay") || line.contains("HtmlSafe")
    });
    assert!(safe.is_empty(), "{}", safe.join("\n"));
}

#[test]
fn both_databases_have_migrations_of_the_same_names() {
    let names = |database: &str| -> Vec<String> {
        let mut names: Vec<String> = files(&format!("migrations/{database}"), &["sql"])
            .iter()
            .map(|file| {
                let folder = root().join("migrations").join(database);
                file.strip_prefix(folder).unwrap().display().to_string()
            })
            .collect();
        names.sort();
        names
    };

    let sqlite = names("sqlite");
    assert_eq!(sqlite, names("postgres"));
    assert_eq!(
        sqlite.iter().filter(|name| name.ends_with("up.sql")).count() * 2,
        sqlite.len()
    );
}
