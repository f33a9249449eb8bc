//! Where a page that acts on leads was come to from, and so where it leads back to.

use super::list_query::ListQuery;
use crate::web::forms::QueryData;

/// The list that somebody works through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WayBack {
    /// The list of leads, at this address: with its filters.
    Leads(String),
    Awaiting,
    WithPartner,
}

impl WayBack {
    /// The list of leads without filters.
    pub fn leads() -> Self {
        WayBack::Leads("/leads".to_owned())
    }

    /// The list of leads with the filters of a query string; without any where it can't be read.
    pub fn filtered(text: &str) -> Self {
        let list = QueryData::parse(text).and_then(|data| ListQuery::parse(&data));
        list.map_or_else(|_| Self::leads(), |list| WayBack::Leads(list.address()))
    }

    /// Reads the field or parameter `from`; `None` where there is none, or none that is known.
    pub fn parse(text: &str) -> Option<Self> {
        [WayBack::leads(), WayBack::Awaiting, WayBack::WithPartner]
            .into_iter()
            .find(|way| way.as_str() == text)
    }

    pub fn as_str(&self) -> &'static str {
        match self {
            WayBack::Leads(_) => "leads",
            WayBack::Awaiting => "awaiting",
            WayBack::WithPartner => "with-partner",
        }
    }

    pub fn href(&self) -> &str {
        match self {
            WayBack::Leads(address) => address,
            WayBack::Awaiting => "/leads/awaiting-permission",
            WayBack::WithPartner => "/leads/awaiting-permission?list=with-partner",
        }
    }

    /// The filters of the list as a query string without its question mark, for a hidden field.
    pub fn filters(&self) -> &str {
        match self {
            WayBack::Leads(address) => address.split_once('?').map_or("", |(_, filters)| filters),
            WayBack::Awaiting | WayBack::WithPartner => "",
        }
    }

    pub fn label(&self) -> &'static str {
        match self {
            WayBack::Leads(_) => "Leads",
            WayBack::Awaiting | WayBack::WithPartner => "Awaiting permission",
        }
    }

    /// The item of the navigation that the list belongs to.
    pub fn section(&self) -> &'static str {
        match self {
            WayBack::Leads(_) => "leads",
            WayBack::Awaiting | WayBack::WithPartner => "awaiting",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_keeps_filters_and_leads_nowhere_else() {
        assert_eq!(
            WayBack::filtered("status=open&country=SE").href(),
            "/leads?status=open&country=SE"
        );
        assert_eq!(
            WayBack::filtered("q=a%26b&next=%2F%2Fevil.example").href(),
            "/leads?q=a%26b"
        );
        assert_eq!(WayBack::filtered("status=nonsense").href(), "/leads");
    }
}
