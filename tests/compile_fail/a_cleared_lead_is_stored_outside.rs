// borrowed data escapes outside of closure
//! Keeping the proof for later, outside of the transaction in which it was true.
use leadgate::db::types::LeadId;
use leadgate::db::{DbConn, write};
use leadgate::domain::access::StaffScope;
use leadgate::domain::permission::gate::{GateError, ReceivingParty, clear};

pub fn program(conn: &mut DbConn, scope: &StaffScope, lead: LeadId, to: ReceivingParty) -> Result<(), GateError> {
    let mut kept = None;
    write(conn, |tx| {
        kept = Some(clear(tx, scope, lead, to, None)?);
        Ok::<_, GateError>(())
    })?;
    drop(kept);
    Ok(())
}
