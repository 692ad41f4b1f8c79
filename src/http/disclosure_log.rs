//! The disclosure log.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::export::{Export, ExportFile, LINE};
use super::extract::{Path, Query};
use super::openapi::Operation;
use super::page::{Filters, Listing, PageInfo};
use super::problem::{Code, Problem};
use super::respond::Answer;
use crate::app::App;
use crate::authz::{Permit, act};
use crate::domain::ids::{CaseId, RecipientId, StaffId};
use crate::domain::log::{LogBody, LogEntry, LogFilter, LogRange, LogSpan};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{Art9Condition, Basis, Channel, DisclosureLogKind, Purpose};
use crate::op;

/// Which entries to list.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogFilters {
    /// Only entries from this time on.
    from: Option<Timestamp>,
    /// Only entries before this time.
    to: Option<Timestamp>,
    /// Only what went to this body, or was refused to it.
    recipient: Option<RecipientId>,
    /// Only on these grounds.
    #[schema(max_items = 10)]
    basis: Option<Vec<Basis>>,
    /// Only under these conditions of UK GDPR Art. 9.
    #[schema(max_items = 10)]
    condition: Option<Vec<Art9Condition>>,
    /// Only entries of this case.
    case_id: Option<CaseId>,
    /// Only what this member of staff did.
    actor: Option<StaffId>,
    /// Only what this member of staff decided.
    decided_by: Option<StaffId>,
    /// Only entries of these kinds.
    #[schema(max_items = 20)]
    kind: Option<Vec<DisclosureLogKind>>,
    /// Only for these purposes.
    #[schema(max_items = 20)]
    purpose: Option<Vec<Purpose>>,
    /// Only by these ways.
    #[schema(max_items = 10)]
    channel: Option<Vec<Channel>>,
    /// Only where somebody could be recognised, or only where nobody could.
    identified: Option<bool>,
    /// Only where somebody got a copy, or only where nobody did.
    copied: Option<bool>,
    /// Only entries from this index on.
    #[schema(minimum = 0)]
    index_from: Option<i64>,
    /// Only entries before this index.
    #[schema(minimum = 0)]
    index_to: Option<i64>,
}

impl Filters for LogFilters {
    const MOST: u32 = 1000;
    const TOTAL: bool = true;
    const ORDER: bool = true;
}

impl LogFilters {
    /// The entries that these ask for, in this order.
    fn wanted(&self, ascending: bool) -> LogFilter {
        LogFilter {
            span: LogSpan { from: self.from, to: self.to, index_from: self.index_from, index_to: self.index_to, ascending },
            recipient: self.recipient,
            basis: self.basis.clone().unwrap_or_default(),
            condition: self.condition.clone().unwrap_or_default(),
            case_id: self.case_id,
            actor: self.actor,
            decided_by: self.decided_by,
            kind: self.kind.clone().unwrap_or_default(),
            purpose: self.purpose.clone().unwrap_or_default(),
            channel: self.channel.clone().unwrap_or_default(),
            identified: self.identified,
            copied: self.copied,
        }
    }
}

/// A page of the disclosure log, as the log was when the first page was made.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"items": [{"index": 1039, "leafHash": "SsqSSdfFY8BtkO0SHu5Uyo/hjT0LtfdKJY8KUaFkTHE=", "body": {"actor":
    "019b8d62-7a80-726b-b2a7-4de452e6b438", "at": "2026-09-17T12:58:20.310Z", "basis": "permission", "case": "xER0A41FnkDkcUr--nv42g",
    "channel": "secure_email", "condition": "substantial_public_interest", "decidedBy": "019b8d62-7a80-726b-b2a7-4de452e6b438",
    "direction": "outbound", "id": "01a0af72-5316-7dbe-8e81-973e0becd7b0", "identified": true, "items": [{"bytes": 37, "class":
    "attendance", "digest": "Qg_OMUF130Aq2-rjz7u4VmW3LYubwjRvRj4yqC9ksRQ"}], "kind": "disclosure_refused", "lawfulBasis": "public_task",
    "outcome": "refused", "purpose": "pass_information", "reason": "23f9Aa-VciGkmJtks3cKg6PFYGhAW58OlAj-rlf9F-Q", "recipient":
    "019b9288-d680-70c6-a6a3-a4506513270e", "req": "01a0af72-5316-76b5-8a23-d5962217bead", "rules": ["R12/data_not_covered"],
    "subjects": ["QSQrn65W-tTm533-M8sY0cP8WD-YjPJe-fLZvg1EC7s"], "v": 1}, "display": {"actor": "Jo Ashdown", "decidedBy": "Jo Ashdown",
    "recipient": "Lakeshire Council"}}], "page": {"limit": 50}, "treeSize": 1044, "indexFrom": 1036, "indexTo": 1044, "rootHash":
    "u5eTtuFbVo2BxG0mA1kQpLZa0vE3yY7wq1m8c2d4f6g="}))]
pub struct DisclosureLogPage {
    /// The entries of this page, in the order of the list.
    #[schema(max_items = 1000)]
    items: Vec<LogEntry>,
    /// Where this page stands in the list.
    page: PageInfo,
    /// The part of the log that the list covers.
    #[serde(flatten)]
    range: LogRange,
}

/// The path of an entry.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EntryPath {
    /// The place of the entry in the log, from 0.
    #[schema(minimum = 0)]
    pub(super) index: i64,
}

/// What to show of an entry.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EntryQuery {
    /// Whether to show what its commitments stand for: service managers only.
    #[serde(default)]
    openings: bool,
}

/// List the disclosure log.
///
/// Every disclosure and every refusal, without content and without names of families (C3, C13). The `body` of an entry is exactly what was
/// hashed. All pages show the log as it was at `treeSize`, whose root is `rootHash`. `indexFrom` and `indexTo` are the half-open range of
/// the period that was asked for: a proof over that range shows that nothing of the period was withheld. Where what is wanted is rare a page
/// has fewer entries than its limit, or none, and is not the last: that is the one without `nextCursor`.
#[utoipa::path(get, path = "/disclosure-log", operation_id = "listDisclosureLog", tag = "disclosure-log",
    responses((status = 200, description = "A page of the log.", body = DisclosureLogPage)))]
async fn list(permit: Permit<act::DisclosureLogList>, listing: Listing<LogFilters>, app: web::Data<App>) -> Result<Answer, Problem> {
    let log = app.list_log(permit, listing.filters.wanted(listing.ascending), listing.snapshot(), listing.page).await?;
    let size = log.range.tree_size;
    Ok(listing.answer_at(log.page, size, |items, page| DisclosureLogPage { items, page, range: log.range }))
}

/// Read an entry of the disclosure log.
///
/// With `openings=true` and an `Access-Reason` a service manager also sees what its commitments stand for, if they may see the case and its
/// keys still exist (C4, C13).
#[utoipa::path(get, path = "/disclosure-log/entries/{index}", operation_id = "getDisclosureLogEntry", tag = "disclosure-log",
    responses((status = 200, description = "The entry.", body = LogEntry)))]
async fn read(
    permit: Permit<act::DisclosureLogRead>,
    path: Path<EntryPath>,
    shown: Query<EntryQuery>,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    Ok(Answer::ok(&app.read_log_entry(permit, path.index, shown.openings).await?))
}

/// Export the disclosure log.
///
/// All entries that the filters ask for, oldest first and without a cap, of the log as it was when the export began (C3, C13). A line of `ndjson`
/// is exactly what was hashed. `csv` (RFC 4180) begins with `index,leafHash`; a list is separated by spaces, the fields of its members, in the order of
/// their names, by colons; a cell that a spreadsheet would take for a formula has an apostrophe before it. The file is named after the range of
/// indexes that it covers. One that could not be finished ends with a broken connection, never silently: go on from `indexFrom`.
///
/// A `bundle` proves itself to `sendiass log verify`, without the service: it has the signed checkpoint of the log as it is, every entry of the
/// period or range of indexes, and the hashes of what lies beside it. Before and after a period it has one entry more, whose times show that nothing
/// of the period was withheld; so it may be named after one more index on each side.
#[utoipa::path(get, path = "/disclosure-log/export", operation_id = "exportDisclosureLog", tag = "disclosure-log",
    responses((status = 200, description = "The file.",
        content((ExportFile = "application/x-ndjson", example = json!(LINE)), (ExportFile = "text/csv"), (ExportFile = "text/plain")))))]
async fn export(
    permit: Permit<act::DisclosureLogExport>,
    asked: Export<LogFilters>,
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let wanted = asked.filters.wanted(true);
    let export = if asked.is_bundle() { app.bundle_log(permit, wanted.span).await? } else { app.export_log(permit, wanted).await? };
    Ok(asked.answer(&request, "disclosure-log", LogBody::FIELDS, export))
}

/// The operations on the disclosure log.
pub fn operations() -> Vec<Operation> {
    vec![op!(list), op!(export), op!(read).refuses(&[Code::AccessReasonRequired])]
}
