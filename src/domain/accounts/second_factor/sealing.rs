//! Encryption of secrets that the program itself must read again: AES-256-GCM with a key out of the installation's
//! secret. Whoever has the database alone has no codes (ASVS 5.0 V11.3).

use std::fmt;

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use hmac::{Hmac, Mac};
use rand::Rng;
use sha2::Sha256;

use crate::db::types::UserId;

const NONCE_LENGTH: usize = 12;

/// The part of the installation's secret that seals.
#[derive(Clone)]
pub struct SealKey([u8; 32]);

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(…)")
    }
}

impl SealKey {
    /// The key for sealing out of the secret that everything rests on, of no use for anything else.
    pub fn derive_from(secret: &[u8]) -> Self {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(secret).expect("HMAC takes a key of any length");
        mac.update(b"leadgate sealed secrets");
        SealKey(mac.finalize().into_bytes().into())
    }

    /// The sealed form, with its nonce in front. It opens for this user alone.
    pub fn seal(&self, secret: &[u8], owner: UserId) -> Vec<u8> {
        let mut nonce = [0; NONCE_LENGTH];
        rand::rng().fill_bytes(&mut nonce);
        let payload = Payload {
            msg: secret,
            aad: &owner.get().to_be_bytes(),
        };
        let sealed = self
            .cipher()
            .encrypt(&nonce.into(), payload)
            .expect("AES-GCM takes a message of twenty bytes");
        [&nonce[..], &sealed].concat()
    }

    /// `None` when it was sealed with another key, for somebody else, or was changed.
    pub fn open(&self, sealed: &[u8], owner: UserId) -> Option<Vec<u8>> {
        let (nonce, message) = sealed.split_first_chunk::<NONCE_LENGTH>()?;
        let payload = Payload {
            msg: message,
            aad: &owner.get().to_be_bytes(),
        };
        self.cipher().decrypt(&(*nonce).into(), payload).ok()
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&self.0.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_its_owner_with_the_same_key_and_unchanged() {
        let (key, owner) = (SealKey::derive_from(&[7; 64]), UserId::new(4));
        let sealed = key.seal(b"twenty secret bytes!", owner);

        assert_eq!(key.open(&sealed, owner).as_deref(), Some(&b"twenty secret bytes!"[..]));
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        assert_eq!(key.open(&sealed, UserId::new(5)), None);
        assert_eq!(SealKey::derive_from(&[8; 64]).open(&sealed, owner), None);
        assert_ne!(key.seal(b"twenty secret bytes!", owner), sealed);
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            assert_eq!(key.open(&changed, owner), None);
        }
        assert_eq!(key.open(&sealed[..5], owner), None);
    }
}
