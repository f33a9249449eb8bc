//! What the columns of a file mean: recognised by their headings, or chosen by the user.

mod fields;
mod synonyms;

pub use fields::LeadField;

/// What becomes of one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnUse {
    Field(LeadField),
    /// Speaks of permission, consent or an objection. Never imported: only a person can confirm permission, here.
    PermissionClaim,
    /// An earlier column gives this field already.
    Duplicate(LeadField),
    Ignored,
}

/// Why the choice of columns can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MappingProblem {
    #[error(
        "No column is used for E-mail, Phone, Mobile, or Street with City or Postal code, so nobody could be reached. Choose at least one"
    )]
    NobodyReachable,
    #[error("Two columns are chosen for {}. Choose only one", .0.label())]
    ChosenTwice(LeadField),
    #[error("The choice for column {0} is not in the list. Choose a field from the list")]
    UnknownChoice(usize),
    #[error("The file has {headings} columns, but {choices} choices were sent. Open the page again")]
    OtherNumber { headings: usize, choices: usize },
}

/// The use of every column of a file, by position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    columns: Vec<ColumnUse>,
    position: [Option<usize>; LeadField::ALL.len()],
}

impl Mapping {
    /// The mapping that the headings suggest; the first matching column gives the field.
    pub fn recognise(headings: &[String]) -> Self {
        let mut mapping = Self::empty();
        for heading in headings {
            let column = match recognise(heading) {
                ColumnUse::Field(field) if mapping.position(field).is_some() => ColumnUse::Duplicate(field),
                other => other,
            };
            mapping.push(column);
        }
        mapping
    }

    /// The mapping of a user's choices, one per column: a field's name, or nothing to ignore the column.
    pub fn choose(headings: &[String], choices: &[impl AsRef<str>]) -> Result<Self, MappingProblem> {
        if headings.len() != choices.len() {
            return Err(MappingProblem::OtherNumber {
                headings: headings.len(),
                choices: choices.len(),
            });
        }
        let mut mapping = Self::empty();
        for (index, (heading, choice)) in headings.iter().zip(choices).enumerate() {
            let column = match choice.as_ref() {
                "" => ignored(heading),
                name => ColumnUse::Field(LeadField::parse(name).ok_or(MappingProblem::UnknownChoice(index + 1))?),
            };
            if let ColumnUse::Field(field) = column
                && mapping.position(field).is_some()
            {
                return Err(MappingProblem::ChosenTwice(field));
            }
            mapping.push(column);
        }
        Ok(mapping)
    }

    /// Whether any row can bring a way to reach its lead; an import without is not begun.
    pub fn check(&self) -> Result<(), MappingProblem> {
        let has = |field| self.position(field).is_some();
        let directly = [LeadField::Email, LeadField::Phone, LeadField::Mobile]
            .into_iter()
            .any(has);
        let street = has(LeadField::Street) || has(LeadField::Street2);
        let by_post = street && (has(LeadField::City) || has(LeadField::PostalCode));
        if directly || by_post {
            Ok(())
        } else {
            Err(MappingProblem::NobodyReachable)
        }
    }

    pub fn columns(&self) -> &[ColumnUse] {
        &self.columns
    }

    /// The position of the column that gives a field.
    pub fn position(&self, field: LeadField) -> Option<usize> {
        self.position[field as usize]
    }

    /// The choices that make this mapping again, as [`Mapping::choose`] takes them.
    pub fn choices(&self) -> Vec<&'static str> {
        let name = |column: &ColumnUse| {
            if let ColumnUse::Field(field) = column {
                field.name()
            } else {
                ""
            }
        };
        self.columns.iter().map(name).collect()
    }

    fn empty() -> Self {
        Self {
            columns: Vec::new(),
            position: [None; LeadField::ALL.len()],
        }
    }

    fn push(&mut self, column: ColumnUse) {
        if let ColumnUse::Field(field) = column {
            self.position[field as usize] = Some(self.columns.len());
        }
        self.columns.push(column);
    }
}

/// Whether a heading is known, so that the row it stands in is a row of headings.
pub(super) fn means_something(heading: &str) -> bool {
    recognise(heading) != ColumnUse::Ignored
}

fn recognise(heading: &str) -> ColumnUse {
    match ignored(heading) {
        ColumnUse::Ignored => synonyms::field(heading).map_or(ColumnUse::Ignored, ColumnUse::Field),
        claim => claim,
    }
}

fn ignored(heading: &str) -> ColumnUse {
    if synonyms::is_permission_claim(heading) {
        ColumnUse::PermissionClaim
    } else {
        ColumnUse::Ignored
    }
}

#[cfg(test)]
mod tests;
