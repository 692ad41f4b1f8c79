//! The blind index: people are found by keyed hashes of normalised values, so that the database holds no name in the clear.
//!
//! HMAC-SHA256, a key for each kind of term by HKDF, cut to 15 bits: a term alone identifies nobody, and what is found is compared again
//! after decryption.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::sealed::Secret;

/// The kinds of term. Only values of high entropy are indexed, alone or together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// A whole name.
    Name,
    /// One word of a name and the birth date.
    NameWordAndBirth,
    /// The birth date and the first letter of a name are too few; the date alone serves a search by date.
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
            Self::NameWordAndBirth => "name_birth",
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
            Term::NameWordAndBirth => 1,
            Term::Birth => 2,
            Term::Contact => 3,
            Term::Wording => 4,
            Term::Setting => 5,
        };
        (kind << 15) | i32::from(u16::from_be_bytes([a, b]) >> 1)
    }
}

/// A name as it is compared: NFKC, without accents and apostrophes, hyphens as spaces, single spaces, case folded.
#[must_use]
pub fn normal_name(name: &str) -> String {
    let folded: String = name
        .nfkd()
        .filter(|c| {
            !is_combining_mark(*c)
                && !matches!(c, '\'' | '\u{2019}' | '\u{2018}' | '`' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
        })
        .map(|c| if c == '-' || ('\u{2010}'..='\u{2015}').contains(&c) { ' ' } else { c })
        .flat_map(char::to_lowercase)
        .collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A contact as it is compared: an e-mail address case folded; a number by its digits, `+44` as `0`; an address by its letters and digits.
#[must_use]
pub fn normal_contact(value: &str) -> String {
    let value: String = value.nfkc().flat_map(char::to_lowercase).collect();
    if value.contains('@') {
        return value.split_whitespace().collect();
    }
    let kept: String = value.chars().filter(|c| c.is_alphanumeric() || *c == '+').collect();
    if kept.chars().all(|c| c.is_ascii_digit() || c == '+') {
        return kept
            .strip_prefix("+44")
            .or_else(|| kept.strip_prefix("0044"))
            .map_or(kept.clone(), |rest| format!("0{}", rest.trim_start_matches('0')));
    }
    kept
}
