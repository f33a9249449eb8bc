//! How long the values of a lead may be, counted in characters.

use crate::domain::imports::RowProblem;
use crate::domain::leads::LeadInput;

pub(super) fn check(lead: &LeadInput) -> Result<(), RowProblem> {
    let limited: [(&'static str, &str, usize); 15] = [
        ("First name", &lead.first_name, 200),
        ("Last name", &lead.last_name, 200),
        ("E-mail", &lead.email, 254),
        ("Phone", &lead.phone, 64),
        ("Company", &lead.company, 200),
        ("Job title", &lead.job_title, 200),
        ("Street", &lead.street, 400),
        ("City", &lead.city, 200),
        ("Postal code", &lead.postal_code, 32),
        ("Region", &lead.region, 200),
        ("Country", &lead.country, 2),
        ("Product", &lead.product, 200),
        ("Source", &lead.source, 200),
        ("Need", &lead.need, 4000),
        ("Internal note", &lead.internal_note, 4000),
    ];
    for (label, text, limit) in limited {
        // Bytes are never fewer than characters, and rarely over the limit.
        if text.len() > limit {
            let length = text.chars().count();
            if length > limit {
                return Err(RowProblem::TooLong { label, length, limit });
            }
        }
    }
    Ok(())
}
