//! How a lead ended at a partner, for its page.

use crate::domain::assignments::closing::Closing;
use crate::domain::assignments::decline::Declined;
use crate::domain::leads::LeadStatus;
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
    pub fn new(status: LeadStatus, closing: Closing, here: Here) -> Self {
        Ended {
            words: match &closing.reason {
                Some(reason) => format!("{}: {reason}", status.label()),
                None => status.label().to_owned(),
            },
            remark: closing.remark,
            deal: closing.deal.as_ref().map(DealWords::new),
            when: Moment::new(closing.at, here),
            by: closing.by.unwrap_or_default(),
        }
    }
}

/// Why a partner gave the lead back.
pub struct GivenBack {
    pub partner: String,
    pub reason: &'static str,
    pub remark: String,
    pub when: Moment,
}

impl GivenBack {
    pub fn new(declined: Declined, here: Here) -> Self {
        GivenBack {
            partner: declined.partner,
            reason: declined.reason.label(),
            remark: declined.remark,
            when: Moment::new(declined.at, here),
        }
    }
}
