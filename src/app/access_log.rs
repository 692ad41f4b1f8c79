//! The access log as auditors read it, and as a manager asks who looked at a case (C10, C13).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::disclosure_log::{LogPage, covered};
use super::log_proofs::included;
use super::{App, Result};
use crate::authz::{Act, Permit, Scope, act};
use crate::db::ledger::{self, Accesses, access};
use crate::db::{self, Tx, cases, staff};
use crate::domain::access_log::{AccessDisplay, AccessFilter, AccessLogBody, AccessLogEntry};
use crate::domain::ids::{CaseId, StaffId};
use crate::domain::log::{LogRange, LogRow};
use crate::domain::page::{Page, PageRequest};

/// The id of an entry that stands for a name.
#[derive(Deserialize)]
struct Named {
    actor: StaffId,
}

/// The rows with the names behind their ids, in one query.
fn shown(tx: &mut Tx<'_>, rows: Vec<LogRow>) -> db::Result<Vec<AccessLogEntry>> {
    let actor = |row: &LogRow| serde_json::from_str::<Named>(row.body.get()).map_err(|_| db::Error::Corrupt("log entry"));
    let actors = rows.iter().map(actor).collect::<db::Result<Vec<Named>>>()?;
    let names = staff::names(tx, actors.iter().map(|ids| ids.actor))?;
    let entry = |(row, ids): (LogRow, Named)| AccessLogEntry {
        index: row.index,
        leaf_hash: Some(BASE64_STANDARD.encode(row.leaf_hash)),
        body: row.body,
        // What the service does by itself is done by nobody of the staff.
        display: AccessDisplay { actor: Some(names.get(ids.actor).display_name).filter(|name| !name.is_empty()) },
        inclusion: None,
    };
    Ok(rows.into_iter().zip(actors).map(entry).collect())
}

/// The entry without what it was hashed with of the cases: it is no leaf any longer.
fn without_cases(entry: AccessLogEntry) -> db::Result<AccessLogEntry> {
    let corrupt = |_| db::Error::Corrupt("log entry");
    let mut body: BTreeMap<String, Box<RawValue>> = serde_json::from_str(entry.body.get()).map_err(corrupt)?;
    body.retain(|field, _| !AccessLogBody::ACROSS_CASES.contains(&field.as_str()));
    Ok(AccessLogEntry { leaf_hash: None, body: serde_json::value::to_raw_value(&body).map_err(corrupt)?, ..entry })
}

fn listed(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    filter: &AccessFilter,
    size: Option<i64>,
    page: &PageRequest,
) -> Result<LogPage<AccessLogEntry>> {
    let range = covered::<Accesses>(tx, &filter.span, size)?;
    let rows = access::list(tx, permit, filter, range.tree_size, page)?;
    let items = shown(tx, rows.items)?;
    if permit.scope() == Scope::Nothing {
        return Ok(LogPage { page: Page { items, next: rows.next, total: rows.total }, range });
    }
    // What an entry tells of other cases of the same people, and each hash that a guess at it could be tried against, is for those who see no case:
    // whoever is kept away from one of those does not learn that there is one (C1). All who work on cases are shown the same, or it would tell.
    let items = items.into_iter().map(without_cases).collect::<db::Result<_>>()?;
    Ok(LogPage { page: Page { items, next: rows.next, total: rows.total }, range: LogRange { root_hash: None, ..range } })
}

impl App {
    /// Entries of the log as it was at this size, or as it is now.
    pub async fn list_access_log(
        &self,
        permit: Permit<act::AccessLogList>,
        filter: AccessFilter,
        size: Option<i64>,
        page: PageRequest,
    ) -> Result<LogPage<AccessLogEntry>> {
        self.look(permit, move |tx, permit| listed(tx, permit, &filter, size, &page)).await
    }

    /// One entry.
    pub async fn read_access_log_entry(&self, permit: Permit<act::AccessLogRead>, index: i64) -> Result<AccessLogEntry> {
        self.look(permit, move |tx, _| {
            let row = ledger::find::<Accesses>(tx, index)?;
            let entry = shown(tx, vec![row])?.pop().ok_or(db::Error::NotFound)?;
            let size = ledger::size::<Accesses>(tx)?;
            Ok(AccessLogEntry { inclusion: Some(included::<Accesses>(tx, index, size)?), ..entry })
        })
        .await
    }

    /// Who looked at a case in scope, or changed something of it.
    pub async fn list_case_access(
        &self,
        permit: Permit<act::CaseAccessLog>,
        case_id: CaseId,
        filter: AccessFilter,
        size: Option<i64>,
        page: PageRequest,
    ) -> Result<LogPage<AccessLogEntry>> {
        self.look(permit, move |tx, permit| {
            cases::require(tx, permit, case_id)?;
            listed(tx, permit, &AccessFilter { case_id: Some(case_id), ..filter }, size, &page)
        })
        .await
    }
}
