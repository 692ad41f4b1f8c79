//! The logs, one engine over the tables of each. Entries wait on their transaction, and are written as its last act before COMMIT: only there
//! are their place and time known.

pub mod access;
mod begin;
pub mod checkpoints;
pub(super) mod disclosures;
pub mod filling;
mod kept;
mod pages;
pub(super) mod pending;
pub mod proofs;
pub mod recheck;
pub mod sides;
mod tables;

use std::marker::PhantomData;

use serde_json::value::RawValue;

use super::error::{Error, Result};
use super::tx::{LogIndexes, Tx};
use crate::domain::log::{LogRow, LogSpan};
use crate::domain::time::Timestamp;
use crate::ledger::{self, AccessEntry, DisclosureEntry, EntryError, Hash, HashReader, MissingRows, Opening, Written};

pub use begin::{Begun, KeyNames, begin};
pub use disclosures::{append, entries_of, entry_id_of, list, openings};
pub use kept::{Kept, Opened, Private, kept, opened};
pub use tables::{Accesses, Disclosures, Log};

/// The entries that wait for the end of a transaction.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    disclosures: Vec<disclosures::Pending>,
    access: Vec<access::Pending>,
}

impl Waiting {
    pub(super) fn is_empty(&self) -> bool {
        self.disclosures.is_empty() && self.access.is_empty()
    }
}

/// Writes what waits: the disclosure log first, so that everybody takes the ends of both in the same order. What is told on a server of those who
/// look and change gets its place in the access log later ([`pending`]).
pub(super) fn flush(tx: &mut Tx<'_>) -> Result<LogIndexes> {
    let waiting = std::mem::take(&mut tx.waiting);
    let mut indexes = Vec::with_capacity(waiting.disclosures.len());
    if !waiting.disclosures.is_empty() {
        let mut end = End::<Disclosures>::find(tx)?;
        for pending in waiting.disclosures {
            indexes.push(disclosures::write(tx, &mut end, pending)?);
        }
    }
    let shared = tx.conn.is_shared();
    let (later, now): (Vec<_>, Vec<_>) = waiting.access.into_iter().partition(|pending| shared && !pending.of_the_log);
    if !later.is_empty() {
        pending::wait(tx, later)?;
    }
    if !now.is_empty() {
        let mut end = End::<Accesses>::find(tx)?;
        for pending in now {
            access::write(tx, &mut end, pending)?;
        }
    }
    Ok(LogIndexes(indexes))
}

/// So many microseconds those who write at once may be apart.
const BEHIND: i64 = 5_000_000;

/// The end of a log, which nobody else adds to until the transaction ends.
struct End<L> {
    index: i64,
    at: Timestamp,
    of: PhantomData<L>,
}

impl<L: Log> End<L> {
    fn find(tx: &mut Tx<'_>) -> Result<Self> {
        // A statement of its own: the next one must see what the holder before committed.
        tx.conn.lock(L::END)?;
        let (index, at) = match L::last(tx.conn)? {
            Some((index, at)) => (index + 1, Timestamp::parse(&at).ok_or(Error::Corrupt("log time"))?),
            None => (size::<L>(tx)?, Timestamp::from_micros(i64::MIN / 2).unwrap_or_else(|| Timestamp::start_of(chrono::NaiveDate::MIN))),
        };
        Ok(Self { index, at, of: PhantomData })
    }

    /// Times never decrease along a log, so that a period is a range of indexes, even if a clock went back; which is told.
    fn reaches(&mut self, tx: &mut Tx<'_>, at: Timestamp) {
        tx.went_back |= at.micros() < self.at.micros() - BEHIND;
        self.at = self.at.max(at);
    }

    /// Adds entries as they are written, in this order, and answers the index of the first.
    fn add_written(&mut self, tx: &mut Tx<'_>, entries: &[Written]) -> Result<i64> {
        let first = self.index;
        L::add(tx.conn, first, entries)?;
        for entry in entries {
            let place = u64::try_from(self.index).map_err(|_| Error::Corrupt("log index"))?;
            for subtree in ledger::merkle::completed(&mut Stored::<L>(tx, PhantomData), place, entry.leaf)? {
                let n = i64::try_from(subtree.n).map_err(|_| Error::Corrupt("log index"))?;
                L::add_subtree(tx.conn, i32::from(subtree.level), n, &subtree.hash.0)?;
            }
            self.index += 1;
        }
        Ok(first)
    }

    /// Adds one entry. Its index is answered, and what its commitments stand for.
    fn add(
        &mut self,
        tx: &mut Tx<'_>,
        now: Timestamp,
        write: impl FnOnce(Timestamp) -> std::result::Result<Written, EntryError>,
    ) -> Result<(i64, Vec<Opening>)> {
        self.reaches(tx, now);
        let written = write(self.at).map_err(|error| match error {
            EntryError::NoCaseKey => Error::Corrupt("missing key"),
            EntryError::Malformed(_) => Error::Corrupt("log entry"),
        })?;
        let index = self.add_written(tx, std::slice::from_ref(&written))?;
        Ok((index, written.openings))
    }
}

/// The stored hashes of a log.
struct Stored<'t, 'c, L>(&'t mut Tx<'c>, PhantomData<L>);

impl From<MissingRows> for Error {
    fn from(_: MissingRows) -> Self {
        Self::Corrupt("log tree")
    }
}

impl<L: Log> HashReader for Stored<'_, '_, L> {
    type Error = Error;

    fn hashes(&mut self, level: u8, from: u64, to: u64) -> Result<Vec<Hash>> {
        let bound = |n: u64| i64::try_from(n).map_err(|_| Error::Corrupt("log index"));
        let rows = L::hashes(self.0.conn, i32::from(level), bound(from)?, bound(to)?)?;
        rows.into_iter().map(|row| row.try_into().map(Hash).map_err(|_| Error::Corrupt("log hash"))).collect()
    }
}

/// How many entries a log has.
pub fn size<L: Log>(tx: &mut Tx<'_>) -> Result<i64> {
    Ok(L::last_leaf(tx.conn)?.map_or(0, |last| last + 1))
}

/// The root of the tree of the first so many entries. A size the log had once and has no more means that entries were lost.
pub fn root<L: Log>(tx: &mut Tx<'_>, size: i64) -> Result<Hash> {
    let size = u64::try_from(size).map_err(|_| Error::Corrupt("log index"))?;
    ledger::merkle::root(&mut Stored::<L>(tx, PhantomData), size)
}

/// The half-open range of indexes in which the entries of this period and index range stand, of a log of this size: every entry of the period
/// is in it, whatever else is asked. Times never decrease along a log, so a period is a range.
pub fn range<L: Log>(tx: &mut Tx<'_>, span: &LogSpan, size: i64) -> Result<(i64, i64)> {
    let mut first_since = |at: Option<Timestamp>| -> Result<Option<i64>> {
        let Some(at) = at else { return Ok(None) };
        Ok(Some(L::first_since(tx.conn, at.to_string())?.unwrap_or(size)))
    };
    let begins = [first_since(span.from)?, span.index_from];
    let ends = [first_since(span.to)?, span.index_to];
    let from = begins.into_iter().flatten().fold(0, i64::max).min(size);
    let to = ends.into_iter().flatten().fold(size, i64::min).max(from);
    Ok((from, to))
}

/// The entries of one kind, in their order: index and body.
pub fn of_kind<L: Log>(tx: &mut Tx<'_>, kind: &'static str) -> Result<Vec<(i64, String)>> {
    Ok(L::of_kind(tx.conn, kind)?)
}

/// Queues an entry of the disclosure log about no case: what happens to the log itself.
pub fn note_disclosures(tx: &mut Tx<'_>, entry: DisclosureEntry, now: Timestamp) {
    tx.waiting.disclosures.push(disclosures::Pending::first(entry, now));
}

/// The same for the access log.
pub fn note_accesses(tx: &mut Tx<'_>, entry: AccessEntry, now: Timestamp) {
    tx.waiting.access.push(access::Pending::first(entry, now));
}

/// One entry.
pub fn find<L: Log>(tx: &mut Tx<'_>, index: i64) -> Result<LogRow> {
    let body = L::body(tx.conn, index)?;
    let leaf = L::leaves(tx.conn, vec![index])?.pop().ok_or(Error::Corrupt("log tree"))?.1;
    row(index, body, leaf)
}

fn row(index: i64, body: String, leaf: Vec<u8>) -> Result<LogRow> {
    let body = RawValue::from_string(body).map_err(|_| Error::Corrupt("log entry"))?;
    Ok(LogRow { index, leaf_hash: leaf.try_into().map_err(|_| Error::Corrupt("log hash"))?, body })
}
