//! Reading moments. A list has one in each row, and for SQLite Diesel tries one format after the other.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql};
use diesel::sql_types::Timestamp;
use diesel::sqlite::Sqlite;

use super::DbBackend;
use crate::db::types::UtcTime;

impl FromSql<Timestamp, Sqlite> for UtcTime {
    fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        match as_written(value.read_text()) {
            Some(moment) => Ok(UtcTime::new(moment)),
            None => <NaiveDateTime as FromSql<Timestamp, Sqlite>>::from_sql(value).map(UtcTime::new),
        }
    }
}

#[cfg(feature = "postgres")]
impl FromSql<Timestamp, diesel::pg::Pg> for UtcTime {
    fn from_sql(value: <diesel::pg::Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        <NaiveDateTime as FromSql<Timestamp, diesel::pg::Pg>>::from_sql(value).map(UtcTime::new)
    }
}

impl FromSql<Timestamp, DbBackend> for UtcTime {
    fn from_sql(value: <DbBackend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        value.from_sql::<UtcTime, Timestamp>()
    }
}

/// The form in which Diesel writes moments: `2026-05-04 09:30:00`, with as many decimals as there are.
fn as_written(text: &str) -> Option<NaiveDateTime> {
    let number = |digits: &str| -> Option<u32> {
        let are_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
        are_digits.then(|| digits.parse().ok())?
    };
    let part = |from: usize, to: usize| number(text.get(from..to)?);
    let marks = [(4, b'-'), (7, b'-'), (10, b' '), (13, b':'), (16, b':')];
    if !marks.iter().all(|(at, mark)| text.as_bytes().get(*at) == Some(mark)) {
        return None;
    }
    let nanoseconds = match text.get(19..)?.strip_prefix('.') {
        Some(decimals) if (1..=9).contains(&decimals.len()) => {
            number(decimals)? * 10_u32.pow(9 - decimals.len() as u32)
        }
        None if text.len() == 19 => 0,
        _ => return None,
    };
    NaiveDate::from_ymd_opt(part(0, 4)?.try_into().ok()?, part(5, 7)?, part(8, 10)?)?.and_hms_nano_opt(
        part(11, 13)?,
        part(14, 16)?,
        part(17, 19)?,
        nanoseconds,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_they_were_written() {
        let noon = NaiveDate::from_ymd_opt(2026, 5, 4)
            .unwrap()
            .and_hms_opt(12, 30, 59)
            .unwrap();
        let later = noon + chrono::TimeDelta::microseconds(1_200);
        assert_eq!(as_written("2026-05-04 12:30:59"), Some(noon));
        assert_eq!(as_written("2026-05-04 12:30:59.001200"), Some(later));
        assert_eq!(as_written("2026-05-04 12:30:59.0012"), Some(later));
    }

    #[test]
    fn other_forms_are_left_to_diesel() {
        for text in [
            "",
            "2026-05-04",
            "2026-05-04T12:30:59",
            "2026-05-04 12:30:59.",
            "2026-05-04 12:30:59Z",
            "2026-13-04 12:30:59",
            "+026-05-04 12:30:59",
            "2461165.02",
        ] {
            assert_eq!(as_written(text), None, "{text}");
        }
    }
}
