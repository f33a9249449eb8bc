// error[E0308]
//! Asking the gate with the scope of a partner.
use leadgate::db::Tx;
use leadgate::db::types::LeadId;
use leadgate::domain::access::PartnerScope;
use leadgate::domain::permission::gate::{ReceivingParty, clear};

pub fn program(tx: &mut Tx<'_>, scope: &PartnerScope, lead: LeadId, to: ReceivingParty) {
    let _ = clear(tx, scope, lead, to, None);
}
