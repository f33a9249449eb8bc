// error[E0451]
//! Making the proof without asking the gate.
use std::marker::PhantomData;

use leadgate::db::types::LeadId;
use leadgate::domain::leads::LockedLead;
use leadgate::domain::permission::gate::{DistributableLead, ReceivingParty};

pub fn program<'t>(id: LeadId, locked: LockedLead, to: ReceivingParty) -> DistributableLead<'t> {
    DistributableLead { id, locked, to, recipient_words: String::new(), brand: PhantomData }
}
