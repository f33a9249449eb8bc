//! The tasks of a partner: a manager's are the partner's, a member's are about the leads that this person opened.

use diesel::helper_types::IntoBoxed;
use diesel::prelude::*;

use super::TaskAnswer;
use crate::db::page::{Cursor, Direction, Page, ROWS};
use crate::db::schema::{destroy_tasks, users};
use crate::db::types::{DestroyTaskId, Reference, UtcTime};
use crate::db::{DbBackend, DbConn};
use crate::domain::access::PartnerScope;

/// Open tasks are counted up to here.
pub const COUNTED: i64 = 99;

/// The newest answered tasks that the list shows below the open ones.
const ANSWERED_SHOWN: i64 = 20;

/// A task as the partner sees it.
#[derive(Debug, Clone, Queryable)]
pub struct PartnerTask {
    pub reference: Reference,
    pub product: String,
    pub received_at: UtcTime,
    pub opened_at: UtcTime,
    /// Who there opened the lead.
    pub holder: Option<String>,
    pub asked_at: UtcTime,
    pub answer: Option<TaskAnswer>,
    pub remark: String,
    pub answered_at: Option<UtcTime>,
}

type Own<'a> = IntoBoxed<'a, destroy_tasks::table, DbBackend>;

/// The only way to tasks from the portal.
pub(in crate::domain) fn own<'a>(scope: &PartnerScope) -> Own<'a> {
    let of_partner = destroy_tasks::table
        .filter(destroy_tasks::partner_id.eq(scope.partner()))
        .into_boxed();
    if scope.is_manager() {
        of_partner
    } else {
        of_partner.filter(destroy_tasks::holder_id.eq(scope.user()))
    }
}

/// The name of whoever opened the lead, by a subquery: a join would have to be boxed with every condition.
#[diesel::dsl::auto_type]
fn holder_name() -> _ {
    users::table
        .filter(users::id.nullable().eq(destroy_tasks::holder_id))
        .select(users::name)
        .single_value()
}

macro_rules! columns {
    () => {
        (
            destroy_tasks::reference,
            destroy_tasks::product,
            destroy_tasks::received_at,
            destroy_tasks::opened_at,
            holder_name(),
            destroy_tasks::asked_at,
            destroy_tasks::answer,
            destroy_tasks::remark,
            destroy_tasks::answered_at,
        )
    };
}

/// The task with this reference, if it is this person's.
pub fn find(conn: &mut DbConn, scope: &PartnerScope, reference: &Reference) -> QueryResult<Option<PartnerTask>> {
    own(scope)
        .filter(destroy_tasks::reference.eq(reference))
        .select(columns!())
        .first(conn)
        .optional()
}

/// The tasks that wait for an answer, oldest first.
pub fn open(conn: &mut DbConn, scope: &PartnerScope, cursor: Option<&Cursor>) -> QueryResult<Page<PartnerTask>> {
    let at = match cursor {
        Some(cursor) => own(scope)
            .filter(destroy_tasks::reference.eq(cursor.row.clone()))
            .select(destroy_tasks::id)
            .first::<DestroyTaskId>(conn)
            .optional()?
            .map(|id| (cursor.direction, id)),
        None => None,
    };
    let mut query = own(scope)
        .filter(destroy_tasks::answer.is_null())
        .select(columns!())
        .limit(ROWS + 1);
    query = match at {
        Some((Direction::Before, id)) => query.filter(destroy_tasks::id.lt(id)).order(destroy_tasks::id.desc()),
        Some((Direction::After, id)) => query.filter(destroy_tasks::id.gt(id)).order(destroy_tasks::id.asc()),
        None => query.order(destroy_tasks::id.asc()),
    };
    let rows = query.load::<PartnerTask>(conn)?;
    Ok(Page::cut(rows, cursor.filter(|_| at.is_some()), |row| &row.reference))
}

/// The tasks that were asked last among the answered ones.
pub fn answered(conn: &mut DbConn, scope: &PartnerScope) -> QueryResult<Vec<PartnerTask>> {
    own(scope)
        .filter(destroy_tasks::answer.is_not_null())
        .select(columns!())
        .order(destroy_tasks::id.desc())
        .limit(ANSWERED_SHOWN)
        .load(conn)
}

/// Whether any task waits for an answer.
pub fn has_open(conn: &mut DbConn, scope: &PartnerScope) -> QueryResult<bool> {
    let open: Option<DestroyTaskId> = own(scope)
        .filter(destroy_tasks::answer.is_null())
        .select(destroy_tasks::id)
        .first(conn)
        .optional()?;
    Ok(open.is_some())
}
