//! Pages of a log. However long it is and however rare what is wanted, a page takes as long as any other.

use std::collections::HashMap;

use diesel::connection::SimpleConnection as _;

use super::{Log, row};
use crate::db::conn::Conn;
use crate::db::error::{Error, Result};
use crate::db::total;
use crate::db::tx::Tx;
use crate::domain::log::LogRow;
use crate::domain::page::{After, Page, PageRequest};

/// So many entries are looked through for one page where not all are wanted, however rare those are: an answer takes as long as it does to look
/// at so many.
#[derive(Clone, Copy)]
struct Most {
    /// Of entries that stand one after the other;
    in_log: i64,
    /// of such as stand anywhere.
    by_index: usize,
}

// A row that stands anywhere is read from a disk in 0.1 to 0.35 ms.
const MOST: Most = Most { in_log: 1_500, by_index: 100 };

/// Indexes from the first up to, but without, the second.
type Range = (i64, i64);

/// A part of a log, of which entries are chosen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'p> {
    /// Their indexes.
    pub(super) range: Range,
    /// Those at these indexes alone, where an index led to them.
    pub(super) places: Option<&'p [i64]>,
    /// In which order they are wanted, if in any: whether the oldest comes first.
    pub(super) ascending: Option<bool>,
    /// Whether a server looks for them.
    pub(super) shared: bool,
}

/// The entries of a part whose column has a value, by the index of the column and in its order.
///
/// Asked for as `column = value`, a server may go through the log from its end, and look through all of it for somebody who is in none or left long
/// ago: the index of the log has the same order then. As one of many values, of which there is one, they have the order of their own index alone. The
/// embedded database has no such choice.
macro_rules! led {
    ($table:ident . $column:ident, $value:expr, $part:expr) => {{
        let chosen = led!($table, $part);
        if $part.shared && $part.places.is_none() {
            let chosen = chosen.filter($table::$column.eq_any(vec![$value]));
            match $part.ascending {
                None => chosen,
                Some(true) => chosen.order(($table::$column.asc(), $table::idx.asc())),
                Some(false) => chosen.order(($table::$column.desc(), $table::idx.desc())),
            }
        } else {
            chosen.filter($table::$column.eq($value))
        }
    }};
    ($table:ident, $part:expr) => {{
        let (from, to) = $part.range;
        let mut chosen = $table::table.filter($table::idx.ge(from)).filter($table::idx.lt(to)).into_boxed();
        if let Some(places) = $part.places {
            chosen = chosen.filter($table::idx.eq_any(places.to_vec()));
        }
        match $part.ascending {
            None => chosen,
            Some(true) => chosen.order($table::idx.asc()),
            Some(false) => chosen.order($table::idx.desc()),
        }
    }};
}
pub(super) use led;

/// How the entries that are wanted are come by.
enum Way<'f, L: Log> {
    /// An index leads to them.
    Index,
    /// They are among those of a range to which an index leads.
    Among(&'f dyn Fn(Part<'_>) -> L::Entries),
    /// The log is gone through.
    Log,
}

/// A list of a part of a log.
struct List<'f, L: Log> {
    /// Whose entries are looked for: their indexes.
    range: Range,
    ascending: bool,
    shared: bool,
    way: Way<'f, L>,
}

impl<L: Log> List<'_, L> {
    /// What is left of the range after this entry.
    fn left(&self, after: Option<i64>) -> Range {
        let (from, to) = self.range;
        match (after, self.ascending) {
            (None, _) => (from, to),
            (Some(after), true) => (from.max(after.saturating_add(1)), to),
            (Some(after), false) => (from, to.min(after)),
        }
    }

    fn ordered(&self, range: Range) -> Part<'static> {
        Part { range, places: None, ascending: Some(self.ascending), shared: self.shared }
    }

    /// Of what is left, what one page looks through; and where, if an index told.
    fn part(&self, conn: &mut Conn, left: Range, most: Most) -> Result<(Range, Option<Vec<i64>>)> {
        let those = match (&self.way, self.ascending) {
            (Way::Index, _) => return Ok((left, None)),
            (Way::Log, true) => return Ok(((left.0, left.1.min(left.0.saturating_add(most.in_log))), None)),
            (Way::Log, false) => return Ok(((left.0.max(left.1.saturating_sub(most.in_log)), left.1), None)),
            (Way::Among(those), _) => those(self.ordered(left)),
        };
        let mut places = L::places(conn, those, i64::try_from(most.by_index + 1).unwrap_or(i64::MAX))?;
        let first_unseen = if places.len() > most.by_index { places.pop() } else { None };
        let part = match (first_unseen, self.ascending) {
            (None, _) => left,
            (Some(first_unseen), true) => (left.0, first_unseen),
            (Some(first_unseen), false) => (first_unseen + 1, left.1),
        };
        Ok((part, Some(places)))
    }
}

/// A page of the entries chosen. It may have fewer than its limit, and not be the last: what was not looked through is left to the next.
///
/// `selected` are the entries of a part that a filter asks for; `leading` is what of the filter an index leads to, all of it or a part.
pub(super) fn page<L: Log, F: PartialEq>(
    tx: &mut Tx<'_>,
    selected: impl Fn(&F, Part<'_>) -> L::Entries,
    (filter, leading): (&F, Option<&F>),
    (range, ascending): (Range, bool),
    page: &PageRequest,
) -> Result<Page<LogRow>> {
    let among = |part: Part<'_>| selected(leading.unwrap_or(filter), part);
    let way = match leading {
        None => Way::Log,
        Some(leading) if leading == filter => Way::Index,
        Some(_) => Way::Among(&among),
    };
    let list = List { range, ascending, shared: tx.conn.is_shared(), way };
    page_through::<L>(tx, |part: Part<'_>| selected(filter, part), &list, page, MOST)
}

fn page_through<L: Log>(
    tx: &mut Tx<'_>,
    chosen: impl Fn(Part<'_>) -> L::Entries,
    list: &List<'_, L>,
    page: &PageRequest,
    most: Most,
) -> Result<Page<LogRow>> {
    if list.shared {
        // It knows neither that a log is longer by the time a plan is used again, nor without the values how few entries they choose. And what it
        // takes for few enough to be sorted is too many to be read.
        tx.conn
            .batch_execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL plan_cache_mode = force_custom_plan")?;
    }
    let all = Part { ascending: None, ..list.ordered(list.range) };
    let total = total(page, || L::count(tx.conn, chosen(all)))?;
    let left = list.left(page.after.map(|after| after.key));
    let (part, places) = list.part(tx.conn, left, most)?;
    // A server might go through all of the log that lies between them.
    let places = places.as_deref().filter(|_| list.shared);
    if places.is_some() {
        // These few are sorted: in their order they would be found by going through what lies between them.
        tx.conn.batch_execute("SET LOCAL enable_sort = on")?;
    }
    let entries = match places {
        Some([]) => Vec::new(),
        places => L::page(tx.conn, chosen(Part { places, ..list.ordered(part) }), i64::from(page.limit) + 1)?,
    };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authz::act;
    use crate::db::ledger::filling::Filling;
    use crate::db::ledger::{Disclosures, disclosures};
    use crate::db::testing::{Scratch, now, permit};
    use crate::domain::ids::{EntryId, RequestId};
    use crate::domain::log::LogFilter;
    use crate::domain::vocabulary::{DisclosureLogKind as K, Role};
    use crate::ledger::DisclosureEntry;

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
                let chosen = |part: Part<'_>| disclosures::selected(permit.scope(), &filter, part);
                let all = |part: Part<'_>| disclosures::selected(permit.scope(), &LogFilter::default(), part);
                let way = match way {
                    "index" => Way::Index,
                    "among" => Way::Among(&all),
                    _ => Way::Log,
                };
                let list = List { range: (0, 40), ascending, shared: false, way };
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
