//! The values of one lead, taken from one row as the mapping says; duplicates and storing are not here.

mod contacts;
mod limits;

use super::RowProblem;
use super::columns::{LeadField, Mapping};
use crate::domain::countries::Country;
use crate::domain::leads::LeadInput;
use crate::domain::text::{clean_block, clean_line};

const PLACEHOLDERS: [&str; 14] = [
    "-", "--", "---", "—", "?", ".", "n/a", "#n/a", "null", "(null)", "none", "(none)", "select", "-select-",
];

/// One row as a lead: its cleaned values, and what could not be taken over as it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileRow {
    /// Cleaned; empty texts for what the row does not give.
    pub input: LeadInput,
    /// Sentences for the person who imports.
    pub remarks: Vec<String>,
}

impl FileRow {
    /// The lead of one row, its cells by position; values that fit no field go to the internal note, with a remark.
    pub fn from_cells(cells: &[String], mapping: &Mapping) -> Result<Self, RowProblem> {
        let row = MappedRow { cells, mapping };
        let (first_name, last_name) = row.names();
        let input = LeadInput {
            first_name,
            last_name,
            company: row.line(LeadField::Company),
            job_title: row.line(LeadField::JobTitle),
            street: row.street(),
            city: row.choice(LeadField::City),
            postal_code: row.choice(LeadField::PostalCode),
            region: row.choice(LeadField::Region),
            product: row.choice(LeadField::Product),
            source: row.choice(LeadField::Source),
            need: row.block(LeadField::Need),
            internal_note: row.block(LeadField::InternalNote),
            ..LeadInput::default()
        };
        let mut lead = Self {
            input,
            remarks: Vec::new(),
        };
        let has_email = lead.take_email(&row.choice(LeadField::Email));
        let has_phone = lead.take_phones(&row.choice(LeadField::Phone), &row.choice(LeadField::Mobile));
        lead.take_country(&row.choice(LeadField::Country));
        lead.remark_lost_letters(&row);

        let values = &lead.input;
        let has_place = !values.city.is_empty() || !values.postal_code.is_empty();
        let has_address = has_place && !values.street.is_empty();
        if !has_email && !has_phone && !has_address {
            return Err(RowProblem::Unreachable);
        }
        if values.first_name.is_empty() && values.last_name.is_empty() && values.company.is_empty() && !has_email {
            return Err(RowProblem::Nameless);
        }
        limits::check(values)?;
        Ok(lead)
    }

    fn take_country(&mut self, text: &str) {
        match Country::recognise(text) {
            Some(country) => self.input.country = country.code().to_owned(),
            None if text.is_empty() => {}
            None => {
                self.note("Country in the file", text);
                self.remarks
                    .push(format!("“{text}” is no known country: kept in the internal note"));
            }
        }
    }

    fn remark_lost_letters(&mut self, row: &MappedRow<'_>) {
        if row.used_cells().any(|cell| cell.contains('\u{FFFD}')) {
            self.remarks
                .push("Letters had been lost before this file was saved: they show as �".to_owned());
        }
    }

    fn note(&mut self, label: &str, text: &str) {
        let note = &mut self.input.internal_note;
        if !note.is_empty() {
            note.push('\n');
        }
        note.push_str(label);
        note.push_str(": ");
        note.push_str(text);
    }
}

struct MappedRow<'a> {
    cells: &'a [String],
    mapping: &'a Mapping,
}

impl MappedRow<'_> {
    fn raw(&self, field: LeadField) -> &str {
        self.mapping
            .position(field)
            .and_then(|position| self.cells.get(position))
            .map_or("", String::as_str)
    }

    fn line(&self, field: LeadField) -> String {
        clean_line(self.raw(field))
    }

    fn block(&self, field: LeadField) -> String {
        clean_block(self.raw(field))
    }

    /// A line in which exports write a word for "nothing"; names are exempt, since Null is a family name.
    fn choice(&self, field: LeadField) -> String {
        let text = self.line(field);
        let is_placeholder = PLACEHOLDERS
            .iter()
            .any(|placeholder| placeholder.eq_ignore_ascii_case(&text));
        if is_placeholder { String::new() } else { text }
    }

    fn names(&self) -> (String, String) {
        let has = |field| self.mapping.position(field).is_some();
        let (first, last) = (self.line(LeadField::FirstName), self.line(LeadField::LastName));
        if has(LeadField::FirstName) || has(LeadField::LastName) {
            return (first, last);
        }
        let full = self.line(LeadField::FullName);
        match full.rsplit_once(' ') {
            Some((first, last)) => (first.trim_end().to_owned(), last.to_owned()),
            None => (String::new(), full),
        }
    }

    fn street(&self) -> String {
        let street = [self.choice(LeadField::Street), self.choice(LeadField::HouseNumber)];
        let street = joined(&street, " ");
        joined(&[street, self.choice(LeadField::Street2)], ", ")
    }

    fn used_cells(&self) -> impl Iterator<Item = &str> {
        LeadField::ALL.into_iter().map(|field| self.raw(field))
    }
}

fn joined(parts: &[String], separator: &str) -> String {
    let filled: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    filled.join(separator)
}

#[cfg(test)]
mod tests;
