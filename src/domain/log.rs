//! The disclosure log as auditors read it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::ids::{CaseId, RecipientId, StaffId};
use super::time::Timestamp;
use super::vocabulary::{Art9Condition, Basis, Channel, DisclosureLogKind, Purpose};

/// Which entries are wanted. Absent or empty means all.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    /// From this instant on.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
    /// To this body.
    pub recipient: Option<RecipientId>,
    /// On these grounds.
    pub basis: Vec<Basis>,
    /// Under these conditions of UK GDPR Art. 9.
    pub condition: Vec<Art9Condition>,
    /// Of this case.
    pub case_id: Option<CaseId>,
    /// By this member of staff.
    pub actor: Option<StaffId>,
    /// Decided by this member of staff.
    pub decided_by: Option<StaffId>,
    /// Of these kinds.
    pub kind: Vec<DisclosureLogKind>,
    /// For these purposes.
    pub purpose: Vec<Purpose>,
    /// By these ways.
    pub channel: Vec<Channel>,
    /// Whether somebody could be recognised.
    pub identified: Option<bool>,
    /// Whether somebody got a copy.
    pub copied: Option<bool>,
    /// From this index on.
    pub index_from: Option<i64>,
    /// Before this index.
    pub index_to: Option<i64>,
    /// Oldest first.
    pub ascending: bool,
}

/// An entry as stored.
#[derive(Clone, Debug)]
pub struct LogRow {
    /// Its index.
    pub index: i64,
    /// Its leaf.
    pub leaf_hash: [u8; 32],
    /// The canonical bytes that were hashed.
    pub body: Box<RawValue>,
}

/// What a commitment of an entry stands for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Opening {
    /// The path of the field in the entry: `subjects/0`.
    #[schema(max_length = 200)]
    pub label: String,
    /// What it stands for.
    #[schema(max_length = 50_000)]
    pub value: String,
}

impl std::fmt::Debug for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opening({})", self.label)
    }
}

/// The names behind the ids of an entry: from registers, not hashed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogDisplay {
    /// Who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 200)]
    pub actor: Option<String>,
    /// Who decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 200)]
    pub decided_by: Option<String>,
    /// The body that received.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 200)]
    pub recipient: Option<String>,
}

/// An entry of the disclosure log.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogEntry {
    /// Its place in the log, from 0.
    #[schema(minimum = 0)]
    pub index: i64,
    /// Its RFC 6962 leaf hash, base64.
    #[schema(max_length = 44)]
    pub leaf_hash: String,
    /// The entry as it was hashed: its canonical JSON is the leaf.
    #[schema(value_type = Object)]
    pub body: Box<RawValue>,
    /// The names behind its ids.
    pub display: LogDisplay,
    /// What its commitments stand for, for a service manager who asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_items = 1000)]
    pub openings: Option<Vec<Opening>>,
}

/// The part of the log that an answer covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogRange {
    /// How many entries the log had.
    #[schema(minimum = 0)]
    pub tree_size: i64,
    /// The first index covered.
    #[schema(minimum = 0)]
    pub index_from: i64,
    /// The first index after those covered.
    #[schema(minimum = 0)]
    pub index_to: i64,
}
