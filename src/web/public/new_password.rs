//! A password that is set anew, typed twice: what every page that does so has in common.

use crate::domain::accounts::password;
use crate::domain::accounts::password_rules::{self, Guard, Owner};
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::Visitor;
use crate::web::forms::FormData;

/// The two fields of the form.
pub struct Typed {
    password: String,
    again: String,
}

impl Typed {
    pub fn of(form: &FormData) -> Self {
        Typed {
            password: form.text("password"),
            again: form.text("password_again"),
        }
    }

    /// Adds what is wrong with them.
    pub fn check(&self, guard: Guard, owner: &Owner<'_>, errors: &mut FieldErrors) {
        if let Err(weakness) = password_rules::check(&self.password, guard, owner) {
            errors.add("password", weakness.to_string());
        } else if self.password != self.again {
            errors.add("password_again", "Enter the same password as above");
        }
    }
}

/// What the field says before anything is typed.
pub fn hint(guard: Guard) -> String {
    format!(
        "{} characters or more. Several words in a row are easy to remember",
        guard.shortest()
    )
}

/// The hash to store, made on the lane for it.
pub async fn hash(visitor: &Visitor, typed: Typed) -> Result<String, WebError> {
    let cost = visitor.state().password_cost();
    let hash = visitor
        .state()
        .lanes()
        .hash(move || password::hash(&typed.password, cost))
        .await?;
    Ok(hash)
}
