//! The legal grounds on which a lead may be passed to a partner.

use crate::text_enum;

text_enum! {
    /// Why passing a lead on is lawful.
    pub enum Ground {
        /// The lead agreed to be contacted by a partner (GDPR Art. 6(1)(a)).
        Consent = "consent",
        /// An existing business relationship with the lead requires it (Art. 6(1)(b)).
        Contract = "contract",
        /// It is in the lead's best interest, weighed and written down (Art. 6(1)(f)).
        LeadInterest = "lead_interest",
    }
}

impl Ground {
    pub fn label(self) -> &'static str {
        match self {
            Ground::Consent => "Consent",
            Ground::Contract => "Contract",
            Ground::LeadInterest => "The lead's interest",
        }
    }

    /// What it means, for whoever chooses.
    pub fn meaning(self) -> &'static str {
        match self {
            Ground::Consent => "The lead agreed to be contacted by one of our partners.",
            Ground::Contract => "An existing business relationship with the lead requires passing it on.",
            Ground::LeadInterest => "We act in the lead's best interest, and the reason is written down.",
        }
    }

    /// The article that it rests on.
    pub fn article(self) -> &'static str {
        match self {
            Ground::Consent => "GDPR Art. 6(1)(a)",
            Ground::Contract => "GDPR Art. 6(1)(b)",
            Ground::LeadInterest => "GDPR Art. 6(1)(f)",
        }
    }
}
