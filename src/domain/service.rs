//! What the service says of itself: its name, who is calling, the published lists of values, the clock of a demonstration.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::action::Clause;
use super::ids::StaffId;
use super::text::Name;
use super::time::Timestamp;
use super::vocabulary::Role;

/// What this is, and where its documents are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"name": "sendiass", "version": "0.1.0", "document": "/openapi.json", "documentation": "/docs/"}))]
pub struct ServiceInfo {
    /// Its name.
    #[schema(max_length = 50)]
    pub name: &'static str,
    /// Its version.
    #[schema(max_length = 50)]
    pub version: &'static str,
    /// Where the OpenAPI document is.
    #[schema(format = "uri-reference", max_length = 300)]
    pub document: &'static str,
    /// Where that is shown to be read.
    #[schema(format = "uri-reference", max_length = 300)]
    pub documentation: &'static str,
}

/// The confidentiality policy in force (C13).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyInForce {
    /// Its name.
    #[schema(max_length = 200)]
    pub name: String,
    /// Its version.
    #[schema(max_length = 200)]
    pub version: String,
}

/// Something the caller's roles allow: `disclosure:create`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, max_length = 60, example = "disclosure:create")]
pub struct Permission(pub &'static str);

/// Who is calling, and what they may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown", "roles": ["adviser"],
    "permissions": ["case:read", "disclosure:check"], "policy": {"name": "Confidentiality policy", "version": "2025-04"},
    "tokenExpiresAt": "2026-09-14T10:00:00.000Z"}))]
pub struct Me {
    /// The member of staff.
    pub id: StaffId,
    /// Their name.
    #[schema(max_length = 200)]
    pub display_name: String,
    /// The roles of the token.
    #[schema(max_items = 10)]
    pub roles: Vec<Role>,
    /// What those roles allow. What a record allows in its present state is in its `allowedActions`.
    #[schema(max_items = 200)]
    pub permissions: Vec<Permission>,
    /// The confidentiality policy in force.
    pub policy: PolicyInForce,
    /// When the token ends.
    pub token_expires_at: Timestamp,
}

/// A value of a published list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReferenceValue {
    /// The value as it is written in bodies and parameters.
    #[schema(max_length = 100)]
    pub value: &'static str,
    /// The text a form shows, in plain English.
    #[schema(max_length = 200)]
    pub label: &'static str,
    /// How official lists write it, where they have it: the school census of the Department for Education (`SLCN`, `K`), UK GDPR.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 50)]
    pub official_code: Option<&'static str>,
}

/// A published list of values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReferenceList {
    /// The name of the list.
    #[schema(max_length = 100)]
    pub name: &'static str,
    /// Its values, in the order in which a form shows them.
    #[schema(max_items = 100)]
    pub values: Vec<ReferenceValue>,
}

/// A clause of the confidentiality policy in plain words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClauseText {
    /// The clause.
    pub clause: Clause,
    /// What it asks of the service.
    #[schema(max_length = 500)]
    pub text: &'static str,
}

/// The published lists of values with their labels, so that no client keeps its own copy (C13).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"lists": [{"name": "basis", "values": [{"value": "permission", "label": "Permission"}]},
    {"name": "senNeed", "values": [{"value": "slcn", "label": "Speech, language and communication needs", "officialCode": "SLCN"}]}], "areas": ["south"],
    "clauses": [{"clause": "C3", "text": "Nothing leaves the service unless permission was given or somebody is at risk."}]}))]
pub struct ReferenceData {
    /// The lists.
    #[schema(max_items = 200)]
    pub lists: Vec<ReferenceList>,
    /// The areas of the service; a case may name one.
    #[schema(max_items = 200)]
    pub areas: Vec<Name>,
    /// The clauses of the confidentiality policy.
    #[schema(max_items = 50)]
    pub clauses: Vec<ClauseText>,
}

/// The clauses of the confidentiality policy, in plain words.
pub const CLAUSES: &[(&str, &str)] = &[
    (
        "C1",
        "The child, the young person and each parent carer are served, together or apart. Everybody with parental responsibility counts.",
    ),
    ("C2", "People may tell the service as little or as much as they wish, even without giving a name."),
    ("C3", "Nothing leaves the service unless permission was given or somebody is at risk. What left, and what was refused, is on record."),
    ("C4", "Feelings, fears and grievances are sensitive. Only those who need to read them do."),
    ("C5", "What somebody wishes to be kept confidential stays so, unless a child or person is at risk."),
    ("C6", "Issues are raised without telling who is meant, unless there is permission to tell."),
    ("C7", "What a referral brings stays inside the service. Whoever referred a family learns nothing more without permission."),
    ("C8", "Notes are short: what the concern is, and what was done. They are corrected beside the original, never overwritten."),
    ("C9", "When somebody asks for what is held about them, the service manager sends it to them directly."),
    ("C10", "Records are electronic and protected. Everybody signs in as themselves, and what they look at is on record."),
    ("C11", "The service speaks with officers and professionals about a family only with permission."),
    ("C12", "Asking an officer for information, and passing it on, each need permission."),
    ("C13", "The service keeps to data protection law and to the information security policy of its council."),
    ("C14", "Statistics identify nobody."),
    (
        "C15",
        "Records asked for in legal proceedings are the service manager's to consider. With permission an extract goes out, and a copy with it.",
    ),
    ("C16", "Records are kept for as long as the retention schedule says, and disposed of by two people."),
    ("C17", "The only exception to permission is risk to a child or person, which the service has a duty to pass on."),
];

/// The clock of a demonstration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"now": "2026-09-17T13:00:00.000Z", "frozen": true}))]
pub struct TestClock {
    /// The time it shows.
    pub now: Timestamp,
    /// Whether it stands still; otherwise it runs on from there.
    pub frozen: bool,
}
