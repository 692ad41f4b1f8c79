//! The key with which this service signs its own tokens, for development and demonstration only.

#[cfg(test)]
mod tests;

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

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
/// The name of the file in the data directory.
pub const FILE_NAME: &str = "development-token-key.pem";

const PERSON_CLIENT: &str = "sendiass-command";
const MACHINE_CLIENT: &str = "sendiass-command-machine";

/// Why there is no key, or no token. Each is one sentence for the operator.
#[derive(Debug)]
pub enum DevKeyFault {
    /// The file or its folder cannot be read or written.
    File(PathBuf, std::io::Error),
    /// Others than its owner may read or write the file.
    Permissions(PathBuf),
    /// The file is not a PKCS #8 PEM of a P-256 key.
    NotAKey(PathBuf),
    /// The cryptographic back end failed.
    Cryptography,
    /// A life of no minutes or of more than 60.
    Minutes,
}

impl std::fmt::Display for DevKeyFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path, error) => write!(f, "The development key {} cannot be used: {error}.", path.display()),
            Self::Permissions(path) => {
                write!(f, "The development key {} is open to others than its owner: set its mode to 0600.", path.display())
            }
            Self::NotAKey(path) => write!(f, "The development key {} is not a P-256 key in PKCS #8 PEM.", path.display()),
            Self::Cryptography => f.write_str("The development key failed to sign."),
            Self::Minutes => f.write_str("A token lives for 1 to 60 minutes."),
        }
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

    /// The key in this data directory, made and written there if there is none yet.
    ///
    /// The file appears whole or not at all, readable to its owner alone, and is never overwritten: of two processes that start
    /// together, both use the key of the first.
    pub fn load_or_make(data_dir: &Path) -> Result<Self, DevKeyFault> {
        let path = data_dir.join(FILE_NAME);
        if let Some(key) = load(&path)? {
            return Ok(key);
        }
        let draft = data_dir.join(format!(".{FILE_NAME}.{}", uuid::Uuid::new_v4()));
        let placed = write_new(&draft, &new_pem()?).and_then(|()| fs::hard_link(&draft, &path));
        // The draft goes whether or not it was placed; that it may never have been made is no fault of its own.
        let _ = fs::remove_file(&draft);
        match placed {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(DevKeyFault::File(path, error)),
            _ => File::open(data_dir).and_then(|folder| folder.sync_all()).map_err(|error| DevKeyFault::File(path.clone(), error))?,
        }
        load(&path)?.ok_or_else(|| DevKeyFault::File(path, ErrorKind::NotFound.into()))
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

    fn from_pem(pem: &[u8]) -> Option<Self> {
        let signing = EncodingKey::from_ec_pem(pem).ok()?;
        let mut public = Jwk::from_encoding_key(&signing, Algorithm::ES256).ok()?;
        public.common.key_id = Some(public.thumbprint(ThumbprintHash::SHA256).ok()?);
        Some(Self { signing, public })
    }
}

/// A new P-256 key as PKCS #8 PEM (RFC 7468).
fn new_pem() -> Result<Zeroizing<Vec<u8>>, DevKeyFault> {
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

fn write_new(path: &Path, pem: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(pem)?;
    file.sync_all()
}

fn load(path: &Path) -> Result<Option<DevKey>, DevKeyFault> {
    let failed = |error| DevKeyFault::File(path.to_owned(), error);
    let mut file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    // Of the file that was opened, not of the path, which could name another by now.
    if file.metadata().map_err(failed)?.permissions().mode() & 0o077 != 0 {
        return Err(DevKeyFault::Permissions(path.to_owned()));
    }
    let mut pem = Zeroizing::new(Vec::with_capacity(512));
    file.read_to_end(&mut pem).map_err(failed)?;
    DevKey::from_pem(&pem).ok_or_else(|| DevKeyFault::NotAKey(path.to_owned())).map(Some)
}
