//! The fields of a lead as a form brings them.

use crate::domain::leads::LeadInput;
use crate::domain::permission::confirmation::ConfirmationInput;
use crate::web::forms::FormData;

/// The fields of a new lead, by which one form is told from another.
pub const TYPED: [&str; 21] = [
    "first_name",
    "last_name",
    "email",
    "phone",
    "company",
    "job_title",
    "street",
    "city",
    "postal_code",
    "region",
    "country",
    "product",
    "source",
    "need",
    "internal_note",
    "permission",
    "ground",
    "evidence",
    "given_on",
    "reason",
    "on_hold",
];

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
