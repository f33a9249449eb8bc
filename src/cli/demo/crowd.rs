//! As many more leads as one likes, for whoever wants to see how the product bears them: entered as an import enters
//! them, then confirmed, assigned and opened one by one through the gate.

use std::time::{Duration, Instant};

use anyhow::Context;
use chrono::TimeDelta;
use diesel::prelude::*;

use super::people::{Dice, somebody};
use super::year::{Cast, basis};
use crate::db::page::thousands;
use crate::db::schema::leads;
use crate::db::types::{LeadId, Reference, UtcTime};
use crate::db::{DbConn, PutAway, Tx, write};
use crate::domain::assignments::{assign, open};
use crate::domain::leads::{LeadDraft, intake};
use crate::domain::permission::confirmation;
use crate::domain::permission::gate::{self, GateError, ReceivingParty};
use crate::domain::permission::text;
use crate::domain::settings;

/// The largest crowd.
pub const LARGEST: usize = 10_000_000;

/// So many leads come in at one moment, as in an import.
const BATCH: usize = 250;

/// The tables that grow with every lead, and have the most indexes.
const GROWING: [&str; 2] = ["leads", "audit_events"];

/// The time over which they came in, and that in which staff worked through them.
const CAME_IN_DURING: TimeDelta = TimeDelta::days(3 * 365);
const WORKED_THROUGH_DURING: TimeDelta = TimeDelta::days(20);

/// Of a hundred leads so many are confirmed; of a hundred confirmed ones so many are assigned; of those so many opened.
const CONFIRMED: usize = 10;
const ASSIGNED: usize = 40;
const OPENED: usize = 60;

/// How often the progress is told.
const TOLD_EVERY: Duration = Duration::from_secs(2);

/// Reads the number of leads from the command line.
///
/// # Errors
/// It is no number, or none from one to [`LARGEST`].
pub fn parse_count(text: &str) -> anyhow::Result<usize> {
    let digits = text.replace([',', '_'], "");
    digits
        .parse()
        .ok()
        .filter(|count| (1..=LARGEST).contains(count))
        .with_context(|| {
            format!(
                "--leads takes a whole number from 1 to {}, not {text:?}",
                thousands(LARGEST as i64)
            )
        })
}

/// Enters `count` more leads in one transaction, and says on the way how many there are. Where most of the leads come in
/// that way, the indexes are made when they are there: nobody else reads them on PostgreSQL until then.
///
/// # Errors
/// The database refuses them; none of them stays.
pub fn enter(conn: &mut DbConn, count: usize, now: UtcTime) -> anyhow::Result<()> {
    write(conn, |tx| {
        tx.make_room()?;
        let there: i64 = leads::table.count().get_result(&mut **tx)?;
        let away: Vec<PutAway> = if there < count as i64 {
            let put_away = |table: &&str| tx.put_indexes_away(table);
            GROWING.iter().map(put_away).collect::<Result<_, _>>()?
        } else {
            Vec::new()
        };
        enter_all(tx, count, now)?;
        away.into_iter().try_for_each(|away| tx.make_indexes(away))?;
        Ok(())
    })
}

fn enter_all(tx: &mut Tx<'_>, count: usize, now: UtcTime) -> anyhow::Result<()> {
    let began = Instant::now();
    let mut crowd = Crowd::new(count, now);
    let cast = Cast::load(tx)?;
    let tracks = settings::load(tx)?.track_permission;
    let seen = text::current(tx)?.map(|text| text.version);
    let mut told = began;
    let mut batches = 0_u32;
    while crowd.entered < count {
        crowd
            .enter_batch(tx, &cast, tracks, seen)
            .with_context(|| format!("it ended after {} leads", thousands(crowd.entered as i64)))?;
        batches += 1;
        if batches.is_power_of_two() {
            tx.analyze()?;
        }
        if told.elapsed() > TOLD_EVERY || crowd.entered == count {
            told = Instant::now();
            let (entered, all) = (thousands(crowd.entered as i64), thousands(count as i64));
            println!("  {entered} of {all} leads after {} s", began.elapsed().as_secs());
        }
    }
    Ok(())
}

struct Crowd {
    count: usize,
    entered: usize,
    now: UtcTime,
    dice: Dice,
}

impl Crowd {
    fn new(count: usize, now: UtcTime) -> Self {
        // Another crowd on top of this one is of other people.
        let dice = Dice::new(now.as_micros().unsigned_abs() | 1);
        Crowd {
            count,
            entered: 0,
            now,
            dice,
        }
    }

    fn enter_batch(&mut self, tx: &mut Tx<'_>, cast: &Cast, tracks: bool, seen: Option<i64>) -> anyhow::Result<()> {
        let size = BATCH.min(self.count - self.entered);
        let (came_in, worked) = self.moments();
        let drafts = self.drafts(size)?;
        let leads = intake::create_many(tx, &cast.sofia, &drafts, "demo", came_in)?;
        for (lead, reference) in &leads {
            let is_confirmed = tracks && self.dice.chance(CONFIRMED);
            if is_confirmed {
                let basis = basis(&mut self.dice, worked);
                confirmation::confirm(tx, &cast.sofia, *lead, &basis, seen, worked)?;
            }
            if (is_confirmed || !tracks) && self.dice.chance(ASSIGNED) {
                self.hand_over(tx, cast, *lead, reference, worked)?;
            }
        }
        self.entered += size;
        Ok(())
    }

    /// When the next batch came in, and when staff worked on it.
    fn moments(&self) -> (UtcTime, UtcTime) {
        let share = |whole: TimeDelta| {
            let seconds = whole.num_seconds() * (self.count - self.entered) as i64 / self.count as i64;
            TimeDelta::seconds(seconds)
        };
        let came_in = self.now - share(CAME_IN_DURING);
        let worked = self.now - share(WORKED_THROUGH_DURING);
        (came_in, worked.max(came_in))
    }

    fn drafts(&mut self, size: usize) -> anyhow::Result<Vec<LeadDraft>> {
        let first = self.entered;
        (first..first + size)
            .map(|number| {
                let mut lead = somebody(&mut self.dice, 1_000_000 + number);
                if self.dice.chance(50) {
                    lead.last_name = surname(&mut self.dice);
                }
                if !lead.phone.is_empty() {
                    lead.phone = format!("{} {:05}", lead.phone, number % 100_000);
                }
                lead.parse().map_err(|errors| anyhow::anyhow!("{errors:?}"))
            })
            .collect()
    }

    /// Gives a lead to somebody of the cast, who may open it a little later.
    fn hand_over(
        &mut self,
        tx: &mut Tx<'_>,
        cast: &Cast,
        lead: LeadId,
        reference: &Reference,
        now: UtcTime,
    ) -> anyhow::Result<()> {
        let partner = &cast.partners[self.dice.roll(cast.partners.len())];
        let to = ReceivingParty {
            partner: partner.partner(),
            user: Some(partner.user()),
        };
        let cleared = match gate::clear(tx, &cast.sofia, lead, to, None) {
            // Somebody suspended this partner, or turned tracking on or off.
            Err(GateError::Refused(_)) => return Ok(()),
            decided => decided?,
        };
        assign::assign(tx, &cast.sofia, cleared, now)?;
        if self.dice.chance(OPENED) {
            open::open(tx, partner, reference, now)?;
        }
        Ok(())
    }
}

const SYLLABLES: [&str; 24] = [
    "al", "bor", "cas", "dal", "ek", "fjor", "gren", "hol", "in", "jor", "kar", "lund", "mar", "nor", "ol", "pet",
    "quin", "ros", "sten", "tor", "ul", "vik", "wes", "zan",
];

/// A surname that few others have.
fn surname(dice: &mut Dice) -> String {
    let mut name: String = (0..3).map(|_| SYLLABLES[dice.roll(SYLLABLES.len())]).collect();
    name[..1].make_ascii_uppercase();
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_a_number_within_bounds() {
        assert_eq!(parse_count("1").expect("a count"), 1);
        assert_eq!(parse_count("1,000,000").expect("a count"), 1_000_000);
        for wrong in ["", "0", "-5", "many", "1e6", "10000001", "99999999999999999999999"] {
            let error = parse_count(wrong).expect_err(wrong).to_string();
            assert!(error.contains("from 1 to 10,000,000"), "{error}");
        }
    }

    #[test]
    fn what_was_worked_on_had_come_in() {
        let now = UtcTime::from_micros(1_780_000_000_000_000).expect("a moment");
        let mut crowd = Crowd::new(1_000, now);
        let mut last = now - TimeDelta::days(10_000);
        for entered in (0..1_000).step_by(BATCH) {
            crowd.entered = entered;
            let (came_in, worked) = crowd.moments();
            assert!(last < came_in && came_in <= worked && worked <= now);
            last = came_in;
        }
    }
}
