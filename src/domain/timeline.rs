//! The timeline of a case: one feed of all that happened in it.

use serde::Serialize;
use utoipa::ToSchema;

use super::staff::StaffRef;
use super::time::Timestamp;
use super::vocabulary::{InterventionLevel, TimelineKind};

/// Something that happened in a case. What it says stands in the record itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"kind": "note_written", "at": "2026-09-14T09:41:07.112Z", "by": {"id": "019b8d62-7a80-726b-b2a7-4de452e6b438",
    "displayName": "Jo Ashdown"}, "recordId": "01a09f5e-5039-765a-95e6-0af593bd04cf"}))]
pub struct TimelineEntry {
    /// What happened.
    pub kind: TimelineKind,
    /// When it was recorded.
    pub at: Timestamp,
    /// By whom; absent where the record itself tells who.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub by: Option<StaffRef>,
    /// The case, participant, note, permission, disclosure, concern or referral, as the kind says.
    pub record_id: uuid::Uuid,
    /// The level from then on, where that was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub intervention_level: Option<InterventionLevel>,
}
