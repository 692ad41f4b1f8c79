//! Which key signs a log, as its own entries say: the first names it, and each exchange names the one before and the one after (T20, T21).

use serde::Deserialize;

use super::super::note::PublicKey;
use crate::domain::vocabulary::{AccessLogKind, RotatedKey, Vocabulary as _};

/// The key of now, and who signed.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    /// The keys that signed the checkpoint, of those that are trusted.
    signers: Vec<PublicKey>,
    /// By its id, or whole; nothing, as long as no entry told.
    now: Option<Told>,
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
    pub(super) fn new(signers: Vec<PublicKey>) -> Self {
        Self { signers, now: None }
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
        self.now = Some(Told::Key(to));
        follows
    }

    /// Whether the key of now is among those that signed, if both are known.
    pub(super) fn holds(&self) -> bool {
        self.signers.is_empty() || self.now.as_ref().is_none_or(|now| self.signers.iter().any(|key| now.is(key)))
    }
}
