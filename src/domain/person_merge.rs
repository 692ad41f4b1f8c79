//! Two people on record who are one: an anonymous caller is later known (C2). Explicit, logged, reversible.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::action::ActionName;
use super::disclosure::{ParticipantFact, PersonFact};
use super::ids::{PersonId, PersonMergeId, StaffId};
use super::staff::StaffRef;
use super::text::LongText;
use super::time::Timestamp;

/// Somebody on record who was found to be the person the path names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"mergedPersonId": "01a09f2e-3a82-781f-a8e2-5d940ed90475", "reason":
    "Gave a name on the third call, and told what only the first caller knew."}))]
pub struct NewPersonMerge {
    /// Who counts as the person of the path from now on.
    pub merged_person_id: PersonId,
    /// How it is known that they are one.
    pub reason: LongText,
}

/// The end of a merge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"reason": "A brother of the same name, who rang from the same number."}))]
pub struct NewMergeReversal {
    /// Why they are two after all.
    pub reason: LongText,
}

/// How a merge was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MergeReversal {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: StaffRef,
    /// Why.
    pub reason: LongText,
}

/// Two people on record who are one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a09f6a-2b1c-7f0e-9d31-0c5e7a4b8d12", "version": 1, "keptPersonId":
    "01a09f30-a93a-7160-8999-50d836f675cc", "mergedPersonId": "01a09f2e-3a82-781f-a8e2-5d940ed90475", "reason":
    "Gave a name on the third call, and told what only the first caller knew.", "createdAt": "2026-09-14T10:20:00.000Z", "recordedBy":
    {"id": "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown"}, "allowedActions": ["reverse"]}))]
pub struct PersonMerge {
    /// The merge.
    pub id: PersonMergeId,
    /// The version, for `If-Match`.
    pub version: i32,
    /// The person who stays.
    pub kept_person_id: PersonId,
    /// Who counts as that person until it is reversed.
    pub merged_person_id: PersonId,
    /// How it is known that they are one.
    pub reason: LongText,
    /// How it was taken back, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reversal: Option<MergeReversal>,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// By whom.
    pub recorded_by: StaffRef,
    /// What the caller may do with this record now.
    #[schema(max_items = 10)]
    pub allowed_actions: Vec<ActionName>,
}

/// A merge in force, as it is told with a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonMergeRef {
    /// The merge.
    pub id: PersonMergeId,
    /// The person who stays.
    pub kept_person_id: PersonId,
    /// Who counts as that person.
    pub merged_person_id: PersonId,
}

/// What is on record of somebody who may be another, in whatever case.
#[derive(Clone, Debug, Default)]
pub struct MergeFacts {
    /// What is known of them, each record of them by itself.
    pub people: Vec<PersonFact>,
    /// Their parts in cases.
    pub parts: Vec<ParticipantFact>,
    /// Who sees each of their cases.
    pub audiences: Vec<Audience>,
    /// Whether they, or somebody in a case of theirs, are or were served separately, or told something in a case of their own (C1).
    pub apart: bool,
}

/// Who sees a case.
#[derive(Clone, Debug, Default)]
pub struct Audience {
    /// Whether only those named on it do, and service managers who give a reason.
    pub restricted: bool,
    /// Those named on it.
    pub named: Vec<StaffId>,
    /// Those kept away from it.
    pub conflicted: Vec<StaffId>,
}
