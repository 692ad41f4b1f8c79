//! The key set of an issuer (RFC 7517): public signature keys, each bound to one algorithm, found by `kid`.

use std::collections::{HashMap, HashSet};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;

use super::TokenAlgorithm;
use crate::authz::json::{self, Present};

/// The longest key set read, in bytes.
const MAX_BYTES: usize = 64 * 1024;
/// The most keys in a set.
const MAX_KEYS: usize = 20;
/// The shortest RSA modulus. Entra ID signs with 2048 bits: the exception to the 3072 that new keys should have.
const MIN_RSA_BITS: usize = 2048;
/// The longest RSA modulus the back end verifies with.
const MAX_RSA_BITS: usize = 8192;

/// A key set as published; members not named here are ignored (RFC 7517 section 5).
#[derive(Clone, Debug, Deserialize)]
pub struct Jwks {
    keys: Vec<Jwk>,
}

#[derive(Clone, Debug, Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    #[serde(default)]
    d: Present,
    #[serde(default)]
    k: Present,
}

/// Why a key set is refused as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySetFault {
    /// Over 64 KiB.
    TooLong,
    /// Not a JSON key set, or a key repeated in an object of it.
    Malformed,
    /// Over 20 keys.
    TooMany,
    /// Two keys with one `kid`.
    RepeatedKid,
    /// A signature key without a `kid` of `[A-Za-z0-9_-]{1,128}`.
    Kid,
    /// A symmetric key: whoever reads the set could sign.
    Symmetric,
    /// A private key: it is no longer private.
    Private,
    /// `kty`, `crv` and `alg` contradict one another.
    Contradiction,
    /// The public key is not one: not on its curve, of the wrong length.
    Material,
    /// An RSA modulus outside 2048 to 8192 bits, or an exponent other than 65537.
    RsaSize,
    /// No key for the algorithms of the issuer.
    Empty,
}

impl std::fmt::Display for KeySetFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TooLong => "The key set is longer than 64 KiB.",
            Self::Malformed => "The key set is not a JSON key set with each member once.",
            Self::TooMany => "The key set has more than 20 keys.",
            Self::RepeatedKid => "Two keys of the key set have the same `kid`.",
            Self::Kid => "A signature key has no `kid` of 1 to 128 letters, digits, `_` or `-`.",
            Self::Symmetric => "The key set holds a symmetric key (`oct`).",
            Self::Private => "The key set holds a private key.",
            Self::Contradiction => "The `kty`, `crv` and `alg` of a key contradict one another.",
            Self::Material => "A key of the key set is not a valid public key.",
            Self::RsaSize => "An RSA key must have 2048 to 8192 bits and the exponent 65537.",
            Self::Empty => "The key set holds no signature key for the algorithms of the issuer.",
        })
    }
}

/// A key ready to verify with, and the one algorithm it is for.
#[derive(Debug)]
pub(in crate::authz) struct Key {
    pub(in crate::authz) algorithm: TokenAlgorithm,
    pub(in crate::authz) decoding: DecodingKey,
}

/// The keys of one issuer, by `kid`.
#[derive(Debug)]
pub(in crate::authz) struct KeySet(HashMap<String, Key>);

impl Jwks {
    /// The key set in this text.
    pub fn parse(text: &[u8]) -> Result<Self, KeySetFault> {
        if text.len() > MAX_BYTES {
            return Err(KeySetFault::TooLong);
        }
        json::check_object(text).map_err(|_| KeySetFault::Malformed)?;
        serde_json::from_slice(text).map_err(|_| KeySetFault::Malformed)
    }
}

impl KeySet {
    /// The keys of the published set that can verify a token of an issuer with these algorithms. Keys for other purposes,
    /// which issuers publish in the same set, are left out; what no honest set holds refuses the whole set.
    pub(in crate::authz) fn new(published: &Jwks, algorithms: &[TokenAlgorithm]) -> Result<Self, KeySetFault> {
        if published.keys.len() > MAX_KEYS {
            return Err(KeySetFault::TooMany);
        }
        let mut kids = HashSet::new();
        if !published.keys.iter().filter_map(|key| key.kid.as_deref()).all(|kid| kids.insert(kid)) {
            return Err(KeySetFault::RepeatedKid);
        }
        let mut keys = HashMap::new();
        for jwk in &published.keys {
            if let Some(algorithm) = jwk.algorithm(algorithms)? {
                let kid = jwk.kid.clone().filter(|kid| is_kid(kid)).ok_or(KeySetFault::Kid)?;
                keys.insert(kid, Key { algorithm, decoding: jwk.decoding(algorithm)? });
            }
        }
        if keys.is_empty() { Err(KeySetFault::Empty) } else { Ok(Self(keys)) }
    }

    /// The key with this `kid`.
    pub(in crate::authz) fn get(&self, kid: &str) -> Option<&Key> {
        self.0.get(kid)
    }
}

/// `[A-Za-z0-9_-]{1,128}`: fit for a map look-up and for nothing else.
pub(in crate::authz) fn is_kid(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

impl Jwk {
    /// The algorithm of the issuer that this key is for; none if it is for something else.
    fn algorithm(&self, algorithms: &[TokenAlgorithm]) -> Result<Option<TokenAlgorithm>, KeySetFault> {
        if self.kty == "oct" || self.k.0 {
            return Err(KeySetFault::Symmetric);
        }
        if self.d.0 {
            return Err(KeySetFault::Private);
        }
        let fitting: &[TokenAlgorithm] = match (self.kty.as_str(), self.crv.as_deref()) {
            ("EC", Some("P-256")) => &[TokenAlgorithm::Es256],
            ("OKP", Some("Ed25519")) => &[TokenAlgorithm::EdDsa],
            ("RSA", None) => &[TokenAlgorithm::Rs256, TokenAlgorithm::Ps256],
            _ => &[],
        };
        let named = self.alg.as_deref().map(TokenAlgorithm::parse);
        if let Some(Some(named)) = named
            && !fitting.contains(&named)
        {
            return Err(KeySetFault::Contradiction);
        }
        let signs = self.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
            && self.key_ops.as_ref().is_none_or(|operations| operations.iter().any(|operation| operation == "verify"));
        if !signs {
            return Ok(None);
        }
        Ok(fitting.iter().copied().find(|fits| algorithms.contains(fits) && named.is_none_or(|named| named == Some(*fits))))
    }

    fn decoding(&self, algorithm: TokenAlgorithm) -> Result<DecodingKey, KeySetFault> {
        match algorithm {
            TokenAlgorithm::Es256 => {
                let point = [vec![4], octets::<32>(self.x.as_ref())?, octets::<32>(self.y.as_ref())?].concat();
                ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point).map_err(|_| KeySetFault::Material)?;
                Ok(DecodingKey::from_ec_der(&point))
            }
            TokenAlgorithm::EdDsa => {
                let point = octets::<32>(self.x.as_ref())?;
                ParsedPublicKey::new(&ED25519, &point).map_err(|_| KeySetFault::Material)?;
                Ok(DecodingKey::from_ed_der(&point))
            }
            TokenAlgorithm::Rs256 | TokenAlgorithm::Ps256 => {
                let (modulus, exponent) = (decode(self.n.as_ref())?, decode(self.e.as_ref())?);
                let leading = modulus.iter().take_while(|byte| **byte == 0).count();
                let top = modulus.get(leading).map_or(8, |byte| byte.leading_zeros() as usize);
                let bits = ((modulus.len() - leading) * 8).saturating_sub(top);
                if !(MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) || exponent != [1, 0, 1] {
                    return Err(KeySetFault::RsaSize);
                }
                Ok(DecodingKey::from_rsa_raw_components(modulus.get(leading..).unwrap_or_default(), &exponent))
            }
        }
    }
}

fn decode(text: Option<&String>) -> Result<Vec<u8>, KeySetFault> {
    text.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()).ok_or(KeySetFault::Material)
}

fn octets<const N: usize>(text: Option<&String>) -> Result<Vec<u8>, KeySetFault> {
    decode(text).and_then(|octets| if octets.len() == N { Ok(octets) } else { Err(KeySetFault::Material) })
}
