// error[E0609]
//! Reading the hidden field from what a partner sees.
use leadgate::domain::leads::partner::PartnerLead;

pub fn program(lead: &PartnerLead) -> bool {
    lead.has_confirmation
}
