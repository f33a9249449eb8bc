//! How times, countries and the like are written on pages.

use chrono::TimeDelta;

use super::here::Here;
use crate::db::types::{UtcTime, push_digits};
use crate::domain::accounts::UserState;
use crate::domain::assignments::deal::Deal;
use crate::domain::countries::Country;
use crate::domain::deadlines::shown::{Nearness, ShownDeadline};
use crate::domain::zone::Zone;

/// A moment as a page shows it: for machines, for people by the reader's clock, and as an age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    pub iso: String,
    /// `4 May 2026, 11:30 CEST`.
    pub text: String,
    /// `2 hours ago`.
    pub age: String,
}

impl Moment {
    pub fn new(moment: UtcTime, here: Here) -> Self {
        Moment {
            iso: moment.iso(),
            text: here.zone().words(moment),
            age: age(here.now() - moment),
        }
    }

    /// `4 May 2026`.
    pub fn day(&self) -> &str {
        self.text.split_once(", ").map_or("", |(day, _)| day)
    }

    /// `11:30 CEST`.
    pub fn time(&self) -> &str {
        self.text.split_once(", ").map_or("", |(_, time)| time)
    }
}

fn age(elapsed: TimeDelta) -> String {
    let told = |count: i64, unit: &str| {
        let mut text = String::with_capacity(16);
        push_digits(&mut text, count.unsigned_abs() as u32, 1);
        text.push(' ');
        text.push_str(unit);
        text.push_str(if count == 1 { " ago" } else { "s ago" });
        text
    };
    match (elapsed.num_days(), elapsed.num_hours(), elapsed.num_minutes()) {
        (days, ..) if days >= 365 => told(days / 365, "year"),
        (days, ..) if days >= 60 => told(days / 30, "month"),
        (days, ..) if days >= 1 => told(days, "day"),
        (_, hours, _) if hours >= 1 => told(hours, "hour"),
        (.., minutes) if minutes >= 1 => told(minutes, "minute"),
        _ => "just now".to_owned(),
    }
}

/// A deal in words.
pub struct DealWords {
    pub amount: String,
    pub stage: &'static str,
    pub expected: String,
}

impl DealWords {
    pub fn new(deal: &Deal) -> Self {
        DealWords {
            amount: deal.currency.words(deal.amount),
            stage: deal.stage.label(),
            expected: deal.expected_on.format("%-d %B %Y").to_string(),
        }
    }
}

/// A deadline as a page shows it: in words, whatever its colour.
pub struct Deadline {
    pub words: &'static str,
    pub due: Moment,
    /// `Due soon` or `Overdue`.
    pub mark: &'static str,
    /// The kind of tag that the mark is shown as.
    pub tag: &'static str,
}

impl Deadline {
    pub fn new(deadline: &ShownDeadline, here: Here) -> Option<Self> {
        let words = deadline.words(here.now())?;
        let (mark, tag) = match words.nearness {
            Nearness::Later => ("", ""),
            Nearness::Soon => ("Due soon", "waiting"),
            Nearness::Overdue => ("Overdue", "attention"),
        };
        Some(Deadline {
            words: words.duty,
            due: Moment::new(words.due_at, here),
            mark,
            tag,
        })
    }
}

/// A text as its paragraphs: a blank line parts them.
pub fn paragraphs(text: &str) -> Vec<String> {
    let mut paragraphs = vec![String::new()];
    for line in text.lines() {
        match paragraphs.last_mut() {
            Some(paragraph) if line.trim().is_empty() && !paragraph.is_empty() => paragraphs.push(String::new()),
            Some(paragraph) if !line.trim().is_empty() => {
                if !paragraph.is_empty() {
                    paragraph.push('\n');
                }
                paragraph.push_str(line);
            }
            _ => {}
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs
}

/// The name of a country by its code, or nothing.
pub fn country_name(code: &str) -> &'static str {
    Country::parse(code).map_or("", |country| country.name())
}

/// Code and name of every country, for a select.
pub fn country_options() -> Vec<(&'static str, &'static str)> {
    Country::all().map(|country| (country.code(), country.name())).collect()
}

/// Every time zone, for a select.
pub fn zone_options() -> Vec<(&'static str, &'static str)> {
    Zone::all().map(|zone| (zone.name(), zone.name())).collect()
}

/// What a browser says it is, in words: `Firefox on Windows`. Only words of this list are shown, never its own.
pub fn device_name(user_agent: &str) -> String {
    let first_of = |known: &[(&str, &'static str)]| {
        known
            .iter()
            .find(|(mark, _)| user_agent.contains(mark))
            .map(|(_, name)| *name)
    };
    // The order matters: each browser also claims to be the ones after it.
    let browser = first_of(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS", "Firefox"),
        ("Chrome/", "Chrome"),
        ("CriOS", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first_of(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Macintosh", "Mac"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "Unknown device".to_owned(),
    }
}

/// The kind of tag that the state of an account is shown as.
pub fn user_tag(state: UserState) -> &'static str {
    match state {
        UserState::Invited => "waiting",
        UserState::Active => "good",
        UserState::Suspended => "attention",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(at: &str, zone: &str) -> Moment {
        let moment = |text: &str| UtcTime::new(text.parse().expect("a moment"));
        let here = Here::new(moment("2026-12-31T23:30:00"), Zone::parse(zone).expect("a time zone"));
        Moment::new(moment(at), here)
    }

    #[test]
    fn a_moment_is_written_for_machines_and_for_people() {
        let moment = read("2026-12-31T21:05:07", "UTC");

        assert_eq!(moment.iso, "2026-12-31T21:05:07Z");
        assert_eq!(moment.text, "31 December 2026, 21:05 UTC");
        assert_eq!((moment.day(), moment.time()), ("31 December 2026", "21:05 UTC"));
        assert_eq!(moment.age, "2 hours ago");
    }

    #[test]
    fn the_day_of_a_moment_is_that_of_the_reader_and_machines_are_told_the_same() {
        let berlin = read("2026-12-31T23:05:07", "Europe/Berlin");
        let new_york = read("2026-12-31T23:05:07", "America/New_York");

        assert_eq!((berlin.day(), berlin.time()), ("1 January 2027", "00:05 CET"));
        assert_eq!((new_york.day(), new_york.time()), ("31 December 2026", "18:05 EST"));
        assert_eq!(berlin.iso, new_york.iso);
        assert_eq!(berlin.age, new_york.age);
    }

    #[test]
    fn a_blank_line_parts_paragraphs() {
        assert_eq!(paragraphs("a\nb\n\n \nc\n"), ["a\nb", "c"]);
        assert!(paragraphs("\n").is_empty());
    }

    #[test]
    fn a_device_is_named_with_words_of_our_own() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36";
        assert_eq!(device_name(chrome), "Chrome on Windows");
        assert_eq!(
            device_name("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5) Version/17.5 Safari/604.1"),
            "Safari on iPhone"
        );
        assert_eq!(device_name("<script>alert(1)</script>"), "Unknown device");
    }

    #[test]
    fn an_age_is_told_in_its_largest_unit() {
        assert_eq!(age(TimeDelta::seconds(59)), "just now");
        assert_eq!(age(TimeDelta::minutes(1)), "1 minute ago");
        assert_eq!(age(TimeDelta::hours(23)), "23 hours ago");
        assert_eq!(age(TimeDelta::days(59)), "59 days ago");
        assert_eq!(age(TimeDelta::days(61)), "2 months ago");
        assert_eq!(age(TimeDelta::days(800)), "2 years ago");
    }
}
