// error[E0277]
//! Two hand-overs out of one proof.
use leadgate::domain::permission::gate::DistributableLead;

pub fn program(lead: DistributableLead<'_>) {
    drop(DistributableLead::clone(&lead));
}
