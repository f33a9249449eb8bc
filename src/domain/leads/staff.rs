//! Leads as staff see them: every column.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::{LeadInput, LeadStatus};
use crate::db::DbConn;
use crate::db::schema::{assignments, deadlines, leads, partners, users};
use crate::db::types::{AssignmentId, LeadId, PartnerId, Reference, UserId, UtcTime};
use crate::domain::access::StaffScope;
use crate::domain::assignments::question::CycleAnswer;
use crate::domain::deadlines::shown::ShownDeadline;

/// One lead with everything that staff may know of it.
#[derive(Clone)]
pub struct StaffLead {
    pub id: LeadId,
    pub reference: Reference,
    pub content: LeadInput,
    pub status: LeadStatus,
    pub has_confirmation: bool,
    pub created_by: Option<String>,
    pub created_at: UtcTime,
    pub updated_at: UtcTime,
    pub lock_version: i64,
}

impl StaffLead {
    /// `Anna Öberg, Nordlicht GmbH`, or what there is of it.
    pub fn title(&self) -> String {
        title(&self.content.first_name, &self.content.last_name, &self.content.company)
    }
}

/// How a lead is called in headings and lists.
pub fn title(first_name: &str, last_name: &str, company: &str) -> String {
    // Written out: a list asks for fifty of them.
    let mut name = String::with_capacity(first_name.len() + 1 + last_name.len());
    name.push_str(first_name);
    if !(first_name.is_empty() || last_name.is_empty()) {
        name.push(' ');
    }
    name.push_str(last_name);
    match (name.is_empty(), company.is_empty()) {
        (false, false) => format!("{name}, {company}"),
        (false, true) => name,
        (true, false) => company.to_owned(),
        (true, true) => "Lead without a name".to_owned(),
    }
}

/// The lead with this reference.
pub fn find(conn: &mut DbConn, _scope: &StaffScope, reference: &Reference) -> QueryResult<Option<StaffLead>> {
    type Row = (
        LeadId,
        LeadStatus,
        bool,
        Option<String>,
        UtcTime,
        UtcTime,
        i64,
        ContentRow,
    );
    let row = leads::table
        .left_join(users::table.on(leads::created_by.eq(users::id.nullable())))
        .filter(leads::reference.eq(reference))
        .select((
            leads::id,
            leads::status,
            leads::has_confirmation,
            users::name.nullable(),
            leads::created_at,
            leads::updated_at,
            leads::lock_version,
            content_columns(),
        ))
        .first::<Row>(conn)
        .optional()?;
    Ok(row.map(
        |(id, status, has_confirmation, created_by, created_at, updated_at, lock_version, content)| StaffLead {
            id,
            reference: reference.clone(),
            content: content.into(),
            status,
            has_confirmation,
            created_by,
            created_at,
            updated_at,
            lock_version,
        },
    ))
}

/// The key of a lead, to act on it.
pub fn id_of(conn: &mut DbConn, _scope: &StaffScope, reference: &Reference) -> QueryResult<Option<LeadId>> {
    leads::table
        .filter(leads::reference.eq(reference))
        .select(leads::id)
        .first(conn)
        .optional()
}

#[derive(Queryable)]
struct ContentRow {
    first_name: String,
    last_name: String,
    email: String,
    phone: String,
    company: String,
    job_title: String,
    street: String,
    city: String,
    postal_code: String,
    region: String,
    country: String,
    product: String,
    source: String,
    need: String,
    internal_note: String,
}

/// The columns of a [`ContentRow`].
#[diesel::dsl::auto_type]
fn content_columns() -> _ {
    (
        leads::first_name,
        leads::last_name,
        leads::email,
        leads::phone,
        leads::company,
        leads::job_title,
        leads::street,
        leads::city,
        leads::postal_code,
        leads::region,
        leads::country,
        leads::product,
        leads::source,
        leads::need,
        leads::internal_note,
    )
}

impl From<ContentRow> for LeadInput {
    fn from(row: ContentRow) -> Self {
        LeadInput {
            first_name: row.first_name,
            last_name: row.last_name,
            email: row.email,
            phone: row.phone,
            company: row.company,
            job_title: row.job_title,
            street: row.street,
            city: row.city,
            postal_code: row.postal_code,
            region: row.region,
            country: row.country,
            product: row.product,
            source: row.source,
            need: row.need,
            internal_note: row.internal_note,
        }
    }
}

pub(super) fn input_of(conn: &mut DbConn, lead: LeadId) -> QueryResult<LeadInput> {
    leads::table
        .find(lead)
        .select(content_columns())
        .first::<ContentRow>(conn)
        .map(LeadInput::from)
}

/// An assignment as staff see it.
#[derive(Debug, Clone)]
pub struct StaffAssignment {
    pub id: AssignmentId,
    pub partner_id: PartnerId,
    pub user_id: Option<UserId>,
    pub partner: String,
    /// The user it went to; none for the partner as a whole.
    pub user: Option<String>,
    pub assigned_by: String,
    pub assigned_at: UtcTime,
    pub opened: Option<(String, UtcTime)>,
    pub next_step: String,
    pub next_step_on: Option<NaiveDate>,
    pub question: Option<StaffQuestion>,
    pub deadline: ShownDeadline,
}

/// What this holder was asked, and the answer.
#[derive(Debug, Clone)]
pub struct StaffQuestion {
    pub asker: String,
    pub asked_at: UtcTime,
    pub answer: Option<StaffAnswer>,
}

#[derive(Debug, Clone)]
pub struct StaffAnswer {
    pub answer: CycleAnswer,
    pub remark: String,
    pub by: String,
    pub at: UtcTime,
}

/// The live assignment of a lead, if it has one.
pub fn live_assignment(conn: &mut DbConn, _scope: &StaffScope, lead: LeadId) -> QueryResult<Option<StaffAssignment>> {
    let (receiver, assigner, opener, asker, answerer) = diesel::alias!(
        users as receiver,
        users as assigner,
        users as opener,
        users as asker,
        users as answerer
    );
    let row = assignments::table
        .inner_join(partners::table)
        .left_join(receiver.on(receiver.field(users::id).nullable().eq(assignments::user_id)))
        .inner_join(assigner.on(assigner.field(users::id).eq(assignments::assigned_by)))
        .left_join(opener.on(opener.field(users::id).nullable().eq(assignments::opened_by)))
        .left_join(deadlines::table)
        .left_join(asker.on(asker.field(users::id).nullable().eq(assignments::asked_by)))
        .left_join(answerer.on(answerer.field(users::id).nullable().eq(assignments::answered_by)))
        .filter(assignments::lead_id.eq(lead))
        .filter(assignments::ended_at.is_null())
        .select((
            assignments::id,
            assignments::partner_id,
            assignments::user_id,
            partners::name,
            receiver.field(users::name).nullable(),
            assigner.field(users::name),
            assignments::assigned_at,
            opener.field(users::name).nullable(),
            assignments::opened_at,
            assignments::next_step,
            assignments::next_step_on,
            (
                asker.field(users::name).nullable(),
                assignments::asked_at,
                assignments::cycle_answer,
                assignments::answer_remark,
                answerer.field(users::name).nullable(),
                assignments::answered_at,
            ),
            (
                deadlines::duty.nullable(),
                deadlines::four_fifths_at.nullable(),
                deadlines::due_at.nullable(),
            ),
        ))
        .first::<AssignmentRow>(conn)
        .optional()?;
    Ok(row.map(|row| StaffAssignment {
        id: row.0,
        partner_id: row.1,
        user_id: row.2,
        partner: row.3,
        user: row.4,
        assigned_by: row.5,
        assigned_at: row.6,
        opened: row.7.zip(row.8),
        next_step: row.9,
        next_step_on: row.10,
        question: question(row.11),
        deadline: row.12,
    }))
}

type AssignmentRow = (
    AssignmentId,
    PartnerId,
    Option<UserId>,
    String,
    Option<String>,
    String,
    UtcTime,
    Option<String>,
    Option<UtcTime>,
    String,
    Option<NaiveDate>,
    QuestionRow,
    ShownDeadline,
);

type QuestionRow = (
    Option<String>,
    Option<UtcTime>,
    Option<CycleAnswer>,
    String,
    Option<String>,
    Option<UtcTime>,
);

fn question((asker, asked_at, answer, remark, answerer, answered_at): QuestionRow) -> Option<StaffQuestion> {
    let given = answer.zip(answered_at);
    Some(StaffQuestion {
        asker: asker?,
        asked_at: asked_at?,
        answer: given.map(|(answer, at)| StaffAnswer {
            answer,
            remark,
            by: answerer.unwrap_or_default(),
            at,
        }),
    })
}

/// Every partner that ever held the lead, by name.
pub fn holders(conn: &mut DbConn, _scope: &StaffScope, lead: LeadId) -> QueryResult<Vec<String>> {
    assignments::table
        .inner_join(partners::table)
        .filter(assignments::lead_id.eq(lead))
        .select(partners::name)
        .distinct()
        .order(partners::name)
        .limit(100)
        .load(conn)
}
