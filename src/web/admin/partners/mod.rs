//! What administrators do with partners; looking at them is for all staff (`web::staff::partners`).

pub mod edit;
pub mod new;
pub mod standing;

use crate::domain::partners::edit::PartnerInput;
use crate::web::forms::FormData;

fn partner_input(form: &FormData) -> PartnerInput {
    PartnerInput {
        name: form.text("name"),
        country: form.text("country"),
    }
}
