//! The tables of the disclosure log. Entries wait on their transaction, and are written as its last act before COMMIT: only there are
//! their place and time known.

use diesel::prelude::*;
use serde_json::value::RawValue;

use super::conn::{Engine, Lock};
use super::error::{Error, Result};
use super::schema::{deployment, disclosure_case_ix, disclosure_entry, disclosure_leaf, disclosure_private, disclosure_subtree};
use super::scope;
use super::sealed::{Cell, KeyUse, Owner};
use super::stored::AnyId;
use super::total;
use super::tx::{LogIndexes, Tx};
use crate::authz::{Act, Permit, Scope, act};
use crate::domain::ids::{CaseId, DisclosureId, EntryId};
use crate::domain::log::{LogFilter, LogRow, Opening};
use crate::domain::page::{After, Page, PageRequest};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::Vocabulary;
use crate::ledger::{self, CaseKey, DisclosureEntry, EntryError, Hash, HashReader, MissingRows};

/// An entry that waits for the end of its transaction.
#[derive(Debug)]
pub struct Pending {
    entry: DisclosureEntry,
    case: Option<CaseId>,
    disclosure: Option<DisclosureId>,
    now: Timestamp,
}

/// Queues an entry about a case, and about a disclosure of it if there is one. Its place among those queued is answered.
pub fn append(
    tx: &mut Tx<'_>,
    _permit: &Permit<impl Act>,
    entry: DisclosureEntry,
    case: CaseId,
    disclosure: Option<DisclosureId>,
    now: Timestamp,
) -> usize {
    tx.log.push(Pending { entry, case: Some(case), disclosure, now });
    tx.log.len() - 1
}

/// Writes what waits.
pub(super) fn flush(tx: &mut Tx<'_>) -> Result<LogIndexes> {
    let waiting = std::mem::take(&mut tx.log);
    let mut indexes = Vec::with_capacity(waiting.len());
    if waiting.is_empty() {
        return Ok(LogIndexes(indexes));
    }
    // A statement of its own: the next one must see what the holder before committed.
    tx.conn.lock(Lock::Log)?;
    let last: Option<(i64, String)> = disclosure_entry::table
        .order(disclosure_entry::idx.desc())
        .select((disclosure_entry::idx, disclosure_entry::at))
        .first(tx.conn)
        .optional()?;
    let (mut index, mut at) = match last {
        Some((index, at)) => (index + 1, Timestamp::parse(&at).ok_or(Error::Corrupt("log time"))?),
        None => (size(tx)?, Timestamp::from_micros(i64::MIN / 2).unwrap_or_else(|| Timestamp::start_of(chrono::NaiveDate::MIN))),
    };
    for pending in waiting {
        // Never decreasing, so that a period is a range of indexes, even if the clock went back.
        at = at.max(pending.now);
        write(tx, pending, index, at)?;
        indexes.push(index);
        index += 1;
    }
    Ok(LogIndexes(indexes))
}

fn write(tx: &mut Tx<'_>, pending: Pending, index: i64, at: Timestamp) -> Result<()> {
    let id = pending.entry.id;
    let key = match pending.case {
        Some(case) => Some(CaseKey::new(tx.key(Owner::Case(case), KeyUse::Ledger)?)),
        None => None,
    };
    let written = pending.entry.write(at, key.as_ref()).map_err(|error| match error {
        EntryError::NoCaseKey => Error::Corrupt("missing key"),
        EntryError::Malformed(_) => Error::Corrupt("log entry"),
    })?;
    diesel::insert_into(disclosure_entry::table)
        .values((disclosure_entry::idx.eq(index), disclosure_entry::body.eq(&written.body)))
        .execute(tx.conn)?;
    diesel::insert_into(disclosure_leaf::table)
        .values((disclosure_leaf::idx.eq(index), disclosure_leaf::h.eq(&written.leaf.0[..])))
        .execute(tx.conn)?;
    let place = u64::try_from(index).map_err(|_| Error::Corrupt("log index"))?;
    for subtree in ledger::merkle::completed(&mut Stored(tx), place, written.leaf)? {
        diesel::insert_into(disclosure_subtree::table)
            .values((
                disclosure_subtree::level.eq(i32::from(subtree.level)),
                disclosure_subtree::n.eq(i64::try_from(subtree.n).map_err(|_| Error::Corrupt("log index"))?),
                disclosure_subtree::h.eq(&subtree.hash.0[..]),
            ))
            .execute(tx.conn)?;
    }
    let Some(case) = pending.case else { return Ok(()) };
    diesel::insert_into(disclosure_case_ix::table)
        .values((disclosure_case_ix::case_id.eq(case), disclosure_case_ix::idx.eq(index)))
        .execute(tx.conn)?;
    let openings: Vec<Opening> =
        written.openings.into_iter().map(|opening| Opening { label: opening.label, value: opening.value }).collect();
    let sealed = tx.seal(openings_cell(id, case), &openings)?;
    diesel::insert_into(disclosure_private::table)
        .values((
            disclosure_private::idx.eq(index),
            disclosure_private::case_id.eq(case),
            disclosure_private::disclosure_id.eq(pending.disclosure),
            disclosure_private::openings.eq(sealed),
        ))
        .execute(tx.conn)?;
    Ok(())
}

fn openings_cell(id: EntryId, case: CaseId) -> Cell {
    Cell::of("disclosure_private", id.0, Owner::Case(case)).column("openings")
}

/// The stored hashes of the log.
struct Stored<'t, 'c>(&'t mut Tx<'c>);

impl From<MissingRows> for Error {
    fn from(_: MissingRows) -> Self {
        Self::Corrupt("log tree")
    }
}

impl HashReader for Stored<'_, '_> {
    type Error = Error;

    fn hashes(&mut self, level: u8, from: u64, to: u64) -> Result<Vec<Hash>> {
        let bound = |n: u64| i64::try_from(n).map_err(|_| Error::Corrupt("log index"));
        let (from, to) = (bound(from)?, bound(to)?);
        let rows: Vec<Vec<u8>> = if level == 0 {
            disclosure_leaf::table
                .filter(disclosure_leaf::idx.ge(from))
                .filter(disclosure_leaf::idx.lt(to))
                .order(disclosure_leaf::idx.asc())
                .select(disclosure_leaf::h)
                .load(self.0.conn)?
        } else {
            disclosure_subtree::table
                .filter(disclosure_subtree::level.eq(i32::from(level)))
                .filter(disclosure_subtree::n.ge(from))
                .filter(disclosure_subtree::n.lt(to))
                .order(disclosure_subtree::n.asc())
                .select(disclosure_subtree::h)
                .load(self.0.conn)?
        };
        rows.into_iter().map(|row| row.try_into().map(Hash).map_err(|_| Error::Corrupt("log hash"))).collect()
    }
}

/// How many entries the log has.
pub fn size(tx: &mut Tx<'_>) -> Result<i64> {
    let last: Option<i64> = disclosure_leaf::table.select(diesel::dsl::max(disclosure_leaf::idx)).first(tx.conn)?;
    Ok(last.map_or(0, |last| last + 1))
}

/// The root of the tree of the first so many entries. A size the log had once and has no more means that entries were lost.
pub fn root(tx: &mut Tx<'_>, size: i64) -> Result<Hash> {
    ledger::merkle::root(&mut Stored(tx), u64::try_from(size).map_err(|_| Error::Corrupt("log index"))?)
}

/// The half-open range of indexes in which the entries of the filter's period and index range stand, of a log of this size: every entry of
/// the period is in it, whatever else the filter asks. Times never decrease along the log, so a period is a range.
pub fn range(tx: &mut Tx<'_>, filter: &LogFilter, size: i64) -> Result<(i64, i64)> {
    use disclosure_entry as e;
    let mut first_since = |at: Option<Timestamp>| -> Result<Option<i64>> {
        let Some(at) = at else { return Ok(None) };
        let first = e::table.filter(e::at.ge(at.to_string())).order((e::at.asc(), e::idx.asc())).select(e::idx).first(tx.conn);
        Ok(Some(first.optional()?.unwrap_or(size)))
    };
    let begins = [first_since(filter.from)?, filter.index_from];
    let ends = [first_since(filter.to)?, filter.index_to];
    let from = begins.into_iter().flatten().fold(0, i64::max).min(size);
    let to = ends.into_iter().flatten().fold(size, i64::min).max(from);
    Ok((from, to))
}

/// Opens the log with its first entry, and gives the deployment its identity, if that was not done yet. A deployment that was opened with
/// other keys, by their public names, is corrupt: what it holds could not be read, found or signed for.
///
/// It needs no permit: it runs once, at start-up, before anybody can call.
pub fn begin(tx: &mut Tx<'_>, keys: &str, first: impl FnOnce(uuid::Uuid) -> DisclosureEntry, now: Timestamp) -> Result<()> {
    tx.conn.lock(Lock::Log)?;
    let known: Option<String> = deployment::table.select(deployment::keys).first(tx.conn).optional()?;
    match known {
        Some(known) if known == keys => Ok(()),
        Some(_) => Err(Error::Corrupt("key")),
        None => {
            let id = uuid::Uuid::now_v7();
            diesel::insert_into(deployment::table)
                .values((
                    deployment::singleton.eq(1),
                    deployment::id.eq(AnyId(id)),
                    deployment::keys.eq(keys),
                    deployment::created_at.eq(now),
                ))
                .execute(tx.conn)?;
            tx.log.push(Pending { entry: first(id), case: None, disclosure: None, now });
            Ok(())
        }
    }
}

/// The entries of a range that the filter asks for. Its period is in the range already: asked for by `at`, it would be sorted for each page.
///
/// Of which case an entry is, a service manager may ask about cases in their scope only; of any other nothing is listed, as of one that
/// does not exist. Those who see no case at all check the log by the ids they were given.
fn selected(scope: Scope, filter: &LogFilter, (from, to): (i64, i64)) -> disclosure_entry::BoxedQuery<'static, Engine> {
    use disclosure_entry as e;
    let mut query = e::table.filter(e::idx.ge(from)).filter(e::idx.lt(to)).into_boxed();
    macro_rules! narrow {
        ($($value:expr => $column:ident . $test:ident;)+) => {$(
            if let Some(value) = $value {
                query = query.filter(e::$column.$test(value));
            }
        )+};
    }
    narrow! {
        filter.recipient.map(|id| id.to_string()) => recipient.eq;
        filter.actor.map(|id| id.to_string()) => actor.eq;
        filter.decided_by.map(|id| id.to_string()) => decided_by.eq;
        filter.identified => identified.eq;
        filter.copied => copied.eq;
    }
    macro_rules! words {
        ($($values:expr => $column:ident;)+) => {$(
            if !$values.is_empty() {
                query = query.filter(e::$column.eq_any($values.iter().map(|value| value.as_str()).collect::<Vec<_>>()));
            }
        )+};
    }
    match filter.basis.as_slice() {
        [] => {}
        [basis] => query = query.filter(e::basis.eq(basis.as_str())),
        // Of several, the index would give the entries out of their order; the log itself has them in it.
        several => query = query.filter(e::basis.concat("").eq_any(several.iter().map(|basis| basis.as_str()).collect::<Vec<_>>())),
    }
    words! {
        filter.condition => condition;
        filter.kind => kind;
        filter.purpose => purpose;
        filter.channel => channel;
    }
    if let Some(case) = filter.case_id {
        let of_case = disclosure_case_ix::table.filter(disclosure_case_ix::case_id.eq(case)).select(disclosure_case_ix::idx);
        query = if scope == Scope::Nothing {
            query.filter(e::idx.eq_any(of_case))
        } else {
            query.filter(e::idx.eq_any(of_case.filter(disclosure_case_ix::case_id.eq_any(scope::cases(scope)))))
        };
    }
    query
}

fn row((index, body, leaf): (i64, String, Vec<u8>)) -> Result<LogRow> {
    let body = RawValue::from_string(body).map_err(|_| Error::Corrupt("log entry"))?;
    Ok(LogRow { index, leaf_hash: leaf.try_into().map_err(|_| Error::Corrupt("log hash"))?, body })
}

/// Entries of the log as it was at a size, newest first unless asked otherwise.
pub fn list(
    tx: &mut Tx<'_>,
    permit: &Permit<act::DisclosureLogRead>,
    filter: &LogFilter,
    size: i64,
    page: &PageRequest,
) -> Result<Page<LogRow>> {
    use disclosure_entry as e;
    let range = range(tx, filter, size)?;
    let total = total(page, || selected(permit.scope(), filter, range).count().get_result(tx.conn))?;
    let mut query = selected(permit.scope(), filter, range).limit(i64::from(page.limit) + 1);
    query = match (filter.ascending, page.after) {
        (true, None) => query.order(e::idx.asc()),
        (true, Some(after)) => query.order(e::idx.asc()).filter(e::idx.gt(after.key)),
        (false, None) => query.order(e::idx.desc()),
        (false, Some(after)) => query.order(e::idx.desc()).filter(e::idx.lt(after.key)),
    };
    let entries: Vec<(i64, String)> = query.select((e::idx, e::body)).load(tx.conn)?;
    let page = Page::cut(entries, page, |(index, _)| After { key: *index, id: uuid::Uuid::nil() }, total);
    let indexes: Vec<i64> = page.items.iter().map(|(index, _)| *index).collect();
    let leaves: Vec<(i64, Vec<u8>)> = disclosure_leaf::table.filter(disclosure_leaf::idx.eq_any(indexes)).load(tx.conn)?;
    let mut leaves: std::collections::HashMap<i64, Vec<u8>> = leaves.into_iter().collect();
    let items = page
        .items
        .into_iter()
        .map(|(index, body)| row((index, body, leaves.remove(&index).ok_or(Error::Corrupt("log tree"))?)))
        .collect::<Result<_>>()?;
    Ok(Page { items, next: page.next, total: page.total })
}

/// One entry.
pub fn find(tx: &mut Tx<'_>, _permit: &Permit<act::DisclosureLogRead>, index: i64) -> Result<LogRow> {
    let body = disclosure_entry::table.find(index).select(disclosure_entry::body).first(tx.conn)?;
    let leaf = disclosure_leaf::table.find(index).select(disclosure_leaf::h).first(tx.conn)?;
    row((index, body, leaf))
}

/// What the commitments of an entry stand for, for a service manager who may see its case; none where there is nothing to open.
pub fn openings(tx: &mut Tx<'_>, permit: &Permit<act::DisclosureLogOpenings>, index: i64) -> Result<Vec<Opening>> {
    let kept: Option<(CaseId, Vec<u8>)> = scope::found(permit.scope(), |scope| {
        disclosure_private::table
            .find(index)
            .filter(disclosure_private::case_id.eq_any(scope::cases(scope)))
            .select((disclosure_private::case_id, disclosure_private::openings))
            .first(tx.conn)
    })
    .map(Some)
    .or_else(|error| if matches!(error, Error::NotFound) { Ok(None) } else { Err(error) })?;
    let Some((case, sealed)) = kept else { return Ok(Vec::new()) };
    let body: String = disclosure_entry::table.find(index).select(disclosure_entry::body).first(tx.conn)?;
    let id = serde_json::from_str::<Named>(&body).map_err(|_| Error::Corrupt("log entry"))?.id;
    tx.open(openings_cell(id, case), &sealed)
}

#[derive(serde::Deserialize)]
struct Named {
    id: EntryId,
}

/// The entries about a disclosure: their index and kind.
pub fn entries_of(tx: &mut Tx<'_>, disclosure: DisclosureId) -> Result<Vec<(i64, String)>> {
    Ok(disclosure_private::table
        .inner_join(disclosure_entry::table.on(disclosure_entry::idx.eq(disclosure_private::idx)))
        .filter(disclosure_private::disclosure_id.eq(disclosure))
        .order(disclosure_private::idx.asc())
        .select((disclosure_private::idx, disclosure_entry::kind))
        .load(tx.conn)?)
}

/// The entry that recorded a disclosure.
pub fn entry_id_of(tx: &mut Tx<'_>, disclosure: DisclosureId) -> Result<Option<EntryId>> {
    let body: Option<String> = disclosure_private::table
        .inner_join(disclosure_entry::table.on(disclosure_entry::idx.eq(disclosure_private::idx)))
        .filter(disclosure_private::disclosure_id.eq(disclosure))
        .order(disclosure_private::idx.asc())
        .select(disclosure_entry::body)
        .first(tx.conn)
        .optional()?;
    body.map(|body| serde_json::from_str::<Named>(&body).map(|named| named.id).map_err(|_| Error::Corrupt("log entry"))).transpose()
}
