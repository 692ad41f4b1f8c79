//! Safeguarding concerns: a child or person at risk (C17, section (d) of the policy). What was told is never edited: a decision, a review and what
//! was learnt later are linked to it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationError, ValidationErrors};

use super::action::ActionName;
use super::disclosure::{Ask, NewSafeguarding};
use super::fault::Remark;
use super::ids::{AnnotationId, CaseId, ConcernId, DisclosureId, StaffId};
use super::staff::StaffRef;
use super::text::LongText;
use super::time::Timestamp;
use super::vocabulary::{ConcernAnnotationKind, ConcernOutcome, ConcernStatus, ReviewFinding, RiskType, Role};

mod grounds;

use grounds::either;
pub use grounds::{ConcernGrounds, RiskGrounds};

/// What is told of a risk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"riskTypes": ["emotional"], "atRiskPersonIds": ["01a09f2e-3a82-781f-a8e2-5d940ed90475"], "summary":
    "Told us on the phone that she is afraid to go home.", "knownAt": "2026-09-17T18:20:00.000Z"}))]
pub struct ConcernContent {
    /// Kinds of risk.
    #[schema(min_items = 1, max_items = 50)]
    pub risk_types: Vec<RiskType>,
    /// What was seen or told.
    pub summary: LongText,
    /// When the service came to know of it; never in the future. Up to a minute later than now is now, by the clock of the service.
    pub known_at: Timestamp,
    /// Who is at risk, and on what a decision rests.
    #[serde(flatten)]
    pub grounds: ConcernGrounds,
}

/// What was told of a risk, as far as the caller may read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConcernTold {
    /// Kinds of risk.
    #[schema(min_items = 1, max_items = 50)]
    pub risk_types: Vec<RiskType>,
    /// What was seen or told. Absent, as are the other words with which a risk was passed on, if that was done with notes that the caller may not read: a
    /// service manager reads them for a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub summary: Option<LongText>,
    /// When the service came to know of it.
    pub known_at: Timestamp,
    /// Who is at risk, and on what a decision rests.
    #[serde(flatten)]
    pub grounds: ConcernGrounds,
}

impl From<ConcernContent> for ConcernTold {
    fn from(content: ConcernContent) -> Self {
        let ConcernContent { risk_types, summary, known_at, grounds } = content;
        Self { risk_types, summary: Some(summary), known_at, grounds }
    }
}

impl ConcernTold {
    /// The same, with what was said when it was decided.
    #[must_use]
    pub fn decided(self, decision: ConcernDecision) -> Self {
        Self {
            risk_types: either(decision.risk_types, self.risk_types),
            summary: decision.summary.or(self.summary),
            known_at: self.known_at,
            grounds: decision.grounds.or(self.grounds),
        }
    }

    /// The same for somebody who may not read its words: all that is to be done with a risk can be done without them (C17).
    #[must_use]
    pub fn wordless(self) -> Self {
        Self { summary: None, grounds: self.grounds.wordless(), ..self }
    }
}

/// What is said when it is decided, as far as it was not said before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConcernDecision {
    /// Kinds of risk.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub risk_types: Vec<RiskType>,
    /// What was seen or told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub summary: Option<LongText>,
    /// Who is at risk, and on what the decision rests.
    #[serde(flatten)]
    pub grounds: ConcernGrounds,
}

impl ConcernDecision {
    /// The same for somebody who may not read its words.
    #[must_use]
    pub fn wordless(self) -> Self {
        Self { summary: None, grounds: self.grounds.wordless(), ..self }
    }
}

impl From<&Ask> for ConcernDecision {
    /// What is said of a risk with what is passed on of it.
    fn from(ask: &Ask) -> Self {
        let NewSafeguarding { risk_types, grounds: risk, .. } = ask.safeguarding.clone().unwrap_or_default();
        let grounds = ConcernGrounds {
            risk,
            told_subject: ask.told_subject,
            told_reason: ask.told_reason.clone(),
            withhold_from_person_ids: ask.withhold_from_person_ids.clone(),
            withhold_until_on: ask.withhold_until_on,
        };
        Self { risk_types, summary: ask.summary.clone(), grounds }
    }
}

/// A manager's word about a concern: `outcome` decides not to share it, with all that sharing it would need; `finding` reviews what was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"finding": "upheld", "reason": "The hub could not have been told less, or later."}))]
pub struct NewConcernOutcome {
    /// The decision. Passing on is a disclosure, so that here it is `not_shared`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub outcome: Option<ConcernOutcome>,
    /// What the review found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub finding: Option<ReviewFinding>,
    /// Why it was decided, or found, so.
    pub reason: LongText,
    /// What a decision rests on, as far as it was not said before.
    #[serde(flatten)]
    pub decision: ConcernDecision,
}

/// What was done or learnt of a concern later. It is linked to it, and never an edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"kind": "found_unfounded", "note": "The hub saw the family: nothing was amiss."}))]
pub struct NewConcernAnnotation {
    /// What it is.
    pub kind: ConcernAnnotationKind,
    /// More about it; only that the person was told needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub note: Option<LongText>,
}

impl Validate for NewConcernAnnotation {
    fn validate(&self) -> Result<(), ValidationErrors> {
        if self.kind == ConcernAnnotationKind::SubjectTold || self.note.is_some() {
            return Ok(());
        }
        let mut errors = ValidationErrors::new();
        errors.add("note", ValidationError::new("required").with_message("This kind of annotation needs a note.".into()));
        Err(errors)
    }
}

/// What was done or learnt later, as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a0af81-0c2e-7a4b-8d19-2f6e5b7c9a10", "kind": "found_unfounded", "note":
    "The hub saw the family: nothing was amiss.", "createdAt": "2026-09-24T13:14:22.000Z", "recordedBy": {"id":
    "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown"}}))]
pub struct ConcernAnnotation {
    /// The record.
    pub id: AnnotationId,
    /// What it is.
    #[serde(flatten)]
    pub content: NewConcernAnnotation,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// By whom.
    pub recorded_by: StaffRef,
}

/// What a second person found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConcernReview {
    /// What they found.
    pub finding: ReviewFinding,
    /// Why.
    pub reason: LongText,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: StaffRef,
}

/// A safeguarding concern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a0b0ab-45b7-7922-94e3-bf911a61dbe2", "version": 1, "caseId": "01a09f37-949f-7f28-9fb1-7c2390c192cf",
    "status": "raised", "riskTypes": ["emotional"], "summary": "Told us on the phone that she is afraid to go home.", "knownAt":
    "2026-09-17T18:20:00.000Z", "atRiskPersonIds": ["01a09f2e-3a82-781f-a8e2-5d940ed90475"], "aboutStaffIds": [],
    "withholdFromPersonIds": [], "disclosureIds": [], "reviewDueOn": "2026-09-18", "reviews": [], "annotations": [], "createdAt":
    "2026-09-17T18:31:00.000Z", "recordedBy": {"id": "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown"},
    "allowedActions": ["annotate", "record_disclosure"]}))]
pub struct Concern {
    /// The concern.
    pub id: ConcernId,
    /// The version, for `If-Match`.
    pub version: i32,
    /// The case.
    pub case_id: CaseId,
    /// Where it stands.
    pub status: ConcernStatus,
    /// What was told, with what was said when it was decided.
    #[serde(flatten)]
    pub content: ConcernTold,
    /// What was passed on because of it.
    #[schema(max_items = 1000)]
    pub disclosure_ids: Vec<DisclosureId>,
    /// The day by which a manager decides, or a second person reviews the decision.
    pub review_due_on: NaiveDate,
    /// The newest decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub outcome: Option<ConcernOutcome>,
    /// Why it was decided not to share it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub outcome_reason: Option<LongText>,
    /// Who decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub decided_by: Option<StaffRef>,
    /// In which role.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub decided_by_role: Option<Role>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub decided_at: Option<Timestamp>,
    /// What second people found, oldest first.
    #[schema(max_items = 1000)]
    pub reviews: Vec<ConcernReview>,
    /// What was done or learnt later, oldest first.
    #[schema(max_items = 1000)]
    pub annotations: Vec<ConcernAnnotation>,
    /// What is odd about what was told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 200)]
    pub remarks: Vec<Remark>,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// By whom.
    pub recorded_by: StaffRef,
    /// What the caller may do with this record now.
    #[schema(max_items = 10)]
    pub allowed_actions: Vec<ActionName>,
}

/// A safeguarding concern in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a0b0ab-45b7-7922-94e3-bf911a61dbe2", "caseId": "01a09f37-949f-7f28-9fb1-7c2390c192cf", "status":
    "raised", "riskTypes": ["emotional"], "reviewDueOn": "2026-09-18", "createdAt": "2026-09-17T18:31:00.000Z", "recordedBy": {"id":
    "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown"}}))]
pub struct ConcernSummary {
    /// The concern.
    pub id: ConcernId,
    /// The case.
    pub case_id: CaseId,
    /// Where it stands.
    pub status: ConcernStatus,
    /// Kinds of risk, as they were told first.
    #[schema(max_items = 50)]
    pub risk_types: Vec<RiskType>,
    /// The day by which a manager decides, or a second person reviews the decision.
    pub review_due_on: NaiveDate,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// By whom.
    pub recorded_by: StaffRef,
}

/// What of a concern is not reviewed yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConcernStanding {
    /// Who decided it.
    pub deciders: Vec<StaffId>,
    /// Whether the person is still to be told: it was decided to tell them later, and since then they were not told, nor was the reason renewed.
    pub to_be_told: bool,
}

/// Which concerns a list shows.
#[derive(Clone, Debug, Default)]
pub struct ConcernFilter {
    /// Those that stand so; all, if there are none.
    pub status: Vec<ConcernStatus>,
    /// Those of the cases assigned to this member of staff.
    pub assigned_to: Option<StaffId>,
    /// Those that wait for a decision or a review, due before this day.
    pub review_due_before: Option<NaiveDate>,
}
