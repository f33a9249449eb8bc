//! How a closed lead ended, for its page.

use crate::domain::leads::partner::PartnerLead;
use crate::web::here::Here;
use crate::web::view::{DealWords, Moment};

/// How, why, when and by whom a lead was closed.
pub struct Ended {
    /// `Lost: Price`.
    pub words: String,
    pub remark: String,
    pub deal: Option<DealWords>,
    pub when: Moment,
    pub by: String,
}

impl Ended {
    pub fn of(lead: &PartnerLead, here: Here) -> Option<Self> {
        let when = Moment::new(lead.closed_at?, here);
        let status = lead.status.label();
        Some(Ended {
            words: match &lead.closing_reason {
                Some(reason) => format!("{status}: {reason}"),
                None => status.to_owned(),
            },
            remark: lead.closing_remark.clone(),
            deal: lead.deal().as_ref().map(DealWords::new),
            when,
            by: lead.closer.clone().unwrap_or_else(|| "a former colleague".to_owned()),
        })
    }
}
