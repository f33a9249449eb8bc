//! Bulk acts as they are stored, and what became of their leads.

use diesel::prelude::*;

use super::turn::Task;
use super::{BulkKind, BulkState, Outcome};
use crate::db::DbConn;
use crate::db::page::ROWS;
use crate::db::schema::{bulk_act_leads, bulk_acts, leads, partners, users};
use crate::db::types::{BulkActId, PartnerId, Reference, UserId, UtcTime};
use crate::domain::access::StaffScope;
use crate::domain::leads::staff::title;
use crate::domain::permission::gate::ReceivingParty;

/// A bulk act, and how far it is.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = bulk_acts)]
pub struct BulkAct {
    pub id: BulkActId,
    pub reference: Reference,
    pub user_id: UserId,
    pub kind: BulkKind,
    partner_id: Option<PartnerId>,
    recipient_id: Option<UserId>,
    pub state: BulkState,
    pub lead_count: i64,
    pub done_count: i64,
    pub refused_count: i64,
    pub created_at: UtcTime,
    pub finished_at: Option<UtcTime>,
}

impl BulkAct {
    /// What is done to each lead.
    pub fn task(&self) -> Task {
        match (self.kind, self.partner_id) {
            (BulkKind::Assign, Some(partner)) => Task::Assign(ReceivingParty {
                partner,
                user: self.recipient_id,
            }),
            (BulkKind::Recall, _) => Task::Recall,
            (BulkKind::Remind, _) => Task::Remind,
            (BulkKind::Assign, None) => {
                unreachable!("the schema gives every assigning bulk act its partner (bulk_acts_recipient_fits)")
            }
        }
    }

    /// How many leads had their turn.
    pub fn taken(&self) -> i64 {
        self.done_count + self.refused_count
    }
}

/// A bulk act with the names of people.
#[derive(Debug, Clone)]
pub struct NamedAct {
    pub act: BulkAct,
    /// Who started it.
    pub user: String,
    /// Who receives the leads: `Nora Lindqvist, Northwind`.
    pub recipient: Option<String>,
}

type Named = (BulkAct, String, Option<String>, Option<String>);

impl From<Named> for NamedAct {
    fn from((act, user, partner, recipient): Named) -> Self {
        let recipient = partner.map(|partner| match recipient {
            Some(name) => format!("{name}, {partner}"),
            None => partner,
        });
        NamedAct { act, user, recipient }
    }
}

macro_rules! named {
    ($query:expr) => {{
        let (user, recipient) = diesel::alias!(users as starters, users as recipients);
        $query
            .inner_join(user.on(user.field(users::id).eq(bulk_acts::user_id)))
            .left_join(recipient.on(recipient.field(users::id).nullable().eq(bulk_acts::recipient_id)))
            .left_join(partners::table)
            .select((
                BulkAct::as_select(),
                user.field(users::name),
                partners::name.nullable(),
                recipient.field(users::name).nullable(),
            ))
    }};
}

/// The bulk act with this reference.
pub fn find(conn: &mut DbConn, _scope: &StaffScope, reference: &Reference) -> QueryResult<NamedAct> {
    let found: Named = named!(bulk_acts::table)
        .filter(bulk_acts::reference.eq(reference))
        .first(conn)?;
    Ok(found.into())
}

/// The newest bulk acts of everybody.
pub fn newest(conn: &mut DbConn, _scope: &StaffScope) -> QueryResult<Vec<NamedAct>> {
    let found: Vec<Named> = named!(bulk_acts::table)
        .order(bulk_acts::id.desc())
        .limit(ROWS)
        .load(conn)?;
    Ok(found.into_iter().map(NamedAct::from).collect())
}

/// What became of one lead.
#[derive(Debug, Clone)]
pub struct Place {
    pub position: i64,
    pub outcome: Outcome,
    /// Why it was refused; empty otherwise.
    pub reason: String,
    /// Reference and title; none when the lead was erased since.
    pub lead: Option<(Reference, String)>,
}

type PlaceRow = (i64, Outcome, String, Option<(Reference, String, String, String)>);

impl From<PlaceRow> for Place {
    fn from((position, outcome, reason, lead): PlaceRow) -> Self {
        Place {
            position,
            outcome,
            reason,
            lead: lead.map(|(reference, first, last, company)| (reference, title(&first, &last, &company))),
        }
    }
}

macro_rules! places {
    ($act:expr, $after:expr, $limit:expr) => {
        bulk_act_leads::table
            .left_join(leads::table)
            .filter(bulk_act_leads::bulk_act_id.eq($act))
            .filter(bulk_act_leads::position.gt($after))
            .select((
                bulk_act_leads::position,
                bulk_act_leads::outcome,
                bulk_act_leads::reason,
                (leads::reference, leads::first_name, leads::last_name, leads::company).nullable(),
            ))
            .order(bulk_act_leads::position)
            .limit($limit)
    };
}

/// Some of the leads in their order, behind the one at this position.
pub fn places(
    conn: &mut DbConn,
    _scope: &StaffScope,
    act: BulkActId,
    after: i64,
    limit: i64,
) -> QueryResult<Vec<Place>> {
    let rows: Vec<PlaceRow> = places!(act, after, limit).load(conn)?;
    Ok(rows.into_iter().map(Place::from).collect())
}

/// The first of those that were refused.
pub fn refused(conn: &mut DbConn, _scope: &StaffScope, act: BulkActId, limit: i64) -> QueryResult<Vec<Place>> {
    let rows: Vec<PlaceRow> = places!(act, 0, limit)
        .filter(bulk_act_leads::outcome.eq(Outcome::Refused))
        .load(conn)?;
    Ok(rows.into_iter().map(Place::from).collect())
}
