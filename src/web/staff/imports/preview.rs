//! The second step of an import: how the file is read, and what its columns become.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;

use super::{address_of, counted, reference_in};
use crate::db::{DbConn, Error};
use crate::domain::access::StaffScope;
use crate::domain::imports::columns::{ColumnUse, LeadField, Mapping, MappingProblem};
use crate::domain::imports::encoding::Encoding;
use crate::domain::imports::stored::{self, Import, ImportState};
use crate::domain::imports::table::{Delimiter, Row, TableProblem};
use crate::domain::imports::upload;
use crate::domain::settings;
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::forms::FormData;
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page_with, see_other};

const NOT_OFFERED: WebError =
    WebError::BadRequest("The form asks for a reading that is not offered. Open the preview again.");

/// A cell is shown with so many characters.
const SHOWN: usize = 80;

/// `GET /leads/import/{reference}`
pub async fn show(staff: Staff, path: Path<String>) -> Answer {
    let reference = reference_in(&path)?;
    let import = staff
        .read(move |conn, scope, _| stored::find(conn, scope, &reference))
        .await?;
    if import.state != ImportState::Uploaded {
        return see_other(&address_of(&import));
    }
    let choices = import.choices();
    again(&staff, import, choices, StatusCode::OK, None).await
}

/// `POST /leads/import/{reference}/reading`: the same file with another encoding or separator.
pub async fn update(staff: Staff, path: Path<String>, form: FormData) -> Answer {
    let reference = reference_in(&path)?;
    let encoding = Encoding::parse(&form.text("encoding")).ok_or(NOT_OFFERED)?;
    let delimiter = Delimiter::parse(&form.text("delimiter")).ok_or(NOT_OFFERED)?;
    let (import, read) = staff
        .read_slowly(move |conn, scope, _| {
            let import = stored::find(conn, scope, &reference)?;
            let read = if import.state == ImportState::Uploaded {
                Some(upload::read_through(conn, import.id, encoding, false, Some(delimiter)))
            } else {
                None
            };
            Ok::<_, Error>((import, read))
        })
        .await?;
    match read {
        None => see_other(&address_of(&import)),
        Some(Ok(reading)) => {
            let id = import.id;
            staff.write(move |tx, _, _| upload::keep(tx, id, &reading)).await??;
            see_other(&address_of(&import))
        }
        Some(Err(problem)) => {
            let choices = import.choices();
            let problem = ("encoding".to_owned(), problem.to_string());
            again(&staff, import, choices, StatusCode::UNPROCESSABLE_ENTITY, Some(problem)).await
        }
    }
}

/// The choices of a form, or what is wrong with them and beside which column.
pub(super) fn choose(import: &Import, form: &FormData) -> (Vec<String>, Result<Mapping, (String, String)>) {
    let headings = import.headings();
    let choices: Vec<String> = (0..headings.len())
        .map(|index| form.text(&format!("column_{index}")))
        .collect();
    let chosen = Mapping::choose(&headings, &choices).and_then(|mapping| mapping.check().map(|()| mapping));
    let chosen = chosen.map_err(|problem| {
        let index = match problem {
            MappingProblem::ChosenTwice(field) => choices.iter().rposition(|choice| choice == field.name()),
            MappingProblem::UnknownChoice(number) => Some(number - 1),
            MappingProblem::NobodyReachable | MappingProblem::OtherNumber { .. } => None,
        };
        (format!("column_{}", index.unwrap_or(0)), problem.to_string())
    });
    (choices, chosen)
}

struct Found {
    is_tracking: bool,
    rows: Result<Vec<Row>, TableProblem>,
}

fn find(conn: &mut DbConn, _scope: &StaffScope, import: &Import) -> Result<Found, Error> {
    Ok(Found {
        is_tracking: settings::load(conn)?.track_permission,
        rows: upload::first_rows(conn, import),
    })
}

/// The preview with these choices.
pub(super) async fn again(
    staff: &Staff,
    import: Import,
    choices: Vec<String>,
    status: StatusCode,
    error: Option<(String, String)>,
) -> Answer {
    let asked = import.clone();
    let (frame, found) = staff.page(move |conn, scope, _| find(conn, scope, &asked)).await?;
    page_with(
        status,
        &PreviewPage::new(frame.at("import"), &import, &choices, found, error),
    )
}

#[derive(Template)]
#[template(path = "staff/imports/preview.html")]
struct PreviewPage {
    frame: StaffFrame,
    errors: Vec<(String, String)>,
    reference: String,
    note: String,
    recognised: String,
    is_guessed: bool,
    is_tracking: bool,
    has_claims: bool,
    /// What is wrong before anything was chosen.
    problem: Option<String>,
    encoding: &'static str,
    encodings: Vec<(&'static str, &'static str)>,
    delimiter: &'static str,
    delimiters: [(&'static str, &'static str); 4],
    fields: Vec<(&'static str, &'static str)>,
    columns: Vec<Column>,
    rows: Vec<PreviewRow>,
    button: String,
}

struct Column {
    index: usize,
    number: usize,
    heading: String,
    choice: String,
    note: &'static str,
    is_claim: bool,
}

struct PreviewRow {
    number: u64,
    problem: Option<String>,
    cells: Vec<String>,
}

impl PreviewPage {
    fn new(
        frame: StaffFrame,
        import: &Import,
        choices: &[String],
        found: Found,
        error: Option<(String, String)>,
    ) -> Self {
        let headings = import.headings();
        let recognised = Mapping::recognise(&headings);
        let columns: Vec<Column> = headings
            .iter()
            .zip(recognised.columns())
            .zip(choices)
            .enumerate()
            .map(|(index, ((heading, column), choice))| Column::new(index, heading, *column, choice))
            .collect();
        let used = columns.iter().filter(|column| !column.choice.is_empty()).count();
        let (rows, unreadable) = match found.rows {
            Ok(rows) => (rows, None),
            Err(problem) => (Vec::new(), Some(problem.to_string())),
        };
        let unreachable = Mapping::choose(&headings, choices)
            .ok()
            .and_then(|mapping| mapping.check().err())
            .map(|problem| problem.to_string());
        let problem = unreadable.or(unreachable).filter(|_| error.is_none());
        PreviewPage {
            frame,
            errors: error.into_iter().collect(),
            reference: import.reference.to_string(),
            note: format!("{}, {}", import.file_name, counted(import.row_count, "row", "rows")),
            recognised: format!("{used} of {}", counted(columns.len() as i64, "column", "columns")),
            is_guessed: import.is_guessed,
            is_tracking: found.is_tracking,
            has_claims: columns.iter().any(|column| column.is_claim),
            problem,
            encoding: import.encoding().name(),
            encodings: Encoding::choices()
                .map(|choice| (choice.name(), choice.label()))
                .collect(),
            delimiter: import.delimiter().name(),
            delimiters: Delimiter::ALL.map(|delimiter| (delimiter.name(), words(delimiter))),
            fields: LeadField::ALL
                .iter()
                .map(|field| (field.name(), field.label()))
                .collect(),
            button: format!("Import {}", counted(import.row_count, "lead", "leads")),
            columns,
            rows: rows.into_iter().map(PreviewRow::new).collect(),
        }
    }

    fn error(&self, field: &str) -> Option<&str> {
        self.errors
            .iter()
            .find(|(known, _)| known == field)
            .map(|(_, sentence)| sentence.as_str())
    }

    fn column_error(&self, index: &usize) -> Option<&str> {
        self.error(&format!("column_{index}"))
    }
}

impl Column {
    fn new(index: usize, heading: &str, column: ColumnUse, choice: &str) -> Self {
        let number = index + 1;
        Column {
            index,
            number,
            heading: if heading.is_empty() {
                format!("Column {number}")
            } else {
                shortened(heading)
            },
            choice: choice.to_owned(),
            note: match column {
                ColumnUse::Duplicate(_) if choice.is_empty() => "An earlier column gives this already",
                _ => "",
            },
            is_claim: column == ColumnUse::PermissionClaim,
        }
    }
}

impl PreviewRow {
    fn new(row: Row) -> Self {
        PreviewRow {
            number: row.number,
            problem: row.problem.map(|problem| problem.to_string()),
            cells: row.cells.iter().map(|cell| shortened(cell)).collect(),
        }
    }
}

fn shortened(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

fn words(delimiter: Delimiter) -> &'static str {
    match delimiter {
        Delimiter::Comma => "Comma",
        Delimiter::Semicolon => "Semicolon",
        Delimiter::Tab => "Tab",
        Delimiter::Pipe => "Vertical bar",
    }
}
