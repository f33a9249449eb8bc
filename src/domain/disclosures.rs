//! The ledger of disclosures: who received or saw which lead's data, when, how, under which confirmation
//! (GDPR Art. 5(2), 15(1)(c), 30). Append-only; it outlives the lead and holds nothing of it but its reference.

pub mod looks;

use std::collections::{HashMap, HashSet};

use diesel::dsl;
use diesel::prelude::*;

use crate::db::schema::{confirmation_texts, confirmations, disclosures, leads, partners, users};
use crate::db::types::{AssignmentId, LeadId, PartnerId, Reference, UserId, UtcTime};
use crate::db::{DbConn, Tx, on_backend};
use crate::domain::access::StaffScope;
use crate::domain::permission::Ground;
use crate::text_enum;

text_enum! {
    /// How the data came to the partner.
    pub enum Disclosure {
        /// The lead waits in the portal with what identifies nobody.
        Assigned = "assigned",
        /// A partner user opened it and saw the released fields.
        Opened = "opened",
        /// Somebody else at the partner read its page.
        Viewed = "viewed",
        /// Somebody else at the partner saw its name in a list, or above a form.
        Listed = "listed",
        /// A partner user took it out in a file of the list.
        Downloaded = "downloaded",
        /// Staff changed what a partner reads that had opened it.
        Updated = "updated",
    }
}

impl Disclosure {
    /// How it came about, in words for people.
    pub fn label(self) -> &'static str {
        match self {
            Disclosure::Assigned => "Waits in the portal",
            Disclosure::Opened => "Opened in the portal",
            Disclosure::Viewed => "Read in the portal",
            Disclosure::Listed => "Seen in a list of the portal",
            Disclosure::Downloaded => "Downloaded as a file",
            Disclosure::Updated => "Changed by staff after it was opened",
        }
    }

    /// Whether it showed who the lead is.
    pub fn identifies(self) -> bool {
        match self {
            Disclosure::Assigned => false,
            Disclosure::Opened
            | Disclosure::Viewed
            | Disclosure::Listed
            | Disclosure::Downloaded
            | Disclosure::Updated => true,
        }
    }

    /// The fields that this kind of disclosure shows at most, as they are named in the schema.
    pub fn fields(self) -> &'static str {
        match self {
            Disclosure::Assigned => "country product",
            Disclosure::Listed | Disclosure::Downloaded => "first_name last_name email phone company country product",
            Disclosure::Opened | Disclosure::Viewed | Disclosure::Updated => {
                "first_name last_name email phone company job_title street city postal_code region country product need"
            }
        }
    }
}

/// At most so many disclosures of one lead are shown.
pub const SHOWN: i64 = 500;

/// One disclosure of a lead, for staff.
#[derive(Debug, Clone, Queryable)]
pub struct Shown {
    pub kind: Disclosure,
    pub partner: String,
    /// Nobody where the lead was given to the partner as a whole.
    pub person: Option<String>,
    /// The names of the fields, parted by spaces.
    pub fields: String,
    pub ground: Option<Ground>,
    pub text_version: Option<i64>,
    pub at: UtcTime,
}

/// Who has seen a lead, the newest first (GDPR Art. 15(1)(c)).
pub fn of_lead(conn: &mut DbConn, _scope: &StaffScope, lead: LeadId) -> QueryResult<Vec<Shown>> {
    disclosures::table
        .inner_join(partners::table)
        .left_join(users::table.on(users::id.nullable().eq(disclosures::user_id)))
        .filter(disclosures::lead_id.eq(lead))
        .select((
            disclosures::act,
            partners::name,
            users::name.nullable(),
            disclosures::fields,
            disclosures::ground,
            disclosures::text_version,
            disclosures::disclosed_at,
        ))
        .order(disclosures::id.desc())
        .limit(SHOWN)
        .load(conn)
}

/// Whom a disclosure reaches, by which assignment.
#[derive(Debug, Clone, Copy)]
pub struct Receiver {
    pub assignment: AssignmentId,
    pub partner: PartnerId,
    /// Nobody where the lead was given to the partner as a whole.
    pub user: Option<UserId>,
}

/// Writes a disclosure down, in the transaction of the act that makes it, with the confirmation that it rests on.
pub fn record(
    tx: &mut Tx<'_>,
    kind: Disclosure,
    lead: LeadId,
    assignment: AssignmentId,
    partner: PartnerId,
    user: Option<UserId>,
    now: UtcTime,
) -> QueryResult<()> {
    let receiver = Receiver {
        assignment,
        partner,
        user,
    };
    record_fields(tx, kind, kind.fields(), lead, &receiver, now)
}

/// The same where not all fields were shown but these, parted by spaces.
pub fn record_fields(
    tx: &mut Tx<'_>,
    kind: Disclosure,
    fields: &str,
    lead: LeadId,
    receiver: &Receiver,
    now: UtcTime,
) -> QueryResult<()> {
    let (_, lead_reference, confirmation, ground, text_version): Basis =
        based().filter(leads::id.eq(lead)).get_result(&mut **tx)?;
    diesel::insert_into(disclosures::table)
        .values((
            disclosures::lead_id.eq(lead),
            disclosures::lead_reference.eq(lead_reference),
            disclosures::assignment_id.eq(receiver.assignment),
            disclosures::partner_id.eq(receiver.partner),
            disclosures::user_id.eq(receiver.user),
            disclosures::act.eq(kind),
            disclosures::fields.eq(fields),
            disclosures::confirmation_id.eq(confirmation),
            disclosures::ground.eq(ground),
            disclosures::text_version.eq(text_version),
            disclosures::disclosed_at.eq(now),
        ))
        .execute(&mut **tx)
        .map(|_| ())
}

/// So many rows are written with one statement.
const AT_ONCE: usize = 500;

type Basis = (LeadId, Reference, Option<i64>, Option<Ground>, Option<i64>);

/// The same for many leads that one person took out at once, each with what it rests on; tells which were written down.
/// A lead that was erased since it was read is none of them: nothing of it may be given away any more.
pub fn record_all(
    tx: &mut Tx<'_>,
    kind: Disclosure,
    taken: &[(LeadId, AssignmentId)],
    partner: PartnerId,
    user: Option<UserId>,
    now: UtcTime,
) -> QueryResult<HashSet<LeadId>> {
    let mut written = HashSet::new();
    for some in taken.chunks(AT_ONCE) {
        let leads: Vec<LeadId> = some.iter().map(|(lead, _)| *lead).collect();
        let bases = bases(tx, &leads)?;
        written.extend(bases.iter().map(|basis| basis.0));
        let bases: HashMap<LeadId, Basis> = bases.into_iter().map(|basis| (basis.0, basis)).collect();
        let rows: Vec<NewDisclosure<'_>> = some
            .iter()
            .filter_map(|(lead, assignment)| {
                let (_, reference, confirmation, ground, version) = bases.get(lead)?;
                Some(NewDisclosure {
                    lead_id: *lead,
                    lead_reference: reference,
                    assignment_id: *assignment,
                    partner_id: partner,
                    user_id: user,
                    act: kind,
                    fields: kind.fields(),
                    confirmation_id: *confirmation,
                    ground: *ground,
                    text_version: *version,
                    disclosed_at: now,
                })
            })
            .collect();
        on_backend!(&mut **tx, |conn| diesel::insert_into(disclosures::table)
            .values(&rows)
            .execute(conn))?;
    }
    Ok(written)
}

/// What the disclosure of a lead rests on.
#[dsl::auto_type(no_type_alias)]
fn based() -> _ {
    // One after the other: SQLite reads the whole of a join within a join.
    let text = confirmation_texts::id.nullable().eq(confirmations::text_id);
    leads::table
        .left_join(confirmations::table)
        .left_join(confirmation_texts::table.on(text))
        .select((
            leads::id,
            leads::reference,
            confirmations::id.nullable(),
            confirmations::ground.nullable(),
            confirmation_texts::version.nullable(),
        ))
}

/// The same for each of these leads; those that are gone are left out.
fn bases(conn: &mut DbConn, wanted: &[LeadId]) -> QueryResult<Vec<Basis>> {
    based().filter(leads::id.eq_any(wanted.to_vec())).load(conn)
}

#[derive(Insertable)]
#[diesel(table_name = disclosures, treat_none_as_default_value = false)]
struct NewDisclosure<'a> {
    lead_id: LeadId,
    lead_reference: &'a Reference,
    assignment_id: AssignmentId,
    partner_id: PartnerId,
    user_id: Option<UserId>,
    act: Disclosure,
    fields: &'a str,
    confirmation_id: Option<i64>,
    ground: Option<Ground>,
    text_version: Option<i64>,
    disclosed_at: UtcTime,
}
