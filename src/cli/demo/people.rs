//! Made-up people and companies for the demonstration. Any likeness is chance; every address ends in `.example`.

use crate::domain::leads::LeadInput;

/// Numbers that look like chance and are the same in every demonstration (xorshift, Marsaglia 2003).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Dice(seed)
    }

    /// A number below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides
    }

    /// True so many times in a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.roll(100) < percent
    }

    fn one_of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.roll(items.len())]
    }
}

/// Country, dialling code, cities with postal codes, first names, last names, kinds of company.
type Place = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

const PLACES: &[Place] = &[
    (
        "SE",
        "+46",
        &[("Göteborg", "411 03"), ("Uppsala", "753 20"), ("Malmö", "211 42")],
        &["Anna", "Björn", "Elsa", "Gustav", "Maja"],
        &["Öberg", "Lindgren", "Sjöström", "Åkesson", "Nyman"],
        &["AB", "Teknik AB", "Logistik AB"],
    ),
    (
        "DE",
        "+49",
        &[("Berlin", "10119"), ("Kiel", "24103"), ("München", "80331")],
        &["Jonas", "Friederike", "Heike", "Matthias", "Lena"],
        &["Weber", "Sommer-Albrecht", "Müller", "Köhler", "Groß"],
        &["GmbH", "Maschinenbau KG", "Klinikum"],
    ),
    (
        "NL",
        "+31",
        &[("Utrecht", "3511 LX"), ("Groningen", "9712 HN")],
        &["Ilse", "Sander", "Femke", "Ruben"],
        &["van Dam", "de Wit", "Bakker", "Hendriks"],
        &["B.V.", "Logistiek", "Advies"],
    ),
    (
        "PL",
        "+48",
        &[("Kraków", "31-001"), ("Gdańsk", "80-830")],
        &["Tomasz", "Marta", "Zofia", "Łukasz"],
        &["Zieliński", "Kowalska", "Wójcik", "Dąbrowski"],
        &["Sp. z o.o.", "i Synowie"],
    ),
    (
        "FR",
        "+33",
        &[("Lyon", "69002"), ("Nantes", "44000")],
        &["Lucie", "Étienne", "Chloé", "Théo"],
        &["Moreau", "Lefèvre", "Garnier", "Noël"],
        &["SARL", "Ateliers"],
    ),
    (
        "FI",
        "+358",
        &[("Tampere", "33100"), ("Oulu", "90100")],
        &["Pekka", "Aino", "Eero"],
        &["Salonen", "Mäkinen", "Virtanen"],
        &["Oy", "Palvelut Oy"],
    ),
    (
        "GR",
        "+30",
        &[("Θεσσαλονίκη", "546 21"), ("Αθήνα", "105 57")],
        &["Ελένη", "Γιώργος"],
        &["Παπαδοπούλου", "Νικολάου"],
        &["ΑΕ", "ΕΠΕ"],
    ),
    (
        "JP",
        "+81",
        &[("大阪", "530-0001"), ("東京", "100-0005")],
        &["健", "美咲"],
        &["佐藤", "高橋"],
        &["株式会社"],
    ),
    (
        "GB",
        "+44",
        &[("Leeds", "LS1 4DY"), ("Bristol", "BS1 5TR")],
        &["Imogen", "Owen", "Priya", "Callum"],
        &["O'Neil", "Hargreaves", "Shah", "Llewellyn"],
        &["Ltd", "& Sons", "Partners LLP"],
    ),
];

const PRODUCTS: &[&str] = &["ERP Cloud", "CRM Suite", "Warehouse", "Payroll", "Field Service"];
const SOURCES: &[&str] = &[
    "Web form",
    "Trade fair Hannover",
    "Telephone",
    "Partner event",
    "Newsletter",
    "Referral",
];
const TITLES: &[&str] = &[
    "Head of IT",
    "Managing director",
    "Purchasing",
    "Operations manager",
    "Controller",
    "",
];
const NEEDS: &[&str] = &[
    "Replaces a home-grown order system next year. 40 users at two sites, wants a demonstration before the summer.",
    "Looks for a system for a sales team of eight; the old one is no longer maintained.",
    "Wants a quote for 120 seats. Decision in January, budget approved.",
    "Needs the stock of three warehouses in one place, with barcode scanners.",
    "Payroll for two countries, first of July at the latest.",
    "Has seen the product at the fair and wants prices.",
    "",
];
const NOTES: &[&str] = &[
    "Met at the booth.",
    "Prefers e-mail; mornings are good.",
    "Knows Sofia from an earlier project.",
    "",
    "",
    "",
];

/// A person with a company and a need; `number` keeps the address of each apart.
pub fn somebody(dice: &mut Dice, number: usize) -> LeadInput {
    let (country, dial, cities, first_names, last_names, kinds) = *dice.one_of(PLACES);
    let (first_name, last_name) = (*dice.one_of(first_names), *dice.one_of(last_names));
    let (city, postal_code) = *dice.one_of(cities);
    let company = format!("{} {}", dice.one_of(last_names), dice.one_of(kinds));
    let has_phone = dice.chance(70);
    LeadInput {
        first_name: first_name.to_owned(),
        last_name: last_name.to_owned(),
        email: format!("lead{number}@{}.example", country.to_lowercase()),
        phone: if has_phone {
            format!("{dial} 555 {:04}", 100 + number % 100)
        } else {
            String::new()
        },
        company,
        job_title: (*dice.one_of(TITLES)).to_owned(),
        street: String::new(),
        city: city.to_owned(),
        postal_code: postal_code.to_owned(),
        region: String::new(),
        country: country.to_owned(),
        product: (*dice.one_of(PRODUCTS)).to_owned(),
        source: (*dice.one_of(SOURCES)).to_owned(),
        need: (*dice.one_of(NEEDS)).to_owned(),
        internal_note: (*dice.one_of(NOTES)).to_owned(),
    }
}
