//! The logs, one engine over the tables of each. Entries wait on their transaction, and are written as its last act before COMMIT: only there
//! are their place and time known.

pub mod access;
mod begin;
pub mod checkpoints;
pub(super) mod disclosures;
pub mod filling;
mod kept;
pub(super) mod pending;
pub mod proofs;
pub mod recheck;
pub mod sides;
mod tables;

use std::collections::HashMap;
use std::marker::PhantomData;

use serde_json::value::RawValue;

use super::conn::Conn;
use super::error::{Error, Result};
use super::total;
use super::tx::{LogIndexes, Tx};
use crate::domain::log::{LogRow, LogSpan};
use crate::domain::page::{After, Page, PageRequest};
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
    access: Option<access::Pending>,
}

impl Waiting {
    pub(super) fn is_empty(&self) -> bool {
        self.disclosures.is_empty() && self.access.is_none()
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
    match waiting.access {
        None => {}
        Some(pending) if tx.conn.is_shared() && !pending.of_the_log => pending::wait(tx, pending)?,
        Some(pending) => {
            let mut end = End::<Accesses>::find(tx)?;
            access::write(tx, &mut end, pending)?;
        }
    }
    Ok(LogIndexes(indexes))
}

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
        // Never decreasing, so that a period is a range of indexes, even if the clock went back.
        self.at = self.at.max(now);
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
    tx.waiting.access = Some(access::Pending::first(entry, now));
}

/// So many entries are looked through for one page where not all are wanted, however rare those are: an answer takes as long as it does to look
/// at so many.
#[derive(Clone, Copy)]
struct Most {
    /// Of entries that stand one after the other;
    in_log: i64,
    /// of such as stand anywhere.
    by_index: i64,
}

// A row that stands anywhere is read from a disk in 0.1 ms or so.
const MOST: Most = Most { in_log: 1_500, by_index: 250 };

/// How the entries that are wanted are come by.
enum Way<'f, L: Log> {
    /// An index leads to them.
    Index,
    /// They are among those of a range to which an index leads.
    Among(&'f dyn Fn((i64, i64)) -> L::Entries),
    /// The log is gone through.
    Log,
}

/// A list of a part of a log.
struct List<'f, L: Log> {
    /// Whose entries are looked for: the half-open range of their indexes.
    range: (i64, i64),
    ascending: bool,
    way: Way<'f, L>,
}

impl<L: Log> List<'_, L> {
    /// What is left of the range after this entry.
    fn left(&self, after: Option<i64>) -> (i64, i64) {
        let (from, to) = self.range;
        match (after, self.ascending) {
            (None, _) => (from, to),
            (Some(after), true) => (from.max(after.saturating_add(1)), to),
            (Some(after), false) => (from, to.min(after)),
        }
    }

    /// Of what is left, what one page looks through.
    fn part(&self, conn: &mut Conn, left: (i64, i64), most: Most) -> Result<(i64, i64)> {
        Ok(match (&self.way, self.ascending) {
            (Way::Index, _) => left,
            (Way::Log, true) => (left.0, left.1.min(left.0.saturating_add(most.in_log))),
            (Way::Log, false) => (left.0.max(left.1.saturating_sub(most.in_log)), left.1),
            (Way::Among(those), ascending) => match (L::place(conn, those(left), ascending, most.by_index)?, ascending) {
                (None, _) => left,
                (Some(first_unseen), true) => (left.0, first_unseen),
                (Some(first_unseen), false) => (first_unseen + 1, left.1),
            },
        })
    }
}

/// A page of the entries chosen. It may have fewer than its limit, and not be the last: what was not looked through is left to the next.
fn page<L: Log>(
    tx: &mut Tx<'_>,
    chosen: impl Fn((i64, i64)) -> L::Entries,
    list: &List<'_, L>,
    page: &PageRequest,
) -> Result<Page<LogRow>> {
    page_through::<L>(tx, chosen, list, page, MOST)
}

fn page_through<L: Log>(
    tx: &mut Tx<'_>,
    chosen: impl Fn((i64, i64)) -> L::Entries,
    list: &List<'_, L>,
    page: &PageRequest,
    most: Most,
) -> Result<Page<LogRow>> {
    let total = total(page, || L::count(tx.conn, chosen(list.range)))?;
    let left = list.left(page.after.map(|after| after.key));
    let part = list.part(tx.conn, left, most)?;
    let entries = L::page(tx.conn, chosen(part), list.ascending, i64::from(page.limit) + 1)?;
    let place = |key: i64| After { key, id: uuid::Uuid::nil() };
    let page = Page::cut(entries, page, |(index, _)| place(*index), total);
    let unseen = if list.ascending { (part.1 < left.1).then(|| part.1 - 1) } else { (part.0 > left.0).then_some(part.0) };
    let mut leaves = leaves::<L>(tx, &page.items)?;
    let whole = |(index, body)| row(index, body, leaves.remove(&index).ok_or(Error::Corrupt("log tree"))?);
    let items = page.items.into_iter().map(whole).collect::<Result<_>>()?;
    Ok(Page { items, next: page.next.or(unseen.map(place)), total: page.total })
}

/// The leaves of these rows: in one range, if they have no gap.
fn leaves<L: Log>(tx: &mut Tx<'_>, rows: &[(i64, String)]) -> Result<HashMap<i64, Vec<u8>>> {
    let (least, most) = rows.iter().fold((i64::MAX, i64::MIN), |(least, most), (index, _)| (least.min(*index), most.max(*index)));
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    if count > 0 && most - least < count {
        let hashes = L::hashes(tx.conn, 0, least, most + 1)?;
        if hashes.len() == rows.len() {
            return Ok((least..).zip(hashes).collect());
        }
    }
    Ok(L::leaves(tx.conn, rows.iter().map(|(index, _)| *index).collect())?.into_iter().collect())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authz::act;
    use crate::db::ledger::filling::Filling;
    use crate::db::testing::{Scratch, now, permit};
    use crate::domain::ids::{EntryId, RequestId};
    use crate::domain::log::LogFilter;
    use crate::domain::vocabulary::{DisclosureLogKind as K, Role};

    #[test]
    fn a_page_looks_through_so_many_entries_and_the_next_goes_on_there() {
        let scratch = Scratch::new();
        let (adviser, auditor) = (scratch.adviser("Adviser"), scratch.caller("Auditor", &[Role::Auditor]));
        let case = scratch.bare_case(&adviser, false);
        let key = scratch.read(move |tx| tx.ledger_keys(&[case])).unwrap().remove(0);
        let entry = |n: i64| {
            let kind = if n % 7 == 0 { K::DecidedNotToShare } else { K::SubjectNotified };
            DisclosureEntry::new(EntryId::mint(), kind, adviser.staff, RequestId::mint()).write(now(), Some(&key)).unwrap()
        };
        let filling = Filling { since: now(), entries: (0..40).map(entry).collect(), cases: vec![case; 40] };
        scratch.wait(scratch.db.fill(filling)).unwrap();
        let page = |ascending: bool, way: &'static str, after: Option<After>| {
            let permit = permit::<act::DisclosureLogList>(&auditor);
            let request = PageRequest { limit: 2, after, include_total: true };
            let filter = LogFilter { kind: vec![K::DecidedNotToShare], ..LogFilter::default() };
            let read = move |tx: &mut Tx<'_>| {
                let chosen = |part| disclosures::selected(permit.scope(), &filter, part);
                let all = |part| disclosures::selected(permit.scope(), &LogFilter::default(), part);
                let way = match way {
                    "index" => Way::Index,
                    "among" => Way::Among(&all),
                    _ => Way::Log,
                };
                let list = List { range: (0, 40), ascending, way };
                page_through::<Disclosures>(tx, chosen, &list, &request, Most { in_log: 5, by_index: 5 })
            };
            scratch.read(read).unwrap()
        };
        for (ascending, way) in [(true, "log"), (false, "log"), (true, "among"), (false, "among")] {
            let (mut found, mut sizes, mut after) = (Vec::new(), Vec::new(), None);
            loop {
                let page = page(ascending, way, after);
                assert_eq!(page.total, Some(6));
                found.extend(page.items.iter().map(|row| row.index));
                sizes.push(page.items.len());
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            let mut expected = vec![0, 7, 14, 21, 28, 35];
            if !ascending {
                expected.reverse();
            }
            assert_eq!((found, sizes.len()), (expected.clone(), 8), "{sizes:?}");
            assert!(sizes.contains(&0) && sizes.contains(&1), "{sizes:?}");
            // Where an index leads to them a page is full.
            let full: Vec<i64> = page(ascending, "index", None).items.iter().map(|row| row.index).collect();
            assert_eq!(full, expected[..2]);
        }
    }
}
