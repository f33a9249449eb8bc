//! The values that columns hold: ids, references, moments, named states, and personal data that never prints itself.

use std::fmt;

use chrono::{Datelike, NaiveDate, NaiveDateTime, SubsecRound, TimeDelta, Timelike};
use diesel::backend::Backend;
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Timestamp;
use rand::Rng;
use serde::{Deserialize, Serialize};

/// A moment in UTC with microseconds, the precision that both databases keep.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow, Serialize, Deserialize,
)]
#[diesel(sql_type = Timestamp)]
pub struct UtcTime(NaiveDateTime);

impl UtcTime {
    pub fn new(moment: NaiveDateTime) -> Self {
        UtcTime(moment.trunc_subsecs(6))
    }

    /// The moment `microseconds` after 1970 began, in UTC; keyset cursors carry times so.
    pub fn from_micros(microseconds: i64) -> Option<Self> {
        chrono::DateTime::from_timestamp_micros(microseconds).map(|moment| UtcTime(moment.naive_utc()))
    }

    pub fn as_micros(self) -> i64 {
        self.0.and_utc().timestamp_micros()
    }

    pub fn naive(self) -> NaiveDateTime {
        self.0
    }

    pub fn date(self) -> NaiveDate {
        self.0.date()
    }

    pub fn start_of_minute(self) -> Self {
        self - TimeDelta::microseconds(self.as_micros().rem_euclid(60_000_000))
    }

    pub fn start_of_hour(self) -> Self {
        self - TimeDelta::microseconds(self.as_micros().rem_euclid(3_600_000_000))
    }

    /// `2026-05-04T09:30:00Z`, for the `datetime` attribute and for files.
    pub fn iso(self) -> String {
        let (date, time) = (self.0.date(), self.0.time());
        let mut text = String::with_capacity(20);
        push_digits(&mut text, date.year().unsigned_abs(), 4);
        for (before, number) in [
            ('-', date.month()),
            ('-', date.day()),
            ('T', time.hour()),
            (':', time.minute()),
            (':', time.second()),
        ] {
            text.push(before);
            push_digits(&mut text, number, 2);
        }
        text.push('Z');
        text
    }
}

/// Writes a number with so many digits at least. A list writes hundreds: reading a format for each would be felt.
pub(crate) fn push_digits(text: &mut String, number: u32, least: u32) {
    if number >= 10 || least > 1 {
        push_digits(text, number / 10, least.saturating_sub(1));
    }
    text.push(char::from(b'0' + (number % 10) as u8));
}

impl std::ops::Add<TimeDelta> for UtcTime {
    type Output = UtcTime;
    fn add(self, delta: TimeDelta) -> UtcTime {
        UtcTime(self.0 + delta)
    }
}

impl std::ops::Sub<TimeDelta> for UtcTime {
    type Output = UtcTime;
    fn sub(self, delta: TimeDelta) -> UtcTime {
        UtcTime(self.0 - delta)
    }
}

impl std::ops::Sub for UtcTime {
    type Output = TimeDelta;
    fn sub(self, earlier: UtcTime) -> TimeDelta {
        self.0 - earlier.0
    }
}

impl<DB: Backend> ToSql<Timestamp, DB> for UtcTime
where
    NaiveDateTime: ToSql<Timestamp, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.to_sql(out)
    }
}

/// Personal data of a lead: its `Debug` prints `…`, so that no log line and no error can carry it.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sensitive<T>(pub T);

impl<T> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl<T> std::ops::Deref for Sensitive<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

/// Letters and digits that nobody takes for one another when reading them aloud (Crockford's base 32).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// `length` random characters of 5 bits each, from the operating system's generator.
pub fn random_text(length: usize) -> String {
    let mut generator = rand::rng();
    (0..length)
        .map(|_| ALPHABET[(generator.next_u32() & 31) as usize] as char)
        .collect()
}

/// Makes a newtype over a column type.
macro_rules! column_newtype {
    ($(#[$meta:meta])* $name:ident($inner:ty) as $sql:ty) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, diesel::expression::AsExpression,
            diesel::deserialize::FromSqlRow, serde::Serialize, serde::Deserialize,
        )]
        #[diesel(sql_type = $sql)]
        #[serde(transparent)]
        pub struct $name($inner);

        impl<DB: diesel::backend::Backend> diesel::serialize::ToSql<$sql, DB> for $name
        where
            $inner: diesel::serialize::ToSql<$sql, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, DB>) -> diesel::serialize::Result {
                self.0.to_sql(out)
            }
        }

        impl<DB: diesel::backend::Backend> diesel::deserialize::FromSql<$sql, DB> for $name
        where
            $inner: diesel::deserialize::FromSql<$sql, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                <$inner as diesel::deserialize::FromSql<$sql, DB>>::from_sql(bytes).map($name)
            }
        }
    };
}

macro_rules! ids {
    ($($name:ident),* $(,)?) => {$(
        column_newtype!(
            /// The key of a row; never reused, never shown.
            $name(i64) as diesel::sql_types::BigInt
        );
        impl Copy for $name {}
        impl $name {
            pub fn new(id: i64) -> Self {
                $name(id)
            }
            pub fn get(self) -> i64 {
                self.0
            }
        }
    )*};
}

ids!(
    UserId,
    PartnerId,
    LeadId,
    ConfirmationId,
    TextId,
    AssignmentId,
    ImportId,
    SessionId,
    EventId,
    LinkId,
    MessageId,
    NoticeId,
    DestroyTaskId,
    BulkActId,
    ViewId
);

column_newtype!(
    /// The public name of a record in URLs: 26 random characters (130 bits), so that nobody guesses another one
    /// (ASVS 5.0 V11.5.1).
    Reference(String) as diesel::sql_types::Text
);

impl Reference {
    const LENGTH: usize = 26;

    pub fn random() -> Self {
        Reference(random_text(Self::LENGTH))
    }

    /// `None` for everything that this program never gave out; it is then as unknown as a reference of no record.
    pub fn parse(text: &str) -> Option<Self> {
        let known = text.len() == Self::LENGTH && text.bytes().all(|byte| ALPHABET.contains(&byte));
        known.then(|| Reference(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Declares an enum that is stored as text; the words are those of the column's CHECK.
#[macro_export]
macro_rules! text_enum {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, diesel::expression::AsExpression,
            diesel::deserialize::FromSqlRow, serde::Serialize, serde::Deserialize,
        )]
        #[diesel(sql_type = diesel::sql_types::Text)]
        pub enum $name { $($(#[$variant_meta])* #[serde(rename = $text)] $variant),* }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),* }
            }

            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some($name::$variant),)* _ => None }
            }
        }

        impl<DB: diesel::backend::Backend> diesel::serialize::ToSql<diesel::sql_types::Text, DB> for $name
        where
            str: diesel::serialize::ToSql<diesel::sql_types::Text, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, DB>) -> diesel::serialize::Result {
                <str as diesel::serialize::ToSql<diesel::sql_types::Text, DB>>::to_sql(self.as_str(), out)
            }
        }

        impl<DB: diesel::backend::Backend> diesel::deserialize::FromSql<diesel::sql_types::Text, DB> for $name
        where
            String: diesel::deserialize::FromSql<diesel::sql_types::Text, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                let text = <String as diesel::deserialize::FromSql<diesel::sql_types::Text, DB>>::from_sql(bytes)?;
                $name::parse(&text).ok_or_else(|| concat!("unknown ", stringify!($name)).into())
            }
        }
    };
}
