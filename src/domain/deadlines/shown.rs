//! A deadline as pages show it: to whoever holds the lead, and to staff.

use diesel::prelude::*;

use super::Duty;
use crate::db::schema::partner_leads;
use crate::db::types::UtcTime;

/// What is owed until when, if anything is.
#[derive(Debug, Clone, Queryable)]
pub struct ShownDeadline {
    duty: Option<Duty>,
    soon_at: Option<UtcTime>,
    due_at: Option<UtcTime>,
}

/// How near a deadline is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nearness {
    Later,
    /// Four fifths of the time have passed.
    Soon,
    Overdue,
}

/// A deadline in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadlineWords {
    /// `Open by`.
    pub duty: &'static str,
    pub due_at: UtcTime,
    pub nearness: Nearness,
}

impl ShownDeadline {
    /// What is owed, and until when.
    pub fn owed(&self) -> Option<(Duty, UtcTime)> {
        self.duty.zip(self.due_at)
    }

    pub fn words(&self, now: UtcTime) -> Option<DeadlineWords> {
        let (duty, due_at) = self.owed()?;
        Some(DeadlineWords {
            duty: match duty {
                Duty::Open => "Open by",
                Duty::FirstUpdate | Duty::Update => "Say how it stands by",
            },
            due_at,
            nearness: if due_at <= now {
                Nearness::Overdue
            } else if self.soon_at.is_some_and(|soon| soon <= now) {
                Nearness::Soon
            } else {
                Nearness::Later
            },
        })
    }
}

/// The columns of a [`ShownDeadline`] for whoever holds the lead.
#[diesel::dsl::auto_type]
pub(in crate::domain) fn partner_columns() -> _ {
    (partner_leads::duty, partner_leads::due_soon_at, partner_leads::due_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_near_after_four_fifths_and_past_when_it_is_reached() {
        let at = |text: &str| UtcTime::new(text.parse().expect("a moment"));
        let deadline = ShownDeadline {
            duty: Some(Duty::Open),
            soon_at: Some(at("2026-05-08T09:30:00")),
            due_at: Some(at("2026-05-11T22:30:00")),
        };
        let nearness = |now: &str| deadline.words(at(now)).expect("it runs").nearness;
        assert_eq!(nearness("2026-05-08T09:29:59"), Nearness::Later);
        assert_eq!(nearness("2026-05-08T09:30:00"), Nearness::Soon);
        assert_eq!(nearness("2026-05-11T22:30:00"), Nearness::Overdue);
        let words = deadline.words(at("2026-05-04T09:30:00")).expect("it runs");
        assert_eq!((words.duty, words.due_at), ("Open by", at("2026-05-11T22:30:00")));
    }
}
