//! The fields of a lead as a form brings them.

use crate::domain::leads::LeadInput;
use crate::domain::permission::confirmation::ConfirmationInput;
use crate::web::forms::FormData;

/// What was typed into the fields of a lead.
pub fn lead_input(form: &FormData) -> LeadInput {
    LeadInput {
        first_name: form.text("first_name"),
        last_name: form.text("last_name"),
        email: form.text("email"),
        phone: form.text("phone"),
        company: form.text("company"),
        job_title: form.text("job_title"),
        street: form.text("street"),
        city: form.text("city"),
        postal_code: form.text("postal_code"),
        region: form.text("region"),
        country: form.text("country"),
        product: form.text("product"),
        source: form.text("source"),
        need: form.text("need"),
        internal_note: form.text("internal_note"),
    }
}

/// What was typed about a confirmation.
pub fn confirmation_input(form: &FormData) -> ConfirmationInput {
    ConfirmationInput {
        ground: form.text("ground"),
        evidence: form.text("evidence"),
        given_on: form.text("given_on"),
        reason: form.text("reason"),
    }
}
