//! The countries as options of a select. A list offers all of them on every page, so they are written once.

use std::fmt;
use std::sync::LazyLock;

use askama::filters::{Html, HtmlSafe, escape};
use askama::{FastWritable, Values};

use crate::domain::countries::Country;

/// Every country, with the chosen one selected.
#[derive(Debug, Clone, Copy)]
pub struct CountryOptions(pub Option<Country>);

/// All options, none selected, and where the word of the chosen one belongs.
struct Written {
    html: String,
    places: Vec<(Country, usize)>,
}

static WRITTEN: LazyLock<Written> = LazyLock::new(|| {
    let (mut html, mut places) = (String::new(), Vec::new());
    for country in Country::all() {
        html.push_str(&format!("<option value=\"{}\"", country.code()));
        places.push((country, html.len()));
        let Ok(name) = escape(country.name(), Html);
        html.push_str(&format!(">{name}</option>\n"));
    }
    Written { html, places }
});

impl fmt::Display for CountryOptions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(out)
    }
}

impl FastWritable for CountryOptions {
    fn write_into(&self, out: &mut dyn fmt::Write, _: &dyn Values) -> askama::Result<()> {
        Ok(self.write(out)?)
    }
}

// The names are escaped when they are written.
impl HtmlSafe for CountryOptions {}

impl CountryOptions {
    fn write(self, out: &mut dyn fmt::Write) -> fmt::Result {
        let Written { html, places } = &*WRITTEN;
        let place = places.iter().find(|(country, _)| Some(*country) == self.0);
        let (before, after) = html.split_at(place.map_or(0, |(_, at)| *at));
        out.write_str(before)?;
        if place.is_some() {
            out.write_str(" selected")?;
        }
        out.write_str(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_country_alone_is_selected() {
        let sweden = CountryOptions(Country::parse("SE")).to_string();

        assert_eq!(sweden.matches(" selected").count(), 1);
        assert!(sweden.contains("<option value=\"SE\" selected>Sweden</option>"));
        assert_eq!(CountryOptions(None).to_string(), sweden.replace(" selected", ""));
    }

    #[test]
    fn names_are_escaped() {
        assert!(!CountryOptions(None).to_string().contains(" & "));
    }
}
