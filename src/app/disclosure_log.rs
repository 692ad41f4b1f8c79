//! The disclosure log as auditors read it (C3, C13).

use std::collections::HashMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;

use super::log_proofs::included;
use super::{App, Error, Result};
use crate::authz::{Act, Permit, act, check};
use crate::db::ledger::{self, Disclosures, Log};
use crate::db::{self, Tx, recipients, staff};
use crate::domain::fault::Fault;
use crate::domain::ids::{RecipientId, StaffId};
use crate::domain::log::{LogDisplay, LogEntry, LogFilter, LogRange, LogRow, LogSpan};
use crate::domain::page::{Page, PageRequest};

/// A page of a log, and the part of the log that the whole list covers.
#[derive(Debug)]
pub struct LogPage<E> {
    /// The entries.
    pub page: Page<E>,
    /// What the list covers.
    pub range: LogRange,
}

/// The ids of an entry that stand for names.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    actor: StaffId,
    decided_by: Option<StaffId>,
    recipient: Option<RecipientId>,
}

/// The rows with the names behind their ids, in two queries.
fn shown(tx: &mut Tx<'_>, permit: &Permit<impl Act>, rows: Vec<LogRow>) -> db::Result<Vec<LogEntry>> {
    let named = |row: &LogRow| serde_json::from_str::<Named>(row.body.get()).map_err(|_| db::Error::Corrupt("log entry"));
    let named = rows.iter().map(named).collect::<db::Result<Vec<Named>>>()?;
    let people = staff::names(tx, named.iter().flat_map(|ids| [ids.actor].into_iter().chain(ids.decided_by)))?;
    let bodies: HashMap<RecipientId, String> = recipients::names(tx, permit, named.iter().filter_map(|ids| ids.recipient))?;
    // What the service does by itself is done by nobody of the staff.
    let name = |id: StaffId| Some(people.get(id).display_name).filter(|name| !name.is_empty());
    let entry = |(row, ids): (LogRow, Named)| LogEntry {
        index: row.index,
        leaf_hash: BASE64_STANDARD.encode(row.leaf_hash),
        body: row.body,
        display: LogDisplay {
            actor: name(ids.actor),
            decided_by: ids.decided_by.and_then(name),
            recipient: ids.recipient.and_then(|id| bodies.get(&id).cloned()),
        },
        inclusion: None,
        openings: None,
    };
    Ok(rows.into_iter().zip(named).map(entry).collect())
}

/// What is asked for lies within the log as it was at this size, and does not end before it begins: a list of less than was asked would
/// look whole.
fn within(span: &LogSpan, size: i64) -> Result<()> {
    let beyond = |index: Option<i64>| index.is_some_and(|index| index > size);
    let backwards = span.index_from.zip(span.index_to).is_some_and(|(from, to)| to < from);
    let faults: Vec<Fault> = [
        ("indexFrom", beyond(span.index_from), "Lies beyond the end of the log."),
        ("indexTo", beyond(span.index_to), "Lies beyond the end of the log."),
        ("indexTo", backwards, "Must not be less than indexFrom."),
        ("to", span.from.zip(span.to).is_some_and(|(from, to)| to < from), "Must not be before `from`."),
    ]
    .into_iter()
    .filter(|(_, wrong, _)| *wrong)
    .map(|(name, _, detail)| Fault::new(name, "out_of_range", detail))
    .collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::Parameters(faults)) }
}

/// What a list of this part of a log covers: of the log as it was at this size, or as it is now.
pub(super) fn covered<L: Log>(tx: &mut Tx<'_>, span: &LogSpan, size: Option<i64>) -> Result<LogRange> {
    let size = match size {
        Some(size) => size,
        None => ledger::size::<L>(tx)?,
    };
    let root = ledger::root::<L>(tx, size)?;
    within(span, size)?;
    let (index_from, index_to) = ledger::range::<L>(tx, span, size)?;
    Ok(LogRange { tree_size: size, index_from, index_to, root_hash: Some(BASE64_STANDARD.encode(root.0)) })
}

impl App {
    /// Entries of the log as it was at this size, or as it is now.
    pub async fn list_log(
        &self,
        permit: Permit<act::DisclosureLogList>,
        filter: LogFilter,
        size: Option<i64>,
        page: PageRequest,
    ) -> Result<LogPage<LogEntry>> {
        self.look(permit, move |tx, permit| {
            let range = covered::<Disclosures>(tx, &filter.span, size)?;
            let rows = ledger::list(tx, permit, &filter, range.tree_size, &page)?;
            Ok(LogPage { page: Page { items: shown(tx, permit, rows.items)?, next: rows.next, total: rows.total }, range })
        })
        .await
    }

    /// One entry; what its commitments stand for, too, if a service manager asks.
    pub async fn read_log_entry(&self, permit: Permit<act::DisclosureLogRead>, index: i64, openings: bool) -> Result<LogEntry> {
        self.look(permit, move |tx, permit| {
            let leave = || check::<act::DisclosureLogOpenings>(permit.caller()).map_err(|_| Error::Forbidden);
            let opening = openings.then(leave).transpose()?;
            let row = ledger::find::<Disclosures>(tx, index)?;
            let entry = shown(tx, permit, vec![row])?.pop().ok_or(db::Error::NotFound)?;
            let openings = opening.map(|permit| ledger::openings(tx, &permit, index)).transpose()?;
            let size = ledger::size::<Disclosures>(tx)?;
            Ok(LogEntry { openings, inclusion: Some(included::<Disclosures>(tx, index, size)?), ..entry })
        })
        .await
    }
}
