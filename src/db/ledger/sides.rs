//! What stands beside the entries of a log, checked against them: whose case an entry is about, and what its commitments stand for. It only reads.

use std::collections::HashMap;

use diesel::prelude::*;
use serde_json::{Map, Value};

use super::disclosures::openings_cell;
use super::recheck::{Checked, Findings};
use super::{Accesses, Disclosures};
use crate::db::error::{Error, Result};
use crate::db::schema::{access_case_ix, disclosure_case_ix, disclosure_entry, disclosure_private};
use crate::db::sealed::{KeyUse, Owner};
use crate::db::tx::Tx;
use crate::domain::ids::{CaseId, EntryId};
use crate::domain::vocabulary::{DisclosureLogKind, LogFault, Vocabulary as _};
use crate::ledger::{self, CaseKey, leaf};

/// The entries of some indexes: their bodies.
type Bodies = [(i64, Map<String, Value>)];

/// Entries that are about a case which nothing names any more, and how many such the disposals account for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Erased {
    /// How many there are.
    pub entries: u64,
    /// How many were disposed of.
    pub disposed: u64,
}

/// A log with side tables.
pub trait Sided: Checked {
    /// Checks what stands beside the entries from an index up to, but without, another one.
    fn sides(tx: &mut Tx<'_>, from: i64, to: i64, bodies: &Bodies, erased: &mut Erased, found: &mut Findings) -> Result<()>;

    /// Whether as many entries lost their case as disposals account for, of all up to, but without, this one. A log that does not count them tells
    /// nothing.
    fn accounted(_: &mut Tx<'_>, _erased: Erased, _to: i64) -> Result<Option<LogFault>> {
        Ok(None)
    }
}

/// How many entries a disposal accounts for.
fn disposed(body: &Map<String, Value>) -> u64 {
    let told = body.get("disposed").and_then(|told| told.get("entries")).and_then(Value::as_u64);
    told.filter(|_| body.get("kind").is_some_and(|kind| kind == DisclosureLogKind::CaseDisposed.as_str())).unwrap_or_default()
}

fn id(body: &Map<String, Value>) -> Option<EntryId> {
    body.get("id").and_then(Value::as_str)?.parse().ok().map(EntryId)
}

/// The key of a case; none, if it was destroyed.
fn key(tx: &mut Tx<'_>, case: CaseId) -> Result<Option<CaseKey>> {
    match tx.key(Owner::Case(case), KeyUse::Ledger) {
        Ok(key) => Ok(Some(CaseKey::new(key))),
        Err(Error::NotFound | Error::Corrupt("missing key")) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The cases that these rows file each entry under.
fn filed(rows: Vec<(i64, CaseId)>) -> HashMap<i64, Vec<CaseId>> {
    let mut filed: HashMap<i64, Vec<CaseId>> = HashMap::new();
    for (index, case) in rows {
        filed.entry(index).or_default().push(case);
    }
    filed
}

impl Sided for Disclosures {
    fn sides(tx: &mut Tx<'_>, from: i64, to: i64, bodies: &Bodies, erased: &mut Erased, found: &mut Findings) -> Result<()> {
        use disclosure_case_ix as ix;
        use disclosure_private as p;
        let mut filed = filed(ix::table.filter(ix::idx.ge(from)).filter(ix::idx.lt(to)).select((ix::idx, ix::case_id)).load(tx.conn)?);
        let private: Vec<(i64, CaseId, Vec<u8>)> =
            p::table.filter(p::idx.ge(from)).filter(p::idx.lt(to)).select((p::idx, p::case_id, p::openings)).load(tx.conn)?;
        // Fetched at once, so that none is asked for by itself.
        tx.fetch_keys(private.iter().map(|(_, case, _)| Owner::Case(*case)))?;
        tx.ledger_keys(&private.iter().map(|(_, case, _)| *case).collect::<Vec<_>>())?;
        let mut private: HashMap<i64, (CaseId, Vec<u8>)> =
            private.into_iter().map(|(index, case, openings)| (index, (case, openings))).collect();
        for (index, body) in bodies {
            let (cases, openings) = (filed.remove(index).unwrap_or_default(), private.remove(index));
            erased.disposed += disposed(body);
            let (Some(id), Some(tag)) = (id(body), body.get("case").and_then(Value::as_str)) else {
                if !cases.is_empty() || openings.is_some() {
                    found.add(*index, LogFault::CaseDiffers);
                }
                continue;
            };
            let (case, sealed) = match (cases.as_slice(), openings) {
                ([], None) => {
                    erased.entries += 1;
                    continue;
                }
                ([case], Some((of, sealed))) if *case == of => (of, sealed),
                ([_], None) => {
                    found.add(*index, LogFault::OpeningsMissing);
                    continue;
                }
                _ => {
                    found.add(*index, LogFault::CaseDiffers);
                    continue;
                }
            };
            let Some(key) = key(tx, case)? else {
                found.add(*index, LogFault::OpeningsUnreadable);
                continue;
            };
            if key.case_tag(id) != tag {
                found.add(*index, LogFault::CaseDiffers);
            }
            let opened: Vec<ledger::Opening> = match tx.open(openings_cell(id, case), &sealed) {
                Ok(opened) => opened,
                Err(Error::Corrupt(_)) => {
                    found.add(*index, LogFault::OpeningsUnreadable);
                    continue;
                }
                Err(error) => return Err(error),
            };
            if !ledger::openings::hold(body, id, &opened, &key) {
                found.add(*index, LogFault::OpeningsDiffer);
            }
        }
        // What stands beside nothing.
        for index in filed.into_keys().chain(private.into_keys()) {
            found.add(index, LogFault::CaseDiffers);
        }
        Ok(())
    }

    /// While the entries were looked at one by one a case may have been disposed of: what that erased was met, or not yet.
    fn accounted(tx: &mut Tx<'_>, erased: Erased, to: i64) -> Result<Option<LogFault>> {
        let kind = disclosure_entry::kind.eq(DisclosureLogKind::CaseDisposed.as_str());
        let since: Vec<String> =
            disclosure_entry::table.filter(disclosure_entry::idx.ge(to)).filter(kind).select(disclosure_entry::body).load(tx.conn)?;
        let since: u64 = since.iter().filter_map(|body| leaf::read(body.as_bytes()).ok()).map(|body| disposed(&body)).sum();
        Ok(match erased.entries {
            met if met > erased.disposed + since => Some(LogFault::ErasedUnaccounted),
            met if met < erased.disposed => Some(LogFault::NotErased),
            _ => None,
        })
    }
}

impl Sided for Accesses {
    fn sides(tx: &mut Tx<'_>, from: i64, to: i64, bodies: &Bodies, erased: &mut Erased, found: &mut Findings) -> Result<()> {
        use access_case_ix as ix;
        let rows: Vec<(i64, CaseId)> =
            ix::table.filter(ix::idx.ge(from)).filter(ix::idx.lt(to)).select((ix::idx, ix::case_id)).load(tx.conn)?;
        let mut cases: Vec<CaseId> = rows.iter().map(|(_, case)| *case).collect();
        cases.sort_unstable();
        cases.dedup();
        tx.ledger_keys(&cases)?;
        let mut filed = filed(rows);
        for (index, body) in bodies {
            let cases = filed.remove(index).unwrap_or_default();
            let tags: Vec<&str> = body.get("cases").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
            let Some(id) = id(body) else { continue };
            let mut told = 0;
            for case in cases {
                match key(tx, case)? {
                    Some(key) if tags.contains(&key.case_tag(id).as_str()) => told += 1,
                    _ => found.add(*index, LogFault::CaseDiffers),
                }
            }
            erased.entries += u64::from(told < tags.len());
        }
        for index in filed.into_keys() {
            found.add(index, LogFault::CaseDiffers);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::ledger::note_disclosures;
    use crate::db::testing::{Scratch, now};
    use crate::domain::ids::{DisposalId, RequestId};
    use crate::domain::vocabulary::{DisposalGround, ErasureNotice, RetentionClass};
    use crate::ledger::{DisclosureEntry, Disposed};

    #[test]
    fn t37_as_many_entries_are_erased_as_disposals_account_for_also_while_one_goes_on() {
        let scratch = Scratch::new();
        let staff = scratch.manager("Boss", None).staff;
        let append = move |tx: &mut Tx<'_>| {
            let mut entry = DisclosureEntry::new(EntryId::mint(), DisclosureLogKind::CaseDisposed, staff, RequestId::mint());
            entry.disposed = Some(Disposed {
                disposal: DisposalId::mint(),
                policy: RetentionClass::Rc06ParentOnly,
                ground: DisposalGround::PeriodOver,
                proposed_by: staff,
                notices: ErasureNotice::NotRequired,
                entries: 3,
                key: "x".to_owned(),
            });
            note_disclosures(tx, entry, now());
            Ok(())
        };
        scratch.write(append).unwrap();
        let (more, fewer) = (Some(LogFault::ErasedUnaccounted), Some(LogFault::NotErased));
        for (entries, disposed, to, expected) in [
            // The disposal was met like all before it.
            (3, 3, 1, None),
            (4, 3, 1, more),
            (2, 3, 1, fewer),
            // It came while they were looked at: of what it erased all was met, some, or nothing.
            (3, 0, 0, None),
            (1, 0, 0, None),
            (0, 0, 0, None),
            (4, 0, 0, more),
            // Beside one that came before.
            (5, 2, 0, None),
            (6, 2, 0, more),
            (1, 2, 0, fewer),
        ] {
            let found = scratch.read(move |tx| Disclosures::accounted(tx, Erased { entries, disposed }, to)).unwrap();
            assert_eq!(found, expected, "{entries} {disposed} {to}");
        }
        assert_eq!(scratch.read(|tx| Accesses::accounted(tx, Erased { entries: 9, disposed: 0 }, 0)).unwrap(), None);
    }
}
