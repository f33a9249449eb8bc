//! What became of the leads that were handed over lately: altogether, and with each partner.

use std::collections::{BTreeSet, HashMap};

use chrono::TimeDelta;
use diesel::prelude::*;

use super::Ending;
use crate::db::schema::{assignments, leads, partners};
use crate::db::types::{LeadId, PartnerId, Reference, UtcTime};
use crate::db::{DbConn, remembered};
use crate::domain::access::StaffScope;
use crate::domain::leads::LeadStatus;

/// The days that are looked back over.
pub const DAYS: i64 = 90;

/// No more hand-overs are looked at than so many, the newest.
pub const LOOKED_AT: i64 = 5_000;

/// So many partners are told, those with the most leads.
pub const PARTNERS: usize = 8;

/// How far leads came. A lead counts once for each partner that received it, however often it changed hands there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcomes {
    pub handed_over: i64,
    pub opened: i64,
    /// Won, lost or converted.
    pub closed: i64,
    /// Won or converted.
    pub won: i64,
    pub declined: i64,
}

/// The leads of one partner.
#[derive(Debug, Clone)]
pub struct PartnerOutcomes {
    pub reference: Reference,
    pub name: String,
    pub outcomes: Outcomes,
    /// Half of the opened ones were opened within this time.
    pub median_to_open: Option<TimeDelta>,
}

/// The hand-overs of the last days.
#[derive(Debug, Clone)]
pub struct Recent {
    pub all: Outcomes,
    /// Most leads first.
    pub partners: Vec<PartnerOutcomes>,
    /// How many partners received leads.
    pub partner_count: usize,
    /// There were more hand-overs than are looked at.
    pub is_cut: bool,
}

#[derive(Queryable)]
struct Row {
    lead: LeadId,
    partner: PartnerId,
    assigned_at: UtcTime,
    opened_at: Option<UtcTime>,
    closed_at: Option<UtcTime>,
    ending: Option<Ending>,
    status: LeadStatus,
}

/// A question that is remembered: since when.
#[derive(PartialEq, Eq, Hash)]
struct Since(UtcTime);

/// Looks back over the newest hand-overs of the last [`DAYS`], counted from the last full hour.
pub fn look_back(conn: &mut DbConn, _scope: &StaffScope, now: UtcTime) -> QueryResult<Recent> {
    let since = now.start_of_hour() - TimeDelta::days(DAYS);
    remembered(conn, Since(since), |conn| read(conn, since))
}

fn read(conn: &mut DbConn, since: UtcTime) -> QueryResult<Recent> {
    let rows: Vec<Row> = assignments::table
        .inner_join(leads::table)
        .filter(assignments::assigned_at.ge(since))
        .select((
            assignments::lead_id,
            assignments::partner_id,
            assignments::assigned_at,
            assignments::opened_at,
            assignments::closed_at,
            assignments::ending,
            leads::status,
        ))
        .order((assignments::assigned_at.desc(), assignments::id.desc()))
        .limit(LOOKED_AT + 1)
        .load(conn)?;
    // Apart from the hand-overs: thousands of them name the same few.
    let names: Vec<(PartnerId, Reference, String)> = partners::table
        .filter(partners::id.eq_any(rows.iter().map(|row| row.partner).collect::<BTreeSet<_>>()))
        .select((partners::id, partners::reference, partners::name))
        .load(conn)?;
    Ok(summary(rows, names))
}

/// A lead in the hands of one partner.
struct Stay {
    first_assigned_at: UtcTime,
    first_opened_at: Option<UtcTime>,
    is_closed: bool,
    is_won: bool,
    is_declined: bool,
}

/// `rows` are the newest first; `names` has every partner that they name.
fn summary(mut rows: Vec<Row>, names: Vec<(PartnerId, Reference, String)>) -> Recent {
    let is_cut = rows.len() > LOOKED_AT as usize;
    rows.truncate(LOOKED_AT as usize);
    let mut stays: HashMap<PartnerId, HashMap<LeadId, Stay>> = HashMap::new();
    for row in rows {
        let stays_there = stays.entry(row.partner).or_default();
        match stays_there.get_mut(&row.lead) {
            // How it stands now is told by the newest.
            Some(stay) => {
                stay.first_assigned_at = row.assigned_at;
                stay.first_opened_at = row.opened_at.or(stay.first_opened_at);
            }
            None => {
                let stay = Stay {
                    first_assigned_at: row.assigned_at,
                    first_opened_at: row.opened_at,
                    is_closed: row.closed_at.is_some(),
                    is_won: row.closed_at.is_some() && matches!(row.status, LeadStatus::Won | LeadStatus::Converted),
                    is_declined: row.ending == Some(Ending::Declined),
                };
                stays_there.insert(row.lead, stay);
            }
        }
    }
    let mut partners: Vec<PartnerOutcomes> = names
        .into_iter()
        .filter_map(|(partner, reference, name)| {
            let stays_there: Vec<Stay> = stays.remove(&partner)?.into_values().collect();
            Some(PartnerOutcomes {
                reference,
                name,
                outcomes: outcomes(&stays_there),
                median_to_open: median(&stays_there),
            })
        })
        .collect();
    partners.sort_by(|a, b| (b.outcomes.handed_over, &a.name).cmp(&(a.outcomes.handed_over, &b.name)));
    let all = partners.iter().fold(Outcomes::default(), |sum, partner| Outcomes {
        handed_over: sum.handed_over + partner.outcomes.handed_over,
        opened: sum.opened + partner.outcomes.opened,
        closed: sum.closed + partner.outcomes.closed,
        won: sum.won + partner.outcomes.won,
        declined: sum.declined + partner.outcomes.declined,
    });
    let partner_count = partners.len();
    partners.truncate(PARTNERS);
    Recent {
        all,
        partners,
        partner_count,
        is_cut,
    }
}

fn outcomes(stays: &[Stay]) -> Outcomes {
    let count = |is_meant: fn(&Stay) -> bool| stays.iter().filter(|stay| is_meant(stay)).count() as i64;
    Outcomes {
        handed_over: stays.len() as i64,
        opened: count(|stay| stay.first_opened_at.is_some()),
        closed: count(|stay| stay.is_closed),
        won: count(|stay| stay.is_won),
        declined: count(|stay| stay.is_declined),
    }
}

fn median(stays: &[Stay]) -> Option<TimeDelta> {
    let mut times: Vec<TimeDelta> = stays
        .iter()
        .filter_map(|stay| Some(stay.first_opened_at? - stay.first_assigned_at))
        .collect();
    times.sort_unstable();
    let middle = times.len() / 2;
    if times.len() % 2 == 1 {
        times.get(middle).copied()
    } else {
        Some((*times.get(middle.checked_sub(1)?)? + *times.get(middle)?) / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> UtcTime {
        UtcTime::from_micros(0).expect("a moment") + TimeDelta::hours(hour)
    }

    fn row(lead: i64, partner: i64, assigned: i64, opened: Option<i64>) -> Row {
        Row {
            lead: LeadId::new(lead),
            partner: PartnerId::new(partner),
            assigned_at: at(assigned),
            opened_at: opened.map(at),
            closed_at: None,
            ending: None,
            status: LeadStatus::Open,
        }
    }

    fn summary_of(rows: Vec<Row>) -> Recent {
        let names = [1, 2].map(|id| (PartnerId::new(id), Reference::random(), format!("Partner {id}")));
        summary(rows, names.to_vec())
    }

    #[test]
    fn a_lead_counts_once_for_each_partner() {
        let moved = row(1, 1, 10, Some(14));
        let mut before = row(1, 1, 0, None);
        before.ending = Some(Ending::Reassigned);
        let elsewhere = row(1, 2, -20, None);

        let recent = summary_of(vec![moved, before, elsewhere]);

        assert_eq!((recent.all.handed_over, recent.all.opened), (2, 1));
        assert_eq!(
            recent.partners[0].median_to_open,
            Some(TimeDelta::hours(14)),
            "since it came there first"
        );
        assert_eq!(recent.partners[1].median_to_open, None);
    }

    #[test]
    fn the_newest_hand_over_tells_how_a_lead_stands() {
        let mut won = row(1, 1, 10, Some(11));
        (won.closed_at, won.status) = (Some(at(12)), LeadStatus::Converted);
        let mut declined_before = row(1, 1, 0, Some(1));
        declined_before.ending = Some(Ending::Declined);

        let recent = summary_of(vec![won, declined_before]);

        let expected = Outcomes {
            handed_over: 1,
            opened: 1,
            closed: 1,
            won: 1,
            declined: 0,
        };
        assert_eq!(recent.all, expected);
    }

    #[test]
    fn the_median_lies_in_the_middle() {
        let of = |hours: &[i64]| {
            let rows = hours.iter().zip(1..).map(|(hours, lead)| row(lead, 1, 0, Some(*hours)));
            summary_of(rows.collect()).partners[0].median_to_open
        };
        assert_eq!(of(&[9, 1, 2]), Some(TimeDelta::hours(2)));
        assert_eq!(of(&[9, 1, 2, 4]), Some(TimeDelta::hours(3)));
    }
}
