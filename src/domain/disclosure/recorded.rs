//! What left the service: the row as it is shown, and what happened to it later.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationError, ValidationErrors};

use super::asked::{DisclosureContent, ReliedOn};
use crate::domain::action::{ActionName, Clause};
use crate::domain::fault::Remark;
use crate::domain::ids::{AnnotationId, CaseId, ConcernId, DisclosureId, LegalRequestId, PersonId, RecipientId, SarId};
use crate::domain::staff::StaffRef;
use crate::domain::text::{LongText, Name};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{
    AnnotationKind, Art9Condition, Basis, Channel, ConditionKind, ContactKind, DisclosureStatus, LawfulBasis, Purpose, Role,
};

/// The confidentiality policy that was in force, and what of it bears on a decision (C13).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyRef {
    /// Its name.
    #[schema(max_length = 200)]
    pub name: String,
    /// Its version.
    #[schema(max_length = 200)]
    pub version: String,
    /// The number of the rule that decided, of a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 10)]
    pub rule: Option<String>,
    /// The clauses that bear on it.
    #[schema(max_items = 20)]
    pub clauses: Vec<Clause>,
}

/// The place of an entry in the disclosure log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogEntryRef {
    /// Its index.
    #[schema(minimum = 0)]
    pub index: i64,
    /// What it says.
    #[schema(max_length = 50)]
    pub kind: String,
}

/// What happened to a disclosure later. It is linked to it, and never needs permission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"kind": "receipt_confirmed", "note": "Read receipt of the same day."}))]
pub struct NewAnnotation {
    /// What happened.
    pub kind: AnnotationKind,
    /// More about it; a correction needs it, and so does a notice that nobody gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub note: Option<LongText>,
}

impl Validate for NewAnnotation {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let missing = match self.kind {
            AnnotationKind::Correction => {
                ValidationError::new("rule:correction_reason_missing").with_message("A correction needs a note that says why.".into())
            }
            AnnotationKind::NoticeDeclined => {
                ValidationError::new("rule:decision_reason_missing").with_message("Needs why nobody is told.".into())
            }
            _ => return Ok(()),
        };
        if self.note.is_some() {
            return Ok(());
        }
        let mut errors = ValidationErrors::new();
        errors.add("note", missing);
        Err(errors)
    }
}

/// What happened to a disclosure later, as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a0af81-0c2e-7a4b-8d19-2f6e5b7c9a10", "kind": "receipt_confirmed", "note":
    "Read receipt of the same day.", "createdAt": "2026-09-17T13:14:22.000Z", "recordedBy": {"id":
    "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown"}}))]
pub struct Annotation {
    /// The record.
    pub id: AnnotationId,
    /// What happened.
    #[serde(flatten)]
    pub content: NewAnnotation,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// By whom.
    pub recorded_by: StaffRef,
}

/// What the service itself puts to a disclosure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decided {
    /// Whether somebody can be recognised.
    pub identified: bool,
    /// Everybody the information is about, those of the notes too.
    #[schema(max_items = 1000)]
    pub data_subject_ids: Vec<PersonId>,
    /// The lawful basis under data protection law; not the same as permission.
    pub lawful_basis: LawfulBasis,
    /// The condition for special category data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub art9_condition: Option<Art9Condition>,
    /// The permissions it rests on.
    #[schema(max_items = 1000)]
    pub consents: Vec<ReliedOn>,
    /// The conditions of those permissions, all of which held.
    #[schema(max_items = 10)]
    pub conditions_met: Vec<ConditionKind>,
    /// The concern it belongs to, if it passed on a risk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub concern_id: Option<ConcernId>,
    /// The request for legal proceedings that it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub legal_request_id: Option<LegalRequestId>,
    /// The subject access request that it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sar_id: Option<SarId>,
    /// The day by which a second person reviews it, if it passed on a risk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub review_due_on: Option<NaiveDate>,
    /// In which role the decider acted.
    pub decided_by_role: Role,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// When it was sent: the content leaves when this is recorded.
    pub sent_at: Timestamp,
    /// The policy in force.
    pub policy: PolicyRef,
}

/// Where something went that went to somebody who takes part, as it was then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SentTo {
    /// To whom.
    pub person_id: PersonId,
    /// What kind of contact it is.
    pub kind: ContactKind,
    /// The number or address.
    pub value: Name,
}

/// Information that left the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a0af79-18b8-71e2-8a6a-63ec24ede6a4", "caseId": "01a09f37-949f-7f28-9fb1-7c2390c192cf", "status":
    "sent", "basis": "permission", "purpose": "pass_information", "direction": "outbound", "channel": "secure_email", "recipient": {
    "recipientId": "019b9288-d680-70c6-a6a3-a4506513270e", "teamId": "019b9289-c0e0-7893-923f-0824128b2f33", "personName": "Sam Okoro",
    "personRole": "SEND officer"}, "subjectIds": ["01a09f2e-3a82-781f-a8e2-5d940ed90475", "01a09f30-a93a-7160-8999-50d836f675cc"],
    "noteIds": [], "informationCategories": ["concerns_raised"], "copies": [{"personId": "01a09f30-a93a-7160-8999-50d836f675cc",
    "contactId": "01a09f30-a93a-78d0-9738-f7d93d9c1724"}], "sentTo": [{"personId": "01a09f30-a93a-7160-8999-50d836f675cc", "kind": "email",
    "value": "ro@example.org"}], "summary":
    "The agreed support at lunchtimes has not been in place this term.", "toldSubject": "yes", "identified": true, "dataSubjectIds": [
    "01a09f2e-3a82-781f-a8e2-5d940ed90475", "01a09f30-a93a-7160-8999-50d836f675cc"], "lawfulBasis": "public_task", "art9Condition":
    "substantial_public_interest", "consents": [{"consentId": "01a09f60-bf30-738b-b9eb-dacc0cb1e29c", "version": 1, "subjectIds": [
    "01a09f2e-3a82-781f-a8e2-5d940ed90475", "01a09f30-a93a-7160-8999-50d836f675cc"]}], "conditionsMet": ["copy_to_granter"],
    "decidedByRole": "adviser", "decidedAt": "2026-09-17T13:05:44.120Z", "sentAt": "2026-09-17T13:05:44.120Z", "policy": {"name":
    "Confidentiality policy", "version": "2025-04", "clauses": ["C11", "C12"]}, "requestedBy": {"id":
    "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown"}, "decidedBy": {"id": "019b8d62-7a80-726b-b2a7-4de452e6b438",
    "displayName": "Jo Ashdown"}, "logEntries": [{"index": 1040, "kind": "disclosure_made"}], "annotations": [], "allowedActions": [
    "annotate"]}))]
pub struct Disclosure {
    /// The record.
    pub id: DisclosureId,
    /// The case it left.
    pub case_id: CaseId,
    /// Where it stands.
    pub status: DisclosureStatus,
    /// On what ground.
    pub basis: Basis,
    /// What was passed on, to whom, why.
    #[serde(flatten)]
    pub content: DisclosureContent,
    /// Where it and its copies went, of those who take part, whatever became of those contacts since, as far as the caller knows of them. Of the recipient
    /// every contact to which it can have gone, unless it was said to which.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
    pub sent_to: Vec<SentTo>,
    /// What the service put to it.
    #[serde(flatten)]
    pub decided: Decided,
    /// Who asked for it.
    pub requested_by: StaffRef,
    /// Who decided.
    pub decided_by: StaffRef,
    /// Its entries in the disclosure log.
    #[schema(max_items = 1000)]
    pub log_entries: Vec<LogEntryRef>,
    /// What happened later.
    #[schema(max_items = 1000)]
    pub annotations: Vec<Annotation>,
    /// What is odd about a risk that was passed on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 200)]
    pub remarks: Vec<Remark>,
    /// What the caller may do with it now.
    #[schema(max_items = 10)]
    pub allowed_actions: Vec<ActionName>,
}

/// A disclosure in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a0af79-18b8-71e2-8a6a-63ec24ede6a4", "basis": "permission", "purpose": "pass_information", "channel":
    "secure_email", "recipientId": "019b9288-d680-70c6-a6a3-a4506513270e", "subjectIds": ["01a09f2e-3a82-781f-a8e2-5d940ed90475",
    "01a09f30-a93a-7160-8999-50d836f675cc"], "sentAt": "2026-09-17T13:05:44.120Z", "decidedBy": {"id":
    "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown"}}))]
pub struct DisclosureSummary {
    /// The record.
    pub id: DisclosureId,
    /// On what ground.
    pub basis: Basis,
    /// What for.
    pub purpose: Purpose,
    /// By which way.
    pub channel: Channel,
    /// The body that received it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub recipient_id: Option<RecipientId>,
    /// The participant who received it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub recipient_person_id: Option<PersonId>,
    /// Whom the information was about.
    #[schema(max_items = 50)]
    pub subject_ids: Vec<PersonId>,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// Who decided.
    pub decided_by: StaffRef,
}
