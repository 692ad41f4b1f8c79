//! The blind index: people are found by keyed hashes of normalised values, so that the database holds no name in the clear.
//!
//! HMAC-SHA256, a key for each kind of term by HKDF, cut to 15 bits: a term alone identifies nobody, and what is found is compared again
//! after decryption.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::sealed::Secret;

/// The kinds of term. Only values of high entropy are indexed, alone or together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// A whole name.
    Name,
    /// A birth date: a search may be by it alone, and with a part of a name it is what finds.
    Birth,
    /// A telephone number, e-mail address or postal address.
    Contact,
    /// The normalised wording of an anonymous issue.
    Wording,
    /// The name of a setting, as it is written: names that are read alike are still told apart in a text.
    Setting,
}

impl Term {
    fn label(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Birth => "birth",
            Self::Contact => "contact",
            Self::Wording => "wording",
            Self::Setting => "setting",
        }
    }
}

/// The key of the blind indexes; further keys derive from it.
pub struct IndexKey(Hkdf<Sha256>);

impl IndexKey {
    /// From the configured secret.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        Self(Hkdf::new(None, secret.as_slice()))
    }

    /// A key for one purpose.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Secret {
        let mut key = Secret::default();
        // 32 bytes are within what HKDF-SHA256 gives, so this cannot fail.
        let _: Result<(), hkdf::InvalidLength> = self.0.expand(purpose.as_bytes(), key.as_mut_slice());
        key
    }

    /// The whole digest of a value.
    #[must_use]
    pub fn digest(&self, term: Term, value: &str) -> [u8; 32] {
        let key = self.derive(&format!("index/{}", term.label()));
        let mac =
            Hmac::<Sha256>::new_from_slice(key.as_slice()).map(|mac| mac.chain_update(value.as_bytes()).finalize().into_bytes().into());
        mac.unwrap_or_default()
    }

    /// The 15-bit token of a normalised value, with the kind of term in the bits above, so that one column serves all.
    #[must_use]
    pub fn token(&self, term: Term, value: &str) -> i32 {
        let [a, b, ..] = self.digest(term, value);
        let kind = match term {
            Term::Name => 0,
            Term::Birth => 1,
            Term::Contact => 2,
            Term::Wording => 3,
            Term::Setting => 4,
        };
        (kind << 15) | i32::from(u16::from_be_bytes([a, b]) >> 1)
    }
}
