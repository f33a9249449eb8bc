//! What partners do with the leads that they opened: a note, sometimes a next step, now and then a file.

use chrono::Days;

use crate::db::Tx;
use crate::db::types::{Reference, UtcTime};
use crate::domain::access::PartnerScope;
use crate::domain::assignments::held::HeldError;
use crate::domain::assignments::next_step::{self, NextStep};
use crate::domain::assignments::note::{self, StatusNote};
use crate::domain::attachments::{self, AttachError, NewAttachment, QUOTA};

/// A note with what follows from it.
const STORIES: &[(&str, &str)] = &[
    (
        "Called, wants a demonstration next week.",
        "Demonstration by video call",
    ),
    ("Offer sent.", "Call about the offer"),
    ("Waits for the budget of next quarter.", ""),
    ("Met on site; two decision makers.", "Send the minutes to both"),
];

const OFFER: &str = "Offer\n\n40 seats, first year\nValid for 30 days\n";

/// How many stories there are.
pub const COUNT: usize = STORIES.len();

/// Lets a story happen to an opened lead; to one that went or is locked meanwhile nothing happens.
pub fn happen(
    tx: &mut Tx<'_>,
    scope: &PartnerScope,
    lead: &Reference,
    story: usize,
    now: UtcTime,
) -> anyhow::Result<()> {
    let (words, step) = STORIES[story];
    let note = StatusNote::parse(words).map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
    match note::put(tx, scope, lead, &note, now) {
        Ok(()) => {}
        Err(HeldError::Refused(_)) => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    let day = if step.is_empty() {
        String::new()
    } else {
        (now.date() + Days::new(14)).to_string()
    };
    let step = NextStep::parse(step, &day).map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
    next_step::put(tx, scope, lead, &step, now)?;
    if words == "Offer sent." {
        let offer = NewAttachment::parse("offer.txt", OFFER.as_bytes().to_vec())?;
        match attachments::attach(tx, scope, lead, &offer, QUOTA, now) {
            Ok(()) | Err(AttachError::TooMany | AttachError::NoRoom) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
