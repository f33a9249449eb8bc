//! The drawings of the start page; places and lengths are in units of the drawing.

use chrono::TimeDelta;

use crate::db::page::{COUNT_LIMIT, thousands};
use crate::domain::assignments::recent::{Outcomes, PartnerOutcomes, Recent};
use crate::domain::leads::overview::Week;

/// The leads of eight weeks as bars.
pub struct Weeks {
    pub bars: Vec<WeekBar>,
    pub description: String,
    /// The numbers beside the lines, from the bottom.
    pub scale: Vec<(i64, i64)>,
}

pub struct WeekBar {
    pub x: i64,
    pub y: i64,
    pub height: i64,
    pub middle: i64,
    pub week: String,
    pub received: String,
}

impl Weeks {
    const BOTTOM: i64 = 170;
    const HEIGHT: i64 = 150;

    pub fn new(weeks: &[Week]) -> Self {
        let most = weeks.iter().map(|week| week.received.0.min(COUNT_LIMIT)).max();
        let top = (most.unwrap_or(0).max(1) + 3) / 4 * 4;
        let bars = weeks.iter().zip(0..).map(|(week, index)| {
            let height = week.received.0.min(COUNT_LIMIT) * Self::HEIGHT / top;
            let x = 40 + 55 * index;
            WeekBar {
                x,
                y: Self::BOTTOM - height,
                height,
                middle: x + 17,
                week: week.begins.format("%-d %b").to_string(),
                received: week.received.words(),
            }
        });
        let received = |week: Option<&Week>| week.map_or_else(|| "0".to_owned(), |week| week.received.words());
        let (first, last) = (received(weeks.first()), received(weeks.last()));
        Weeks {
            bars: bars.collect(),
            description: format!("Leads received in the last eight weeks: {first} in the first, {last} in this one."),
            scale: (0..=4)
                .map(|step| (top * step / 4, Self::BOTTOM - Self::HEIGHT * step / 4))
                .collect(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.bars.iter().all(|bar| bar.received == "0")
    }
}

/// The longest bar of the drawings that lie.
const LONGEST: i64 = 220;

/// How long a bar is drawn; whatever is there is seen.
fn length(count: i64, of: i64, longest: i64) -> i64 {
    if count == 0 || of == 0 {
        0
    } else {
        (count * longest / of).max(2)
    }
}

/// How far the leads came that were handed over.
pub struct Funnel {
    pub stages: Vec<Stage>,
    pub description: String,
}

pub struct Stage {
    pub name: &'static str,
    pub count: String,
    /// Of all that were handed over: `62 %`.
    pub share: String,
    pub y: i64,
    /// Where its words stand.
    pub baseline: i64,
    pub length: i64,
    /// Where its number stands.
    pub end: i64,
}

impl Funnel {
    /// Where bars begin; their names stand before.
    pub const LEFT: i64 = 104;
    const STEP: i64 = 34;

    pub fn new(all: &Outcomes) -> Self {
        let stages = [
            ("Handed over", all.handed_over),
            ("Opened", all.opened),
            ("Closed", all.closed),
            ("Won or converted", all.won),
        ];
        let stages: Vec<Stage> = stages
            .into_iter()
            .zip(0..)
            .map(|((name, count), index)| {
                let length = length(count, all.handed_over, LONGEST - 20);
                Stage {
                    name,
                    count: thousands(count),
                    share: share(count, all.handed_over),
                    y: 2 + Self::STEP * index,
                    baseline: 18 + Self::STEP * index,
                    length,
                    end: Self::LEFT + length + 6,
                }
            })
            .collect();
        let told: Vec<String> = stages
            .iter()
            .map(|stage| format!("{} {}", stage.name.to_lowercase(), stage.count))
            .collect();
        Funnel {
            stages,
            description: format!("Of the leads: {}.", told.join(", ")),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.stages.iter().all(|stage| stage.length == 0)
    }

    pub fn left(&self) -> i64 {
        Self::LEFT
    }
}

fn share(count: i64, of: i64) -> String {
    if of == 0 {
        "–".to_owned()
    } else {
        format!("{} %", (count * 100 + of / 2) / of)
    }
}

/// What became of the leads with each partner.
pub struct PartnerChart {
    pub rows: Vec<PartnerBars>,
    pub height: i64,
    pub description: String,
    /// Partners that are not told: `and 4 more partners`.
    pub others: String,
}

pub struct PartnerBars {
    pub name: String,
    /// The name as far as the drawing has room.
    pub short_name: String,
    pub leads_href: String,
    pub handed_over: String,
    pub opened: String,
    pub won: String,
    pub declined: String,
    pub median_to_open: String,
    pub y: i64,
    pub baseline: i64,
    pub opened_length: i64,
    pub won_length: i64,
    pub declined_length: i64,
}

impl PartnerBars {
    pub fn won_y(&self) -> i64 {
        self.y + 8
    }

    pub fn declined_y(&self) -> i64 {
        self.y + 16
    }
}

impl PartnerChart {
    const STEP: i64 = 52;
    const WIDTH: i64 = 356;

    pub fn new(recent: Recent) -> Self {
        let most = recent.partners.iter().map(|partner| partner.outcomes.handed_over).max();
        let most = most.unwrap_or(0);
        let told = recent.partners.len();
        let rows: Vec<PartnerBars> = recent
            .partners
            .into_iter()
            .zip(0..)
            .map(|(partner, index)| Self::row(partner, most, index))
            .collect();
        let words: Vec<String> = rows
            .iter()
            .map(|row| {
                format!(
                    "{}: {} opened, {} won, {} declined",
                    row.name, row.opened, row.won, row.declined
                )
            })
            .collect();
        PartnerChart {
            height: Self::STEP * rows.len() as i64,
            description: words.join("; "),
            others: match recent.partner_count - told {
                0 => String::new(),
                1 => "One more partner received leads.".to_owned(),
                others => format!("{} more partners received leads.", thousands(others as i64)),
            },
            rows,
        }
    }

    fn row(partner: PartnerOutcomes, most: i64, index: i64) -> PartnerBars {
        let outcomes = &partner.outcomes;
        PartnerBars {
            short_name: shortened(&partner.name),
            name: partner.name,
            leads_href: format!("/leads?partner={}", partner.reference),
            handed_over: thousands(outcomes.handed_over),
            opened: thousands(outcomes.opened),
            won: thousands(outcomes.won),
            declined: thousands(outcomes.declined),
            median_to_open: partner.median_to_open.map_or_else(|| "–".to_owned(), time_words),
            y: Self::STEP * index + 18,
            baseline: Self::STEP * index + 12,
            opened_length: length(outcomes.opened, most, Self::WIDTH),
            won_length: length(outcomes.won, most, Self::WIDTH),
            declined_length: length(outcomes.declined, most, Self::WIDTH),
        }
    }
}

fn shortened(name: &str) -> String {
    const ROOM: usize = 24;
    if name.chars().count() <= ROOM {
        name.to_owned()
    } else {
        let kept: String = name.chars().take(ROOM - 1).collect();
        format!("{}…", kept.trim_end())
    }
}

/// A span of time in its largest unit that is still exact enough: `35 minutes`, `30 hours`, `3 days`.
fn time_words(span: TimeDelta) -> String {
    let told = |count: i64, unit: &str| format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
    match (span.num_hours(), span.num_minutes()) {
        (hours, _) if hours >= 48 => told(hours / 24, "day"),
        (hours, _) if hours >= 1 => told(hours, "hour"),
        (_, minutes) => told(minutes, "minute"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_there_is_seen() {
        assert_eq!(length(0, 10, 200), 0);
        assert_eq!(length(5, 10, 200), 100);
        assert_eq!(length(1, 100_000, 200), 2);
        assert_eq!(length(0, 0, 200), 0);
    }

    #[test]
    fn a_time_is_told_in_a_fitting_unit() {
        assert_eq!(time_words(TimeDelta::seconds(30)), "0 minutes");
        assert_eq!(time_words(TimeDelta::minutes(90)), "1 hour");
        assert_eq!(time_words(TimeDelta::hours(47)), "47 hours");
        assert_eq!(time_words(TimeDelta::hours(80)), "3 days");
    }

    #[test]
    fn a_long_name_is_shortened_in_the_drawing_alone() {
        assert_eq!(shortened("Northwind"), "Northwind");
        assert_eq!(
            shortened("A very long name of a partner AB"),
            "A very long name of a p…"
        );
    }
}
