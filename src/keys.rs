//! The secrets of a deployment: where they come from, and which are too weak to be one.
//!
//! In development and demonstration they are made on first run, each in a file of its own that its owner alone may read. Production is
//! given them, and starts on nothing weak.

#[cfg(test)]
mod tests;

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::authz::devkey::DevKey;
use crate::db::sealed::Secret;

/// Why a secret cannot be used. Each is one sentence for the operator; none shows the secret.
#[derive(Debug)]
pub enum KeyFault {
    /// The file or its folder cannot be read or written.
    File(PathBuf, std::io::Error),
    /// Others than its owner may read or write the file.
    Permissions(PathBuf),
    /// Not what it should be; what it should be.
    Malformed(String, &'static str),
    /// Production was not given this one.
    Missing(&'static str),
    /// Given both as itself and as a file.
    Twice(&'static str),
    /// Fewer different bytes than any random key has.
    Weak(String),
    /// Two secrets are the same.
    Equal(&'static str, &'static str),
}

impl std::fmt::Display for KeyFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path, error) => write!(f, "The key file {} cannot be used: {error}.", path.display()),
            Self::Permissions(path) => write!(f, "The key file {} is open to others than its owner: set its mode to 0600.", path.display()),
            Self::Malformed(name, form) => write!(f, "{name} is not {form}."),
            Self::Missing(name) => write!(f, "Production needs {name} or {name}_FILE."),
            Self::Twice(name) => write!(f, "{name} and {name}_FILE are both set: set one."),
            Self::Weak(name) => write!(f, "{name} is not random: make one with `openssl rand -hex 32`."),
            Self::Equal(one, other) => write!(f, "{one} and {other} are the same: each secret must be its own."),
        }
    }
}

impl std::error::Error for KeyFault {}

/// The text of a private file; `None` where there is no such file.
pub fn read_private(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, KeyFault> {
    let failed = |error| KeyFault::File(path.to_owned(), error);
    let mut file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    // Of the file that was opened, not of the path, which could name another by now.
    if file.metadata().map_err(failed)?.permissions().mode() & 0o077 != 0 {
        return Err(KeyFault::Permissions(path.to_owned()));
    }
    let mut text = Zeroizing::new(Vec::with_capacity(512));
    file.read_to_end(&mut text).map_err(failed)?;
    Ok(Some(text))
}

/// The text of a private file, made by `make` and written if there is none yet.
///
/// The file appears whole or not at all, readable to its owner alone, and is never overwritten: of two processes that start together, both
/// use what the first wrote.
pub fn load_or_make(path: &Path, make: impl FnOnce() -> Option<Zeroizing<Vec<u8>>>) -> Result<Zeroizing<Vec<u8>>, KeyFault> {
    if let Some(text) = read_private(path)? {
        return Ok(text);
    }
    let failed = |error| KeyFault::File(path.to_owned(), error);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let text = make().ok_or_else(|| failed(std::io::Error::other("the random generator failed")))?;
    let draft = folder.join(format!(".{}.draft", uuid::Uuid::new_v4()));
    let placed = write_new(&draft, &text).and_then(|()| fs::hard_link(&draft, path));
    // The draft goes whether or not it was placed; that it may never have been made is no fault of its own.
    drop(fs::remove_file(&draft));
    match placed {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(failed(error)),
        _ => File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?,
    }
    read_private(path)?.ok_or_else(|| failed(ErrorKind::NotFound.into()))
}

fn write_new(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

/// A secret of 32 bytes as it is written: 64 hexadecimal digits, or base64.
pub fn parse(name: &str, text: &str) -> Result<Secret, KeyFault> {
    let malformed = || KeyFault::Malformed(name.to_owned(), "32 bytes in hexadecimal or base64");
    let text = text.trim();
    let bytes = Zeroizing::new(match text.len() {
        64 => unhex(text).ok_or_else(malformed)?,
        _ => STANDARD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).map_err(|_| malformed())?,
    });
    let secret = Secret::new(bytes.as_slice().try_into().map_err(|_| malformed())?);
    let mut seen = secret.to_vec();
    seen.sort_unstable();
    seen.dedup();
    let steady = secret.windows(3).all(|run| matches!(run, [a, b, c] if b.wrapping_sub(*a) == c.wrapping_sub(*b)));
    let typed = secret.iter().all(u8::is_ascii_graphic);
    // 32 random bytes have fewer than 16 different values, rise in even steps, or are all typed characters less often than once in 10^11.
    if seen.len() < 16 || steady || typed { Err(KeyFault::Weak(name.to_owned())) } else { Ok(secret) }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok());
    text.as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
}

fn random_hex() -> Option<Zeroizing<Vec<u8>>> {
    let mut secret = Secret::default();
    getrandom::fill(secret.as_mut_slice()).ok()?;
    Some(Zeroizing::new(secret.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).chain([b'\n']).collect()))
}

/// The secrets of a deployment.
pub struct Secrets {
    /// Wraps the data keys.
    pub key_encryption: Secret,
    /// Opens those that the rotation of the key-encryption key has not come to.
    pub other_key_encryption: Option<Secret>,
    /// Blind indexes; the keys of cursors and repeated requests derive from it.
    pub index: Secret,
    /// The seed of the key that signs the log.
    pub log: Secret,
    /// The seed of the key that signed it before, while both sign.
    pub old_log: Option<Secret>,
}

/// A secret as it was given. It is wiped when dropped, and `Debug` never prints it.
#[derive(Clone)]
pub struct SecretText(Zeroizing<String>);

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for SecretText {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl SecretText {
    /// Reads it from a file that only its owner reads.
    pub fn read(path: &Path) -> Result<Self, KeyFault> {
        let text = read_private(path)?.ok_or_else(|| KeyFault::File(path.to_owned(), ErrorKind::NotFound.into()))?;
        std::str::from_utf8(&text).map(|text| Self::from(text.trim())).map_err(|_| KeyFault::Malformed(path.display().to_string(), "text"))
    }

    /// The secret itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretText(…)")
    }
}

/// Where one secret is given: itself, or the path of a file.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Itself.
    pub text: Option<SecretText>,
    /// A file that holds it.
    pub file: Option<PathBuf>,
}

impl Given {
    /// Whether it is given at all.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.text.is_some() || self.file.is_some()
    }
}

/// One of the secrets: its name in the environment, and its file in the data directory.
struct Named {
    name: &'static str,
    file: &'static str,
}

const KEY_ENCRYPTION: Named = Named { name: "SENDIASS_KEY_ENCRYPTION_KEY", file: "key-encryption.key" };
const INDEX: Named = Named { name: "SENDIASS_INDEX_KEY", file: "index.key" };
const LOG: Named = Named { name: "SENDIASS_LOG_KEY", file: "log.key" };
/// There is one while the key of the log is exchanged.
const OLD_LOG: Named = Named { name: "SENDIASS_OLD_LOG_KEY", file: "old-log.key" };
/// There is one while the key-encryption key is exchanged.
const OTHER: Named = Named { name: "SENDIASS_OTHER_KEY_ENCRYPTION_KEY", file: "other-key-encryption.key" };

impl Named {
    /// As it was given, if it was.
    fn given(&self, given: &Given) -> Result<Option<Secret>, KeyFault> {
        match (&given.text, &given.file) {
            (Some(_), Some(_)) => Err(KeyFault::Twice(self.name)),
            (Some(text), None) => self.read(text.0.as_bytes()).map(Some),
            (None, Some(path)) => {
                let text = read_private(path)?.ok_or_else(|| KeyFault::File(path.clone(), ErrorKind::NotFound.into()))?;
                self.read(&text).map(Some)
            }
            (None, None) => Ok(None),
        }
    }

    /// As it was given, or as it is in the data directory, where it is made if need be; but `given_only`.
    fn gather(&self, given: &Given, data_dir: &Path, given_only: bool) -> Result<Secret, KeyFault> {
        match self.given(given)? {
            Some(secret) => Ok(secret),
            None if given_only => Err(KeyFault::Missing(self.name)),
            None => self.read(&load_or_make(&data_dir.join(self.file), random_hex)?),
        }
    }

    fn read(&self, text: &[u8]) -> Result<Secret, KeyFault> {
        parse(self.name, std::str::from_utf8(text).map_err(|_| KeyFault::Malformed(self.name.to_owned(), "text"))?)
    }
}

impl Secrets {
    /// The secrets as given: the key-encryption key, that of the blind indexes, that of the log, the one before it, and the other key-encryption
    /// key. Those of the first three that are not are made in the data directory, unless `given_only`.
    pub fn gather(given: &[Given; 5], data_dir: &Path, given_only: bool) -> Result<Self, KeyFault> {
        let [key_encryption, index, log, old_log, other] = given;
        let key_encryption = KEY_ENCRYPTION.gather(key_encryption, data_dir, given_only)?;
        let index = INDEX.gather(index, data_dir, given_only)?;
        let log = LOG.gather(log, data_dir, given_only)?;
        let old_log = match OLD_LOG.given(old_log)? {
            None if !given_only => read_private(&data_dir.join(OLD_LOG.file))?.map(|text| OLD_LOG.read(&text)).transpose()?,
            given => given,
        };
        let other_key_encryption = match OTHER.given(other)? {
            None if !given_only => {
                let left = read_private(&data_dir.join(OTHER.file))?.map(|text| OTHER.read(&text)).transpose()?;
                // A rotation that was killed between its two files left the old key in both.
                left.filter(|other| **other != *key_encryption)
            }
            other => other,
        };
        let three = [(&KEY_ENCRYPTION, &key_encryption), (&INDEX, &index), (&LOG, &log)];
        let others =
            [(&OLD_LOG, &old_log), (&OTHER, &other_key_encryption)].into_iter().filter_map(|(name, key)| Some((name, key.as_ref()?)));
        let all: Vec<_> = three.into_iter().chain(others).collect();
        for (i, (one, secret)) in all.iter().enumerate() {
            if let Some((other, _)) = all.iter().skip(i + 1).find(|(_, other)| ***other == ***secret) {
                return Err(KeyFault::Equal(one.name, other.name));
            }
        }
        Ok(Self { key_encryption, other_key_encryption, index, log, old_log })
    }
}

/// The seed of the key that signs the logs, as it was given or is in the data directory. None is made.
pub fn log_seed(given: &Given, data_dir: &Path) -> Result<Option<Secret>, KeyFault> {
    match LOG.given(given)? {
        None => read_private(&data_dir.join(LOG.file))?.map(|text| LOG.read(&text)).transpose(),
        found => Ok(found),
    }
}

/// Puts a new key-encryption key in the data directory, beside the old one. Done again after it was interrupted, it makes no third.
pub fn renew_key_encryption(data_dir: &Path) -> Result<(), KeyFault> {
    let (current, other) = (data_dir.join(KEY_ENCRYPTION.file), data_dir.join(OTHER.file));
    let failed = |error| KeyFault::File(current.clone(), error);
    let old = load_or_make(&current, random_hex)?;
    // As it was before it was interrupted, or as it is now: the old key is in this file before it leaves the other.
    if *load_or_make(&other, || Some(old.clone()))? != *old {
        return Ok(());
    }
    let new = random_hex().ok_or_else(|| failed(std::io::Error::other("the random generator failed")))?;
    let draft = data_dir.join(format!(".{}.draft", uuid::Uuid::new_v4()));
    write_new(&draft, &new).and_then(|()| fs::rename(&draft, &current)).and_then(|()| File::open(data_dir)?.sync_all()).map_err(failed)
}

/// Takes the old key-encryption key out of the data directory, when nothing is wrapped under it any more.
pub fn forget_other_key_encryption(data_dir: &Path) -> Result<(), KeyFault> {
    let other = data_dir.join(OTHER.file);
    match fs::remove_file(&other).and_then(|()| File::open(data_dir)?.sync_all()) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(KeyFault::File(other, error)),
        _ => Ok(()),
    }
}

/// A short public name of a secret: it tells which one is meant, and nothing about it.
#[must_use]
pub fn fingerprint(secret: &Secret) -> String {
    let digest = Sha256::new().chain_update(b"sendiass key id").chain_update(secret.as_slice()).finalize();
    URL_SAFE_NO_PAD.encode(digest.iter().copied().take(9).collect::<Vec<u8>>())
}

/// The file of the key that signs development tokens.
pub const DEVELOPMENT_KEY: &str = "development-token-key.pem";

/// The key that signs development tokens, made in the data directory if there is none yet.
pub fn development_key(data_dir: &Path) -> Result<DevKey, KeyFault> {
    let path = data_dir.join(DEVELOPMENT_KEY);
    let pem = load_or_make(&path, || crate::authz::devkey::new_pem().ok())?;
    DevKey::from_pem(&pem).ok_or_else(|| KeyFault::Malformed(path.display().to_string(), "a P-256 key in PKCS #8 PEM"))
}
