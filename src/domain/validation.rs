//! What is wrong with a form, field by field; all of it at once.

use std::borrow::Cow;

/// Sentences beside fields. A form with none is fine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<(Cow<'static, str>, String)>);

impl FieldErrors {
    pub fn add(&mut self, field: impl Into<Cow<'static, str>>, message: impl Into<String>) {
        self.0.push((field.into(), message.into()));
    }

    /// What is wrong with this field, if anything.
    pub fn on(&self, field: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(name, _)| *name == field)
            .map(|(_, message)| message.as_str())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every field and what is wrong with it, in the order of the form.
    pub fn all(&self) -> &[(Cow<'static, str>, String)] {
        &self.0
    }

    pub fn append(&mut self, mut others: FieldErrors) {
        self.0.append(&mut others.0);
    }

    /// Adds an error when the text is longer than a field may be, in characters.
    pub fn limit(&mut self, field: &'static str, label: &str, text: &str, longest: usize) {
        if text.chars().count() > longest {
            self.add(field, format!("{label} must be {longest} characters or fewer"));
        }
    }
}
