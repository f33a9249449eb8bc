//! The day of a next step as pages of the portal show it.

use chrono::NaiveDate;

use crate::domain::leads::LeadStatus;
use crate::web::here::Here;

/// A day by which something is to be done.
pub struct Due {
    pub iso: String,
    /// `31 May 2026`.
    pub text: String,
    /// `Overdue` or `Today`, while the lead is open.
    pub mark: &'static str,
}

impl Due {
    pub fn new(day: NaiveDate, status: LeadStatus, here: Here) -> Self {
        let mark = match day.cmp(&here.today()) {
            _ if status != LeadStatus::Open => "",
            std::cmp::Ordering::Less => "Overdue",
            std::cmp::Ordering::Equal => "Today",
            std::cmp::Ordering::Greater => "",
        };
        Due {
            iso: day.to_string(),
            text: day.format("%-d %B %Y").to_string(),
            mark,
        }
    }

    /// The kind of tag that the mark is shown as.
    pub fn tag(&self) -> &'static str {
        if self.mark == "Overdue" { "attention" } else { "waiting" }
    }
}
