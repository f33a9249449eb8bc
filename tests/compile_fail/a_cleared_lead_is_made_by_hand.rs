// error[E0451]
//! Making the proof without asking the gate.
use std::marker::PhantomData;

use leadgate::db::types::LeadId;
use leadgate::domain::permission::gate::{DistributableLead, ReceivingParty};

pub fn program<'t>(lead: LeadId, to: ReceivingParty) -> DistributableLead<'t> {
    DistributableLead { id: lead, to, brand: PhantomData }
}
