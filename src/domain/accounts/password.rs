//! Passwords are kept as argon2id hashes only. Hashing takes a core for a while: call it on the hashing lane.

use std::cell::RefCell;
use std::sync::OnceLock;

use argon2::password_hash::PasswordHasher as _;
use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, Version};
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
    let matches = PasswordHash::new(hash).is_ok_and(|parsed| is_made_of(&parsed, password));
    matches && stored.is_some()
}

thread_local! {
    /// What a password is verified in. Each hashing thread keeps its own: given back and asked for anew, the memory of
    /// two passwords was held at a time.
    static ROOM: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
}

/// What argon2's own `verify_password` tells, in the thread's [`ROOM`].
fn is_made_of(hash: &PasswordHash, password: &str) -> bool {
    let (Some(salt), Some(expected), Some(version)) = (&hash.salt, &hash.hash, hash.version) else {
        return false;
    };
    let (Ok(algorithm), Ok(version), Ok(params)) = (
        Algorithm::try_from(hash.algorithm.as_str()),
        Version::try_from(version),
        Params::try_from(hash),
    ) else {
        return false;
    };
    let blocks = params.block_count();
    let argon2 = Argon2::new(algorithm, version, params);
    let mut made = vec![0; expected.len()];
    let is_made = ROOM.with_borrow_mut(|room| {
        if room.len() < blocks {
            room.resize(blocks, Block::default());
        }
        argon2.hash_password_into_with_memory(password.as_bytes(), salt, &mut made, &mut room[..blocks])
    });
    // `Output` compares in constant time.
    is_made.is_ok() && Output::new(&made).is_ok_and(|made| made == *expected)
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordVerifier as _;

    use super::*;

    #[test]
    fn a_hash_is_of_one_password_whatever_was_verified_before() {
        let (own, other) = ("tram sieve ochre quill", "tram sieve ochre quilt");
        let dear = Cost {
            memory_kibibytes: 64,
            passes: 3,
        };

        for cost in [Cost::CHEAPEST, dear, Cost::CHEAPEST] {
            let stored = hash(own, cost);
            assert!(verify(own, Some(&stored), cost));
            assert!(!verify(other, Some(&stored), cost));
            assert!(!verify("nobody signs in with this", None, cost));
            let parsed = PasswordHash::new(&stored).unwrap();
            assert!(Argon2::default().verify_password(own.as_bytes(), &parsed).is_ok());
        }
        for broken in [
            "",
            "$argon2id$v=19$m=8,t=1,p=1",
            "$argon2i$m=8,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAA",
            "$scrypt$ln=1,r=8,p=1$c2FsdHNhbHQ$AAAA",
        ] {
            assert!(!verify(own, Some(broken), Cost::CHEAPEST), "{broken}");
        }
    }

    #[test]
    fn a_hash_that_costs_less_than_today_is_outdated() {
        let stored = hash("tram sieve ochre quill", Cost::CHEAPEST);

        assert!(stored.starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
        assert!(is_outdated(&stored, Cost::STANDARD));
        assert!(!is_outdated(&stored, Cost::CHEAPEST));
    }
}
