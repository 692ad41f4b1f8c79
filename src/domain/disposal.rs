//! Disposal of cases by two people, and the certificate that is left of it (C16). It names no case and holds nothing about a family.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::action::ActionName;
use super::case::Retention;
use super::disclosure::{ConsentFact, FamilyFacts};
use super::ids::{CaseId, DisposalId, PersonId, StaffId};
use super::staff::StaffRef;
use super::text::Name;
use super::time::Timestamp;
use super::vocabulary::{DisposalGround, DisposalMethod, DisposalStatus, ErasureNotice, RetentionClass};

/// Cases to be disposed of: all of them, or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"caseIds": ["01a09f37-949f-7f28-9fb1-7c2390c192cf"], "class": "rc06_parent_only", "ground": "period_over"}))]
pub struct NewDisposal {
    /// The cases.
    #[schema(min_items = 1, max_items = 100)]
    pub case_ids: Vec<CaseId>,
    /// The class of the retention schedule they are all of.
    pub class: RetentionClass,
    /// On what ground. Any other than that the period is over is the service manager's to state.
    pub ground: DisposalGround,
    /// The data protection officer who agreed; needed where a risk is in one of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub officer: Option<Name>,
    /// When the officer agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub officer_agreed_on: Option<NaiveDate>,
}

/// The word of the second person, with which the cases are gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"notices": "not_required"}))]
pub struct NewDisposalApproval {
    /// Whether those who received something of these cases were told of the erasure, or why not (UK GDPR Art. 19).
    pub notices: ErasureNotice,
}

/// What accounts for a disposed case in the disclosure log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertificateEntry {
    /// The index of its `case_disposed` entry.
    #[schema(minimum = 0)]
    pub index: i64,
    /// Where the entry is read, with the proof that it is in the log.
    #[schema(max_length = 100)]
    pub path: String,
}

/// The certificate of a disposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DisposalCertificate {
    /// When it was done.
    pub executed_at: Timestamp,
    /// Who approved it: not whoever proposed it.
    pub approved_by: StaffRef,
    /// How.
    pub method: DisposalMethod,
    /// What became of the notices to recipients (UK GDPR Art. 19).
    pub notices: ErasureNotice,
    /// The entries that account for it, one for each case, in the order of the log.
    #[schema(max_items = 100)]
    pub entries: Vec<CertificateEntry>,
    /// The day on which the last backup that holds any of it has expired. From then on the erasure is complete.
    pub backups_expire_on: NaiveDate,
}

/// A disposal: what is proposed, or the certificate of what was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a0c4b9-11f0-7b66-8c38-fb2918f135d2", "version": 2, "status": "executed", "class": "rc06_parent_only",
    "ground": "period_over", "count": 1, "createdAt": "2032-10-01T09:00:00.000Z", "recordedBy":
    {"id": "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown"}, "certificate": {"executedAt": "2032-10-04T10:12:00.000Z",
    "approvedBy": {"id": "019b8d62-7a80-7bbb-b2a7-4de452e6b438", "displayName": "Ife Marlow"}, "method": "keys_destroyed", "notices":
    "not_required", "entries": [{"index": 1040, "path": "/disclosure-log/entries/1040"}], "backupsExpireOn": "2032-11-08"},
    "allowedActions": []}))]
pub struct Disposal {
    /// The disposal.
    pub id: DisposalId,
    /// The version, for `If-Match`.
    pub version: i32,
    /// Where it stands.
    pub status: DisposalStatus,
    /// The class of the retention schedule.
    pub class: RetentionClass,
    /// On what ground.
    pub ground: DisposalGround,
    /// The data protection officer who agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub officer: Option<Name>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub officer_agreed_on: Option<NaiveDate>,
    /// How many cases.
    #[schema(minimum = 1, maximum = 100)]
    pub count: i32,
    /// When it was proposed.
    pub created_at: Timestamp,
    /// By whom.
    pub recorded_by: StaffRef,
    /// When it was cancelled, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cancelled_at: Option<Timestamp>,
    /// By whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cancelled_by: Option<StaffRef>,
    /// The certificate, once it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub certificate: Option<DisposalCertificate>,
    /// What the caller may do with this record now.
    #[schema(max_items = 10)]
    pub allowed_actions: Vec<ActionName>,
}

/// A case of a disposal that is proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"caseId": "01a09f37-949f-7f28-9fb1-7c2390c192cf", "reference": "IASS-2026-000123"}))]
pub struct DisposalCase {
    /// The case.
    pub case_id: CaseId,
    /// The reference by which people name it.
    #[schema(max_length = 20)]
    pub reference: String,
}

/// How a case stands towards its disposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent marks of the case, not states")]
pub struct Standing {
    /// It is closed.
    pub closed: bool,
    /// A request for legal proceedings is not closed, or what was decided about a risk is not reviewed.
    pub undecided: bool,
    /// A risk was passed on from it, or it was decided not to.
    pub risk: bool,
    /// How long it is kept, and whether a hold keeps it beyond that of which the caller may know.
    pub retention: Retention,
    /// A hold keeps it of which they may not.
    pub held_unknown: bool,
}

/// What of cases that are to go bears on people who stand in others, too (R6, R7). Everybody is whom they count as.
#[derive(Clone, Debug, Default)]
pub struct Bearing {
    /// The cases that are to go.
    pub going: BTreeSet<CaseId>,
    /// Who stands in which other case.
    pub elsewhere: BTreeSet<(PersonId, CaseId)>,
    /// What is known of them and of whoever permitted or refused anything about them.
    pub family: FamilyFacts,
    /// The same without what was assessed in the cases that are to go.
    pub left: FamilyFacts,
    /// What was permitted and refused about them.
    pub consents: Vec<ConsentFact>,
}

/// What an entry of the disclosure log says of a case that is gone. It describes the stored JSON.
#[derive(Clone, Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct LogDisposed {
    /// The disposal, whose certificate tells the rest.
    pub disposal: DisposalId,
    /// The class of the retention schedule.
    pub policy: RetentionClass,
    /// On what ground.
    pub ground: DisposalGround,
    /// Who proposed it; `decidedBy` is another.
    pub proposed_by: StaffId,
    /// What became of the notices to recipients (UK GDPR Art. 19).
    pub notices: ErasureNotice,
    /// How many entries of the log are about the case: so many have no openings any more, this one among them.
    #[schema(minimum = 1)]
    pub entries: i64,
    /// The fingerprint of the key that was destroyed.
    #[schema(max_length = 43)]
    pub key: String,
}
