//! What a person is told inside the application, for the same events as by mail, so that mail is a convenience and not
//! a need. A notice names what it is about and holds no data of a lead; it is shown only while its reader may see that.

use std::collections::HashMap;

use diesel::dsl::exists;
use diesel::helper_types::{IntoBoxed, Select};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable};

use crate::db::page::{Cursor, Direction, Page, ROWS};
use crate::db::schema::{assignments, destroy_tasks, leads, notices, partner_leads, partners};
use crate::db::types::{AssignmentId, DestroyTaskId, NoticeId, Reference, UserId, UtcTime};
use crate::db::{DbBackend, DbConn, Tx, update_kept};
use crate::domain::access::{PartnerScope, StaffScope};
use crate::domain::outbox::{About, Message};

/// Unread notices are counted up to here.
pub const COUNTED: i64 = 99;

/// A notice to staff: which partner opened which lead.
#[derive(Debug, Clone, Queryable)]
pub struct StaffNotice {
    pub reference: Reference,
    pub kind: Message,
    pub lead: Reference,
    pub partner: String,
    pub created_at: UtcTime,
    pub read_at: Option<UtcTime>,
}

/// A notice to somebody at a partner.
#[derive(Debug, Clone)]
pub struct PartnerNotice {
    pub reference: Reference,
    pub kind: Message,
    /// The lead that it is about; none for a task.
    pub lead: Option<SeenLead>,
    pub created_at: UtcTime,
    pub read_at: Option<UtcTime>,
}

/// What of a lead tells which one it is, and identifies nobody.
#[derive(Debug, Clone, Queryable)]
pub struct SeenLead {
    pub reference: Reference,
    pub product: String,
    pub country: String,
}

/// Writes a notice, in the transaction of the act that it tells of.
pub fn write(tx: &mut Tx<'_>, kind: Message, recipient: UserId, about: About, now: UtcTime) -> QueryResult<()> {
    diesel::insert_into(notices::table)
        .values((
            notices::reference.eq(Reference::random()),
            notices::kind.eq(kind),
            notices::recipient_id.eq(recipient),
            notices::assignment_id.eq(about.assignment()),
            notices::destroy_task_id.eq(about.destroy_task()),
            notices::created_at.eq(now),
        ))
        .execute(&mut **tx)
        .map(|_| ())
}

/// What was told is no longer so (an opened lead waits no longer): whoever was told need not read it any more.
pub fn settle(tx: &mut Tx<'_>, kind: Message, assignment: AssignmentId, now: UtcTime) -> QueryResult<()> {
    update_kept(
        notices::table
            .filter(notices::assignment_id.eq(assignment))
            .filter(notices::kind.eq(kind))
            .filter(notices::read_at.is_null()),
        notices::read_at.eq(now),
    )
    .execute(&mut **tx)
    .map(|_| ())
}

/// A task that was answered waits no longer.
pub fn settle_task(tx: &mut Tx<'_>, task: DestroyTaskId, now: UtcTime) -> QueryResult<()> {
    diesel::update(
        notices::table
            .filter(notices::destroy_task_id.eq(task))
            .filter(notices::read_at.is_null()),
    )
    .set(notices::read_at.eq(now))
    .execute(&mut **tx)
    .map(|_| ())
}

/// Whether this person was told the same and has not read it.
pub fn is_unread(tx: &mut Tx<'_>, kind: Message, recipient: UserId) -> QueryResult<bool> {
    let unread = notices::table
        .filter(notices::recipient_id.eq(recipient))
        .filter(notices::kind.eq(kind))
        .filter(notices::read_at.is_null());
    diesel::select(exists(unread)).get_result(&mut **tx)
}

/// Marks everything as read that this person was told until now.
pub fn mark_all_read(tx: &mut Tx<'_>, reader: UserId, now: UtcTime) -> QueryResult<usize> {
    diesel::update(
        notices::table
            .filter(notices::recipient_id.eq(reader))
            .filter(notices::read_at.is_null())
            .filter(notices::created_at.le(now)),
    )
    .set(notices::read_at.eq(now))
    .execute(&mut **tx)
}

type Readable<'a> = IntoBoxed<'a, notices::table, DbBackend>;

/// The notices of somebody at a partner about what this person may see now; the same rules as for leads and tasks.
/// Each side is asked for the notice at hand: joined from outside, the view would be read whole for every page.
fn readable<'a>(scope: &PartnerScope) -> Readable<'a> {
    let is_manager = scope.is_manager();
    let leads = partner_leads::table
        .filter(partner_leads::assignment_id.nullable().eq(notices::assignment_id))
        .filter(partner_leads::partner_id.eq(scope.partner()))
        .filter(
            partner_leads::user_id
                .eq(scope.user())
                .or(is_manager.into_sql::<Nullable<Bool>>()),
        );
    let tasks = destroy_tasks::table
        .filter(destroy_tasks::id.nullable().eq(notices::destroy_task_id))
        .filter(destroy_tasks::partner_id.eq(scope.partner()))
        .filter(
            destroy_tasks::holder_id
                .eq(scope.user())
                .or(is_manager.into_sql::<Nullable<Bool>>()),
        );
    notices::table
        .filter(notices::recipient_id.eq(scope.user()))
        .filter(exists(leads).or(exists(tasks)))
        .into_boxed()
}

/// The notices that somebody at a partner has not read, up to [`COUNTED`] and one more: what the list shows of them.
pub(in crate::domain) fn unread_by_partner<'a>(
    scope: &PartnerScope,
) -> IntoBoxed<'a, Select<notices::table, notices::id>, DbBackend> {
    readable(scope)
        .filter(notices::read_at.is_null())
        .select(notices::id)
        .limit(COUNTED + 1)
}

/// How many notices a member of staff has not read, up to [`COUNTED`] and one more.
pub fn unread_by_staff(conn: &mut DbConn, scope: &StaffScope) -> QueryResult<i64> {
    let unread: Vec<NoticeId> = notices::table
        .filter(notices::recipient_id.eq(scope.user()))
        .filter(notices::read_at.is_null())
        .select(notices::id)
        .limit(COUNTED + 1)
        .load(conn)?;
    Ok(unread.len() as i64)
}

/// The notices of somebody at a partner, newest first; one about a lead that this person no longer sees is gone.
pub fn for_partner(
    conn: &mut DbConn,
    scope: &PartnerScope,
    cursor: Option<&Cursor>,
) -> QueryResult<Page<PartnerNotice>> {
    let mut query = readable(scope)
        .select((
            notices::reference,
            notices::kind,
            notices::assignment_id,
            notices::created_at,
            notices::read_at,
        ))
        .limit(ROWS + 1);
    let at = beside(conn, scope.user(), cursor)?;
    query = match at {
        Some((Direction::Before, id)) => query.filter(notices::id.gt(id)).order(notices::id.asc()),
        Some((Direction::After, id)) => query.filter(notices::id.lt(id)).order(notices::id.desc()),
        None => query.order(notices::id.desc()),
    };
    type Found = (Reference, Message, Option<AssignmentId>, UtcTime, Option<UtcTime>);
    let found = query.load::<Found>(conn)?;
    let about: Vec<AssignmentId> = found.iter().filter_map(|(_, _, assignment, ..)| *assignment).collect();
    let seen: HashMap<AssignmentId, SeenLead> = scope
        .leads()
        .filter(partner_leads::assignment_id.eq_any(about))
        .select((
            partner_leads::assignment_id,
            (partner_leads::reference, partner_leads::product, partner_leads::country),
        ))
        .load(conn)?
        .into_iter()
        .collect();
    let rows = found
        .into_iter()
        .map(|(reference, kind, assignment, created_at, read_at)| PartnerNotice {
            reference,
            kind,
            lead: assignment.and_then(|assignment| seen.get(&assignment).cloned()),
            created_at,
            read_at,
        })
        .collect();
    Ok(Page::cut(rows, cursor.filter(|_| at.is_some()), |row| &row.reference))
}

/// The notices of a member of staff, newest first.
pub fn for_staff(conn: &mut DbConn, scope: &StaffScope, cursor: Option<&Cursor>) -> QueryResult<Page<StaffNotice>> {
    let mut query = notices::table
        .inner_join(assignments::table.inner_join(leads::table).inner_join(partners::table))
        .filter(notices::recipient_id.eq(scope.user()))
        .select((
            notices::reference,
            notices::kind,
            leads::reference,
            partners::name,
            notices::created_at,
            notices::read_at,
        ))
        .limit(ROWS + 1)
        .into_boxed();
    let at = beside(conn, scope.user(), cursor)?;
    query = match at {
        Some((Direction::Before, id)) => query.filter(notices::id.gt(id)).order(notices::id.asc()),
        Some((Direction::After, id)) => query.filter(notices::id.lt(id)).order(notices::id.desc()),
        None => query.order(notices::id.desc()),
    };
    let rows = query.load::<StaffNotice>(conn)?;
    Ok(Page::cut(rows, cursor.filter(|_| at.is_some()), |row| &row.reference))
}

/// Where a page begins: the id behind a cursor that names one of the reader's own notices.
fn beside(conn: &mut DbConn, reader: UserId, cursor: Option<&Cursor>) -> QueryResult<Option<(Direction, NoticeId)>> {
    let Some(cursor) = cursor else { return Ok(None) };
    let id = notices::table
        .filter(notices::reference.eq(&cursor.row))
        .filter(notices::recipient_id.eq(reader))
        .select(notices::id)
        .first(conn)
        .optional()?;
    Ok(id.map(|id| (cursor.direction, id)))
}
