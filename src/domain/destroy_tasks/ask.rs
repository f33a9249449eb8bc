//! Asking partners to destroy their copies, in the transaction that deletes the lead.

use diesel::prelude::*;

use super::{next_message, tell};
use crate::db::Tx;
use crate::db::schema::{destroy_tasks, disclosures, leads, partners};
use crate::db::types::{DestroyTaskId, LeadId, PartnerId, Reference, UserId, UtcTime};
use crate::domain::access::StaffScope;
use crate::domain::audit::{self, Act, Subject};
use crate::domain::disclosures::Disclosure;
use crate::domain::outbox::Message;
use crate::domain::partners::PartnerState;

/// One partner to whom the person's data came.
struct Receiver {
    partner: PartnerId,
    received_at: UtcTime,
    /// When somebody there saw the data for the first time.
    opened_at: UtcTime,
    /// Who saw it last.
    holder: Option<UserId>,
}

/// Makes a task for every partner to whom personal data of the lead came, whether it has the lead now or had it once:
/// those who opened it. Whoever only had it waiting saw a product and a country, and has nothing to destroy.
pub fn ask(tx: &mut Tx<'_>, scope: &StaffScope, lead: LeadId, reference: &Reference, now: UtcTime) -> QueryResult<()> {
    let receivers = receivers(tx, lead)?;
    if receivers.is_empty() {
        return Ok(());
    }
    let product = common_product(tx, lead)?;
    for receiver in receivers {
        let is_active = partners::table
            .find(receiver.partner)
            .select(partners::state)
            .first::<PartnerState>(&mut **tx)?
            == PartnerState::Active;
        let task_reference = Reference::random();
        let (told, tell_at) = if is_active {
            (1, next_message(1, now))
        } else {
            // Nobody there can come in: the task waits, and its first message with it.
            (0, Some(now))
        };
        let task: DestroyTaskId = diesel::insert_into(destroy_tasks::table)
            .values((
                destroy_tasks::reference.eq(&task_reference),
                destroy_tasks::partner_id.eq(receiver.partner),
                destroy_tasks::holder_id.eq(receiver.holder),
                destroy_tasks::product.eq(&product),
                destroy_tasks::received_at.eq(receiver.received_at),
                destroy_tasks::opened_at.eq(receiver.opened_at),
                destroy_tasks::asked_by.eq(scope.user()),
                destroy_tasks::asked_at.eq(now),
                destroy_tasks::told.eq(told),
                destroy_tasks::tell_at.eq(tell_at),
            ))
            .returning(destroy_tasks::id)
            .get_result(&mut **tx)?;
        audit::record(
            tx,
            scope.actor(),
            Act::DestroyAsked,
            &Subject::destroy_task(task, &task_reference),
            &format!("lead {reference}"),
            now,
        )?;
        if is_active {
            tell(tx, Message::DestroyAsked, task, receiver.partner, receiver.holder, now)?;
        }
    }
    Ok(())
}

fn receivers(tx: &mut Tx<'_>, lead: LeadId) -> QueryResult<Vec<Receiver>> {
    let rows: Vec<(PartnerId, Disclosure, Option<UserId>, UtcTime)> = disclosures::table
        .filter(disclosures::lead_id.eq(lead))
        .select((
            disclosures::partner_id,
            disclosures::act,
            disclosures::user_id,
            disclosures::disclosed_at,
        ))
        .order(disclosures::id)
        .load(&mut **tx)?;
    let mut partners: Vec<PartnerId> = rows.iter().map(|row| row.0).collect();
    partners.sort_unstable();
    partners.dedup();
    let receivers = partners.into_iter().filter_map(|partner| {
        let of_partner = || rows.iter().filter(move |row| row.0 == partner);
        let seen = || of_partner().filter(|row| row.1.identifies());
        Some(Receiver {
            partner,
            received_at: of_partner().next()?.3,
            opened_at: seen().next()?.3,
            holder: seen().next_back()?.2,
        })
    });
    Ok(receivers.collect())
}

/// The lead's product, if other leads have it too: a text that only this lead had may say something about the person.
fn common_product(tx: &mut Tx<'_>, lead: LeadId) -> QueryResult<String> {
    let product: String = leads::table.find(lead).select(leads::product).first(&mut **tx)?;
    let others = leads::table
        .filter(leads::product.eq(&product))
        .filter(leads::id.ne(lead));
    let is_common: bool = diesel::select(diesel::dsl::exists(others)).get_result(&mut **tx)?;
    Ok(if is_common { product } else { String::new() })
}
