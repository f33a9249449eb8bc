//! What an app and this program share: twenty random bytes, from which both make the same code every half minute.

use std::fmt;

use rand::Rng;
use totp_rs::{Algorithm, Builder, Totp};

use crate::db::types::UtcTime;

/// RFC 4226 asks for 160 bits.
const LENGTH: usize = 20;

const DIGITS: u8 = 6;

const STEP_SECONDS: u64 = 30;

/// Codes of the step before and after are good too: clocks differ, and people type slowly.
const STEPS_AROUND: u16 = 1;

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The shared secret. `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; LENGTH]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    pub fn random() -> Self {
        let mut bytes = [0; LENGTH];
        rand::rng().fill_bytes(&mut bytes);
        Secret(bytes)
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Secret)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As apps take it by hand: base 32 (RFC 4648) without padding.
    pub fn text(&self) -> String {
        let (mut text, mut held, mut bits) = (String::new(), 0_u32, 0);
        for byte in self.0 {
            held = (held << 8) | u32::from(byte);
            bits += 8;
            while bits >= 5 {
                bits -= 5;
                text.push(ALPHABET[(held >> bits & 31) as usize] as char);
            }
        }
        text
    }

    /// `None` for everything that [`Self::text`] never wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
        for letter in text.bytes() {
            let value = ALPHABET.iter().position(|known| *known == letter)?;
            held = (held << 5) | u32::try_from(value).ok()?;
            bits += 5;
            if bits >= 8 {
                bits -= 8;
                bytes.push((held >> bits & 255) as u8);
            }
        }
        Self::from_bytes(&bytes)
    }

    /// What the square picture holds.
    pub fn uri(&self, email: &str) -> String {
        let account: String =
            percent_encoding::utf8_percent_encode(email, percent_encoding::NON_ALPHANUMERIC).collect();
        format!(
            "otpauth://totp/Leadgate:{account}?secret={}&issuer=Leadgate",
            self.text()
        )
    }

    /// The time step of which this is the code, if it is one of those around now. Blanks in it don't matter.
    pub fn step_of(&self, code: &str, now: UtcTime) -> Option<i64> {
        let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        if digits.len() != usize::from(DIGITS) || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let step = self.totp().check(&digits, seconds(now))?;
        i64::try_from(step).ok()
    }

    /// The code of this moment, as the app shows it.
    pub fn code_at(&self, now: UtcTime) -> String {
        self.totp().generate(seconds(now)).to_string()
    }

    fn totp(&self) -> Totp {
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(DIGITS)
            .with_skew(STEPS_AROUND)
            .with_step_duration(STEP_SECONDS)
            .with_secret(self.0.to_vec())
            .build_noncompliant()
    }
}

fn seconds(now: UtcTime) -> u64 {
    u64::try_from(now.as_micros() / 1_000_000).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> UtcTime {
        UtcTime::from_micros(seconds * 1_000_000).expect("a moment")
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = Secret::from_bytes(b"12345678901234567890").expect("twenty bytes");

        // RFC 6238, appendix B, the last six of the eight digits.
        assert_eq!(secret.code_at(at(59)), "287082");
        assert_eq!(secret.code_at(at(1_111_111_109)), "081804");
        assert_eq!(secret.code_at(at(20_000_000_000)), "353130");
        assert_eq!(secret.text(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn a_code_is_good_one_step_early_and_one_step_late() {
        let secret = Secret::random();
        let code = secret.code_at(at(3_000));

        assert_eq!(secret.step_of(&code, at(3_000)), Some(100));
        assert_eq!(secret.step_of(&code, at(3_059)), Some(100));
        assert_eq!(secret.step_of(&code, at(2_970)), Some(100));
        assert_eq!(secret.step_of(&code, at(3_060)), None);
        assert_eq!(
            secret.step_of(&format!("{} {}", &code[..3], &code[3..]), at(3_000)),
            Some(100)
        );
        assert_eq!(secret.step_of("", at(3_000)), None);
    }

    #[test]
    fn a_secret_survives_being_written_and_read() {
        let secret = Secret::random();

        assert_eq!(Secret::parse(&secret.text()), Some(secret));
        assert_eq!(Secret::parse("too short"), None);
        assert_eq!(Secret::parse("GEZDGNBVGY3TQOJQ"), None);
    }
}
