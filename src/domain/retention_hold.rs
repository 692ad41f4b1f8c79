//! Holds, which keep a case although its time is over, and the list of the cases whose time is over (C16).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::action::ActionName;
use super::case::Retention;
use super::ids::{CaseId, RetentionHoldId};
use super::staff::StaffRef;
use super::text::LongText;
use super::time::Timestamp;
use super::vocabulary::HoldReason;

/// A hold to be placed on a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"reason": "litigation", "note": "Judicial review, permission stage.", "reviewOn": "2027-03-01"}))]
pub struct NewRetentionHold {
    /// Why it is kept.
    pub reason: HoldReason,
    /// What else is to be known of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub note: Option<LongText>,
    /// The day on which the hold is looked at again. It does not end by itself.
    pub review_on: NaiveDate,
}

/// The end of a hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"reason": "The claim was withdrawn."}))]
pub struct NewHoldRelease {
    /// Why it is not needed any more.
    pub reason: LongText,
}

/// How a hold was released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HoldRelease {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: StaffRef,
    /// Why.
    pub reason: LongText,
}

/// A hold on a case. While one stands, the case is not disposed of, whoever approves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a0c4b1-77aa-7b66-8c38-fb2918f135d2", "version": 1, "caseId": "01a09f37-949f-7f28-9fb1-7c2390c192cf",
    "reason": "litigation", "note": "Judicial review, permission stage.", "reviewOn": "2027-03-01", "createdAt": "2026-09-21T15:45:00.219Z",
    "recordedBy": {"id": "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown"}, "allowedActions": ["release"]}))]
pub struct RetentionHold {
    /// The hold.
    pub id: RetentionHoldId,
    /// The version, for `If-Match`.
    pub version: i32,
    /// The case.
    pub case_id: CaseId,
    /// Why it is kept, and until when that is not asked again.
    #[serde(flatten)]
    pub content: NewRetentionHold,
    /// How it was released, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub release: Option<HoldRelease>,
    /// When it was placed.
    pub created_at: Timestamp,
    /// By whom.
    pub recorded_by: StaffRef,
    /// What the caller may do with this record now.
    #[schema(max_items = 10)]
    pub allowed_actions: Vec<ActionName>,
}

/// A closed case whose keeping is to be looked at: its time is over, or a date on which that depends is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"caseId": "01a09f37-949f-7f28-9fb1-7c2390c192cf", "reference": "IASS-2026-000123", "closedAt":
    "2026-09-21T15:45:00.219Z", "retention": {"class": "rc06_parent_only", "reviewOn": "2032-09-21", "held": false}}))]
pub struct RetentionReview {
    /// The case.
    pub case_id: CaseId,
    /// The reference by which people name it.
    #[schema(max_length = 20)]
    pub reference: String,
    /// When it was closed.
    pub closed_at: Timestamp,
    /// How long it is kept. Without a day it never falls to disposal by itself.
    pub retention: Retention,
}
