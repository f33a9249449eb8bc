//! The fields of a lead that a file can bring.

/// A field of a lead that a column can give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LeadField {
    FirstName,
    LastName,
    FullName,
    Email,
    Phone,
    Mobile,
    Company,
    JobTitle,
    Street,
    HouseNumber,
    Street2,
    City,
    PostalCode,
    Region,
    Country,
    Product,
    Source,
    Need,
    InternalNote,
}

impl LeadField {
    /// Every field in the order in which the form shows it.
    pub const ALL: [Self; 19] = [
        Self::FirstName,
        Self::LastName,
        Self::FullName,
        Self::Email,
        Self::Phone,
        Self::Mobile,
        Self::Company,
        Self::JobTitle,
        Self::Street,
        Self::HouseNumber,
        Self::Street2,
        Self::City,
        Self::PostalCode,
        Self::Region,
        Self::Country,
        Self::Product,
        Self::Source,
        Self::Need,
        Self::InternalNote,
    ];

    /// The field of a name as [`LeadField::name`] gives it.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// The name that is stored and that forms send.
    pub fn name(self) -> &'static str {
        self.names().0
    }

    /// The words for people.
    pub fn label(self) -> &'static str {
        self.names().1
    }

    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::FirstName => ("first_name", "First name"),
            Self::LastName => ("last_name", "Last name"),
            Self::FullName => ("full_name", "Full name"),
            Self::Email => ("email", "E-mail"),
            Self::Phone => ("phone", "Phone"),
            Self::Mobile => ("mobile", "Mobile"),
            Self::Company => ("company", "Company"),
            Self::JobTitle => ("job_title", "Job title"),
            Self::Street => ("street", "Street"),
            Self::HouseNumber => ("house_number", "House number"),
            Self::Street2 => ("street_2", "Street, second line"),
            Self::City => ("city", "City"),
            Self::PostalCode => ("postal_code", "Postal code"),
            Self::Region => ("region", "Region"),
            Self::Country => ("country", "Country"),
            Self::Product => ("product", "Product"),
            Self::Source => ("source", "Source"),
            Self::Need => ("need", "Need"),
            Self::InternalNote => ("internal_note", "Internal note"),
        }
    }
}
