//! Working time: what passes on the working days of a country, by the clock of a time zone. Public holidays count as
//! working days: there is no list of them that is right for every company.

use chrono::{Datelike, NaiveTime, TimeDelta, Weekday};

use crate::db::types::UtcTime;
use crate::domain::zone::Zone;

/// When people at a partner work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkingTime {
    zone: Zone,
    weekend: &'static [Weekday],
}

impl WorkingTime {
    /// `country` is an ISO 3166-1 alpha-2 code; one that is not known rests on Saturday and Sunday. `zone` is a name of
    /// the time zone database; one that is not known is UTC.
    pub fn new(country: &str, zone: &str) -> Self {
        WorkingTime {
            zone: Zone::stored(zone),
            weekend: weekend(country),
        }
    }

    /// The moment when `span` of working time has passed since `start`. A start on a weekend counts from its end.
    pub fn after(&self, start: UtcTime, span: TimeDelta) -> UtcTime {
        let mut local = self.zone.wall_clock(start);
        let mut left = span;
        loop {
            let next_day = (local.date() + TimeDelta::days(1)).and_time(NaiveTime::MIN);
            if !self.weekend.contains(&local.weekday()) {
                let today = next_day - local;
                if left <= today {
                    return self.zone.to_utc(local + left);
                }
                left -= today;
            }
            local = next_day;
        }
    }
}

/// The days of rest of a country (Unicode CLDR 48, supplemental data, `weekData`).
fn weekend(country: &str) -> &'static [Weekday] {
    match country {
        "AF" => &[Weekday::Thu, Weekday::Fri],
        "BH" | "DZ" | "EG" | "IL" | "IQ" | "JO" | "KW" | "LY" | "OM" | "QA" | "SA" | "SD" | "SY" | "YE" => {
            &[Weekday::Fri, Weekday::Sat]
        }
        "IR" => &[Weekday::Fri],
        "IN" | "UG" => &[Weekday::Sun],
        _ => &[Weekday::Sat, Weekday::Sun],
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDateTime;

    use super::*;

    fn utc(text: &str) -> UtcTime {
        UtcTime::new(NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap())
    }

    #[test]
    fn a_day_ends_at_the_same_time_of_the_next_working_day() {
        let berlin = WorkingTime::new("DE", "Europe/Berlin");
        let table = [
            // From Monday to Tuesday; from Friday to Monday; a weekend counts for nothing.
            ("2026-05-04 09:00", 1, "2026-05-05 09:00"),
            ("2026-05-08 09:00", 1, "2026-05-11 09:00"),
            ("2026-05-04 09:00", 5, "2026-05-11 09:00"),
            // Saturday noon: counted from Monday 00:00 in Berlin, which is 22:00 on Sunday in UTC.
            ("2026-05-09 10:00", 1, "2026-05-11 22:00"),
            // Over the change to summer time (29 March 2026) the clock on the wall stays.
            ("2026-03-27 09:00", 1, "2026-03-30 08:00"),
            // And back (25 October 2026).
            ("2026-10-23 08:00", 1, "2026-10-26 09:00"),
        ];
        for (start, days, end) in table {
            assert_eq!(
                berlin.after(utc(start), TimeDelta::days(days)),
                utc(end),
                "{start} + {days}"
            );
        }
    }

    #[test]
    fn every_country_rests_on_its_own_days() {
        // 7 May 2026 is a Thursday.
        let start = utc("2026-05-07 12:00");
        let after = |country| WorkingTime::new(country, "UTC").after(start, TimeDelta::days(1));
        assert_eq!(after("DE"), utc("2026-05-08 12:00"));
        assert_eq!(after("SA"), utc("2026-05-10 12:00"));
        assert_eq!(after("IR"), utc("2026-05-09 12:00"));
        assert_eq!(after("AF"), utc("2026-05-10 00:00"));
        assert_eq!(after("??"), utc("2026-05-08 12:00"));
    }

    #[test]
    fn a_time_that_the_clock_leaves_out_is_the_next_there_is() {
        let berlin = WorkingTime::new("SA", "Europe/Berlin");
        // Saturday and Friday rest here; 02:30 on Sunday, 29 March 2026 does not exist in Berlin.
        assert_eq!(
            berlin.after(utc("2026-03-26 01:30"), TimeDelta::days(1)),
            utc("2026-03-29 01:00")
        );
    }

    #[test]
    fn parts_of_a_day_add_up() {
        let zone = WorkingTime::new("DE", "UTC");
        let friday = utc("2026-05-08 20:00");
        assert_eq!(zone.after(friday, TimeDelta::hours(6)), utc("2026-05-11 02:00"));
        assert_eq!(zone.after(friday, TimeDelta::hours(4)), utc("2026-05-09 00:00"));
        assert_eq!(zone.after(friday, TimeDelta::zero()), friday);
    }
}
