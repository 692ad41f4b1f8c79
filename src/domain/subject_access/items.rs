//! The items of a subject access request (C9): what is held about somebody, and what is decided of each; and the answer as a file.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::domain::ids::{CaseId, NoteId, PersonId, SarId};
use crate::domain::note::NoteSummary;
use crate::domain::text::LongText;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{BundleStatus, SarExemption, SarItemDecision, SarThirdParty};

/// What is decided of one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SarItem {
    /// The note; each version of it is one.
    pub note_id: NoteId,
    /// Whether it goes.
    pub decision: SarItemDecision,
    /// On what ground it does not go as it is: needed to redact and to withhold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub exemption: Option<SarExemption>,
    /// Why: needed to redact and to withhold, and to include what is about others, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<LongText>,
    /// What goes in the place of the note, word for word, if it is redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub redacted_text: Option<LongText>,
}

/// What is decided of some items; of all others what was decided before stands. There is no way to include all at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"items": [{"noteId": "01a09f5e-5039-765a-95e6-0af593bd04cf", "decision": "redact", "exemption":
    "s2_p3_rights_of_others", "reason": "It names a neighbour who was not asked.", "redactedText": "Misses Mondays because of lunchtimes."}]}))]
pub struct NewSarItems {
    /// Items that are held, each once. More than fit into one request are decided by several.
    #[schema(max_items = 1000)]
    pub items: Vec<SarItem>,
}

/// An item that is held about the subject of a request: what it says, and what was decided of it last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a09f5e-5039-765a-95e6-0af593bd04cf", "kind": "discussion", "channel": "phone",
    "occurredAt": "2026-09-14T09:30:00.000Z", "recordedAt": "2026-09-14T09:41:07.112Z",
    "recordedBy": {"id": "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown"},
    "sensitivity": "sensitive", "keepConfidential": true, "informationCategories": ["views_and_wishes", "school_provision"],
    "caseId": "01a09f37-949f-7f28-9fb1-7c2390c192cf", "fromPersonId": "01a09f30-a93a-7160-8999-50d836f675cc",
    "aboutPersonIds": ["01a09f2e-3a82-781f-a8e2-5d940ed90475"], "concern": "Misses Mondays because of lunchtimes.",
    "thirdParties": ["from_another"], "decision": "include", "reason": "She agreed."}))]
pub struct SarCandidate {
    /// The note. One that a correction took the place of is held, too.
    #[serde(flatten)]
    pub note: NoteSummary,
    /// The case it belongs to.
    pub case_id: CaseId,
    /// Whom it is from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub from_person_id: Option<PersonId>,
    /// Whom it is about.
    #[schema(max_items = 50)]
    pub about_person_ids: Vec<PersonId>,
    /// What was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub concern: Option<LongText>,
    /// What was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub action_taken: Option<LongText>,
    /// Why it may be about others, too.
    #[schema(max_items = 10)]
    pub third_parties: Vec<SarThirdParty>,
    /// Until when it is kept from whoever asks, because of a risk that was passed on (C17): it does not go before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub withheld_until_on: Option<NaiveDate>,
    /// Whether it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub decision: Option<SarItemDecision>,
    /// On what ground it does not go as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub exemption: Option<SarExemption>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<LongText>,
    /// What goes in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub redacted_text: Option<LongText>,
}

/// The answer as a file, and how far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"sarId": "01a0b5d1-0a2b-7c3d-8e4f-5a6b7c8d9e0f", "status": "ready", "builtAt": "2026-09-21T10:15:00.000Z"}))]
pub struct SarBundle {
    /// The request it answers.
    pub sar_id: SarId,
    /// How far it is. Items that are decided anew unmake it.
    pub status: BundleStatus,
    /// When its items were fixed.
    pub built_at: Timestamp,
}

impl SarItem {
    /// Whether anything of it goes.
    #[must_use]
    pub fn goes(&self) -> bool {
        self.decision != SarItemDecision::Withhold
    }
}
