//! Where a page that acts on leads was come to from, and so where it leads back to.

/// The list that somebody works through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayBack {
    Leads,
    Awaiting,
    WithPartner,
}

impl WayBack {
    /// Reads the field or parameter `from`; `None` where there is none, or none that is known.
    pub fn parse(text: &str) -> Option<Self> {
        [WayBack::Leads, WayBack::Awaiting, WayBack::WithPartner]
            .into_iter()
            .find(|way| way.as_str() == text)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            WayBack::Leads => "leads",
            WayBack::Awaiting => "awaiting",
            WayBack::WithPartner => "with-partner",
        }
    }

    pub fn href(self) -> &'static str {
        match self {
            WayBack::Leads => "/leads",
            WayBack::Awaiting => "/leads/awaiting-permission",
            WayBack::WithPartner => "/leads/awaiting-permission?list=with-partner",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            WayBack::Leads => "Leads",
            WayBack::Awaiting | WayBack::WithPartner => "Awaiting permission",
        }
    }

    /// The item of the navigation that the list belongs to.
    pub fn section(self) -> &'static str {
        match self {
            WayBack::Leads => "leads",
            WayBack::Awaiting | WayBack::WithPartner => "awaiting",
        }
    }
}
