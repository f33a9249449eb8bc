//! Leads as a partner sees them: live, allowed at this moment, released columns only. Every query of the portal starts
//! at [`PartnerScope::leads`], which reads the view `partner_leads`; nothing else of a lead can be named from here.

pub mod home;
pub mod list;
pub mod notes;

use chrono::NaiveDate;
use diesel::helper_types::IntoBoxed;
use diesel::prelude::*;

use super::{LeadStatus, staff};
use crate::db::schema::partner_leads;
use crate::db::types::{AssignmentId, LeadId, Reference, UserId, UtcTime};
use crate::db::{DbBackend, DbConn};
use crate::domain::access::PartnerScope;
use crate::domain::assignments::deal::{Currency, Deal, DealStage};
use crate::domain::assignments::question::{self, PartnerQuestion};
use crate::domain::deadlines::shown::{self, ShownDeadline};
use crate::domain::disclosures::Disclosure;
use crate::domain::disclosures::looks::{Look, TITLE};

/// A lead that waits to be opened: nothing that identifies anybody.
#[derive(Debug, Clone, Queryable)]
pub struct WaitingLead {
    pub reference: Reference,
    pub country: String,
    pub product: String,
    pub received_at: UtcTime,
    /// Whom it was given to; nobody when it is the partner's as a whole.
    pub colleague: Option<String>,
    pub question: PartnerQuestion,
    pub deadline: ShownDeadline,
}

/// An opened lead with all that is released to the partner.
#[derive(Clone, Queryable)]
pub struct PartnerLead {
    pub reference: Reference,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub phone: String,
    pub company: String,
    pub job_title: String,
    pub street: String,
    pub city: String,
    pub postal_code: String,
    pub region: String,
    pub country: String,
    pub product: String,
    pub need: String,
    pub next_step: String,
    pub next_step_on: Option<NaiveDate>,
    pub status: LeadStatus,
    pub received_at: UtcTime,
    pub opened_at: UtcTime,
    /// Who opened it.
    pub opener: Option<String>,
    /// Whom it was given to; nobody when it is the partner's as a whole.
    pub colleague: Option<String>,
    pub closed_at: Option<UtcTime>,
    pub closer: Option<String>,
    pub closing_reason: Option<String>,
    pub closing_remark: String,
    deal_amount: Option<i64>,
    deal_currency: Option<String>,
    deal_stage: Option<DealStage>,
    deal_expected_on: Option<NaiveDate>,
    pub question: PartnerQuestion,
    pub deadline: ShownDeadline,
    keys: OpenedKeys,
}

impl PartnerLead {
    /// What it was converted to, if it was.
    pub fn deal(&self) -> Option<Deal> {
        Some(Deal {
            amount: self.deal_amount?,
            currency: Currency::parse(self.deal_currency.as_deref()?)?,
            stage: self.deal_stage?,
            expected_on: self.deal_expected_on?,
        })
    }

    /// `Anna Öberg, Nordlicht GmbH`, or what there is of it.
    pub fn title(&self) -> String {
        staff::title(&self.first_name, &self.last_name, &self.company)
    }
}

/// Which hand-over shows an opened lead, and who opened it.
#[derive(Debug, Clone, Copy, Queryable)]
pub struct OpenedKeys {
    pub(in crate::domain) lead: LeadId,
    pub(in crate::domain) assignment: AssignmentId,
    opened_by: Option<UserId>,
}

impl OpenedKeys {
    /// The look of whoever did not open it; opening was a disclosure of its own.
    fn look(self, scope: &PartnerScope, kind: Disclosure, fields: &'static str) -> Option<Look> {
        (self.opened_by != Some(scope.user())).then_some(Look {
            lead: self.lead,
            assignment: self.assignment,
            kind,
            fields,
        })
    }
}

/// The columns of [`OpenedKeys`].
#[diesel::dsl::auto_type]
pub(in crate::domain) fn opened_keys() -> _ {
    (
        partner_leads::lead_id,
        partner_leads::assignment_id,
        partner_leads::opened_by,
    )
}

impl PartnerScope {
    /// Notes that the titles of these opened leads are shown.
    pub(in crate::domain) fn note_titles(&self, shown: impl IntoIterator<Item = OpenedKeys>) {
        let titles = shown
            .into_iter()
            .filter_map(|keys| keys.look(self, Disclosure::Listed, TITLE));
        self.note_looks(titles);
    }
}

/// What a partner finds under a reference.
#[derive(Clone)]
pub enum Seen {
    Waiting(Box<WaitingLead>),
    Opened(Box<PartnerLead>),
}

type Visible<'a> = IntoBoxed<'a, partner_leads::table, DbBackend>;

impl PartnerScope {
    /// The only way to leads from the portal: a manager's are the partner's, a member's are the own ones.
    pub(in crate::domain) fn leads<'a>(&self) -> Visible<'a> {
        let visible = partner_leads::table
            .filter(partner_leads::partner_id.eq(self.partner()))
            .into_boxed();
        if self.is_manager() {
            visible
        } else {
            visible.filter(partner_leads::user_id.eq(self.user()))
        }
    }
}

/// What an act on a lead needs to know of it.
#[derive(Debug, Clone, Queryable)]
pub(in crate::domain) struct VisibleKeys {
    pub lead: LeadId,
    pub assignment: AssignmentId,
    /// Whom it was given to; nobody when it is the partner's as a whole.
    pub user: Option<UserId>,
    pub opened_at: Option<UtcTime>,
    pub status: LeadStatus,
}

/// The keys of a lead that this person may see now.
pub(in crate::domain) fn keys(
    conn: &mut DbConn,
    scope: &PartnerScope,
    reference: &Reference,
) -> QueryResult<Option<VisibleKeys>> {
    scope
        .leads()
        .filter(partner_leads::reference.eq(reference))
        .select((
            partner_leads::lead_id,
            partner_leads::assignment_id,
            partner_leads::user_id,
            partner_leads::opened_at,
            partner_leads::status,
        ))
        .first(conn)
        .optional()
}

/// The reference of an opened lead that this person may see now.
pub(in crate::domain) fn reference_of(
    conn: &mut DbConn,
    scope: &PartnerScope,
    lead: LeadId,
) -> QueryResult<Option<Reference>> {
    scope
        .leads()
        .filter(partner_leads::lead_id.eq(lead))
        .filter(partner_leads::opened_at.is_not_null())
        .select(partner_leads::reference)
        .first(conn)
        .optional()
}

/// The lead with this reference, if this person may see it now.
pub fn find(conn: &mut DbConn, scope: &PartnerScope, reference: &Reference) -> QueryResult<Option<Seen>> {
    let opened = scope
        .leads()
        .filter(partner_leads::reference.eq(reference))
        .filter(partner_leads::opened_at.is_not_null())
        .select((
            partner_leads::reference,
            partner_leads::first_name,
            partner_leads::last_name,
            partner_leads::email,
            partner_leads::phone,
            partner_leads::company,
            partner_leads::job_title,
            partner_leads::street,
            partner_leads::city,
            partner_leads::postal_code,
            partner_leads::region,
            partner_leads::country,
            partner_leads::product,
            partner_leads::need,
            partner_leads::next_step,
            partner_leads::next_step_on,
            partner_leads::status,
            partner_leads::assigned_at,
            partner_leads::opened_at.assume_not_null(),
            partner_leads::opener,
            partner_leads::colleague,
            partner_leads::closed_at,
            partner_leads::closer,
            partner_leads::closing_reason,
            partner_leads::closing_remark,
            partner_leads::deal_amount,
            partner_leads::deal_currency,
            partner_leads::deal_stage,
            partner_leads::deal_expected_on,
            question::partner_columns(),
            shown::partner_columns(),
            opened_keys(),
        ))
        .first::<PartnerLead>(conn)
        .optional()?;
    if let Some(lead) = opened {
        scope.note_looks(lead.keys.look(scope, Disclosure::Viewed, Disclosure::Viewed.fields()));
        return Ok(Some(Seen::Opened(Box::new(lead))));
    }
    let waiting = scope
        .leads()
        .filter(partner_leads::reference.eq(reference))
        .filter(partner_leads::opened_at.is_null())
        .select((
            partner_leads::reference,
            partner_leads::country,
            partner_leads::product,
            partner_leads::assigned_at,
            partner_leads::colleague,
            question::partner_columns(),
            shown::partner_columns(),
        ))
        .first::<WaitingLead>(conn)
        .optional()?;
    Ok(waiting.map(|lead| Seen::Waiting(Box::new(lead))))
}

/// How a lead is called above a form about it.
pub struct NamedLead {
    /// `Anna Öberg, Nordlicht GmbH`, once the lead is opened.
    pub title: Option<String>,
    pub product: String,
    pub country: String,
}

/// The name of the lead with this reference, if this person may see it now.
pub fn named(conn: &mut DbConn, scope: &PartnerScope, reference: &Reference) -> QueryResult<Option<NamedLead>> {
    type Row = (String, String, String, String, String, Option<UtcTime>, OpenedKeys);
    let found: Option<Row> = scope
        .leads()
        .filter(partner_leads::reference.eq(reference))
        .select((
            partner_leads::first_name,
            partner_leads::last_name,
            partner_leads::company,
            partner_leads::product,
            partner_leads::country,
            partner_leads::opened_at,
            opened_keys(),
        ))
        .first(conn)
        .optional()?;
    Ok(
        found.map(|(first_name, last_name, company, product, country, opened_at, keys)| {
            scope.note_titles(opened_at.map(|_| keys));
            NamedLead {
                title: opened_at.map(|_| staff::title(&first_name, &last_name, &company)),
                product,
                country,
            }
        }),
    )
}
