//! The clock of whoever reads a page.

use chrono::{Datelike, NaiveDate};

use crate::db::types::UtcTime;
use crate::domain::zone::Zone;

/// This moment where the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Here {
    now: UtcTime,
    zone: Zone,
}

impl Here {
    pub fn new(now: UtcTime, zone: Zone) -> Self {
        Here { now, zone }
    }

    /// For readers whose zone nobody knows.
    pub fn unknown(now: UtcTime) -> Self {
        Self::new(now, Zone::UTC)
    }

    pub fn now(self) -> UtcTime {
        self.now
    }

    pub fn zone(self) -> Zone {
        self.zone
    }

    pub fn today(self) -> NaiveDate {
        self.zone.day(self.now)
    }
}

/// A day as addresses and forms write it: `2026-05-31`.
pub fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .filter(|day| (1..=9999).contains(&day.year()))
}
