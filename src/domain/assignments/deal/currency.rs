//! Currencies (ISO 4217) and amounts as people write them.

/// A currency of the list: its code, its name, and how many digits stand behind the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Currency {
    code: &'static str,
    name: &'static str,
    digits: u32,
}

const fn currency(code: &'static str, name: &'static str, digits: u32) -> Currency {
    Currency { code, name, digits }
}

/// Those of the countries that vendors sell to most, the nearest first.
const CURRENCIES: &[Currency] = &[
    currency("EUR", "Euro", 2),
    currency("USD", "US dollar", 2),
    currency("GBP", "Pound sterling", 2),
    currency("CHF", "Swiss franc", 2),
    currency("AED", "UAE dirham", 2),
    currency("AUD", "Australian dollar", 2),
    currency("BRL", "Brazilian real", 2),
    currency("CAD", "Canadian dollar", 2),
    currency("CNY", "Chinese yuan", 2),
    currency("CZK", "Czech koruna", 2),
    currency("DKK", "Danish krone", 2),
    currency("HUF", "Hungarian forint", 2),
    currency("ILS", "Israeli new shekel", 2),
    currency("INR", "Indian rupee", 2),
    currency("ISK", "Icelandic króna", 0),
    currency("JPY", "Japanese yen", 0),
    currency("KRW", "South Korean won", 0),
    currency("MXN", "Mexican peso", 2),
    currency("NOK", "Norwegian krone", 2),
    currency("NZD", "New Zealand dollar", 2),
    currency("PLN", "Polish złoty", 2),
    currency("RON", "Romanian leu", 2),
    currency("RSD", "Serbian dinar", 2),
    currency("SEK", "Swedish krona", 2),
    currency("SGD", "Singapore dollar", 2),
    currency("TRY", "Turkish lira", 2),
    currency("UAH", "Ukrainian hryvnia", 2),
    currency("ZAR", "South African rand", 2),
];

/// The most that a deal can be worth, in whole units.
const MOST: i64 = 100_000_000_000;

impl Currency {
    pub const EURO: Currency = CURRENCIES[0];

    pub fn all() -> impl Iterator<Item = Currency> {
        CURRENCIES.iter().copied()
    }

    pub fn parse(code: &str) -> Option<Self> {
        Currency::all().find(|currency| currency.code == code)
    }

    pub fn code(self) -> &'static str {
        self.code
    }

    pub fn name(self) -> &'static str {
        self.name
    }

    /// The amount in the smallest unit, from what a person typed: `12500`, `12,500.00`, `12.500,00`, `12 500`. The last
    /// mark is a decimal point when one or two digits follow it; other marks part thousands.
    pub fn amount(self, typed: &str) -> Option<i64> {
        let typed: String = typed
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '\'' | '’'))
            .collect();
        let (whole, fraction) = match typed.rfind(['.', ',']) {
            Some(at) if self.digits > 0 && matches!(typed.len() - at - 1, 1 | 2) => (&typed[..at], &typed[at + 1..]),
            _ => (typed.as_str(), ""),
        };
        let groups: Vec<&str> = whole.split(['.', ',']).collect();
        let is_grouped = groups.len() == 1 || groups[1..].iter().all(|group| group.len() == 3);
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let digits = groups.concat();
        if !is_grouped || groups[0].is_empty() || !is_number(&digits) || !is_number(fraction) {
            return None;
        }
        let units: i64 = digits.parse().ok().filter(|units| *units <= MOST)?;
        let scale = 10_i64.pow(self.digits);
        let parts = match fraction.len() {
            0 => 0,
            1 => fraction.parse::<i64>().ok()? * 10,
            _ => fraction.parse().ok()?,
        };
        Some(units * scale + parts).filter(|amount| *amount > 0)
    }

    /// `12,500.00 EUR`.
    pub fn words(self, amount: i64) -> String {
        let scale = 10_i64.pow(self.digits);
        let digits = (amount / scale).to_string();
        let mut units = String::new();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                units.push(',');
            }
            units.push(digit);
        }
        match self.digits {
            0 => format!("{units} {}", self.code),
            _ => format!("{units}.{:02} {}", amount % scale, self.code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_understood_as_most_of_the_world_writes_it() {
        let euro = Currency::EURO;
        for typed in [
            "12500",
            "12,500",
            "12.500",
            "12 500",
            "12’500",
            "12,500.00",
            "12.500,0",
            "12500,00",
        ] {
            assert_eq!(euro.amount(typed), Some(1_250_000), "{typed}");
        }
        assert_eq!(euro.amount("0.05"), Some(5));
        assert_eq!(euro.amount("1,234,567.89"), Some(123_456_789));
        assert_eq!(
            Currency::parse("JPY").and_then(|yen| yen.amount("12,500")),
            Some(12_500)
        );
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for typed in [
            "",
            "0",
            "-5",
            "1e3",
            "12,50,00",
            "1234,5678",
            ".50",
            "12.5.0",
            "99999999999999999999",
            "€5",
            "١٢",
        ] {
            assert_eq!(Currency::EURO.amount(typed), None, "{typed}");
        }
        assert_eq!(Currency::parse("JPY").and_then(|yen| yen.amount("12.5")), None);
    }

    #[test]
    fn an_amount_is_written_with_its_currency() {
        assert_eq!(Currency::EURO.words(123_456_789), "1,234,567.89 EUR");
        assert_eq!(Currency::EURO.words(5), "0.05 EUR");
        assert_eq!(
            Currency::parse("JPY").map(|yen| yen.words(12_500)),
            Some("12,500 JPY".to_owned())
        );
    }
}
