//! What waits for somebody at a partner: notices to read, and to be answered tasks about copies and questions about leads.

use diesel::prelude::*;

use crate::db::DbConn;
use crate::db::page::{Counted, ROWS};
use crate::db::schema::{destroy_tasks, partner_leads};
use crate::db::types::{Reference, UtcTime};
use crate::domain::access::PartnerScope;
use crate::domain::destroy_tasks::{COUNTED, own};
use crate::domain::leads::partner::{OpenedKeys, opened_keys};
use crate::domain::leads::staff;
use crate::domain::notices::unread_by_partner;

/// How much of each waits, up to [`COUNTED`] and one more.
#[derive(Debug, Clone, Copy)]
pub struct ToDo {
    pub notices: i64,
    pub tasks: i64,
    pub questions: i64,
}

/// How much waits for this person, in one statement: every page of the portal shows it.
pub fn count(conn: &mut DbConn, scope: &PartnerScope) -> QueryResult<ToDo> {
    let tasks = own(scope)
        .filter(destroy_tasks::answer.is_null())
        .select(destroy_tasks::id)
        .limit(COUNTED + 1);
    let questions = scope
        .leads()
        .filter(partner_leads::asked_at.is_not_null())
        .filter(partner_leads::cycle_answer.is_null())
        .select(partner_leads::assignment_id)
        .limit(COUNTED + 1);
    let counted = (Counted(unread_by_partner(scope)), Counted(tasks), Counted(questions));
    let (notices, tasks, questions) = diesel::select(counted).get_result(conn)?;
    Ok(ToDo {
        notices,
        tasks,
        questions,
    })
}

/// A lead that the vendor asks about.
#[derive(Debug, Clone, Queryable)]
pub struct AskedLead {
    pub reference: Reference,
    first_name: String,
    last_name: String,
    company: String,
    pub product: String,
    pub country: String,
    pub asked_at: UtcTime,
    pub opened_at: Option<UtcTime>,
    keys: OpenedKeys,
}

impl AskedLead {
    /// `Anna Öberg, Nordlicht GmbH`, once the lead is opened.
    pub fn title(&self) -> Option<String> {
        self.opened_at?;
        Some(staff::title(&self.first_name, &self.last_name, &self.company))
    }
}

/// The leads that this person is asked about, longest asked first; as many as one page shows.
pub fn questions(conn: &mut DbConn, scope: &PartnerScope) -> QueryResult<Vec<AskedLead>> {
    let asked: Vec<AskedLead> = scope
        .leads()
        .filter(partner_leads::asked_at.is_not_null())
        .filter(partner_leads::cycle_answer.is_null())
        .select((
            partner_leads::reference,
            partner_leads::first_name,
            partner_leads::last_name,
            partner_leads::company,
            partner_leads::product,
            partner_leads::country,
            partner_leads::asked_at.assume_not_null(),
            partner_leads::opened_at,
            opened_keys(),
        ))
        .order((partner_leads::asked_at.asc(), partner_leads::assignment_id.asc()))
        .limit(ROWS)
        .load(conn)?;
    scope.note_titles(
        asked
            .iter()
            .filter(|lead| lead.opened_at.is_some())
            .map(|lead| lead.keys),
    );
    Ok(asked)
}
