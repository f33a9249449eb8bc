//! Time zones: by whose clock a moment is told, and when a day begins for somebody.

use chrono::{
    DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Timelike, Utc,
};
use chrono_tz::{OffsetName, Tz};
use serde::{Deserialize, Serialize};

use crate::db::types::{UtcTime, push_digits};

/// A time zone of the IANA database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "&'static str")]
pub struct Zone(Tz);

/// The name of a stored zone. One that this program no longer knows is UTC.
impl From<String> for Zone {
    fn from(name: String) -> Self {
        Zone::stored(&name)
    }
}

impl From<Zone> for &'static str {
    fn from(zone: Zone) -> Self {
        zone.name()
    }
}

impl Zone {
    pub const UTC: Zone = Zone(Tz::UTC);

    /// What is said beside the field of a zone that does not exist.
    pub const CHOOSE: &'static str = "Choose a time zone from the list, such as Europe/Stockholm";

    /// The zone of this name, such as `Europe/Berlin`.
    pub fn parse(name: &str) -> Option<Self> {
        name.parse().ok().map(Zone)
    }

    /// The zone of a stored name. One that this program no longer knows is UTC.
    pub fn stored(name: &str) -> Self {
        Self::parse(name).unwrap_or(Self::UTC)
    }

    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Every zone by name.
    pub fn all() -> impl Iterator<Item = Zone> {
        chrono_tz::TZ_VARIANTS.iter().copied().map(Zone)
    }

    fn local(self, moment: UtcTime) -> DateTime<Tz> {
        self.0.from_utc_datetime(&moment.naive())
    }

    /// What the clock on the wall shows.
    pub fn wall_clock(self, moment: UtcTime) -> NaiveDateTime {
        self.local(moment).naive_local()
    }

    /// The day of a moment.
    pub fn day(self, moment: UtcTime) -> NaiveDate {
        self.wall_clock(moment).date()
    }

    /// When a day begins.
    pub fn start_of(self, day: NaiveDate) -> UtcTime {
        self.to_utc(day.and_time(NaiveTime::MIN))
    }

    /// When the day after this one begins: the moment that is no longer of it.
    pub fn end_of(self, day: NaiveDate) -> UtcTime {
        self.start_of(day.checked_add_days(Days::new(1)).unwrap_or(day))
    }

    /// A local time that the change to summer time leaves out is the moment of that change; one that comes twice is the
    /// first.
    pub fn to_utc(self, local: NaiveDateTime) -> UtcTime {
        let moment: DateTime<Utc> = (0..=4)
            .find_map(|halves| {
                self.0
                    .from_local_datetime(&(local + TimeDelta::minutes(30 * halves)))
                    .earliest()
            })
            .map_or_else(|| local.and_utc(), |moment| moment.to_utc());
        UtcTime::new(moment.naive_utc())
    }

    /// A moment for people: `4 May 2026, 11:30 CEST`. The day stands before the comma, the time behind it.
    pub fn words(self, moment: UtcTime) -> String {
        // Written out: reading a format for each row of a list was a tenth of its page.
        let local = self.local(moment);
        let wall = local.naive_local();
        let mut text = String::with_capacity(36);
        push_digits(&mut text, wall.day(), 1);
        text.push(' ');
        text.push_str(MONTHS[wall.month0() as usize]);
        text.push(' ');
        push_digits(&mut text, wall.year().unsigned_abs(), 1);
        text.push_str(", ");
        push_digits(&mut text, wall.hour(), 2);
        text.push(':');
        push_digits(&mut text, wall.minute(), 2);
        text.push(' ');
        match local.offset().abbreviation() {
            Some(name) if name.starts_with(|c: char| c.is_ascii_alphabetic()) => text.push_str(name),
            Some(_) | None => push_offset(&mut text, local.offset().fix().local_minus_utc() / 60),
        }
        text
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `UTC+5:30`, for a zone whose time has no name.
fn push_offset(text: &mut String, minutes: i32) {
    text.push_str("UTC");
    if minutes == 0 {
        return;
    }
    text.push(if minutes < 0 { '-' } else { '+' });
    let minutes = minutes.unsigned_abs();
    push_digits(text, minutes / 60, 1);
    if !minutes.is_multiple_of(60) {
        text.push(':');
        push_digits(text, minutes % 60, 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> UtcTime {
        UtcTime::new(NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a moment"))
    }

    fn zone(name: &str) -> Zone {
        Zone::parse(name).expect("a time zone")
    }

    #[test]
    fn the_same_moment_reads_differently_in_winter_and_summer_and_elsewhere() {
        for (name, moment, words) in [
            ("UTC", "2026-05-04 09:05", "4 May 2026, 09:05 UTC"),
            ("Europe/Berlin", "2026-05-04 09:05", "4 May 2026, 11:05 CEST"),
            ("Europe/Berlin", "2026-12-31 23:30", "1 January 2027, 00:30 CET"),
            ("America/New_York", "2026-05-04 03:30", "3 May 2026, 23:30 EDT"),
            ("America/New_York", "2026-12-31 23:30", "31 December 2026, 18:30 EST"),
            ("Asia/Kolkata", "2026-05-04 09:30", "4 May 2026, 15:00 IST"),
            ("Asia/Dubai", "2026-05-04 09:30", "4 May 2026, 13:30 UTC+4"),
            ("Asia/Kathmandu", "2026-05-04 09:30", "4 May 2026, 15:15 UTC+5:45"),
            ("America/Sao_Paulo", "2026-05-04 09:30", "4 May 2026, 06:30 UTC-3"),
        ] {
            assert_eq!(zone(name).words(utc(moment)), words, "{name}");
        }
    }

    #[test]
    fn a_zone_that_nobody_knows_is_utc_when_it_is_stored_and_none_when_it_is_typed() {
        assert_eq!(Zone::stored("Europe/Nowhere"), Zone::UTC);
        assert_eq!(Zone::parse("Europe/Nowhere"), None);
        assert_eq!(Zone::stored("Europe/Berlin").name(), "Europe/Berlin");
    }

    #[test]
    fn a_day_begins_and_ends_where_the_reader_is() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        let berlin = zone("Europe/Berlin");
        assert_eq!(berlin.start_of(day("2026-05-04")), utc("2026-05-03 22:00"));
        // The day of the change to summer time has 23 hours, that of the change back 25.
        assert_eq!(berlin.start_of(day("2026-03-29")), utc("2026-03-28 23:00"));
        assert_eq!(berlin.end_of(day("2026-03-29")), utc("2026-03-29 22:00"));
        assert_eq!(berlin.end_of(day("2026-10-25")), utc("2026-10-25 23:00"));
        assert_eq!(berlin.day(utc("2026-05-03 22:00")), day("2026-05-04"));
        assert_eq!(zone("America/New_York").day(utc("2026-05-04 03:59")), day("2026-05-03"));
        // Midnight did not exist in Beirut on this day.
        assert_eq!(zone("Asia/Beirut").start_of(day("2022-03-27")), utc("2022-03-26 22:00"));
    }
}
