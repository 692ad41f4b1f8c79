//! Entries of the access log that wait for their place in it.
//!
//! On a server many write at once, and whoever gave an entry its place would make all others wait for that COMMIT. So it is committed without one,
//! with what it tells of, and is logged from then on; one at a time gives places to many in one transaction. Until then the grants protect it, and
//! a trigger that lets it go only into the log. In the embedded database, where one writes for all, nothing ever waits.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::access::Pending;
use super::{Accesses, End};
use crate::db::error::{Error, Result};
use crate::db::schema::access_pending;
use crate::db::stored::Json;
use crate::db::tx::Tx;
use crate::domain::ids::{CaseId, EntryId};
use crate::domain::vocabulary::AccessLogKind;
use crate::ledger::Written;

/// So many are given their places in one transaction.
pub(in crate::db) const BATCH: usize = 2_000;
/// What waits for longer waits in vain: nobody moves it.
const PATIENCE: &str = "5 seconds";

/// Has entries wait, by one statement.
pub(super) fn wait(tx: &mut Tx<'_>, pending: Vec<Pending>) -> Result<()> {
    let about: BTreeSet<CaseId> = pending.iter().flat_map(|pending| &pending.cases).copied().collect();
    tx.ledger_keys(&about.into_iter().collect::<Vec<_>>())?;
    let mut rows = Vec::with_capacity(pending.len());
    for Pending { entry, cases, now, .. } in pending {
        let (id, cases) = (entry.id, cases.into_iter().collect::<Vec<CaseId>>());
        // What is gone is not looked up, and no id of it waits.
        let filed = if entry.kind == AccessLogKind::CaseDisposed { Vec::new() } else { cases.clone() };
        let written = entry.write(now, &tx.fetched_ledger_keys(&cases)).map_err(|_| Error::Corrupt("log entry"))?;
        rows.push((id, written.body, Json(filed)));
    }
    Ok(tx.conn.add_pending(rows)?)
}

/// Gives those that wait longest their places, and answers how many those are.
pub(in crate::db) fn sequence(tx: &mut Tx<'_>) -> Result<usize> {
    let mut end = End::<Accesses>::find(tx)?;
    let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
    let waiting: Vec<(EntryId, String, Json<Vec<CaseId>>)> = access_pending::table
        .order(access_pending::id.asc())
        .limit(limit)
        .select((access_pending::id, access_pending::body, access_pending::cases))
        .load(tx.conn)?;
    if waiting.is_empty() {
        return Ok(0);
    }
    let (mut ids, mut entries, mut cases, mut indexes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for ((id, body, Json(about)), index) in waiting.into_iter().zip(end.index..) {
        // Times never decrease along the log, whatever the clocks of those who write it say.
        let (entry, at) = Written::again(body, end.at).map_err(|_| Error::Corrupt("log entry"))?;
        end.reaches(tx, at);
        ids.push(id);
        entries.push(entry);
        indexes.extend(about.iter().map(|_| index));
        cases.extend(about);
    }
    end.add_written(tx, &entries)?;
    if !cases.is_empty() {
        tx.conn.add_lookups("access_case_ix", &cases, &indexes)?;
    }
    tx.conn.remove_rows("access_pending", &ids)?;
    Ok(ids.len())
}

/// Whether something waits in vain, by the clock of the server.
pub(in crate::db) fn is_stuck(tx: &mut Tx<'_>) -> Result<bool> {
    Ok(tx.conn.is_stuck(PATIENCE)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::{Scratch, cluster, now};
    use crate::domain::ids::RequestId;
    use crate::ledger::AccessEntry;

    #[test]
    fn of_a_case_that_is_gone_no_id_waits() {
        let scratch = Scratch::new();
        if !cluster::is_postgres() {
            return;
        }
        let jo = scratch.adviser("Jo Ashdown");
        let case = scratch.bare_case(&jo, false);
        let waiting = |kind| {
            let entry = AccessEntry::new(kind, jo.staff, RequestId::mint());
            let pending = Pending { entry, cases: [case].into(), now: now(), of_the_log: false };
            let waits = move |tx: &mut Tx<'_>| {
                let id = pending.entry.id;
                wait(tx, vec![pending])?;
                Ok(access_pending::table.find(id).select(access_pending::cases).first::<Json<Vec<CaseId>>>(tx.conn)?.0)
            };
            scratch.write(waits).unwrap()
        };
        assert_eq!((waiting(AccessLogKind::Read), waiting(AccessLogKind::CaseDisposed)), (vec![case], Vec::new()));
    }
}
