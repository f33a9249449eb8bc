// borrowed data escapes outside of closure
//! Using the proof of one transaction in another one.
use leadgate::db::types::{LeadId, UtcTime};
use leadgate::db::{DbConn, write};
use leadgate::domain::access::StaffScope;
use leadgate::domain::assignments::assign::{AssignError, assign};
use leadgate::domain::permission::gate::{GateError, ReceivingParty, clear};

pub fn program(
    first: &mut DbConn,
    second: &mut DbConn,
    scope: &StaffScope,
    lead: LeadId,
    to: ReceivingParty,
    now: UtcTime,
) -> Result<(), GateError> {
    write(first, |tx| {
        let cleared = clear(tx, scope, lead, to, None)?;
        let _ = write(second, |other| {
            assign(other, scope, cleared, now)?;
            Ok::<_, AssignError>(())
        });
        Ok(())
    })
}
