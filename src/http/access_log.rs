//! The access log, and who looked at a case.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cases::CasePath;
use super::disclosure_log::EntryPath;
use super::export::{Export, ExportFile, LINE};
use super::extract::Path;
use super::openapi::Operation;
use super::page::{Filters, Listing, PageInfo};
use super::problem::{Code, Problem};
use super::respond::Answer;
use crate::app::App;
use crate::authz::{Permit, act};
use crate::domain::access_log::{AccessFilter, AccessLogBody, AccessLogEntry};
use crate::domain::ids::{CaseId, StaffId};
use crate::domain::log::{LogRange, LogSpan};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{AccessLogKind, LogOutcome, Role};
use crate::op;

/// Which entries to list.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessFilters {
    /// Only entries from this time on.
    from: Option<Timestamp>,
    /// Only entries before this time.
    to: Option<Timestamp>,
    /// Only what this member of staff did.
    actor: Option<StaffId>,
    /// Only what was done in these roles.
    #[schema(max_items = 10)]
    role: Option<Vec<Role>>,
    /// Only entries of these kinds.
    #[schema(max_items = 20)]
    kind: Option<Vec<AccessLogKind>>,
    /// Only what was done by this operation (`operationId`).
    #[schema(pattern = "^[a-zA-Z]+$", max_length = 100)]
    operation: Option<String>,
    /// Only what came out so.
    #[schema(max_items = 3)]
    outcome: Option<Vec<LogOutcome>>,
    /// Only entries about this case.
    case_id: Option<CaseId>,
    /// Only entries from this index on.
    #[schema(minimum = 0)]
    index_from: Option<i64>,
    /// Only entries before this index.
    #[schema(minimum = 0)]
    index_to: Option<i64>,
}

impl Filters for AccessFilters {
    const MOST: u32 = 1000;
    const TOTAL: bool = true;
    const ORDER: bool = true;
}

impl AccessFilters {
    /// The entries that these ask for, in this order.
    fn wanted(&self, ascending: bool) -> AccessFilter {
        AccessFilter {
            span: LogSpan { from: self.from, to: self.to, index_from: self.index_from, index_to: self.index_to, ascending },
            actor: self.actor,
            role: self.role.clone().unwrap_or_default(),
            kind: self.kind.clone().unwrap_or_default(),
            operation: self.operation.clone(),
            outcome: self.outcome.clone().unwrap_or_default(),
            case_id: self.case_id,
        }
    }
}

/// Which entries about a case to list.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CaseAccessFilters {
    /// Only entries from this time on.
    from: Option<Timestamp>,
    /// Only entries before this time.
    to: Option<Timestamp>,
    /// Only what this member of staff did.
    actor: Option<StaffId>,
    /// Only entries of these kinds.
    #[schema(max_items = 20)]
    kind: Option<Vec<AccessLogKind>>,
}

impl Filters for CaseAccessFilters {
    const MOST: u32 = 1000;
    const TOTAL: bool = true;
    const ORDER: bool = true;
}

impl CaseAccessFilters {
    /// The entries that these ask for, in this order.
    fn wanted(&self, ascending: bool) -> AccessFilter {
        AccessFilter {
            span: LogSpan { from: self.from, to: self.to, ascending, ..LogSpan::default() },
            actor: self.actor,
            kind: self.kind.clone().unwrap_or_default(),
            ..AccessFilter::default()
        }
    }
}

/// A page of the access log, as the log was when the first page was made.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"items": [{"index": 5119, "leafHash": "SsqSSdfFY8BtkO0SHu5Uyo/hjT0LtfdKJY8KUaFkTHE=", "body": {"actor":
    "019b8d62-7a80-726b-b2a7-4de452e6b438", "at": "2026-09-17T12:58:20.310Z", "cases": ["xER0A41FnkDkcUr--nv42g"], "id":
    "01a0af72-5316-7dbe-8e81-973e0becd7b0", "kind": "changed", "operation": "updateCase", "outcome": "granted", "req":
    "01a0af72-5316-76b5-8a23-d5962217bead", "role": "adviser", "rowVersion": 4, "sealedDigest":
    "Qg_OMUF130Aq2-rjz7u4VmW3LYubwjRvRj4yqC9ksRQ", "target": "case", "v": 1}, "display": {"actor": "Jo Ashdown"}}], "page": {"limit": 50},
    "treeSize": 5121, "indexFrom": 5080, "indexTo": 5121, "rootHash": "u5eTtuFbVo2BxG0mA1kQpLZa0vE3yY7wq1m8c2d4f6g="}))]
pub struct AccessLogPage {
    /// The entries of this page, in the order of the list.
    #[schema(max_items = 1000)]
    items: Vec<AccessLogEntry>,
    /// Where this page stands in the list.
    page: PageInfo,
    /// How many entries the log had.
    #[schema(minimum = 0)]
    tree_size: i64,
    /// The first index covered.
    #[schema(minimum = 0)]
    index_from: i64,
    /// The first index after those covered.
    #[schema(minimum = 0)]
    index_to: i64,
    /// The RFC 6962 root of those `treeSize` entries, base64. Absent for those who work on cases.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 44)]
    root_hash: Option<String>,
}

impl AccessLogPage {
    fn of(range: LogRange, items: Vec<AccessLogEntry>, page: PageInfo) -> Self {
        let LogRange { tree_size, index_from, index_to, root_hash } = range;
        Self { items, page, tree_size, index_from, index_to, root_hash }
    }
}

/// List the access log.
///
/// Every look at a case, every change, search, export and refusal: who, in which role, when and why, without content and without names of families
/// (C10, C13). The `body` of an entry is exactly what was hashed. All pages show the log as it was at `treeSize`, whose root is `rootHash`; this
/// request itself comes after it. Where what is wanted is rare a page has fewer entries than its limit, or none, and is not the last: that is
/// the one without `nextCursor`. For a service manager the bodies leave out `cases`, `rowVersion` and `sealedDigest`, which may tell of a case from
/// which they are kept away, and there are no hashes to try a guess against (C1): auditors have them.
#[utoipa::path(get, path = "/access-log", operation_id = "listAccessLog", tag = "access-log",
    responses((status = 200, description = "A page of the log.", body = AccessLogPage)))]
async fn list(permit: Permit<act::AccessLogList>, listing: Listing<AccessFilters>, app: web::Data<App>) -> Result<Answer, Problem> {
    let log = app.list_access_log(permit, listing.filters.wanted(listing.ascending), listing.snapshot(), listing.page).await?;
    let size = log.range.tree_size;
    Ok(listing.answer_at(log.page, size, |items, page| AccessLogPage::of(log.range, items, page)))
}

/// Read an entry of the access log.
///
/// With its leaf, as it was hashed (C13).
#[utoipa::path(get, path = "/access-log/entries/{index}", operation_id = "getAccessLogEntry", tag = "access-log",
    responses((status = 200, description = "The entry.", body = AccessLogEntry)))]
async fn read(permit: Permit<act::AccessLogRead>, path: Path<EntryPath>, app: web::Data<App>) -> Result<Answer, Problem> {
    Ok(Answer::ok(&app.read_access_log_entry(permit, path.index).await?))
}

/// Export the access log.
///
/// All entries that the filters ask for, oldest first and without a cap, of the log as it was when the export began; this request itself comes after
/// it (C10, C13). The forms are those of the export of the disclosure log.
#[utoipa::path(get, path = "/access-log/export", operation_id = "exportAccessLog", tag = "access-log",
    responses((status = 200, description = "The file.",
        content((ExportFile = "application/x-ndjson", example = json!(LINE)), (ExportFile = "text/csv"), (ExportFile = "text/plain")))))]
async fn export(
    permit: Permit<act::AccessLogExport>,
    asked: Export<AccessFilters>,
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let wanted = asked.filters.wanted(true);
    let export =
        if asked.is_bundle() { app.bundle_access_log(permit, wanted.span).await? } else { app.export_access_log(permit, wanted).await? };
    Ok(asked.answer(&request, "access-log", AccessLogBody::FIELDS, export))
}

/// See who looked at a case.
///
/// The entries of the access log that are about it: who read or changed something of it, found it in a list, or was refused something of it. Their
/// bodies leave out `cases`, `rowVersion` and `sealedDigest`, which may tell of other cases, and there are no hashes; auditors have them. A restricted
/// case needs an `Access-Reason` (C1, C10, C13).
#[utoipa::path(get, path = "/cases/{caseId}/access-log", operation_id = "listCaseAccess", tag = "cases",
    responses((status = 200, description = "A page of the entries.", body = AccessLogPage)))]
async fn of_case(
    permit: Permit<act::CaseAccessLog>,
    path: Path<CasePath>,
    listing: Listing<CaseAccessFilters>,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let log =
        app.list_case_access(permit, path.case_id, listing.filters.wanted(listing.ascending), listing.snapshot(), listing.page).await?;
    let size = log.range.tree_size;
    Ok(listing.answer_at(log.page, size, |items, page| AccessLogPage::of(log.range, items, page)))
}

/// The operations on the access log.
pub fn operations() -> Vec<Operation> {
    vec![op!(list), op!(export), op!(read), op!(of_case).refuses(&[Code::AccessReasonRequired])]
}
