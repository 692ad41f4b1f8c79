//! Which key signs a log, as its own entries say: the first names it, and each exchange names the one before and the one after (T20, T21).

use serde::Deserialize;

use super::super::note::{self, PublicKey};
use crate::domain::vocabulary::{AccessLogKind, RotatedKey, Vocabulary as _};

/// The key of now, and who signed.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    /// The checkpoint as it was signed, by others than those that are trusted, too.
    note: Vec<u8>,
    /// The keys that signed the checkpoint, of those that are trusted.
    signers: Vec<PublicKey>,
    /// By its id, or whole; nothing, as long as no entry told.
    now: Option<Told>,
    /// Those that it took the place of.
    before: Vec<PublicKey>,
}

/// Whose signature is under the checkpoint, by what the log says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignedBy {
    /// That of the key of now, or nothing tells.
    Now,
    /// That of a key which was replaced, alone.
    Before,
    /// That of a key of which the log says nothing.
    Stranger,
}

#[derive(Clone, Debug)]
enum Told {
    Id(String),
    Key(PublicKey),
}

impl Told {
    fn is(&self, key: &PublicKey) -> bool {
        match self {
            Self::Id(id) => *id == key.id(),
            // The name is that of the log, which may have another one since.
            Self::Key(told) => told.named(key.name()) == *key,
        }
    }
}

/// What is read of the few entries that tell.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    key_id: Option<String>,
    rotated: Option<Rotated>,
}

#[derive(Deserialize)]
struct Rotated {
    key: RotatedKey,
    from: Option<String>,
    to: Option<String>,
}

impl Chain {
    pub(super) fn new(note: Vec<u8>, signers: Vec<PublicKey>) -> Self {
        Self { note, signers, now: None, before: Vec::new() }
    }

    /// Takes what this entry tells of the key. False: it exchanges another one than that of now.
    pub(super) fn follow(&mut self, kind: &str, line: &[u8]) -> bool {
        let tells = [AccessLogKind::LogGenesis, AccessLogKind::LogRecovered, AccessLogKind::KeyRotated];
        if !tells.iter().any(|one| one.as_str() == kind) {
            return true;
        }
        let Ok(entry) = serde_json::from_slice::<Entry>(line) else { return false };
        if let Some(id) = entry.key_id {
            self.now = Some(Told::Id(id));
        }
        let Some(Rotated { key: RotatedKey::Log, from, to }) = entry.rotated else { return true };
        let read = |text: Option<String>| text.as_deref().and_then(PublicKey::read);
        let (Some(from), Some(to)) = (read(from), read(to)) else { return false };
        let follows = self.now.as_ref().is_none_or(|now| now.is(&from));
        self.before.push(from);
        self.now = Some(Told::Key(to));
        follows
    }

    /// Who signed. A key that is trusted and was replaced vouches for the one that took its place, if both signed: so whoever was not given the new
    /// one yet is not left behind.
    pub(super) fn signed_by(&self) -> SignedBy {
        let Some(now) = self.now.as_ref().filter(|_| !self.signers.is_empty()) else { return SignedBy::Now };
        if self.signers.iter().any(|key| now.is(key)) {
            return SignedBy::Now;
        }
        let replaced = |key: &&PublicKey| self.before.iter().any(|before| before.named(key.name()) == **key);
        let Some(vouching) = self.signers.iter().find(replaced) else { return SignedBy::Stranger };
        match now {
            Told::Key(key) if note::open(&self.note, &[key.named(vouching.name())]).is_ok() => SignedBy::Now,
            _ => SignedBy::Before,
        }
    }
}
