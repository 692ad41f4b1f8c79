//! The issuers whose tokens are accepted, fixed in configuration: nothing about an issuer is discovered from a token.
//!
//! Key sets are static: written into the configuration, or a file beside it. A set fetched from the issuer will be a further
//! [`KeySource`]; `verify` asks for a key only through [`Issuer::key`], so nothing else changes with it.

mod keys;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use jsonwebtoken::Algorithm;
use serde::Deserialize;

use super::json;
use crate::domain::vocabulary::Role;
use keys::KeySet;
pub use keys::{Jwks, KeySetFault};
pub(super) use keys::{Key, is_kid};

/// What kind of issuer it is: which claims name the actor, the token, the client and the roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Microsoft Entra ID, version 2 tokens of one tenant.
    Entra,
    /// Keycloak with an audience mapper.
    Keycloak,
    /// Any issuer of access tokens as RFC 9068 describes them.
    Rfc9068,
    /// This service's own key, for development and demonstration.
    Development,
}

/// A signature algorithm that may be configured (RFC 7518, RFC 8037). No symmetric one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub enum TokenAlgorithm {
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// RSA PKCS #1 v1.5 with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSA-PSS with SHA-256.
    #[serde(rename = "PS256")]
    Ps256,
}

impl TokenAlgorithm {
    /// The algorithm of this exact name, if it may be configured at all.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "ES256" => Some(Self::Es256),
            "EdDSA" => Some(Self::EdDsa),
            "RS256" => Some(Self::Rs256),
            "PS256" => Some(Self::Ps256),
            _ => None,
        }
    }

    pub(super) fn library(self) -> Algorithm {
        match self {
            Self::Es256 => Algorithm::ES256,
            Self::EdDsa => Algorithm::EdDSA,
            Self::Rs256 => Algorithm::RS256,
            Self::Ps256 => Algorithm::PS256,
        }
    }
}

/// Where the public keys of an issuer come from.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeySource {
    /// A key set in a file; a relative path starts at the folder of the configuration.
    File(PathBuf),
    /// The key set itself.
    Inline(Jwks),
}

/// One issuer as configured.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IssuerConfig {
    /// What kind of issuer it is.
    pub profile: Profile,
    /// The exact `iss` of its tokens.
    pub issuer: String,
    /// The exact `aud` that means this service. For Keycloak it is also the client whose roles count.
    pub audience: String,
    /// ES256 and `EdDSA`, or RS256 alone, or PS256 alone.
    pub algorithms: Vec<TokenAlgorithm>,
    /// What each value of the roles claim means here; a value not listed means nothing.
    pub roles: BTreeMap<String, Role>,
    /// The top-level claim that lists the roles: required for `rfc9068`, refused for the others.
    pub roles_claim: Option<String>,
    /// The clients whose tokens are accepted; empty: any client of the issuer.
    #[serde(default)]
    pub clients: Vec<String>,
    /// The clients that are machines. They are accepted without being listed in `clients`.
    #[serde(default)]
    pub machine_clients: Vec<String>,
    /// Its public keys.
    pub keys: KeySource,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    issuers: Vec<IssuerConfig>,
}

/// Why the configuration of the issuers is refused.
#[derive(Debug)]
pub enum IssuersFault {
    /// A file cannot be read.
    Unreadable(std::io::Error),
    /// The configuration is not what is expected, or repeats a key.
    Malformed(String),
    /// No issuer at all.
    None,
    /// Two issuers with one `issuer`.
    Repeated,
    /// The `development` profile stands in a file: its key is made by this service alone.
    Development,
    /// One issuer is refused.
    Issuer(IssuerFault),
}

/// Why one issuer is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuerFault {
    /// `issuer` is not an https address without query and fragment.
    Address,
    /// `issuer` of an Entra ID issuer does not end in the id of a tenant and `/v2.0`.
    Tenant,
    /// `audience` is empty.
    Audience,
    /// Not ES256 and `EdDSA`, nor RS256 alone, nor PS256 alone.
    Algorithms,
    /// `roles` is empty.
    Roles,
    /// `rolesClaim` is missing for `rfc9068`, or stands with another profile.
    RolesClaim,
    /// The key set.
    Keys(KeySetFault),
}

impl std::fmt::Display for IssuersFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "The issuers or a key set of theirs cannot be read: {error}."),
            Self::Malformed(what) => write!(f, "The configuration of the issuers is not valid: {what}."),
            Self::None => f.write_str("No issuer is configured."),
            Self::Repeated => f.write_str("Two issuers have the same `issuer`."),
            Self::Development => f.write_str("The `development` profile cannot be configured in a file."),
            Self::Issuer(fault) => fault.fmt(f),
        }
    }
}

impl std::fmt::Display for IssuerFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Address => f.write_str("An `issuer` must be an https address without query or fragment."),
            Self::Tenant => f.write_str("The `issuer` of an Entra ID issuer must end in the id of one tenant and `/v2.0`."),
            Self::Audience => f.write_str("An `audience` is empty."),
            Self::Algorithms => f.write_str("The `algorithms` must be ES256 or EdDSA or both, or RS256 alone, or PS256 alone."),
            Self::Roles => f.write_str("The `roles` of an issuer are empty, so that none of its tokens would be of use."),
            Self::RolesClaim => f.write_str("`rolesClaim` is required for the profile `rfc9068`, and refused for the others."),
            Self::Keys(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for IssuersFault {}

impl From<IssuerFault> for IssuersFault {
    fn from(fault: IssuerFault) -> Self {
        Self::Issuer(fault)
    }
}

/// An issuer, checked, with its keys ready.
#[derive(Debug)]
pub struct Issuer {
    pub(super) config: IssuerConfig,
    /// The tenant, for Entra ID.
    pub(super) tenant: Option<String>,
    keys: KeySet,
}

impl Issuer {
    /// The issuer so configured; a relative path of its key set starts at `base`.
    pub fn new(config: IssuerConfig, base: &Path) -> Result<Self, IssuersFault> {
        use TokenAlgorithm::{Ps256, Rs256};
        let development = config.profile == Profile::Development;
        if !development && (!config.issuer.starts_with("https://") || config.issuer.contains(['?', '#', ' '])) {
            return Err(IssuerFault::Address.into());
        }
        let tenant = match config.profile {
            Profile::Entra => Some(tenant(&config.issuer).ok_or(IssuerFault::Tenant)?),
            _ => None,
        };
        if config.audience.is_empty() {
            return Err(IssuerFault::Audience.into());
        }
        // An RSA key in the set of an issuer that signs with curves too would let the weaker algorithm in by the back door.
        let rsa = config.algorithms.iter().any(|algorithm| matches!(algorithm, Rs256 | Ps256));
        if config.algorithms.is_empty() || (rsa && config.algorithms.len() > 1) {
            return Err(IssuerFault::Algorithms.into());
        }
        if config.roles.is_empty() {
            return Err(IssuerFault::Roles.into());
        }
        let named = config.roles_claim.as_ref().is_some_and(|claim| !claim.is_empty());
        if named != (config.profile == Profile::Rfc9068) || (config.roles_claim.is_some() && !named) {
            return Err(IssuerFault::RolesClaim.into());
        }
        let keys = match &config.keys {
            KeySource::Inline(published) => KeySet::new(published, &config.algorithms),
            KeySource::File(path) => {
                let text = std::fs::read(base.join(path)).map_err(IssuersFault::Unreadable)?;
                Jwks::parse(&text).and_then(|published| KeySet::new(&published, &config.algorithms))
            }
        }
        .map_err(IssuerFault::Keys)?;
        Ok(Self { config, tenant, keys })
    }

    /// The exact `iss` of its tokens.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.config.issuer
    }

    /// Its key with this `kid`.
    pub(super) fn key(&self, kid: &str) -> Option<&Key> {
        self.keys.get(kid)
    }
}

/// The tenant in `https://login.microsoftonline.com/<tenant>/v2.0`: an id, never `common` or `organizations`.
fn tenant(issuer: &str) -> Option<String> {
    let (_, tenant) = issuer.strip_suffix("/v2.0")?.rsplit_once('/')?;
    uuid::Uuid::try_parse(tenant).ok().map(|_| tenant.to_owned())
}

/// All issuers whose tokens are accepted: at least one, no two of one name.
#[derive(Debug)]
pub struct Issuers(Vec<Issuer>);

impl Issuers {
    /// These issuers.
    pub fn new(issuers: Vec<Issuer>) -> Result<Self, IssuersFault> {
        let mut names = HashSet::new();
        if !issuers.iter().all(|issuer| names.insert(issuer.name())) {
            return Err(IssuersFault::Repeated);
        }
        if issuers.is_empty() { Err(IssuersFault::None) } else { Ok(Self(issuers)) }
    }

    /// The issuers in this text, `{"issuers":[…]}`; relative paths of key sets start at `base`.
    pub fn parse(text: &[u8], base: &Path) -> Result<Self, IssuersFault> {
        json::check_object(text).map_err(|_| IssuersFault::Malformed("not one JSON object with each key once".to_owned()))?;
        let file: File = serde_json::from_slice(text).map_err(|error| IssuersFault::Malformed(error.to_string()))?;
        if file.issuers.iter().any(|config| config.profile == Profile::Development) {
            return Err(IssuersFault::Development);
        }
        Self::new(file.issuers.into_iter().map(|config| Issuer::new(config, base)).collect::<Result<_, _>>()?)
    }

    /// The issuers in this file.
    pub fn load(path: &Path) -> Result<Self, IssuersFault> {
        let text = std::fs::read(path).map_err(IssuersFault::Unreadable)?;
        Self::parse(&text, path.parent().unwrap_or(Path::new("")))
    }

    /// The issuer of exactly this name.
    pub(super) fn named(&self, name: &str) -> Option<&Issuer> {
        self.0.iter().find(|issuer| issuer.name() == name)
    }
}
