//! Declining a lead: it goes back to the vendor, and never counts as lost.

use crate::text_enum;

text_enum! {
    /// Why a partner gives a lead back.
    pub enum DeclineReason {
        OutsideArea = "outside_area",
        NoCapacity = "no_capacity",
        NotOurProduct = "not_our_product",
        AlreadyCustomer = "already_customer",
        Duplicate = "duplicate",
        NeedUnclear = "need_unclear",
        Other = "other",
    }
}
