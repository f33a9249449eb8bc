//! Passwords are kept as argon2id hashes only. Hashing takes a core for a while: call it on the hashing lane.

use std::sync::OnceLock;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use sha2::{Digest, Sha256};

use super::password_rules::is_short;

/// How much a hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    memory_kibibytes: u32,
    passes: u32,
}

impl Cost {
    /// OWASP's floor for argon2id: 19 MiB, two passes, one lane.
    pub const STANDARD: Cost = Cost {
        memory_kibibytes: 19_456,
        passes: 2,
    };

    /// As cheap as argon2 goes. For tests: it protects nothing.
    pub const CHEAPEST: Cost = Cost {
        memory_kibibytes: 8,
        passes: 1,
    };

    fn hasher(self) -> Argon2<'static> {
        let params = Params::new(self.memory_kibibytes, self.passes, 1, None).expect("both costs are within limits");
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
    }
}

/// The hash to store for a password, with its salt and cost inside (PHC string).
pub fn hash(password: &str, cost: Cost) -> String {
    cost.hasher()
        .hash_password(password.as_bytes())
        .expect("argon2 takes every password that a form lets in")
        .to_string()
}

/// A password that was taken, as it is stored.
#[derive(Debug, Clone)]
pub struct NewPassword {
    pub(super) hash: String,
    /// Whether it is long enough only beside a second factor.
    pub(super) is_short: bool,
}

impl NewPassword {
    /// Hashes a password that was looked at by the rules.
    pub fn of(typed: &str, cost: Cost) -> Self {
        NewPassword {
            hash: hash(typed, cost),
            is_short: is_short(typed),
        }
    }
}

/// What changes when the password does, and tells nothing about it.
pub fn fingerprint(stored: Option<&str>) -> String {
    let digest = Sha256::digest(stored.unwrap_or_default().as_bytes());
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a stored hash costs a guesser less than one that is made now; it is made anew at the next sign-in.
pub fn is_outdated(stored: &str, cost: Cost) -> bool {
    let params = PasswordHash::new(stored)
        .ok()
        .and_then(|hash| Params::try_from(&hash).ok());
    params.is_none_or(|params| params.m_cost() < cost.memory_kibibytes || params.t_cost() < cost.passes)
}

/// Whether the password is the one behind `stored`. Without a stored hash it works as long and says no, so that the
/// time of an answer tells nobody whether an account exists (ASVS 5.0 V6.3.8).
pub fn verify(password: &str, stored: Option<&str>, cost: Cost) -> bool {
    static NOBODY: OnceLock<String> = OnceLock::new();
    let hash = stored.unwrap_or_else(|| NOBODY.get_or_init(|| hash("nobody signs in with this", cost)));
    let matches = PasswordHash::new(hash)
        .is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok());
    matches && stored.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_that_costs_less_than_today_is_outdated() {
        let stored = hash("tram sieve ochre quill", Cost::CHEAPEST);

        assert!(stored.starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
        assert!(is_outdated(&stored, Cost::STANDARD));
        assert!(!is_outdated(&stored, Cost::CHEAPEST));
    }
}
