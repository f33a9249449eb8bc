// builds
//! The way that is meant: cleared and assigned in one transaction.
use leadgate::db::types::{AssignmentId, LeadId, UtcTime};
use leadgate::db::{DbConn, write};
use leadgate::domain::access::StaffScope;
use leadgate::domain::assignments::assign::{AssignError, assign};
use leadgate::domain::permission::gate::{GateError, ReceivingParty, clear};

pub enum Failed {
    Gate(GateError),
    Assign(AssignError),
    Database(leadgate::db::Error),
}

impl From<leadgate::db::Error> for Failed {
    fn from(error: leadgate::db::Error) -> Self {
        Failed::Database(error)
    }
}

pub fn program(
    conn: &mut DbConn,
    scope: &StaffScope,
    lead: LeadId,
    to: ReceivingParty,
    now: UtcTime,
) -> Result<AssignmentId, Failed> {
    write(conn, |tx| {
        let cleared = clear(tx, scope, lead, to, None).map_err(Failed::Gate)?;
        assign(tx, scope, cleared, now).map_err(Failed::Assign)
    })
}
