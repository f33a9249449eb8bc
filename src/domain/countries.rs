//! Countries (ISO 3166-1) and the recognition of what people write for them; phone prefixes and regions are not here.

mod table;

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use crate::domain::text::search_key;
use table::COUNTRIES;

/// One of the 249 countries and territories of ISO 3166-1.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country(u8);

static BY_CODE: LazyLock<HashMap<&'static str, Country>> =
    LazyLock::new(|| Country::all().map(|country| (country.code(), country)).collect());

static BY_SPELLING: LazyLock<HashMap<String, Country>> = LazyLock::new(|| {
    Country::all()
        .flat_map(|country| country.spellings().map(move |text| (spelling_key(text), country)))
        .collect()
});

impl Country {
    /// The country of an upper-case alpha-2 code, as it is stored.
    pub fn parse(code: &str) -> Option<Self> {
        BY_CODE.get(code).copied()
    }

    /// The country meant by a code, an English name, a usual variant or a native name, in any case and with or
    /// without accents.
    pub fn recognise(text: &str) -> Option<Self> {
        Self::parse(text).or_else(|| BY_SPELLING.get(&spelling_key(text)).copied())
    }

    /// Every country, ordered by its English name.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..=u8::MAX).take(COUNTRIES.len()).map(Self)
    }

    /// The ISO 3166-1 alpha-2 code.
    pub fn code(self) -> &'static str {
        self.row().0
    }

    /// The common English name.
    pub fn name(self) -> &'static str {
        self.row().2
    }

    fn spellings(self) -> impl Iterator<Item = &'static str> {
        let (alpha2, alpha3, name, others) = self.row();
        [alpha2, alpha3, name]
            .into_iter()
            .chain(others.split('|'))
            .filter(|text| !text.is_empty())
    }

    fn row(self) -> (&'static str, &'static str, &'static str, &'static str) {
        COUNTRIES[usize::from(self.0)]
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

impl fmt::Display for Country {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

fn spelling_key(text: &str) -> String {
    let mut key: String = search_key(&text.replace('&', " and "))
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect();
    if key.len() > 6 && key.starts_with("the") {
        key.drain(..3);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::{BY_CODE, Country};
    use crate::domain::text::search_key;

    #[test]
    fn there_are_249_countries_ordered_by_name_with_distinct_codes() {
        let names: Vec<_> = Country::all().map(|country| search_key(country.name())).collect();

        assert_eq!(names.len(), 249);
        assert_eq!(BY_CODE.len(), 249);
        assert!(names.is_sorted(), "{names:?}");
    }

    #[test]
    fn no_spelling_means_two_countries() {
        for country in Country::all() {
            for spelling in country.spellings() {
                assert_eq!(Country::recognise(spelling), Some(country), "{spelling}");
            }
        }
    }

    #[test]
    fn codes_names_variants_and_native_names_are_recognised() {
        for (text, code) in [
            ("DE", "DE"),
            (" deutschland ", "DE"),
            ("deu", "DE"),
            ("Österreich", "AT"),
            ("oesterreich", "AT"),
            ("日本", "JP"),
            ("РОССИЯ", "RU"),
            ("U.S.A.", "US"),
            ("uk", "GB"),
            ("Great Britain", "GB"),
            ("Korea, Republic of", "KR"),
            ("the Netherlands", "NL"),
            ("Turkey", "TR"),
            ("TURKİYE", "TR"),
            ("Trinidad & Tobago", "TT"),
            ("Ελλάδα", "GR"),
            ("مصر", "EG"),
            ("भारत", "IN"),
            ("ไทย", "TH"),
            ("대한민국", "KR"),
            ("Україна", "UA"),
            ("Cote d'Ivoire", "CI"),
            ("ישראל", "IL"),
            ("Kosovo?", ""),
            ("", ""),
            ("8lPv4wLTKrJkp24M5lvnaQ==", ""),
        ] {
            assert_eq!(Country::recognise(text).map_or("", Country::code), code, "{text}");
        }
    }

    #[test]
    fn only_upper_case_alpha_2_codes_are_stored_values() {
        assert_eq!(Country::parse("DE").map(Country::name), Some("Germany"));
        assert_eq!(Country::parse("de"), None);
        assert_eq!(Country::parse("UK"), None);
    }
}
