//! The access log as auditors read it.

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::ids::{CaseId, EntryId, RequestId, StaffId};
use super::log::LogSpan;
use super::log_proof::{Follows, InclusionProof, RotatedKeys};
use super::time::Timestamp;
use super::vocabulary::{AccessLogKind, AccessReason, AccessTarget, LogOutcome, Role};

/// Which entries of the access log are wanted. Absent or empty means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessFilter {
    /// Of this part of the log.
    pub span: LogSpan,
    /// By this member of staff, or machine.
    pub actor: Option<StaffId>,
    /// By somebody in these roles.
    pub role: Vec<Role>,
    /// Of these kinds.
    pub kind: Vec<AccessLogKind>,
    /// By this operation of the contract.
    pub operation: Option<String>,
    /// That came out so.
    pub outcome: Vec<LogOutcome>,
    /// About this case.
    pub case_id: Option<CaseId>,
}

/// A tag of a case in one entry, base64url without padding: 16 bytes.
#[derive(Clone, Debug, ToSchema)]
#[schema(max_length = 22)]
pub struct CaseTag(pub String);

/// What an entry of the access log says. It holds no content and no name: cases are tags, which only holders of their keys can recognise. What is
/// absent does not apply.
///
/// It describes the stored JSON, which is answered byte for byte as it was hashed; nothing is ever written or read by way of this type.
#[derive(Clone, Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct AccessLogBody {
    /// The version of this shape.
    #[schema(minimum = 1)]
    pub v: i32,
    /// The entry.
    pub id: EntryId,
    /// When it was written; never earlier than the entry before.
    pub at: Timestamp,
    /// What it tells.
    pub kind: AccessLogKind,
    /// How that came out.
    pub outcome: LogOutcome,
    /// Who did it; a member of staff, a machine, or the service itself.
    pub actor: uuid::Uuid,
    /// The request in which it was done.
    pub req: RequestId,
    /// The role by which they might; of somebody who might not, one they came with.
    #[schema(nullable = false)]
    pub role: Option<Role>,
    /// The operation (`operationId`).
    #[schema(nullable = false, max_length = 100)]
    pub operation: Option<String>,
    /// The kind of record.
    #[schema(nullable = false)]
    pub target: Option<AccessTarget>,
    /// A tag for each case of which something was shown or changed.
    #[schema(nullable = false, max_items = 1000)]
    pub cases: Option<Vec<CaseTag>>,
    /// The reason given for opening restricted cases.
    #[schema(nullable = false)]
    pub access_reason: Option<AccessReason>,
    /// The version that the changed record has since.
    #[schema(nullable = false, minimum = 1)]
    pub row_version: Option<i32>,
    /// SHA-256 of the ciphertexts written, base64url without padding.
    #[schema(nullable = false, max_length = 43)]
    pub sealed_digest: Option<String>,
    /// The audit for which the tag key of a case was lent.
    #[schema(nullable = false, max_length = 60)]
    pub audit_reference: Option<String>,
    /// In the first entry: the name of the log.
    #[schema(nullable = false, max_length = 200)]
    pub origin: Option<String>,
    /// In the first entry: the deployment.
    #[schema(nullable = false)]
    pub deployment: Option<uuid::Uuid>,
    /// In the first entry: the key that signs the log.
    #[schema(nullable = false, max_length = 200)]
    pub key_id: Option<String>,
    /// In the entry of a log that goes on under another name: the last checkpoint that was signed under the old one.
    #[schema(nullable = false)]
    pub follows: Option<Follows>,
    /// Which key was replaced.
    #[schema(nullable = false)]
    pub rotated: Option<RotatedKeys>,
}

impl AccessLogBody {
    /// The fields that may tell of other cases than one: their tags, and what was written where somebody has a side of their own.
    pub const ACROSS_CASES: &[&str] = &["cases", "rowVersion", "sealedDigest"];

    /// The names of its fields: first those that say most.
    pub const FIELDS: &[&str] = &[
        "at",
        "kind",
        "outcome",
        "actor",
        "role",
        "operation",
        "target",
        "cases",
        "accessReason",
        "rowVersion",
        "sealedDigest",
        "auditReference",
        "id",
        "req",
        "v",
        "origin",
        "deployment",
        "keyId",
        "follows",
        "rotated",
    ];
}

/// The names behind the ids of an entry: from registers, not hashed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessDisplay {
    /// Who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 200)]
    pub actor: Option<String>,
}

/// An entry of the access log.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"index": 5120, "leafHash": "tcAqcbcWJmkZruEFLZTSFvmewx15QP8QpIs19/+/88Q=",
    "body": {"accessReason": "supervision", "actor": "019b8d62-7a80-726b-b2a7-4de452e6b438", "at": "2026-09-17T13:05:44.120Z",
        "cases": ["47mKTaMaEn1L3m5DAz9mug"], "id": "01a0af79-18b8-78f5-8ef8-aa3892276658", "kind": "read", "operation": "getCase",
        "outcome": "granted", "req": "01a0af79-18b8-72e6-ae97-ba94d0eda82f", "role": "service_manager", "target": "case", "v": 1},
    "display": {"actor": "Jo Ashdown"}}))]
pub struct AccessLogEntry {
    /// Its place in the log, from 0.
    #[schema(minimum = 0)]
    pub index: i64,
    /// Its RFC 6962 leaf hash, base64. Absent for those who work on cases.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 44)]
    pub leaf_hash: Option<String>,
    /// The entry as it was hashed: its canonical JSON is the leaf. For those who work on cases it leaves out what may tell of others.
    #[schema(value_type = AccessLogBody)]
    pub body: Box<RawValue>,
    /// The names behind its ids.
    pub display: AccessDisplay,
    /// Proof that it is in the log, of an entry that is read by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub inclusion: Option<InclusionProof>,
}
