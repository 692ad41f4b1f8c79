//! The key with which this service signs its own tokens, for development and demonstration only.

#[cfg(test)]
mod tests;

use std::path::Path;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde::Serialize;
use zeroize::Zeroizing;

use super::issuers::{Issuer, IssuerConfig, IssuersFault, Jwks, KeySource, Profile, TokenAlgorithm};
use super::token::{MAX_LIFE, is_machine_role};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{Role, Vocabulary};

/// The `iss` of the tokens.
pub const ISSUER: &str = "sendiass-development";
/// Their `aud`.
pub const AUDIENCE: &str = "sendiass";

const PERSON_CLIENT: &str = "sendiass-command";
const MACHINE_CLIENT: &str = "sendiass-command-machine";

/// Why there is no key, or no token. Each is one sentence for the operator.
#[derive(Debug)]
pub enum DevKeyFault {
    /// The cryptographic back end failed.
    Cryptography,
    /// A life of no minutes or of more than 60.
    Minutes,
}

impl std::fmt::Display for DevKeyFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Cryptography => "The development key failed to sign.",
            Self::Minutes => "A token lives for 1 to 60 minutes.",
        })
    }
}

impl std::error::Error for DevKeyFault {}

/// The key. It has no `Debug`, so that it cannot be printed.
pub struct DevKey {
    signing: EncodingKey,
    public: Jwk,
}

/// What a token of this key is to say.
#[derive(Clone, Copy, Debug)]
pub struct Minting<'a> {
    /// The roles; with a machine role among them it is a machine's token, else a person's.
    pub roles: &'a [Role],
    /// The actor.
    pub subject: &'a str,
    /// How long it lives: 1 to 60 minutes.
    pub minutes: u32,
    /// The name shown.
    pub name: &'a str,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    jti: uuid::Uuid,
    client_id: &'a str,
    name: &'a str,
    roles: &'a [Role],
    iat: i64,
    exp: i64,
}

impl DevKey {
    /// A new key, in memory only.
    pub fn make() -> Result<Self, DevKeyFault> {
        Self::from_pem(&new_pem()?).ok_or(DevKeyFault::Cryptography)
    }

    /// The key in this PKCS #8 PEM.
    #[must_use]
    pub fn from_pem(pem: &[u8]) -> Option<Self> {
        let signing = EncodingKey::from_ec_pem(pem).ok()?;
        let mut public = Jwk::from_encoding_key(&signing, Algorithm::ES256).ok()?;
        public.common.key_id = Some(public.thumbprint(ThumbprintHash::SHA256).ok()?);
        Some(Self { signing, public })
    }

    /// The issuer whose tokens this key signs. It accepts every role by its own name.
    pub fn issuer(&self) -> Result<Issuer, IssuersFault> {
        let malformed = |error: serde_json::Error| IssuersFault::Malformed(error.to_string());
        let published = serde_json::to_vec(&serde_json::json!({ "keys": [self.public] })).map_err(malformed)?;
        let config = IssuerConfig {
            profile: Profile::Development,
            issuer: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
            algorithms: vec![TokenAlgorithm::Es256],
            roles: Role::ALL.iter().map(|role| (role.as_str().to_owned(), *role)).collect(),
            roles_claim: None,
            clients: vec![PERSON_CLIENT.to_owned()],
            machine_clients: vec![MACHINE_CLIENT.to_owned()],
            keys: KeySource::Inline(Jwks::parse(&published).map_err(super::issuers::IssuerFault::Keys)?),
        };
        Issuer::new(config, Path::new(""))
    }

    /// A token, valid from now on.
    pub fn mint(&self, minting: &Minting, now: Timestamp) -> Result<String, DevKeyFault> {
        let life = i64::from(minting.minutes) * 60;
        if !(1..=MAX_LIFE).contains(&life) {
            return Err(DevKeyFault::Minutes);
        }
        let iat = now.utc().timestamp();
        let claims = Claims {
            iss: ISSUER,
            aud: AUDIENCE,
            sub: minting.subject,
            jti: uuid::Uuid::new_v4(),
            client_id: if minting.roles.iter().copied().any(is_machine_role) { MACHINE_CLIENT } else { PERSON_CLIENT },
            name: minting.name,
            roles: minting.roles,
            iat,
            exp: iat + life,
        };
        let mut header = jsonwebtoken::Header::new(Algorithm::ES256);
        header.typ = Some("at+jwt".to_owned());
        header.kid.clone_from(&self.public.common.key_id);
        jsonwebtoken::encode(&header, &claims, &self.signing).map_err(|_| DevKeyFault::Cryptography)
    }
}

/// A new P-256 key as PKCS #8 PEM (RFC 7468).
pub fn new_pem() -> Result<Zeroizing<Vec<u8>>, DevKeyFault> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| DevKeyFault::Cryptography)?;
    let der = pair.to_pkcs8v1().map_err(|_| DevKeyFault::Cryptography)?;
    let body = Zeroizing::new(STANDARD.encode(der.as_ref()));
    let mut pem = Zeroizing::new(Vec::with_capacity(512));
    pem.extend_from_slice(b"-----BEGIN PRIVATE KEY-----\n");
    for line in body.as_bytes().chunks(64) {
        pem.extend_from_slice(line);
        pem.push(b'\n');
    }
    pem.extend_from_slice(b"-----END PRIVATE KEY-----\n");
    Ok(pem)
}
