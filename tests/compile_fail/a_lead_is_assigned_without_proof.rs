// error[E0308]
//! Assigning a lead by its id alone.
use leadgate::db::Tx;
use leadgate::db::types::{LeadId, UtcTime};
use leadgate::domain::access::StaffScope;
use leadgate::domain::assignments::assign::assign;

pub fn program<'t>(tx: &mut Tx<'t>, scope: &StaffScope, lead: LeadId, now: UtcTime) {
    let _ = assign(tx, scope, lead, now);
}
