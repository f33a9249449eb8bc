// lifetime may not live long enough
//! Returning the proof from its transaction.
use leadgate::db::types::LeadId;
use leadgate::db::{DbConn, write};
use leadgate::domain::access::StaffScope;
use leadgate::domain::permission::gate::{GateError, ReceivingParty, clear};

pub fn program(conn: &mut DbConn, scope: &StaffScope, lead: LeadId, to: ReceivingParty) {
    let _ = write(conn, |tx| clear(tx, scope, lead, to, None).map_err(GateError::from));
}
