//! The rows of a download as the cells of a table. Every cell is a text: nothing in it is computed.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

use crate::db::types::UtcTime;
use crate::domain::assignments::question::PartnerQuestion;
use crate::domain::deadlines::Duty;
use crate::domain::deadlines::shown::ShownDeadline;
use crate::domain::leads::LeadStatus;
use crate::domain::leads::partner::WaitingLead;
use crate::domain::leads::partner::list::PartnerLeadRow;
use crate::domain::leads::partner::list::download::Download;
use crate::web::csv;
use crate::web::view::country_name;

const COLUMNS: usize = 15;

/// The columns of the list, with their width in Excel; whom a lead is with is for managers.
const HEADINGS: [(&str, f64); COLUMNS] = [
    ("Status", 12.0),
    ("Name", 24.0),
    ("Company", 28.0),
    ("Phone", 20.0),
    ("E-mail", 32.0),
    ("Country", 16.0),
    ("Product", 20.0),
    ("Next step", 32.0),
    ("Until", 12.0),
    ("Newest note", 48.0),
    ("Deadline", 20.0),
    ("Deadline (UTC)", 18.0),
    ("Question", 20.0),
    ("Received (UTC)", 18.0),
    ("With", 22.0),
];

pub struct Table {
    rows: Vec<Vec<String>>,
    columns: usize,
}

impl Table {
    pub fn new(download: Download, is_manager: bool, partner: &str) -> Self {
        let columns = HEADINGS.len() - usize::from(!is_manager);
        let waiting = download.waiting.into_iter().map(|lead| of_waiting(lead, partner));
        let opened = download.opened.into_iter().map(|lead| of_opened(lead, partner));
        let rows = waiting
            .chain(opened)
            .map(|cells| cells.into_iter().take(columns).collect())
            .collect();
        Table { rows, columns }
    }

    /// UTF-8 with a mark, so that Excel reads it as such.
    pub fn csv(&self) -> String {
        let mut file = String::from(csv::MARK);
        file.push_str(&csv::row(HEADINGS.iter().take(self.columns).map(|(name, _)| *name)));
        for row in &self.rows {
            file.push_str(&csv::row(row.iter().map(String::as_str)));
        }
        file
    }

    /// # Errors
    /// The writer refuses a cell, which the limits of the fields rule out.
    pub fn xlsx(&self, now: UtcTime) -> Result<Vec<u8>, XlsxError> {
        let mut workbook = Workbook::new();
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&excel_time(now)?));
        let sheet = workbook.add_worksheet();
        sheet.set_name("Leads")?;
        sheet.set_freeze_panes(1, 0)?;
        let bold = Format::new().set_bold();
        for (column, (name, width)) in (0..).zip(HEADINGS.iter().take(self.columns)) {
            sheet.write_string_with_format(0, column, *name, &bold)?;
            sheet.set_column_width(column, *width)?;
        }
        for (line, row) in (1..).zip(&self.rows) {
            for (column, cell) in (0..).zip(row).filter(|(_, cell)| !cell.is_empty()) {
                sheet.write_string(line, column, cell)?;
            }
        }
        workbook.save_to_buffer()
    }
}

/// The clock of the application, not of the machine, stands in the file.
fn excel_time(now: UtcTime) -> Result<ExcelDateTime, XlsxError> {
    use chrono::{Datelike, Timelike};
    let now = now.naive();
    ExcelDateTime::from_ymd(now.year().unsigned_abs() as u16, now.month() as u8, now.day() as u8)?.and_hms(
        now.hour() as u16,
        now.minute() as u8,
        now.second(),
    )
}

fn of_waiting(lead: WaitingLead, partner: &str) -> [String; COLUMNS] {
    let nothing = String::new;
    let (owed, due) = owed(&lead.deadline);
    [
        LeadStatus::Unopened.label().to_owned(),
        nothing(),
        nothing(),
        nothing(),
        nothing(),
        country_name(&lead.country).to_owned(),
        lead.product,
        nothing(),
        nothing(),
        nothing(),
        owed,
        due,
        question(&lead.question),
        in_utc(lead.received_at),
        lead.colleague.unwrap_or_else(|| partner.to_owned()),
    ]
}

fn of_opened(lead: PartnerLeadRow, partner: &str) -> [String; COLUMNS] {
    let (owed, due) = owed(&lead.deadline);
    let name = if lead.has_name() { lead.name() } else { String::new() };
    [
        lead.status.label().to_owned(),
        name,
        lead.company,
        lead.phone,
        lead.email,
        country_name(&lead.country).to_owned(),
        lead.product,
        lead.next_step,
        lead.next_step_on.map(|day| day.to_string()).unwrap_or_default(),
        lead.status_note,
        owed,
        due,
        question(&lead.question),
        in_utc(lead.received_at),
        lead.colleague.unwrap_or_else(|| partner.to_owned()),
    ]
}

/// What is owed, and until when.
fn owed(deadline: &ShownDeadline) -> (String, String) {
    deadline.owed().map_or_else(Default::default, |(duty, due_at)| {
        let words = match duty {
            Duty::Open => "Open it",
            Duty::FirstUpdate | Duty::Update => "Say how it stands",
        };
        (words.to_owned(), in_utc(due_at))
    })
}

/// As the list marks it.
fn question(question: &PartnerQuestion) -> String {
    if question.is_open() {
        "Question for you".to_owned()
    } else {
        String::new()
    }
}

fn in_utc(moment: UtcTime) -> String {
    moment.naive().format("%Y-%m-%d %H:%M").to_string()
}
