//! The verifier of access tokens (RFC 7519, RFC 8725, RFC 9068).
//!
//! `jsonwebtoken` gives the signature check and no more: with its own validation it accepts tokens of any `typ`, with an unknown
//! `crit`, an array as `iss`, a life of ten years or a fraction as `exp`. Every rule is therefore written out here, in the order
//! in which it is applied. The answer to a client never says which of them failed.

mod claims;
#[cfg(test)]
pub(in crate::authz) mod forge;
mod roles;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::devkey::{DevKey, Minting};
use super::issuers::{Issuer, Issuers, Profile, TokenAlgorithm, is_kid};
use super::json::{self, JsonFault, Present};
use crate::domain::text::Name;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::Role;
use claims::{Claimed, Common, Identity};
pub use claims::{MAX_ID, MAX_NAME};
pub(super) use roles::is_machine_role;

/// The longest `Authorization` header read, in bytes.
const MAX_BYTES: usize = 8 * 1024;
/// How far the clock of an issuer may be from this one, in seconds.
const LEEWAY: i64 = 30;
/// The longest life of a token, in seconds.
pub(super) const MAX_LIFE: i64 = 60 * 60;

/// What a valid token says.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The issuer.
    pub issuer: String,
    /// The stable key of the actor, unlike that of any other issuer: `tenant#oid` for Entra ID, else `iss#sub`.
    pub subject: String,
    /// The id by which this token can be revoked.
    pub token_id: String,
    /// The name shown; of a machine, or where the issuer gives none, the client's.
    pub display_name: Name,
    /// The roles, in the order of the vocabulary; at least one.
    pub roles: Vec<Role>,
    /// Whether a machine calls, not a person.
    pub machine: bool,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The client it was issued to.
    pub client: String,
}

/// What the client is told of a refused token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 401, whatever the reason.
    Unauthenticated,
    /// 403: the token is valid and carries no role of this service.
    NoRole,
    /// 403: the token is valid and carries roles that nobody may hold together.
    RoleConflict,
}

macro_rules! faults {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => {
        /// Why a token was refused: for the operator's log only. It holds nothing of the token.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum TokenFault { $($(#[doc = $doc])+ $name,)+ }

        impl std::fmt::Display for TokenFault {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self { $(Self::$name => concat!($($doc),+).trim(),)+ })
            }
        }
    };
}

faults! {
    /// no `Authorization` header
    NoHeader;
    /// more than one `Authorization` header
    SeveralHeaders;
    /// not `Bearer` and one token
    NotBearer;
    /// longer than 8 KiB
    TooLong;
    /// not three parts
    Parts;
    /// a part that is not base64url without padding
    Encoding;
    /// header or payload is not a JSON object
    Json;
    /// a repeated key in header or payload
    RepeatedKey;
    /// the claimed issuer is not configured, or not a string
    Issuer;
    /// an algorithm the issuer does not use
    Algorithm;
    /// a header type that is not an access token's
    HeaderType;
    /// a header parameter that is never accepted
    HeaderParameter;
    /// no `kid`, or not one that could be configured
    Kid;
    /// no key with this `kid`
    UnknownKey;
    /// the key is for another algorithm
    KeyAlgorithm;
    /// the signature does not match
    Signature;
    /// a claim is missing or of the wrong type
    Claims;
    /// meant for another audience
    Audience;
    /// expired
    Expired;
    /// not valid yet
    NotYetValid;
    /// issued in the future
    IssuedAhead;
    /// a life of over 60 minutes, or of none
    Life;
    /// a token of another kind
    Kind;
    /// of another tenant
    Tenant;
    /// an unusable subject
    Subject;
    /// an unusable token id
    TokenId;
    /// a client that is not on the list
    Client;
    /// valid, but without a role of this service
    NoRole;
    /// valid, but with roles that nobody may hold together
    RoleConflict;
}

impl TokenFault {
    /// What the client is told.
    #[must_use]
    pub fn refusal(self) -> Refusal {
        match self {
            Self::NoRole => Refusal::NoRole,
            Self::RoleConflict => Refusal::RoleConflict,
            _ => Refusal::Unauthenticated,
        }
    }
}

impl From<JsonFault> for TokenFault {
    fn from(fault: JsonFault) -> Self {
        match fault {
            JsonFault::Malformed => Self::Json,
            JsonFault::RepeatedKey => Self::RepeatedKey,
        }
    }
}

/// The parameters of a header that are looked at. Those of type [`Present`] change what a token means, or bring a key of their own.
#[derive(Deserialize)]
struct Header<'a> {
    #[serde(borrow)]
    alg: Cow<'a, str>,
    #[serde(default, borrow)]
    typ: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    kid: Option<Cow<'a, str>>,
    #[serde(default)]
    crit: Present,
    #[serde(default)]
    jku: Present,
    #[serde(default)]
    x5u: Present,
    #[serde(default)]
    x5c: Present,
    #[serde(default)]
    jwk: Present,
    #[serde(default)]
    zip: Present,
    #[serde(default)]
    b64: Present,
}

/// What the token in these values of the `Authorization` header says, if every rule holds.
///
/// Whether the actor is disabled or the token revoked is for the caller to ask of the database.
pub fn verify<'h>(headers: impl IntoIterator<Item = &'h [u8]>, issuers: &Issuers, now: Timestamp) -> Result<Verified, TokenFault> {
    let token = bearer(headers)?;
    let (message, signature) = token.rsplit_once('.').ok_or(TokenFault::Parts)?;
    let (header, payload) = message.split_once('.').ok_or(TokenFault::Parts)?;
    if payload.contains('.') {
        return Err(TokenFault::Parts);
    }
    let (header, payload) = (part(header)?, part(payload)?);
    // Read ahead of the signature only to choose the configuration: with a false issuer the signature cannot match.
    let claimed: Claimed = claims::parse(&payload).map_err(|_| TokenFault::Issuer)?;
    let issuer = issuers.named(&claimed.iss).ok_or(TokenFault::Issuer)?;

    let header: Header = serde_json::from_slice(&header).map_err(|_| TokenFault::Json)?;
    let algorithm = check_header(&header, issuer)?;
    let key = header.kid.as_deref().filter(|kid| is_kid(kid)).ok_or(TokenFault::Kid)?;
    let key = issuer.key(key).ok_or(TokenFault::UnknownKey)?;
    if key.algorithm != algorithm {
        return Err(TokenFault::KeyAlgorithm);
    }
    let matches = jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key.decoding, algorithm.library());
    if !matches.unwrap_or(false) {
        return Err(TokenFault::Signature);
    }

    let common: Common = claims::parse(&payload)?;
    if !common.aud.contains(&issuer.config.audience) {
        return Err(TokenFault::Audience);
    }
    let (issued_at, expires_at) = check_times(&common, now)?;
    let identity = claims::identity(&payload, header.typ.as_deref().unwrap_or_default(), issuer)?;
    check_client(&identity, issuer)?;
    let roles = roles::of(&payload, issuer, identity.machine)?;

    let realm = issuer.tenant.as_deref().unwrap_or(issuer.name());
    Ok(Verified {
        issuer: issuer.name().to_owned(),
        subject: format!("{realm}#{}", identity.subject),
        token_id: identity.token_id,
        display_name: identity.name.unwrap_or_else(|| Name::from(identity.client.as_str())),
        roles,
        machine: identity.machine,
        issued_at,
        expires_at,
        client: identity.client,
    })
}

/// The token of the only header: `Bearer`, one space, and nothing that cannot stand in a token.
fn bearer<'h>(headers: impl IntoIterator<Item = &'h [u8]>) -> Result<&'h str, TokenFault> {
    let mut headers = headers.into_iter();
    let header = headers.next().ok_or(TokenFault::NoHeader)?;
    if headers.next().is_some() {
        return Err(TokenFault::SeveralHeaders);
    }
    if header.len() > MAX_BYTES {
        return Err(TokenFault::TooLong);
    }
    let token = header.strip_prefix(b"Bearer ").ok_or(TokenFault::NotBearer)?;
    let token = std::str::from_utf8(token).map_err(|_| TokenFault::NotBearer)?;
    if token.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'=')) {
        Ok(token)
    } else {
        Err(TokenFault::NotBearer)
    }
}

/// Header or payload, decoded, and known to be one object without a repeated key.
fn part(text: &str) -> Result<Vec<u8>, TokenFault> {
    let decoded = URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenFault::Encoding)?;
    json::check_object(&decoded)?;
    Ok(decoded)
}

fn check_header(header: &Header, issuer: &Issuer) -> Result<TokenAlgorithm, TokenFault> {
    let algorithm = TokenAlgorithm::parse(&header.alg).filter(|algorithm| issuer.config.algorithms.contains(algorithm));
    let algorithm = algorithm.ok_or(TokenFault::Algorithm)?;
    let typ = header.typ.as_deref().unwrap_or_default();
    let fits = match issuer.config.profile {
        Profile::Entra => typ == "JWT",
        // The older of its two forms; the type in the body tells its kinds apart, see `claims`.
        Profile::Keycloak => matches!(typ, "at+jwt" | "JWT"),
        Profile::Rfc9068 | Profile::Development => typ == "at+jwt",
    };
    if !fits {
        return Err(TokenFault::HeaderType);
    }
    let Header { crit, jku, x5u, x5c, jwk, zip, b64, .. } = header;
    if [crit, jku, x5u, x5c, jwk, zip, b64].iter().any(|parameter| parameter.0) {
        return Err(TokenFault::HeaderParameter);
    }
    Ok(algorithm)
}

/// When the token was issued and when it ends, if now is in between.
fn check_times(common: &Common, now: Timestamp) -> Result<(Timestamp, Timestamp), TokenFault> {
    const SECOND: i64 = 1_000_000;
    let now = now.micros().div_euclid(SECOND);
    if now.saturating_sub(common.exp) >= LEEWAY {
        return Err(TokenFault::Expired);
    }
    if common.nbf.is_some_and(|nbf| nbf.saturating_sub(now) > LEEWAY) {
        return Err(TokenFault::NotYetValid);
    }
    if common.iat.saturating_sub(now) > LEEWAY {
        return Err(TokenFault::IssuedAhead);
    }
    if !(1..=MAX_LIFE).contains(&common.exp.saturating_sub(common.iat)) {
        return Err(TokenFault::Life);
    }
    let instant = |seconds: i64| seconds.checked_mul(SECOND).and_then(Timestamp::from_micros).ok_or(TokenFault::Claims);
    Ok((instant(common.iat)?, instant(common.exp)?))
}

fn check_client(identity: &Identity, issuer: &Issuer) -> Result<(), TokenFault> {
    let listed = issuer.config.clients.is_empty() || issuer.config.clients.contains(&identity.client);
    if listed || identity.machine { Ok(()) } else { Err(TokenFault::Client) }
}

/// Signs a token with a key made for the purpose, and verifies it; then the same with one signature bit of another.
///
/// The cryptographic back end is a compile-time feature, and without it the library fails at its first use: that is to be at start-up.
pub fn self_test(now: Timestamp) -> Result<(), &'static str> {
    const FAILED: &str = "The self-test of token signatures failed.";
    let minting = Minting { roles: &[Role::Adviser], subject: "self-test", minutes: 1, name: "Self-test" };
    let [ours, other] = [DevKey::make(), DevKey::make()];
    let (ours, other) = (ours.map_err(|_| FAILED)?, other.map_err(|_| FAILED)?);
    let issuers = ours.issuer().and_then(|issuer| Issuers::new(vec![issuer])).map_err(|_| FAILED)?;
    let accepted = |token: &str| verify([format!("Bearer {token}").as_bytes()], &issuers, now).is_ok();
    let (good, foreign) = (ours.mint(&minting, now).map_err(|_| FAILED)?, other.mint(&minting, now).map_err(|_| FAILED)?);
    let spliced = match (good.rsplit_once('.'), foreign.rsplit_once('.')) {
        (Some((message, _)), Some((_, signature))) => format!("{message}.{signature}"),
        _ => return Err(FAILED),
    };
    if accepted(&good) && !accepted(&spliced) { Ok(()) } else { Err(FAILED) }
}
