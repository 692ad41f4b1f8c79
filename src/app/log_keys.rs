//! The keys that sign the logs, and how one takes the place of another (C13): both sign while there are both, and each log says which key follows
//! which, under a checkpoint that the old one signed.

use super::checkpoints::{Kept, origin};
use super::{App, Error, Result};
use crate::db::ledger::{self, Accesses, Disclosures, checkpoints};
use crate::db::sealed::Secret;
use crate::db::{self, Tx, staff};
use crate::domain::ids::{EntryId, RequestId, StaffId};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{AccessLogKind, DisclosureLogKind, RotatedKey, Vocabulary as _};
use crate::ledger::{AccessEntry, DisclosureEntry, Genesis, PublicKey, Rotated, Signer, note};

/// The seeds of the keys that sign.
#[derive(Clone)]
pub struct LogKeys {
    /// The key of now.
    pub now: Secret,
    /// The one before, for as long as both sign.
    pub old: Option<Secret>,
}

impl LogKeys {
    /// Those who sign for a log of this name; the key of now first.
    #[must_use]
    pub fn signers(&self, origin: &str) -> Vec<Signer> {
        std::iter::once(&self.now).chain(&self.old).map(|seed| Signer::new(seed, origin)).collect()
    }

    /// By which their signatures are known.
    #[must_use]
    pub fn publics(&self, origin: &str) -> Vec<PublicKey> {
        self.signers(origin).iter().map(|signer| signer.public().clone()).collect()
    }

    /// The name of a log: that of its newest checkpoint, if one of these keys signed it, and before the first that of its genesis.
    pub(super) fn origin<L: Kept>(&self, tx: &mut Tx<'_>) -> db::Result<String> {
        let newest = checkpoints::newest::<L>(tx)?.and_then(|(_, newest)| {
            let claimed = note::claimed_origin(newest.as_bytes())?;
            note::open(newest.as_bytes(), &self.publics(&claimed)).is_ok().then_some(claimed)
        });
        match newest {
            Some(origin) => Ok(origin),
            None => Ok(origin::<L>(checkpoints::deployment(tx)?.ok_or(db::Error::NotFound)?)),
        }
    }

    /// That this key took the place of the old one in a log. A key that was replaced before does not come back.
    fn rotated<L: Kept>(&self, tx: &mut Tx<'_>) -> db::Result<Option<Rotated>> {
        let origin = self.origin::<L>(tx)?;
        let publics = self.publics(&origin);
        let [to, from] = publics.as_slice() else { return Err(db::Error::Corrupt("key")) };
        if replacements::<L>(tx)?.iter().any(|(_, before, _)| before.named(&origin) == *to) {
            return Err(db::Error::Corrupt("replaced key"));
        }
        Ok(Some(Rotated { key: RotatedKey::Log, from: Some(from.text()), to: Some(to.text()) }))
    }
}

/// What an entry says of a key of the log that was replaced.
#[derive(serde::Deserialize)]
struct Told {
    rotated: Option<Pair>,
}

#[derive(serde::Deserialize)]
struct Pair {
    key: RotatedKey,
    from: Option<String>,
    to: Option<String>,
}

/// The keys that were replaced in a log, each with the one that took its place, and at which index.
pub fn replacements<L: Kept>(tx: &mut Tx<'_>) -> db::Result<Vec<(i64, PublicKey, PublicKey)>> {
    let mut found = Vec::new();
    for (index, body) in ledger::of_kind::<L>(tx, DisclosureLogKind::KeyRotated.as_str())? {
        let told: Told = serde_json::from_str(&body).map_err(|_| db::Error::Corrupt("log entry"))?;
        let Some(Pair { key: RotatedKey::Log, from: Some(from), to: Some(to) }) = told.rotated else { continue };
        let read = |text: &str| PublicKey::read(text).ok_or(db::Error::Corrupt("log entry"));
        found.push((index, read(&from)?, read(&to)?));
    }
    Ok(found)
}

/// The keys by which the checkpoints of a log are known: each with the first size at which it signed, and the last, if it signs no more.
pub fn trusted<L: Kept>(tx: &mut Tx<'_>, keys: &LogKeys) -> db::Result<Vec<(PublicKey, i64, Option<i64>)>> {
    let origin = keys.origin::<L>(tx)?;
    let now = Signer::new(&keys.now, &origin).public().clone();
    let replaced = replacements::<L>(tx)?;
    let mut known: Vec<(PublicKey, i64)> = replaced.first().map(|(_, from, _)| (from.clone(), 0)).into_iter().collect();
    known.extend(replaced.into_iter().map(|(index, _, to)| (to, index + 1)));
    // A log that was recovered goes on under another name.
    let recovered = ledger::of_kind::<L>(tx, DisclosureLogKind::LogRecovered.as_str())?.pop().map(|(index, _)| index + 1);
    if known.last().is_none_or(|(key, _)| *key != now) {
        known.push((now, recovered.unwrap_or_default()));
    }
    let mut trusted = Vec::with_capacity(known.len());
    let newest = known.len() - 1;
    for (place, (key, first)) in known.into_iter().enumerate() {
        let last = if place == newest { None } else { last_signed::<L>(tx, &key)? };
        trusted.push((key, first, last));
    }
    Ok(trusted)
}

/// The largest size at which this key signed; none, if it signed the newest checkpoint, and may sign the next.
fn last_signed<L: Kept>(tx: &mut Tx<'_>, key: &PublicKey) -> db::Result<Option<i64>> {
    let newest = checkpoints::newest::<L>(tx)?.map(|(size, _)| size);
    let mut below = None;
    loop {
        let signed = L::checkpoints(tx.conn, below, 1000)?;
        let Some((smallest, _)) = signed.last() else { return Ok(Some(0)) };
        below = Some(*smallest);
        let by_key = |(_, note): &&(i64, String)| note::open(note.as_bytes(), std::slice::from_ref(key)).is_ok();
        if let Some((size, _)) = signed.iter().find(by_key) {
            return Ok(Some(*size).filter(|size| Some(*size) != newest));
        }
    }
}

impl App {
    /// Opens the logs with their first entries, if that was not done yet, or has them say that a key took the place of another.
    pub async fn open_log(&self, names: ledger::KeyNames, keys: LogKeys) -> Result<()> {
        let now = self.clock.now();
        self.db
            .write(move |tx| {
                let actor = super::opening::service(tx)?;
                match ledger::begin(tx, &names, now)? {
                    ledger::Begun::Before => Ok(()),
                    ledger::Begun::Now(deployment) => {
                        let genesis = |origin: String| {
                            let key = Signer::new(&keys.now, &origin).public().id();
                            Some(Genesis { key, origin, deployment, follows: None })
                        };
                        let (mut disclosures, mut access) = entries(DisclosureLogKind::LogGenesis, AccessLogKind::LogGenesis, actor);
                        disclosures.genesis = genesis(origin::<Disclosures>(deployment));
                        access.genesis = genesis(origin::<Accesses>(deployment));
                        ledger::note_disclosures(tx, disclosures, now);
                        ledger::note_accesses(tx, access, now);
                        Ok(())
                    }
                    ledger::Begun::Rotated => {
                        let (mut disclosures, mut access) = entries(DisclosureLogKind::KeyRotated, AccessLogKind::KeyRotated, actor);
                        disclosures.rotated = keys.rotated::<Disclosures>(tx)?;
                        access.rotated = keys.rotated::<Accesses>(tx)?;
                        ledger::note_disclosures(tx, disclosures, now);
                        ledger::note_accesses(tx, access, now);
                        Ok::<(), Error>(())
                    }
                }
            })
            .await?;
        Ok(())
    }
}

/// An entry of each log about the log itself.
pub(super) fn entries(disclosure: DisclosureLogKind, access: AccessLogKind, actor: StaffId) -> (DisclosureEntry, AccessEntry) {
    let request = RequestId::mint();
    (DisclosureEntry::new(EntryId::mint(), disclosure, actor, request), AccessEntry::new(access, actor, request))
}

/// Has the access log say that keys of the database were replaced.
pub fn log_rotation(tx: &mut Tx<'_>, rotated: Rotated, now: Timestamp) -> db::Result<()> {
    let mut entry = AccessEntry::new(AccessLogKind::KeyRotated, staff::service(tx)?, RequestId::mint());
    entry.rotated = Some(rotated);
    ledger::note_accesses(tx, entry, now);
    Ok(())
}
