//! What administrators do with partners; looking at them is for all staff (`web::staff::partners`).

pub mod edit;
pub mod new;
pub mod second_factor;
pub mod standing;

use crate::db::types::Reference;
use crate::domain::partners::directory::ChannelManager;
use crate::domain::partners::edit::PartnerInput;
use crate::web::forms::FormData;
use crate::web::view::{country_options, zone_options};

fn partner_input(form: &FormData) -> PartnerInput {
    PartnerInput {
        name: form.text("name"),
        country: form.text("country"),
        time_zone: form.text("time_zone"),
        channel_manager: form.text("channel_manager"),
    }
}

/// What the selects of the form offer.
struct Offers {
    countries: Vec<(&'static str, &'static str)>,
    zones: Vec<(&'static str, &'static str)>,
    managers: Vec<(Reference, String)>,
}

impl Offers {
    fn new(managers: Vec<ChannelManager>) -> Self {
        Offers {
            countries: country_options(),
            zones: zone_options(),
            managers: managers
                .into_iter()
                .map(|manager| (manager.reference, manager.name))
                .collect(),
        }
    }
}
