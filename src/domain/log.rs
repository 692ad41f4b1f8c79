//! The disclosure log as auditors read it. Over 350 lines because it is one contract: an entry, field by field.

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::disposal::LogDisposed;
use super::ids::{CaseId, EntryId, RecipientId, RequestId, StaffId};
use super::log_proof::{Follows, InclusionProof, RotatedKeys};
use super::time::Timestamp;
use super::vocabulary::{
    Art9Condition, Basis, Channel, Direction, DisclosureLogKind, InformationCategory, LawfulBasis, LogOutcome, PersonKind, Purpose,
    ToldSubject,
};

/// Which part of a log is wanted, and in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSpan {
    /// From this instant on.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
    /// From this index on.
    pub index_from: Option<i64>,
    /// Before this index.
    pub index_to: Option<i64>,
    /// Oldest first.
    pub ascending: bool,
}

/// Which entries of the disclosure log are wanted. Absent or empty means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Of this part of the log.
    pub span: LogSpan,
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
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Opening {
    /// The path of the field in the entry: `subjects/0`.
    #[schema(max_length = 200)]
    pub label: String,
    /// What it stands for.
    #[schema(max_length = 50_000)]
    pub value: String,
    /// The key of this field alone, base64url: with it anybody can make the commitment anew, and `sendiass log verify --openings` does.
    #[schema(min_length = 43, max_length = 43)]
    pub key: String,
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

/// A copy that was sent, as an entry tells it.
#[derive(Clone, Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct LogCopy {
    /// Commitment to the person who got it.
    #[schema(max_length = 43)]
    pub person: String,
    /// As what they are recorded.
    pub role: PersonKind,
}

/// A piece of information that was sent, as an entry tells it.
#[derive(Clone, Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct LogItem {
    /// Its length.
    #[schema(minimum = 0)]
    pub bytes: i64,
    /// Its kind.
    pub class: InformationCategory,
    /// Commitment to its SHA-256.
    #[schema(max_length = 43)]
    pub digest: String,
}

/// What an entry of the disclosure log says. It holds no content and no name of a family: where a person or a text is meant there is a
/// commitment, which only the service can open. What is absent does not apply.
///
/// It describes the stored JSON, which is answered byte for byte as it was hashed; nothing is ever written or read by way of this type.
#[derive(Clone, Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct LogBody {
    /// The version of this shape.
    #[schema(minimum = 1)]
    pub v: i32,
    /// The entry.
    pub id: EntryId,
    /// When it was written; never earlier than the entry before.
    pub at: Timestamp,
    /// What it tells.
    pub kind: DisclosureLogKind,
    /// How that came out.
    pub outcome: LogOutcome,
    /// Who did it; a member of staff, or the service itself.
    pub actor: uuid::Uuid,
    /// The request in which it was done.
    pub req: RequestId,
    /// A tag of the case, which only holders of its tag key can recognise.
    #[schema(nullable = false, max_length = 22)]
    pub case: Option<String>,
    /// Who decided.
    #[schema(nullable = false)]
    pub decided_by: Option<StaffId>,
    /// Whether information was passed on, or asked for.
    #[schema(nullable = false)]
    pub direction: Option<Direction>,
    /// The body that received.
    #[schema(nullable = false)]
    pub recipient: Option<RecipientId>,
    /// Commitment to the person who received.
    #[schema(nullable = false, max_length = 43)]
    pub recipient_person: Option<String>,
    /// On what ground.
    #[schema(nullable = false)]
    pub basis: Option<Basis>,
    /// The lawful basis under UK GDPR Art. 6.
    #[schema(nullable = false)]
    pub lawful_basis: Option<LawfulBasis>,
    /// The condition under UK GDPR Art. 9.
    #[schema(nullable = false)]
    pub condition: Option<Art9Condition>,
    /// What for.
    #[schema(nullable = false)]
    pub purpose: Option<Purpose>,
    /// By which way.
    #[schema(nullable = false)]
    pub channel: Option<Channel>,
    /// Whether somebody could be recognised.
    #[schema(nullable = false)]
    pub identified: Option<bool>,
    /// Whether the person was told.
    #[schema(nullable = false)]
    pub told: Option<ToldSubject>,
    /// Commitment to the reason in words.
    #[schema(nullable = false, max_length = 43)]
    pub reason: Option<String>,
    /// Commitment to what the decision was made from.
    #[schema(nullable = false, max_length = 43)]
    pub grounds: Option<String>,
    /// Commitments to those it is about.
    #[schema(nullable = false, max_items = 1000)]
    pub subjects: Option<Vec<Commitment>>,
    /// Commitments to the permissions relied on, with their versions.
    #[schema(nullable = false, max_items = 1000)]
    pub consents: Option<Vec<Commitment>>,
    /// The copies.
    #[schema(nullable = false, max_items = 1000)]
    pub copies: Option<Vec<LogCopy>>,
    /// What was sent.
    #[schema(nullable = false, max_items = 1000)]
    pub items: Option<Vec<LogItem>>,
    /// The rules that refused it: `R12/data_not_covered`.
    #[schema(nullable = false, max_items = 1000)]
    pub rules: Option<Vec<RuleName>>,
    /// The entry it corrects or recalls.
    #[schema(nullable = false)]
    pub rel: Option<EntryId>,
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
    /// What accounts for a case that was disposed of.
    #[schema(nullable = false)]
    pub disposed: Option<LogDisposed>,
}

impl LogBody {
    /// The names of its fields: first those that say most.
    pub const FIELDS: &[&str] = &[
        "at",
        "kind",
        "outcome",
        "actor",
        "decidedBy",
        "direction",
        "recipient",
        "recipientPerson",
        "purpose",
        "channel",
        "basis",
        "lawfulBasis",
        "condition",
        "identified",
        "told",
        "rules",
        "items",
        "subjects",
        "consents",
        "copies",
        "reason",
        "grounds",
        "case",
        "rel",
        "id",
        "req",
        "v",
        "origin",
        "deployment",
        "keyId",
        "follows",
        "rotated",
        "disposed",
    ];
}

/// A keyed digest that stands for a value of the entry, base64url without padding.
#[derive(Clone, Debug, ToSchema)]
#[schema(max_length = 43)]
pub struct Commitment(pub String);

/// A rule of the disclosure policy, with its number where it has one.
#[derive(Clone, Debug, ToSchema)]
#[schema(max_length = 100)]
pub struct RuleName(pub String);

/// An entry of the disclosure log.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"index": 1040, "leafHash": "tcAqcbcWJmkZruEFLZTSFvmewx15QP8QpIs19/+/88Q=",
    "body": {"actor": "019b8d62-7a80-726b-b2a7-4de452e6b438", "at": "2026-09-17T13:05:44.120Z", "basis": "permission",
        "case": "47mKTaMaEn1L3m5DAz9mug", "channel": "secure_email", "condition": "substantial_public_interest",
        "consents": ["Ln0sA6lQeuJl7PW1NWiFpTOTogKdJBOUmXJloaJa78Y"],
        "copies": [{"person": "5EtL1wfFQLyoYVsh-FD7QeAgKXAd8kHRecGl86y_W_E", "role": "parent_carer"}],
        "decidedBy": "019b8d62-7a80-726b-b2a7-4de452e6b438", "direction": "outbound", "id": "01a0af79-18b8-78f5-8ef8-aa3892276658",
        "identified": true, "items": [{"bytes": 65, "class": "concerns_raised", "digest": "3n0bchoeBjK3zwTt9QMsjs_6n5oISSFSuSbxpafnZdc"}],
        "kind": "disclosure_made", "lawfulBasis": "public_task", "outcome": "granted", "purpose": "pass_information",
        "reason": "RUNJ5CLwUpcZHq0T4h09tSDlq-9SBV5JZLgvshP1k6E", "recipient": "019b9288-d680-70c6-a6a3-a4506513270e",
        "recipientPerson": "eW6Ax-W_ikjLYD8inu7FeOxyRD2_43cQzIDeZyKMZxM", "req": "01a0af79-18b8-72e6-ae97-ba94d0eda82f",
        "subjects": ["6LwWPILu4YczKIx9SsY22zpt6wE-8tN7aDIr4g7cRcw"], "told": "yes", "v": 1},
    "display": {"actor": "Jo Ashdown", "decidedBy": "Jo Ashdown", "recipient": "Lakeshire Council"}}))]
pub struct LogEntry {
    /// Its place in the log, from 0.
    #[schema(minimum = 0)]
    pub index: i64,
    /// Its RFC 6962 leaf hash, base64.
    #[schema(max_length = 44)]
    pub leaf_hash: String,
    /// The entry as it was hashed: its canonical JSON is the leaf.
    #[schema(value_type = LogBody)]
    pub body: Box<RawValue>,
    /// The names behind its ids.
    pub display: LogDisplay,
    /// Proof that it is in the log, of an entry that is read by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub inclusion: Option<InclusionProof>,
    /// What its commitments stand for, for a service manager who asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_items = 1000)]
    pub openings: Option<Vec<Opening>>,
}

/// The part of the log that an answer covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
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
    /// The RFC 6962 root of those `treeSize` entries, base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = true, nullable = false, max_length = 44)]
    pub root_hash: Option<String>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use utoipa::PartialSchema;

    use super::LogBody;
    use crate::domain::access_log::AccessLogBody;

    #[test]
    fn every_field_of_an_entry_is_named_once() {
        for (schema, named) in [(LogBody::schema(), LogBody::FIELDS), (AccessLogBody::schema(), AccessLogBody::FIELDS)] {
            let schema = serde_json::to_value(schema).unwrap();
            let fields: BTreeSet<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!((fields.len(), &fields), (named.len(), &named.iter().copied().collect()));
        }
    }
}
